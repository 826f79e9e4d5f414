import { z } from 'zod';
import { RalphError } from '../domain/error.ts';
import type { FrontChanges } from '../domain/spec/write-front.ts';
import type { App } from './app.ts';

/** What of a task can be said on the command line. */
export const limitFlags = {
  maxIterations: z
    .number()
    .int()
    .min(1)
    .max(100_000)
    .optional()
    .describe('hard stop; wins over max_iterations of the task file'),
  maxCost: z
    .number()
    .positive()
    .max(1_000_000)
    .optional()
    .describe('hard stop in dollars; wins over max_cost_usd_estimate')
    .meta({ value: 'USD' }),
  testCommand: z
    .string()
    .optional()
    .describe('must exit 0 before the run may end; wins over test_command')
    .meta({ value: 'COMMAND' }),
  agent: z.string().optional().describe('wins over agent of the task file'),
  agentCommand: z
    .string()
    .optional()
    .describe('with it the agent is this command; wins over agent_command, and names the same values')
    .meta({ value: 'COMMAND' }),
};
/** A run without a task file: prompts, and the agent's promise at their end. */
export const classicFlags = {
  promptFile: z
    .array(z.string())
    .default([])
    .describe('a prompt instead of a task file; several are phases, in this order')
    .meta({ value: 'FILE' }),
  completionPromise: z
    .string()
    .optional()
    .describe(
      'what the agent says as <promise>TEXT</promise> when a prompt file is done; COMPLETE if left out',
    )
    .meta({ value: 'TEXT' }),
};

const limits = z.object(limitFlags);
const classic = z.object({ ...limitFlags, ...classicFlags });
type Limits = z.output<typeof limits>;
/** A command is an agent: it need not be named beside it. */
const agentOf = ({ agent, agentCommand }: Limits): string | undefined =>
  agent ?? (agentCommand === undefined ? undefined : 'command');
export type ClassicArgs = z.output<typeof classic>;

const readPrompt = (app: App, path: string): { path: string; text: string } => {
  const text = app.files.readText(path);
  if (text !== undefined) return { path, text };
  throw new RalphError('usage', `there is no prompt file ${path}`, {
    hint: 'write down in it what is to be done',
  });
};

/** The task file that is made of prompt files; one and the same for `run`, `launch` and `init`. */
export const promptTask = async (
  app: App,
  args: ClassicArgs & { readonly taskId?: string | undefined; readonly title?: string | undefined },
): Promise<string> => {
  const prompts = args.promptFile.map((path) => readPrompt(app, path));
  // Loaded by those who need it only: every command would start later.
  const { classicTask } = await import('../domain/spec/classic-task.ts');
  const baseBranch = await app.files.currentBranch();
  return classicTask({
    prompts,
    ...given({
      taskId: args.taskId,
      title: args.title,
      promise: args.completionPromise,
      maxIterations: args.maxIterations,
      maxCostUsd: args.maxCost,
      testCommand: args.testCommand,
      agent: agentOf(args),
      agentCommand: args.agentCommand,
      baseBranch,
    }),
  });
};

type Given<T> = { [Key in keyof T]?: Exclude<T[Key], undefined> };
const given = <T extends object>(members: T): Given<T> =>
  Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined)) as Given<T>;

/** A task file with what the command line says in place of its own. */
export const withLimits = async (text: string, args: Limits): Promise<string> => {
  const changes: FrontChanges = given({
    max_iterations: args.maxIterations,
    max_cost_usd_estimate: args.maxCost,
    test_command: args.testCommand,
    agent: agentOf(args),
    agent_command: args.agentCommand,
  });
  if (Object.keys(changes).length === 0) return text;
  const { writeFront } = await import('../domain/spec/write-front.ts');
  return writeFront(text, changes);
};

/** Prompt files and task files exclude each other, and a promise belongs to prompts. Throws `usage`. */
export const checkSource = (tasks: readonly string[], args: ClassicArgs): void => {
  if (args.promptFile.length > 0 && tasks.length > 0)
    throw new RalphError('usage', `both a task file (${tasks[0]}) and --prompt-file are given`, {
      hint: 'a run is made of one of the two',
    });
  if (args.promptFile.length === 0 && args.completionPromise !== undefined)
    throw new RalphError('usage', '--completion-promise goes with --prompt-file', {
      hint: 'in a task file it is completion_promise: in the front matter',
    });
};
