import { z } from 'zod';
import { addToTotals, noTotals } from '../domain/fleet-order.ts';
import { SCHEMA } from '../domain/schema-mark.ts';
import { selectRuns } from '../domain/select.ts';
import type { App, RunInfo } from './app.ts';
import { defineCommand, selector } from './define.ts';
import { selectable } from './selectable.ts';

const { filter } = selector.shape;
const LEAST_WIDTH = 60;

const chosen = (app: App, terms: string): readonly RunInfo[] =>
  selectRuns(selectable(app.runs()), { runs: [], all: false, filter: terms }, { whenEmpty: 'all' }).map(
    ({ info }) => info,
  );

const supervisorOf = (app: App) => ({ running: app.supervisor.running, report: app.supervisor.report() });

/**
 * The fleet at one moment: `schema`, `at` (ISO), `version`, `supervisor` (`running`, and its last `report`), `totals`
 * (`byRank`, `costUsd`, `budgetUsd`, `tokens`), and `runs`, oldest first: `id`, `dir`, `orphaned`, `state` as in
 * `ralph ls --json`.
 */
const snapshotOf = (app: App, terms: string) => {
  const runs = chosen(app, terms);
  return {
    schema: SCHEMA,
    kind: 'fleet',
    at: new Date(app.now()).toISOString(),
    version: app.version,
    supervisor: supervisorOf(app),
    totals: runs.reduce((sum, run) => addToTotals(sum, run, 1), noTotals),
    runs: runs.map(({ id, dir, orphaned, state }) => ({ id, dir, orphaned, state })),
  };
};

export const top = defineCommand({
  id: 'fleet.top',
  title: 'Print one frame of the fleet: totals and the table of the screen',
  group: 'Look',
  args: z.object({
    filter,
    width: z
      .number()
      .int()
      .min(LEAST_WIDTH)
      .max(1000)
      .optional()
      .describe('columns; those of the terminal, else of COLUMNS, else 80'),
  }),
  cli: { path: 'top' },
  examples: ['top', 'top --filter status=running', 'top --width 200', 'top --json'],
  run: async ({ app, out }, { filter: terms, width }) => {
    if (out.asJson) {
      out.json(snapshotOf(app, terms));
      return 0;
    }
    const lines = await app.fleetText({
      runs: chosen(app, terms),
      supervisor: supervisorOf(app),
      now: app.now(),
      width: width ?? Math.max(LEAST_WIDTH, out.width),
    });
    for (const line of lines) out.print(line);
    return 0;
  },
});

export const fleetExport = defineCommand({
  id: 'fleet.export',
  title: 'Write the fleet with the state of every run as one JSON document',
  group: 'Look',
  args: z.object({
    file: z
      .string()
      .optional()
      .describe('where to, whole or not at all; standard output by default')
      .meta({ value: 'FILE' }),
    filter,
    force: z.boolean().default(false).describe('replace the file'),
  }),
  cli: { path: 'fleet export', positional: ['file'] },
  examples: ['fleet export', 'fleet export fleet.json --force', 'fleet export --filter status=failed'],
  run: async ({ app, out }, { file, filter: terms, force }) => {
    const snapshot = snapshotOf(app, terms);
    if (file === undefined || file === '-') {
      out.json(snapshot);
      return 0;
    }
    app.files.writeText(file, `${JSON.stringify(snapshot, undefined, 1)}\n`, { overwrite: force });
    const path = app.files.resolve(file);
    if (out.asJson) out.json({ file: path, runs: snapshot.runs.length });
    else out.print(`${snapshot.runs.length} ${snapshot.runs.length === 1 ? 'run' : 'runs'} in ${path}`);
    return 0;
  },
});
