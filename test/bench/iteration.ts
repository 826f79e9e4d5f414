import { join } from 'node:path';
import type { Entry } from '../../src/domain/event.ts';
import { answer, answers, makeWorld, taskFile, type World } from '../fakes/world.ts';
import { createFloor } from './iteration-floor.ts';
import { median, ratioRow, type Bench } from './row.ts';

const boxes = ['M1.1', 'M1.2'].map((id) => ({ id, verify: 'false' }));
const task = (iterations: number): string =>
  taskFile({ test: 'true', boxes, extra: 'max_consecutive_gutter: 1000\ncommand_timeout_s: 60' })
    .replace('max_iterations: 6', `max_iterations: ${iterations}`)
    .replace('max_cost_usd_estimate: 5', 'max_cost_usd_estimate: 5000');

const source = (folders: number, perFolder: number): Record<string, string> => {
  const files: Record<string, string> = { 'counter.txt': 'count 0\n' };
  for (let d = 0; d < folders; d += 1)
    for (let f = 0; f < perFolder; f += 1)
      files[`src/part-${d}/file-${f}.ts`] = `export const value${d}x${f} = ${d * perFolder + f};\n`.repeat(
        12,
      );
  return files;
};

/** One small patch an iteration, as the actions agent gets it. */
const patches = (iterations: number): string =>
  answers(
    ...Array.from({ length: iterations }, (_, i) =>
      answer(
        [
          {
            type: 'patch',
            path: 'counter.txt',
            content: `--- a/counter.txt\n+++ b/counter.txt\n@@ -1 +1 @@\n-count ${i}\n+count ${i + 1}\n`,
          },
        ],
        [],
        `count to ${i + 1}`,
      ),
    ),
  );

interface Measured {
  /** From one `iteration.started` to the next, so with everything that follows `iteration.ended`; no model, no commands. */
  readonly runner: readonly number[];
  /** The same as metrics.json tells it. */
  readonly told: readonly number[];
  readonly floor: readonly number[];
}

/** The floor's turn runs inside the iteration.started entry, before the watch starts: both sides are interleaved. */
const measure = async (world: World, iterations: number, turn: () => number): Promise<Measured> => {
  const runner: number[] = [];
  const floor: number[] = [];
  let since: number | undefined;
  let others = 0;
  const onEntry = (entry: Entry): void => {
    if (entry.type === 'model.answered' || entry.type === 'command.ended') others += entry.ms;
    const ends = entry.type === 'run.status' && entry.status !== 'running' && entry.status !== 'starting';
    if (entry.type !== 'iteration.started' && !ends) return;
    if (since !== undefined) runner.push(performance.now() - since - others);
    if (!ends) floor.push(turn());
    others = 0;
    since = performance.now();
  };
  const { state, entries } = await world.run(task(iterations), { onEntry });
  if (state.committed !== iterations)
    throw new Error(`the run ${state.status} after ${state.committed}: ${state.detail}`);
  const told = entries.flatMap((e) => (e.type === 'iteration.ended' ? [e.ms] : []));
  return { runner, told: told.map((ms, i) => ms - floor[i]!), floor };
};

const onLargeRepository: Bench = async ({ quick, say }) => {
  const [folders, perFolder, iterations] = quick ? [20, 50, 6] : [200, 50, 25];
  const world = await makeWorld({ files: source(folders, perFolder), script: patches(iterations) });
  try {
    const { turn } = createFloor(join(world.dir, 'floor'), world.remote);
    const { runner, told, floor } = await measure(world, iterations, turn);
    say(`  runner ${runner.map((ms) => ms.toFixed(0)).join(' ')}`);
    say(`  floor  ${floor.map((ms) => ms.toFixed(0)).join(' ')}`);
    // The first iteration fills caches on both sides.
    return [
      ratioRow({
        what: `iteration, ${folders * perFolder} files: the runner's own time`,
        floor: floor.slice(1),
        ours: runner.slice(1),
        most: 2,
        note: `from one iteration.started to the next; metrics.json (up to done.json) says ${median(told.slice(1)).toFixed(0)} ms in all; aim 1.5`,
      }),
    ];
  } finally {
    world.destroy();
  }
};

const onLongRun: Bench = async ({ quick, say }) => {
  const iterations = quick ? 30 : 205;
  const world = await makeWorld({ files: source(10, 10), script: patches(iterations) });
  try {
    const { runner } = await measure(world, iterations, () => 0);
    say(
      `  every tenth: ${runner
        .filter((_, i) => i % 10 === 1)
        .map((ms) => ms.toFixed(0))
        .join(' ')}`,
    );
    const early = runner.slice(1, 10);
    const late = runner.slice(-10, -1);
    return [
      ratioRow({
        what: `iteration ${iterations - 5} against iteration 2`,
        floor: early,
        ours: late,
        most: 1.2,
        note: 'medians of the nine iterations from 2 on, and of the last nine',
      }),
    ];
  } finally {
    world.destroy();
  }
};

export const benchIteration: Bench = async (options) => [
  ...(await onLargeRepository(options)),
  ...(await onLongRun(options)),
];
