import { describe, expect, it } from 'vitest';
import { faultAt, noStrace, pointsOfRun } from './strace.ts';

const missing = noStrace();
if (missing !== undefined) process.stderr.write(`SKIPPED: faults at system calls (${missing})\n`);

/** Points spread over one run, by the share of all calls of that kind. `npm run test:faults` takes them all. */
const sample = [
  ['rename', 0.1, 'kill'],
  ['rename', 0.5, 'kill'],
  ['rename', 0.9, 'EIO'],
  ['fsync', 0.25, 'kill'],
  ['fsync', 0.6, 'EIO'],
  ['fsync', 0.85, 'kill'],
  ['fdatasync', 0.3, 'EIO'],
  ['fdatasync', 0.7, 'kill'],
  ['write', 0.35, 'kill'],
  ['write', 0.55, 'kill'],
  ['write', 0.75, 'kill'],
  ['mkdir', 0.7, 'ENOSPC'],
] as const;

describe.skipIf(missing !== undefined)('a fault at a system call of the runner, then resume', () => {
  it('breaks no promise at any of the sampled points', async () => {
    const points = await pointsOfRun();
    const chosen = sample.map(([call, share, fault]) => {
      const count = points.filter((point) => point.call === call).length;
      expect([call, count > 0]).toEqual([call, true]);
      return { point: { call, n: Math.max(1, Math.round(count * share)) }, fault };
    });
    const broken: string[] = [];
    const next = chosen[Symbol.iterator]();
    const work = async (): Promise<void> => {
      for (const { point, fault } of next) {
        const outcome = await faultAt(point, fault);
        broken.push(...outcome.broken.map((text) => `${outcome.point} (${outcome.ended}): ${text}`));
        if (fault === 'kill' && !outcome.ended.startsWith('SIGKILL'))
          broken.push(`${outcome.point} did not happen`);
      }
    };
    await Promise.all([work(), work()]);
    expect(broken).toEqual([]);
  }, 900_000);
});
