import { spawn, type ChildProcess } from 'node:child_process';
import { readFileSync } from 'node:fs';
import type { Entry } from '../../src/domain/event.ts';
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

/** One supervisor process, and many runs at once whose command sleeps. */
export const benchFleet: Bench = async ({ quick, say }) => {
  needBuild();
  const runs = quick ? 40 : 500;
  const world = await makeWorld({ script });
  try {
    for (let at = 0; at < runs; at += 1) world.app.supervisor.enqueue((await world.create(task(at))).id);
    say(`  ${runs} runs made`);
    const peak = await supervise(world, runs, say);
    const ids = world.app.homes.list();
    const unfinished = ids.filter((id) => world.app.replay(id).committed !== ITERATIONS);
    if (unfinished.length > 0) {
      const { status, reason, detail } = world.app.replay(unfinished[0]!);
      throw new Error(
        `${unfinished.length} runs did not end: ${unfinished[0]} ${status} ${reason}: ${detail}`,
      );
    }
    const waits = ids.flatMap((id) => waitsOf(world.app.homes.entries(id)));
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
    return [limitRow({ what: `${runs} runs in one supervisor: most RSS`, ours: peak, limit: 600 }), fairness];
  } finally {
    world.destroy();
  }
};
