import { z } from 'zod';
import { RalphError } from '../domain/error.ts';
import { defineCommand } from './define.ts';

const IDLE_MINUTES = 10;

export const supervisorRun = defineCommand({
  id: 'supervisor.run',
  title: 'Be the supervisor in the foreground; launch starts one',
  group: 'Fleet',
  args: z.object({
    concurrency: z
      .number()
      .int()
      .min(1)
      .max(10_000)
      .optional()
      .describe('runs at once; setting `concurrency` by default'),
    idleMinutes: z
      .number()
      .min(0)
      .default(IDLE_MINUTES)
      .describe('ends after so long without a run; 0 never'),
  }),
  cliOnly: true,
  cli: { path: 'supervisor run' },
  outlivesReader: true,
  run: async (context, { concurrency, idleMinutes }) => {
    const { app, out } = context;
    const engine = await app.engine();
    await engine.supervise({
      concurrency: concurrency ?? app.settings.get('concurrency'),
      idleMs: idleMinutes === 0 ? Number.POSITIVE_INFINITY : idleMinutes * 60_000,
      signal: context.interrupted(),
      log: (line) => out.print(line),
    });
    return 0;
  },
});

export const supervisorStatus = defineCommand({
  id: 'supervisor.status',
  title: 'Say whether a supervisor runs, and what it works on',
  group: 'Fleet',
  args: z.object({}),
  cli: { path: 'supervisor status' },
  run: async ({ app, out }) => {
    const { running } = app.supervisor;
    const report = app.supervisor.report();
    if (out.asJson) out.json({ running, ...(running && report && { report }) });
    else if (!running || !report) out.print('no supervisor runs; ralph launch starts one');
    else {
      const { waiting = [] } = report;
      const working = report.running.filter((id) => !waiting.includes(id));
      out.print(`supervisor ${report.pid}, since ${report.startedAt}, version ${report.version}`);
      out.print(`working on ${working.length} of at most ${report.concurrency}: ${working.join(' ') || '-'}`);
      if (waiting.length > 0)
        out.print(`waiting for a forge or a model ${waiting.length}: ${waiting.join(' ')}`);
      out.print(`queued ${report.queued.length}: ${report.queued.slice(0, 20).join(' ') || '-'}`);
      out.print(`memory ${Math.round(report.rssBytes / 2 ** 20)} MiB; log ${app.supervisor.logFile}`);
    }
    return running ? 0 : 1;
  },
});

const STOP_WAIT_MS = 60_000;

export const supervisorStop = defineCommand({
  id: 'supervisor.stop',
  title: 'Stop the supervisor; its runs go on with the next one',
  group: 'Fleet',
  args: z.object({}),
  cli: { path: 'supervisor stop' },
  run: async ({ app, out }) => {
    if (!app.supervisor.running) {
      out.print('no supervisor runs');
      return 0;
    }
    app.supervisor.stop();
    for (let waited = 0; waited < STOP_WAIT_MS && app.supervisor.running; waited += 100) await app.sleep(100);
    out.print(app.supervisor.running ? 'it was told to stop, and is still saving its runs' : 'stopped');
    return app.supervisor.running ? 1 : 0;
  },
});

export const supervisorScale = defineCommand({
  id: 'supervisor.scale',
  title: 'Set how many runs the supervisor works on at once',
  group: 'Fleet',
  args: z.object({ n: z.number().int().min(1).max(10_000).describe('runs at once').meta({ value: 'N' }) }),
  cli: { path: 'supervisor scale', positional: ['n'] },
  run: async ({ app, out }, { n }) => {
    app.supervisor.scale(n);
    if (app.supervisor.running) out.print(`at most ${n} at once`);
    else out.print(`at most ${n} at once, when a supervisor starts`);
    return 0;
  },
});

export const adopt = defineCommand({
  id: 'fleet.adopt',
  title: 'Take over a run of a lost machine, from its pushed state',
  group: 'Fleet',
  args: z.object({
    task: z.string().describe('task_id of the run').meta({ value: 'TASK_ID' }),
    repo: z.string().optional().describe('where the run pushed to; the repository one stands in by default'),
  }),
  cli: { path: 'adopt', positional: ['task'] },
  examples: ['adopt task-001 --repo https://example.com/org/repo.git'],
  run: async ({ app, out }, { task, repo }) => {
    const from = repo ?? app.files.repoRoot;
    if (from === undefined)
      throw new RalphError('usage', 'this folder is in no repository', { hint: 'add --repo URL' });
    const engine = await app.engine();
    const info = await engine.adopt({ repo: from, task });
    if (out.asJson) out.json({ run: info.id, iterations: info.state.committed });
    else
      out.print(
        `${info.id}  ${task}  adopted after iteration ${info.state.committed}; go on with: ralph resume ${info.id}`,
      );
    return 0;
  },
});
