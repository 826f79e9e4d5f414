import { z } from 'zod';
import { isActive } from '../domain/run-status.ts';
import type { App, DemoPlace, RunInfo } from './app.ts';
import { defineCommand, type CommandContext } from './define.ts';
import { warnIsolation } from './launch.ts';
import { runHere } from './run-here.ts';

/** Command lines with what they are for, in two columns. */
const looks = (app: App, rows: readonly (readonly [command: string, what: string])[]): readonly string[] => {
  const lines = rows.map(([command, what]) => [`${app.selfName} ${command}`.trimEnd(), what] as const);
  const width = Math.max(...lines.map(([command]) => command.length));
  return lines.map(([command, what]) => `  ${command.padEnd(width)}  ${what}`);
};

const afterOne = (app: App, id: string, remote: string): readonly string[] => {
  const state = app.replay(id);
  return [
    '',
    'Look for yourself:',
    ...looks(app, [
      [`show ${id}`, 'budgets, boxes, loop_score'],
      [`logs ${id}`, 'everything that happened'],
      [`iterations ${id}`, 'its sessions, one a line'],
      [`diff ${id}`, 'what the last one changed'],
    ]),
    `  git -C ${remote} log --oneline ${state.branch}`,
    ...(state.pr ? [`  cat ${state.pr.url.replace('file://', '')}`] : []),
  ];
};

/** One run in the foreground, for pipes and CI. */
const demoOne = async (context: CommandContext): Promise<number> => {
  const { app, out } = context;
  const place = await app.makeDemo();
  out.print('One task, done by a loop of fresh sessions until its tests pass (ten seconds).');
  out.print(`A small repository whose tests fail: ${place.checkout}`);
  out.print(`Its remote, a bare repository:      ${place.remote}`);
  out.print('The model is scripted; git, the commands, the checks and the files are real.');
  const made = await create(app, place);
  warnIsolation(context, 'local', false);
  const code = await runHere(context, made.id, { quiet: true });
  for (const line of afterOne(app, made.id, place.remote)) out.print(line);
  return code;
};

const create = async (app: App, place: DemoPlace): Promise<RunInfo> =>
  (await app.engine()).createRun({
    taskText: place.taskText,
    folder: place.checkout,
    backend: 'local',
    modelsFile: place.modelsFile,
  });

const afterFleet = (app: App, runs: readonly RunInfo[], dir: string): readonly string[] => {
  const now = runs.map(({ id }) => app.replay(id));
  const active = now.filter(({ status }) => isActive(status));
  const paused = now.find(({ status }) => status === 'paused');
  const [shown] = active.length > 0 ? active : now;
  const all = now.map(({ id }) => id).join(' ');
  return [
    ...now.map(
      ({ id, task, status, reason }) =>
        `  ${id}  ${task.padEnd(16)}  ${[status, reason].filter(Boolean).join(' · ')}`,
    ),
    '',
    active.length > 0
      ? `Closing the screen stopped nothing: the supervisor goes on with ${active.length} of them.`
      : 'No run is being worked on any more.',
    ...looks(app, [
      ['', 'the screen again'],
      ['top', 'one frame of it'],
      [`show ${shown?.id ?? ''}`, 'budgets, boxes, loop_score'],
      [`logs ${shown?.id ?? ''}`, 'everything that happened'],
      ...(paused?.report && !paused.report.applied
        ? [[`apply ${paused.id}`, 'take over what its diagnosis proposes'] as const]
        : []),
      ...(paused ? [[`resume ${paused.id}`, 'let it go on'] as const] : []),
      ...(active.length > 0
        ? [[`stop ${active.map(({ id }) => id).join(' ')}`, 'stop what still runs'] as const]
        : []),
      [`prune ${all}`, 'remove what has ended'],
    ]),
    `  ${dir} holds their repositories; nothing needs it once the runs are gone`,
  ];
};

/** Three runs that differ, under the supervisor, and the screen on them. */
const demoFleet = async (context: CommandContext): Promise<number> => {
  const { app, out } = context;
  out.print('Three small repositories, three scripted models; git, commands, checks and files are real.');
  const others = app.runs().length;
  const places = await app.makeDemoFleet();
  const runs: RunInfo[] = [];
  for (const place of places) runs.push(await create(app, place));
  warnIsolation(context, 'local', false);
  for (const { id } of runs) app.supervisor.enqueue(id);
  await app.supervisor.ensure();
  // Where there are other runs, the screen opens on these three; Esc shows all of them.
  const filter = others === 0 ? '' : `id=${runs.map(({ id }) => id).join('|')}`;
  const code = await app.openScreen({ inline: false, readOnly: false, filter });
  for (const line of afterFleet(app, runs, places[0]?.dir ?? '')) out.print(line);
  return code;
};

export const demo = defineCommand({
  id: 'run.demo',
  title: 'See runs with a scripted model: no account, no network',
  group: 'Run',
  args: z.object({
    plain: z
      .boolean()
      .default(false)
      .describe('one run in the foreground instead of three on the screen, as where there is no terminal'),
  }),
  cliOnly: true,
  cli: { path: 'demo' },
  outlivesReader: true,
  run: async (context, { plain }) => {
    const onScreen = context.app.hasTerminal && !plain && !context.out.asJson;
    return onScreen ? demoFleet(context) : demoOne(context);
  },
});
