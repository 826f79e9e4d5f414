import { availableParallelism } from 'node:os';

/** Runs tasks at most `n` at a time, first come first served. */
export type ProcessLimit = <T>(task: () => Promise<T>) => Promise<T>;

/** How many short processes of one kind run at once: with hundreds of runs more only make each other slower. */
export const SHORT_PROCESSES = Math.max(4, availableParallelism() * 2);

/** A FIFO limit on how many tasks run at once, for callers that start many short host processes. */
export const createProcessLimit = (n: number): ProcessLimit => {
  const waiting: (() => void)[] = [];
  let running = 0;
  return async (task) => {
    if (running >= n) await new Promise<void>((resolve) => waiting.push(resolve));
    else running += 1;
    try {
      return await task();
    } finally {
      // The slot goes straight to the next in line, so that nobody can push in between.
      const next = waiting.shift();
      if (next) next();
      else running -= 1;
    }
  };
};

/** The same as a thing to hold: resolves when it is one's turn, with the way to give it back. */
export const createTurns = (n: number): (() => Promise<() => void>) => {
  const limit = createProcessLimit(n);
  return () =>
    new Promise((mine) => {
      void limit(() => new Promise<void>((done) => mine(done)));
    });
};
