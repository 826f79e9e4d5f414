import { setTimeout as sleep } from 'node:timers/promises';

/** What GitHub asks for between two writes. */
export const WRITE_PAUSE_MS = 1000;
/** Where people are notified, it takes so much longer. */
const NOTIFYING = 3;

/** One limiter for each share, as the throttling plugin asks for it. */
interface Pace {
  key(share: string): { schedule<T>(options: unknown, task: () => Promise<T>): Promise<T> };
}

/** Lets one through in so many ms, in the order in which they came. */
const createPace = (everyMs: number): Pace => {
  const free = new Map<string, number>();
  return {
    key: (share) => ({
      schedule: async (_options, task) => {
        const now = performance.now();
        const at = Math.max(now, free.get(share) ?? 0);
        free.set(share, at + everyMs);
        if (at > now) await sleep(at - now);
        return task();
      },
    }),
  };
};

export interface Paces {
  readonly write: Pace;
  readonly notifications: Pace;
}
const made = new Map<number, Paces>();

/** All clients of this process with the same pause share it. */
export const pacesOf = (pauseMs: number): Paces => {
  const paces = made.get(pauseMs) ?? {
    write: createPace(pauseMs),
    notifications: createPace(NOTIFYING * pauseMs),
  };
  made.set(pauseMs, paces);
  return paces;
};
