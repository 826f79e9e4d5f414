import { z } from 'zod';
import type { BackendId } from '../domain/backend.ts';
import { RalphError } from '../domain/error.ts';
import { sanitize } from '../domain/terminal.ts';
import type { App } from './app.ts';
import type { CommandContext } from './define.ts';
import type { IssueOptions, IssueRequest } from './intake-face.ts';

/** What commands take that make tasks of issues. */
export const issueFlags = {
  trustIssue: z
    .boolean()
    .default(false)
    .describe("take the issue's own commands, files, sandbox, model and branch too: read it before"),
  defaults: z
    .string()
    .optional()
    .describe('front matter that counts for every issue: test_command, budgets, sandbox_image, …')
    .meta({ value: 'FILE' }),
};

export interface IssueArgs {
  readonly backend?: BackendId | undefined;
  readonly profile?: string | undefined;
  readonly models?: string | undefined;
  readonly trustIssue: boolean;
  readonly defaults?: string | undefined;
  /** It is printed anyway. */
  readonly print?: boolean;
}

/** The options of a command line. Throws `usage` where a file is not there. */
export const issueOptions = (app: App, args: IssueArgs): IssueOptions => {
  const { backend, profile, models, trustIssue, defaults: file } = args;
  const defaults = file === undefined ? undefined : app.files.readText(file);
  if (file !== undefined && defaults === undefined) throw new RalphError('usage', `${file} is not there`);
  return {
    isTrusted: trustIssue,
    ...(backend && { backend }),
    ...(profile !== undefined && { profile }),
    ...(models !== undefined && { modelsFile: app.files.resolve(models) }),
    ...(defaults !== undefined && { defaults }),
  };
};

/** Makes the task of an issue and shows it, with what was not taken from the issue, before anything starts. */
export const issueRequest = async (
  { app, out }: CommandContext,
  issue: string,
  args: IssueArgs,
): Promise<IssueRequest> => {
  const { intake } = await app.engine();
  const made = await intake.issueTask(issue, issueOptions(app, args));
  for (const note of made.notes) out.error(`ralph: ${made.name}: ${note}`);
  if (args.print !== true)
    for (const line of sanitize(made.request.taskText).trimEnd().split('\n')) out.error(`  | ${line}`);
  for (const other of made.waitsFor)
    out.error(`ralph: ${made.name} depends on ${other}, which is not closed`);
  return made;
};

/** The text alone, so that it can be written to a file. */
export const printTask = ({ out }: CommandContext, { name, request }: IssueRequest): number => {
  if (out.asJson) out.json({ issue: name, task: request.taskText });
  else out.print(sanitize(request.taskText).trimEnd());
  return 0;
};
