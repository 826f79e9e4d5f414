import { performance } from 'node:perf_hooks';
import type { Clock } from '../../ports/host.ts';

// A longer delay overflows setTimeout, which then fires at once.
const longestTimer = 2 ** 31 - 1;

const pause = (ms: number, signal: AbortSignal | undefined): Promise<void> =>
  new Promise((resolve) => {
    const finish = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', finish);
      resolve();
    };
    const timer = setTimeout(finish, ms);
    signal?.addEventListener('abort', finish, { once: true });
  });

/** The machine's clocks: wall time, and a monotonic one that a change of the wall clock does not move. */
export const systemClock: Clock = {
  now: () => new Date(),
  monotonicMs: () => performance.now(),
  sleep: async (ms, signal) => {
    const end = performance.now() + ms;
    for (let left = ms; left > 0 && signal?.aborted !== true; left = end - performance.now()) {
      await pause(Math.min(Math.ceil(left), longestTimer), signal);
    }
  },
};
