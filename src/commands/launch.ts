import { z } from 'zod';
import { backends, type BackendId } from '../domain/backend.ts';
import { RalphError } from '../domain/error.ts';
import type { App, LaunchRequest, RunInfo } from './app.ts';
import { issueFlags, issueRequest, printTask } from './issue-flags.ts';
import { defineCommand, type CommandContext } from './define.ts';
import { runHere } from './run-here.ts';

const options = {
  backend: z
    .enum(backends)
    .optional()
    .describe('sandbox backend; wins over sandbox_provider of the task file'),
  profile: z
    .string()
    .optional()
    .describe('model profile; wins over model_profile_default')
    .meta({ pick: 'profile' }),
  models: z.string().optional().describe('a models.yaml instead of your own').meta({ value: 'FILE' }),
};

interface Chosen {
  readonly backend?: BackendId | undefined;
  readonly profile?: string | undefined;
  readonly models?: string | undefined;
}

const requestOf = (app: App, file: string, args: Chosen): LaunchRequest => {
  const taskText = app.files.readText(file);
  if (taskText === undefined) {
    throw new RalphError('usage', `there is no task file ${file}`, { hint: 'ralph init writes one' });
  }
  const folder = app.files.resolve(`${file}/..`);
  return {
    taskText,
    folder,
    ...(args.backend && { backend: args.backend }),
    ...(args.profile !== undefined && { profile: args.profile }),
    ...(args.models !== undefined && { modelsFile: app.files.resolve(args.models) }),
  };
};

/** Says it aloud where nothing stands between an agent and this machine. */
export const warnIsolation = ({ out }: CommandContext, backend: string, isolated: boolean): void => {
  if (!isolated) {
    out.error(
      `ralph: no isolation: on the ${backend} backend the agent's commands run on this machine as you`,
    );
  }
};

export const run = defineCommand({
  id: 'run.here',
  title: 'Run a task file here, in the foreground, until it ends or pauses',
  group: 'Run',
  args: z.object({
    task: z.string().default('ralph_task.md').describe('the task file').meta({ value: 'TASK_FILE' }),
    ...options,
    issue: z
      .string()
      .max(2000)
      .optional()
      .describe('make the task of an issue instead: OWNER/REPO#42, its address, or #42 in a clone')
      .meta({ value: 'ISSUE' }),
    print: z.boolean().default(false).describe('with --issue: only print that task'),
    ...issueFlags,
  }),
  cliOnly: true,
  cli: { path: 'run', positional: ['task'] },
  examples: [
    'run --backend local',
    'run tasks/login.md --backend local --profile strong-doctor --json',
    'run --issue acme/widget#42 --print',
  ],
  run: async (context, { task, issue, print, ...args }) => {
    if (issue === undefined && print) throw new RalphError('usage', '--print goes with --issue');
    const made = issue === undefined ? undefined : await issueRequest(context, issue, { ...args, print });
    if (made && print) return printTask(context, made);
    return runTask(context, made?.request ?? requestOf(context.app, task, args));
  },
});

const runTask = async (context: CommandContext, request: LaunchRequest): Promise<number> => {
  const engine = await context.app.engine();
  const made = await engine.createRun(request);
  warnIsolation(context, made.state.backend, made.state.isolated);
  return runHere(context, made.id);
};

/** Task texts as they are to run, and how often. */
export interface LaunchPlan {
  readonly requests: readonly LaunchRequest[];
  /** Runs of each. */
  readonly count: number;
  readonly concurrency?: number;
}
/** Makes the runs and hands them to the supervisor, which is started when none runs. What was made before an error stays. */
export const launchRuns = async (
  app: App,
  { requests, count, concurrency }: LaunchPlan,
  onMade: (made: RunInfo) => void,
): Promise<void> => {
  const engine = await app.engine();
  if (concurrency !== undefined) app.supervisor.scale(concurrency);
  for (const request of requests) {
    for (let i = 0; i < count; i += 1) {
      const made = await engine.createRun(request);
      app.supervisor.enqueue(made.id);
      onMade(made);
    }
  }
  await app.supervisor.ensure();
};

export const launch = defineCommand({
  id: 'run.launch',
  title: 'Run task files in the background, under the supervisor',
  group: 'Run',
  args: z.object({
    tasks: z.array(z.string()).default(['ralph_task.md']).describe('task files').meta({ value: 'TASK_FILE' }),
    ...options,
    issue: z
      .array(z.string().max(2000))
      .default([])
      .describe('issues instead of task files: OWNER/REPO#42, the address, or #42 in a clone')
      .meta({ value: 'ISSUE' }),
    ...issueFlags,
    count: z.number().int().min(1).max(1000).default(1).describe('runs per task file'),
    concurrency: z
      .number()
      .int()
      .min(1)
      .max(10_000)
      .optional()
      .describe('how many the supervisor works on at once'),
  }),
  cli: { path: 'launch', positional: ['tasks'], variadic: true },
  examples: ['launch --backend local', 'launch tasks/*.md --backend local --concurrency 8'],
  run: async (context, { tasks, issue, count, concurrency, ...args }) => {
    const { app, out } = context;
    const requests: LaunchRequest[] = [];
    for (const one of issue) requests.push((await issueRequest(context, one, args)).request);
    if (issue.length === 0) requests.push(...tasks.map((task) => requestOf(app, task, args)));
    let isFirst = true;
    await launchRuns(app, { requests, count, ...(concurrency !== undefined && { concurrency }) }, (made) => {
      if (isFirst) warnIsolation(context, made.state.backend, made.state.isolated);
      isFirst = false;
      if (out.asJson) out.json({ run: made.id, task: made.state.task, branch: made.state.branch });
      else out.print(`${made.id}  ${made.state.task}  queued  ${made.state.branch}`);
    });
    return 0;
  },
});
