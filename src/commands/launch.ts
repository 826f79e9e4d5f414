import { z } from 'zod';
import { backends, type BackendId } from '../domain/backend.ts';
import { RalphError } from '../domain/error.ts';
import type { App, LaunchRequest } from './app.ts';
import { defineCommand, type CommandContext } from './define.ts';
import { runHere } from './run-here.ts';

const options = {
  backend: z
    .enum(backends)
    .optional()
    .describe('sandbox backend; wins over sandbox_provider of the task file'),
  profile: z.string().optional().describe('model profile; wins over model_profile_default'),
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

const warnIsolation = ({ out }: CommandContext, backend: string, isolated: boolean): void => {
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
  }),
  cli: { path: 'run', positional: ['task'] },
  examples: ['run --backend local', 'run tasks/login.md --backend local --profile strong-doctor --json'],
  run: async (context, { task, ...args }) => {
    const request = requestOf(context.app, task, args);
    const engine = await context.app.engine();
    const made = await engine.createRun(request);
    warnIsolation(context, made.state.backend, made.state.isolated);
    return runHere(context, made.id);
  },
});

export const launch = defineCommand({
  id: 'run.launch',
  title: 'Run task files in the background, under the supervisor',
  group: 'Run',
  args: z.object({
    tasks: z.array(z.string()).default(['ralph_task.md']).describe('task files').meta({ value: 'TASK_FILE' }),
    ...options,
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
  run: async (context, { tasks, count, concurrency, ...args }) => {
    const { app, out } = context;
    const requests = tasks.map((task) => requestOf(app, task, args));
    const engine = await app.engine();
    if (concurrency !== undefined) app.supervisor.scale(concurrency);
    for (const request of requests) {
      for (let i = 0; i < count; i += 1) {
        const made = await engine.createRun(request);
        if (i === 0 && request === requests[0])
          warnIsolation(context, made.state.backend, made.state.isolated);
        app.supervisor.enqueue(made.id);
        if (out.asJson) out.json({ run: made.id, task: made.state.task, branch: made.state.branch });
        else out.print(`${made.id}  ${made.state.task}  queued  ${made.state.branch}`);
      }
    }
    await app.supervisor.ensure();
    return 0;
  },
});

export const demo = defineCommand({
  id: 'run.demo',
  title: 'See a whole run with a scripted model: no account, no network',
  group: 'Run',
  args: z.object({}),
  cli: { path: 'demo' },
  run: async (context) => {
    const { app, out } = context;
    const place = await app.makeDemo();
    out.print('One task, done by a loop of fresh sessions until its tests pass (ten seconds).');
    out.print(`A small repository whose tests fail: ${place.checkout}`);
    out.print(`Its remote, a bare repository:      ${place.remote}`);
    out.print('The model is scripted; git, the commands, the checks and the files are real.');
    const engine = await app.engine();
    const made = await engine.createRun({
      taskText: place.taskText,
      folder: place.checkout,
      backend: 'local',
      modelsFile: place.modelsFile,
    });
    warnIsolation(context, 'local', false);
    const code = await runHere(context, made.id, { quiet: true });
    for (const line of afterDemo(app, made.id, place.remote)) out.print(line);
    return code;
  },
});

const afterDemo = (app: App, id: string, remote: string): readonly string[] => {
  const state = app.replay(id);
  const look = (command: string, what: string): string =>
    `  ${`${app.selfName} ${command} ${id}`.padEnd(40)}  ${what}`;
  return [
    '',
    'Look for yourself:',
    look('show', 'budgets, boxes, loop_score'),
    look('logs', 'everything that happened'),
    look('iterations', 'its sessions, one a line'),
    look('diff', 'what the last one changed'),
    `  git -C ${remote} log --oneline ${state.branch}`,
    ...(state.pr ? [`  cat ${state.pr.url.replace('file://', '')}`] : []),
  ];
};
