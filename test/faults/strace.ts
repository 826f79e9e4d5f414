import { execFileSync, spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { World } from '../fakes/world.ts';
import { brokenPromises, look, makeCrashWorld, task } from './crash-world.ts';
import type { Outcome } from './failpoints.ts';

/** What changes the disk, as the runner's main thread calls it. */
export const swept = ['rename', 'fsync', 'fdatasync', 'write', 'ftruncate', 'mkdir', 'unlink'] as const;
export type Swept = (typeof swept)[number];

/** One place for a fault: the nth call of this kind. */
export interface Point {
  readonly call: Swept;
  readonly n: number;
}

const main = join(import.meta.dirname, '../../src/main.ts');

/** Why the sweep cannot be done here; undefined when it can. */
export const noStrace = (): string | undefined => {
  if (process.platform !== 'linux') return 'strace is there on Linux only';
  try {
    execFileSync('strace', ['-qq', '-e', 'trace=fsync', '-e', 'inject=fsync:error=EIO:when=9', 'true'], {
      stdio: 'ignore',
    });
    return undefined;
  } catch {
    return 'strace is not installed, or may not trace here';
  }
};

interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stderr: string;
  readonly hung: boolean;
}
const TOO_LONG_MS = 180_000;

/** The runner under strace. Without -f only its main thread is meddled with: git and the commands stay as they are. */
const traced = (world: World, options: readonly string[], id: string): Promise<Ended> =>
  new Promise((resolve) => {
    const argv = ['-qq', ...options, process.execPath, main, 'resume', id, '--foreground'];
    const env = { ...world.env, NODE_DISABLE_COMPILE_CACHE: '1' };
    const child = spawn('strace', argv, {
      cwd: world.repo,
      env,
      stdio: ['ignore', 'ignore', 'pipe'],
      detached: true,
    });
    let stderr = '';
    let hung = false;
    const timer = setTimeout(() => {
      hung = true;
      if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
    }, TOO_LONG_MS);
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
    child.on('close', (code, signal) => {
      clearTimeout(timer);
      resolve({ code, signal, stderr, hung });
    });
  });

/** Every point of one undisturbed run. */
export const pointsOfRun = async (calls: readonly Swept[] = swept): Promise<readonly Point[]> => {
  const world = await makeCrashWorld();
  try {
    const { id } = await world.create(task);
    const file = join(world.dir, 'calls');
    writeFileSync(file, '');
    const { code, stderr } = await traced(world, ['-o', file, '-e', `trace=${calls.join(',')}`], id);
    if (code !== 0) throw new Error(`the undisturbed run ended with ${code}: ${stderr}`);
    const lines = readFileSync(file, 'utf8').split('\n');
    return calls.flatMap((call) => {
      const count = lines.filter((line) => line.startsWith(`${call}(`)).length;
      return Array.from({ length: count }, (_, i) => ({ call, n: i + 1 }));
    });
  } finally {
    world.destroy();
  }
};

/** The runner with one fault, then a resume without one; says which promises are broken. */
export const faultAt = async ({ call, n }: Point, fault: 'kill' | 'EIO' | 'ENOSPC'): Promise<Outcome> => {
  const point = `${fault} at ${call} ${n}`;
  const world = await makeCrashWorld();
  try {
    const { id } = await world.create(task);
    const what = fault === 'kill' ? 'signal=KILL' : `error=${fault}`;
    // A call that is not traced is not injected either.
    const inject = ['-o', '/dev/null', '-e', `trace=${call}`, '-e', `inject=${call}:${what}:when=${n}`];
    const first = await traced(world, inject, id);
    const ended = first.hung ? 'hung' : (first.signal ?? `exit ${first.code}`);
    const broken: string[] = [];
    if (first.hung) broken.push('it hung');
    const before = world.app.replay(id);
    if (fault !== 'kill') broken.push(...notTold(first, before.status));
    const remains = look(world, id);
    if (first.code !== 0) {
      const second = await world.cli(['resume', id, '--foreground']);
      // A run that had its success on record may say that there is nothing to resume.
      const fine = second.code === 0 || before.status === 'succeeded';
      if (!fine) broken.push(`resume: exit ${second.code}: ${second.stderr.slice(0, 500)}`);
    }
    broken.push(...brokenPromises(world, id, { remains, controls: [] }));
    return { point, ended: `${ended}, ${before.status}`, broken };
  } finally {
    world.destroy();
  }
};

/** An I/O error ends in success all the same, a recorded pause, or a clear message; never in a lost run. */
const notTold = (ended: Ended, status: string): readonly string[] => {
  if (ended.code === 0 || status === 'paused') return [];
  if (ended.signal !== null) return [`an I/O error killed it: ${ended.signal}`];
  return /^ralph: /m.test(ended.stderr) ? [] : [`no message (${status}): ${ended.stderr.slice(0, 300)}`];
};
