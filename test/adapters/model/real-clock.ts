import { setTimeout as sleep } from 'node:timers/promises';

import type { Clock } from '../../../src/ports/host.ts';

/** The machine's own clock. */
export const realClock: Clock = {
  now: () => new Date(),
  monotonicMs: () => performance.now(),
  sleep: (ms, signal) => sleep(ms, undefined, { ...(signal && { signal }) }).catch(() => undefined),
};
