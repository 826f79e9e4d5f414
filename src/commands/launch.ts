import { z } from 'zod';
import { backends, type BackendId } from '../domain/backend.ts';
import { RalphError } from '../domain/error.ts';
import { networkModes, type NetworkMode } from '../domain/network.ts';
import { presets, type Preset } from '../domain/sandbox-choice.ts';
import type { App, LaunchRequest, RunInfo } from './app.ts';
import {
  checkSource,
  classicFlags,
  limitFlags,
  promptTask,
  withLimits,
  type ClassicArgs,
} from './classic.ts';
import { issueFlags, issueRequest, printTask, type IssueArgs } from './issue-flags.ts';
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
  preset: z
    .enum(presets)
    .optional()
    .describe('limits of the sandbox; wins over sandbox_preset and sandbox_resources'),
  network: z.enum(networkModes).optional().describe('what the sandbox reaches; wins over sandbox_network'),
  models: z.string().optional().describe('a models.yaml instead of your own').meta({ value: 'FILE' }),
  ...limitFlags,
  ...classicFlags,
};
const DEFAULT_TASK = 'ralph_task.md';

interface Chosen extends ClassicArgs {
  readonly backend?: BackendId | undefined;
  readonly profile?: string | undefined;
  readonly models?: string | undefined;
  readonly preset?: Preset | undefined;
  readonly network?: NetworkMode | undefined;
}

const readTask = (app: App, file: string, args: Chosen): Promise<string> => {
  const text = app.files.readText(file);
  if (text !== undefined) return withLimits(text, args);
  throw new RalphError('usage', `there is no task file ${file}`, {
    hint: 'ralph init writes one; --prompt-file takes a prompt instead',
  });
};

const requestOf = (
  app: App,
  from: { readonly taskText: string; readonly folder: string },
  args: Chosen,
): LaunchRequest => {
  return {
    ...from,
    ...(args.backend && { backend: args.backend }),
    ...(args.profile !== undefined && { profile: args.profile }),
    ...(args.preset && { preset: args.preset }),
    ...(args.network && { network: args.network }),
    ...(args.models !== undefined && { modelsFile: app.files.resolve(args.models) }),
  };
};

/** Throws `usage` where an issue and something else are to be the task. */
const onlyIssues = (tasks: readonly string[], args: ClassicArgs): void => {
  if (tasks.length === 0 && args.promptFile.length === 0) return;
  throw new RalphError(
    'usage',
    `--issue does not go with ${tasks.length > 0 ? 'a task file' : '--prompt-file'}`,
    {
      hint: 'a run is made of one of them',
    },
  );
};

/** Each issue is one run; what the command line says of it wins. */
const issueRequests = async (
  context: CommandContext,
  issues: readonly string[],
  args: Chosen & IssueArgs,
): Promise<readonly LaunchRequest[]> => {
  const requests: LaunchRequest[] = [];
  for (const issue of issues) {
    const { request } = await issueRequest(context, issue, args);
    const taskText = await withLimits(request.taskText, args);
    requests.push({ ...request, ...requestOf(context.app, { taskText, folder: request.folder }, args) });
  }
  return requests;
};

/** Of prompt files one run is made, in the repository that one stands in. */
const requestsOf = async (
  context: CommandContext,
  { tasks, issues }: { readonly tasks: readonly string[]; readonly issues: readonly string[] },
  args: Chosen & IssueArgs,
): Promise<readonly LaunchRequest[]> => {
  const { app } = context;
  checkSource(tasks, args);
  if (issues.length > 0) {
    onlyIssues(tasks, args);
    return issueRequests(context, issues, args);
  }
  if (args.promptFile.length > 0)
    return [requestOf(app, { taskText: await promptTask(app, args), folder: app.files.cwd }, args)];
  const files = tasks.length > 0 ? tasks : [DEFAULT_TASK];
  const requests: LaunchRequest[] = [];
  for (const file of files) {
    const taskText = await readTask(app, file, args);
    requests.push(requestOf(app, { taskText, folder: app.files.resolve(`${file}/..`) }, args));
  }
  return requests;
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
    task: z
      .string()
      .optional()
      .describe(`the task file; ${DEFAULT_TASK} if left out`)
      .meta({ value: 'TASK_FILE' }),
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
  outlivesReader: true,
  examples: [
    'run --backend local',
    'run tasks/login.md --backend local --profile strong-doctor --json',
    'run --prompt-file prompt.md --completion-promise COMPLETE --max-iterations 10 --backend podman',
    'run --issue acme/widget#42 --print',
  ],
  run: async (context, { task, issue, print, ...args }) => {
    if (issue === undefined && print) throw new RalphError('usage', '--print goes with --issue');
    const wish = { tasks: task === undefined ? [] : [task], issues: issue === undefined ? [] : [issue] };
    if (issue !== undefined && print) {
      onlyIssues(wish.tasks, args);
      return printTask(context, await issueRequest(context, issue, { ...args, print }));
    }
    const [request] = await requestsOf(context, wish, args);
    return runTask(context, request!);
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
    tasks: z
      .array(z.string())
      .default([])
      .describe(`task files; ${DEFAULT_TASK} if left out`)
      .meta({ value: 'TASK_FILE' }),
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
  examples: [
    'launch --backend local',
    'launch tasks/*.md --backend local --concurrency 8',
    'launch --prompt-file plan.md --prompt-file build.md --test-command "npm test" --backend local',
  ],
  run: async (context, { tasks, issue, count, concurrency, ...args }) => {
    const { app, out } = context;
    const requests = await requestsOf(context, { tasks, issues: issue }, args);
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
