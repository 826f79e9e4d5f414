import { spawn, type ChildProcess } from 'node:child_process';
import { readFileSync } from 'node:fs';
import type { Entry } from '../../src/domain/event.ts';
import type { RunState } from '../../src/domain/run-state.ts';
import { answer, answers, makeWorld, taskFile, type World } from '../fakes/world.ts';
import { limitRow, median, type Bench, type Row } from './row.ts';
import { builtMain, needBuild } from './start.ts';

const ITERATIONS = 2;

/** Every run has a task of its own, and so a branch and a state ref of its own at the common remote. */
const task = (at: number): string =>
  taskFile({ id: `task-${at}`, test: 'true', extra: 'max_consecutive_gutter: 1000' }).replace(
    'max_iterations: 6',
    `max_iterations: ${ITERATIONS}`,
  );

const script = answers(
  ...Array.from({ length: ITERATIONS }, (_, i) =>
    answer([
      { type: 'run', command: 'sleep 5' },
      { type: 'write', path: 'turn.txt', content: `turn ${i}\n` },
    ]),
  ),
);

/** MB of resident memory now; 0 when the process is gone. Linux only. */
const rssOf = (pid: number): number => {
  try {
    const kib = /^VmRSS:\s*(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
    return (Number(kib ?? 0) * 1024) / 1e6;
  } catch {
    return 0;
  }
};

const ended = (child: ChildProcess): Promise<void> =>
  new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code) =>
      code === 0 ? resolve() : reject(new Error(`the supervisor ended with ${code}`)),
    );
  });

/** Ms from each iteration's end to the next one's model call: all that a run waits for its turn. */
const waitsOf = (entries: readonly Entry[]): readonly number[] => {
  const waits: number[] = [];
  let since: number | undefined;
  for (const entry of entries) {
    if (entry.type === 'iteration.ended') since = Date.parse(entry.at);
    if (entry.type === 'model.requested' && since !== undefined) {
      waits.push(Date.parse(entry.at) - since);
      since = undefined;
    }
  }
  return waits;
};

const supervise = async (world: World, runs: number, say: (line: string) => void): Promise<number> => {
  const args = [builtMain, 'supervisor', 'run', '--concurrency', String(runs), '--idle-minutes', '0.05'];
  const child = spawn(process.execPath, args, {
    env: world.env,
    cwd: world.dir,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const started = performance.now();
  let peak = 0;
  let ticks = 0;
  const timer = setInterval(() => {
    peak = Math.max(peak, rssOf(child.pid ?? 0));
    ticks += 1;
    if (ticks % 100 === 0)
      say(`  ${Math.round((performance.now() - started) / 1000)} s: most memory ${peak.toFixed(0)} MB`);
  }, 200);
  try {
    await ended(child);
  } finally {
    clearInterval(timer);
    child.kill('SIGKILL');
  }
  return peak;
};

/** Puts the runs that are there into the queue of one supervisor process, and waits until all have ended. */
const superviseAll = async (world: World, say: (line: string) => void): Promise<FleetFacts> => {
  const ids = world.app.homes.list();
  for (const id of ids) world.app.supervisor.enqueue(id);
  const began = performance.now();
  const peakMb = await supervise(world, ids.length, say);
  const ms = performance.now() - began;
  return { peakMb, ms, ids, waits: ids.flatMap((id) => waitsOf(world.app.homes.entries(id))) };
};
interface FleetFacts {
  readonly peakMb: number;
  readonly ms: number;
  readonly ids: readonly string[];
  readonly waits: readonly number[];
}

/** Throws for the first run that is not as it should be. */
const needAll = (world: World, ids: readonly string[], isFine: (state: RunState) => boolean): void => {
  const unfinished = ids.filter((id) => !isFine(world.app.replay(id)));
  if (unfinished.length === 0) return;
  const { status, reason, detail } = world.app.replay(unfinished[0]!);
  throw new Error(`${unfinished.length} runs did not end: ${unfinished[0]} ${status} ${reason}: ${detail}`);
};

/** One supervisor process, and many runs at once whose command sleeps. */
export const benchFleet: Bench = async ({ quick, say }) => {
  needBuild();
  const runs = quick ? 40 : 500;
  const world = await makeWorld({ script });
  try {
    for (let at = 0; at < runs; at += 1) await world.create(task(at));
    say(`  ${runs} runs made`);
    const { peakMb, ids, waits } = await superviseAll(world, say);
    needAll(world, ids, ({ committed }) => committed === ITERATIONS);
    const floor = median(waits);
    const ours = Math.max(...waits);
    const fairness: Row = {
      what: `${runs} runs: longest wait for a turn against the median`,
      unit: 'ms',
      floor,
      ours,
      ratio: ours / floor,
      goal: '< 2 x',
      ok: ours < 2 * floor,
      note: `${waits.length} waits, each from iteration.ended to the next model.requested`,
    };
    return [
      limitRow({ what: `${runs} runs in one supervisor: most RSS`, ours: peakMb, limit: 600 }),
      fairness,
    ];
  } finally {
    world.destroy();
  }
};

const GREEN = { test: 'grep -q good file.txt', extra: 'sandbox_network: none\n' };
const greenScript = answers(
  answer([{ type: 'run', command: 'sleep 5' }]),
  answer([{ type: 'write', path: 'file.txt', content: 'good\n' }], ['M1.1', 'M1.2']),
);

/** One supervisor, and runs that each work in a container of their own, to a green end. */
export const benchContainerFleet = async (
  { quick, say }: Parameters<Bench>[0],
  image: string,
): Promise<readonly Row[]> => {
  needBuild();
  const runs = quick ? 8 : 50;
  const world = await makeWorld({ script: greenScript, backend: 'podman' });
  try {
    const extra = `${GREEN.extra}sandbox_image: ${image}\nsandbox_preset: light`;
    for (let at = 0; at < runs; at += 1) await world.create(taskFile({ ...GREEN, id: `task-${at}`, extra }));
    const { peakMb, ms, ids, waits } = await superviseAll(world, say);
    try {
      needAll(world, ids, ({ status }) => status === 'succeeded');
    } finally {
      const engine = await world.app.engine();
      for (const id of ids) await engine.removeRun(id);
    }
    const what = `${runs} runs in containers, one supervisor`;
    const longest = Math.max(...waits) / 1000;
    const note = `all succeeded in ${(ms / 1000).toFixed(0)} s; longest wait for a turn ${longest.toFixed(1)} s, median ${(median(waits) / 1000).toFixed(1)} s`;
    return [limitRow({ what: `${what}: most RSS`, ours: peakMb, limit: 600, note })];
  } finally {
    world.destroy();
  }
};
