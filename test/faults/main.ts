import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { dieAt, failpoints, type Outcome } from './failpoints.ts';
import { killAtRandom, type Worker } from './random.ts';
import { faultAt, noStrace, pointsOfRun, swept } from './strace.ts';

// `npm run test:faults`: a fault at every place where a runner changes the disk, kills of any of its processes at random
// moments, then a resume, then every promise of the state on disk is checked. Prints a table; exits 1 when one promise is broken.

const { values: options } = parseArgs({
  options: {
    /** Only each nth point of each kind of call. */
    every: { type: 'string', default: '1' },
    jobs: { type: 'string', default: String(Math.max(1, Math.floor(availableParallelism() / 2))) },
    /** Only faults whose name contains this: `kill`, `EIO at fsync`, `failpoint`. */
    only: { type: 'string', default: '' },
    /** So many series of kills at random moments, for each kind of worker. */
    series: { type: 'string', default: '20' },
    quiet: { type: 'boolean', default: false },
  },
});

const print = (line: string): void => {
  process.stdout.write(`${line}\n`);
};

interface Job {
  readonly group: string;
  readonly run: () => Promise<Outcome>;
}

const failpointJobs = (): readonly Job[] =>
  failpoints.flatMap((point) => [
    { group: 'failpoint, resumed run', run: () => dieAt(point, 'queued') },
    ...(point.startsWith('control.')
      ? []
      : [{ group: 'failpoint, ralph run', run: () => dieAt(point, 'run') }]),
  ]);

const randomJobs = (): readonly Job[] => {
  if (process.platform !== 'linux') return [];
  const seeds = Array.from({ length: Number(options.series) }, (_, i) => i + 1);
  const workers: readonly Worker[] = ['ralph run', 'supervisor'];
  return workers.flatMap((worker) =>
    seeds.map((seed) => ({
      group: `random kills, ${worker}`,
      run: () => killAtRandom({ worker, seed, kills: 4 }),
    })),
  );
};

const straceJobs = async (): Promise<readonly Job[]> => {
  const missing = noStrace();
  if (missing !== undefined) {
    print(`SKIPPED: the sweep over system calls (${missing})`);
    return [];
  }
  const points = await pointsOfRun();
  const every = Number(options.every);
  return points
    .filter(({ n }) => (n - 1) % every === 0)
    .flatMap((point) => {
      const kill = { group: `kill at ${point.call}`, run: () => faultAt(point, 'kill') };
      // An error in a write to a pipe or an eventfd is no disk error: the full disk has a test of its own.
      if (point.call === 'write') return [kill];
      const error = point.call === 'mkdir' ? 'ENOSPC' : 'EIO';
      return [kill, { group: `${error} at ${point.call}`, run: () => faultAt(point, error) }];
    });
};

const attempt = async (job: Job): Promise<Outcome> => {
  try {
    return await job.run();
  } catch (error) {
    return { point: job.group, ended: 'the harness failed', broken: [String(error)] };
  }
};

const jobs = [...failpointJobs(), ...randomJobs(), ...(await straceJobs())].filter(({ group }) =>
  group.includes(options.only),
);
print(`${jobs.length} faults (${swept.join(', ')}), ${options.jobs} at a time`);
const table = new Map<string, { faults: number; broken: number; ends: Map<string, number> }>();
const waiting = jobs[Symbol.iterator]();

const work = async (): Promise<void> => {
  for (const job of waiting) {
    const { point, ended, broken } = await attempt(job);
    const row = table.get(job.group) ?? { faults: 0, broken: 0, ends: new Map<string, number>() };
    row.faults += 1;
    if (broken.length > 0) row.broken += 1;
    row.ends.set(ended, (row.ends.get(ended) ?? 0) + 1);
    table.set(job.group, row);
    if (broken.length > 0) print(`BROKEN ${point} (${ended}):\n  ${broken.join('\n  ')}`);
    else if (!options.quiet) print(`ok ${point} (${ended})`);
  }
};

const started = Date.now();
await Promise.all(Array.from({ length: Number(options.jobs) }, work));
print('\nfault                     points  broken  how it ended');
for (const [group, { faults, broken, ends }] of table) {
  const how = [...ends].map(([end, count]) => `${end} ×${count}`).join('; ');
  print(`${group.padEnd(26)}${String(faults).padStart(6)}${String(broken).padStart(8)}  ${how}`);
}
const total = [...table.values()].reduce((sum, row) => sum + row.broken, 0);
print(
  `\n${jobs.length} faults, ${total} with a broken promise, ${Math.round((Date.now() - started) / 1000)} s`,
);
process.exitCode = total > 0 ? 1 : 0;
