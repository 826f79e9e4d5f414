import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { once } from 'node:events';
import type { World } from '../fakes/world.ts';
import { brokenPromises, look, makeCrashWorld, makeQueuedRun, type Remains } from './crash-world.ts';
import type { Outcome } from './failpoints.ts';

/** Who works on the run while it is hit. */
export type Worker = 'ralph run' | 'supervisor';

export interface RandomKills {
  readonly worker: Worker;
  /** Names the kills: the same seed kills after the same times, as far as a machine repeats itself. */
  readonly seed: number;
  readonly kills: number;
}

/** Longer than one undisturbed run on a quiet machine takes, so that late points are hit too. */
const LATEST_MS = 3_500;
const TOO_LONG_MS = 180_000;
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Numbers from 0 to 1 that follow from the seed (mulberry32). */
const numbersFrom = (seed: number): (() => number) => {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
};

interface Process {
  readonly pid: number;
  readonly command: string;
}

/** Every process that stands in this world, or names it: the runner, its git, the agent's commands, what they left. */
const processesOf = ({ dir }: World): readonly Process[] =>
  readdirSync('/proc').flatMap((name) => {
    const pid = Number(name);
    if (!Number.isInteger(pid) || pid === process.pid) return [];
    try {
      const command = readFileSync(`/proc/${name}/cmdline`, 'utf8').replaceAll('\0', ' ').trim();
      if (command === '') return [];
      return command.includes(dir) || readlinkSync(`/proc/${name}/cwd`).startsWith(dir)
        ? [{ pid, command }]
        : [];
    } catch {
      return [];
    }
  });

/** Half of the kills meet the worker itself, the others what it has started. */
const killOne = (world: World, random: () => number): string => {
  const all = processesOf(world);
  const isWorker = ({ command }: Process): boolean => /main\.[jt]s (resume|supervisor run)/.test(command);
  const workers = all.filter(isWorker);
  const others = all.filter((one) => !isWorker(one));
  const from = others.length === 0 || random() < 0.5 ? workers : others;
  const victim = from[Math.floor(random() * from.length)];
  if (victim === undefined) return 'nobody';
  try {
    process.kill(victim.pid, 'SIGKILL');
  } catch {
    return 'nobody';
  }
  return isWorker(victim) ? 'the worker' : (/^(?:\S*\/)?(\S+)/.exec(victim.command)?.[1] ?? 'a child');
};

/** Spent money and made work of every crash: none of it may be gone later. */
const most = (a: Remains | undefined, b: Remains): Remains => ({
  spent: {
    costUsd: Math.max(a?.spent.costUsd ?? 0, b.spent.costUsd),
    tokens: Math.max(a?.spent.tokens ?? 0, b.spent.tokens),
  },
  work: [...new Set([...(a?.work ?? []), ...b.work])],
});

const foreground = async (world: World, id: string, hit?: () => Promise<void>): Promise<void> => {
  const child = world.start(['resume', id, '--foreground']);
  child.stdout?.resume();
  child.stderr?.resume();
  const ended = once(child, 'close');
  await Promise.race([ended, hit?.()]);
  await ended;
};

const supervised = async (world: World, id: string, hit?: () => Promise<void>): Promise<void> => {
  const { supervisor } = world.app;
  if (world.app.replay(id).status === 'paused') await world.cli(['resume', id]);
  supervisor.enqueue(id);
  await supervisor.ensure();
  const isOver = (): boolean => ['succeeded', 'failed', 'paused'].includes(world.app.replay(id).status);
  const until = Date.now() + TOO_LONG_MS;
  const ended = async (): Promise<void> => {
    while (!isOver() && supervisor.running && Date.now() < until) await pause(50);
  };
  if (hit) await hit();
  await ended();
};

const stopSupervisor = async ({ app: { supervisor } }: World): Promise<void> => {
  if (!supervisor.running) return;
  supervisor.stop();
  for (let i = 0; i < 400 && supervisor.running; i += 1) await pause(50);
};

/** Nobody is at work any more, and the next to open the home has cleared what a late kill left. */
const rest = async (world: World, id: string): Promise<void> => {
  await stopSupervisor(world);
  await (await world.app.engine()).settle(id);
};

/** Kills processes of one run at random moments, resumes it after each, and says which promises are broken. */
export const killAtRandom = async ({ worker, seed, kills }: RandomKills): Promise<Outcome> => {
  const random = numbersFrom(seed);
  const world = await makeCrashWorld();
  const work = worker === 'ralph run' ? foreground : supervised;
  const hits: string[] = [];
  try {
    const { id, controls } = await makeQueuedRun(world);
    let remains: Remains | undefined;
    for (let i = 0; i < kills && world.app.replay(id).status !== 'succeeded'; i += 1) {
      const at = Math.round(random() * LATEST_MS);
      await work(world, id, async () => {
        await pause(at);
        hits.push(`${killOne(world, random)} after ${at} ms`);
      });
      remains = most(remains, look(world, id));
    }
    // A kill of a command or of git may have ended in a recorded pause; nothing may need more than to be told again.
    for (let i = 0; i < 3 && world.app.replay(id).status !== 'succeeded'; i += 1) await work(world, id);
    await rest(world, id);
    const broken = brokenPromises(world, id, { remains, controls });
    return {
      point: `seed ${seed}, ${worker}: ${hits.join(', ')}`,
      ended: world.app.replay(id).status,
      broken,
    };
  } finally {
    await stopSupervisor(world);
    for (const { pid } of processesOf(world)) process.kill(pid, 'SIGKILL');
    world.destroy();
  }
};
