/** Calls back at most once an interval, on the grid of the first call; nothing is due while nothing is asked for. */
export interface Ticker {
  ask(): void;
  stop(): void;
}

export const createTicker = (intervalMs: () => number, tick: () => void): Ticker => {
  let timer: NodeJS.Timeout | undefined;
  let last = 0;
  return {
    ask: () => {
      if (timer !== undefined) return;
      const interval = intervalMs();
      // The work of a tick counts as part of its interval, else 33 ms would become 45.
      const wait = Math.max(1, last + interval - performance.now());
      timer = setTimeout(() => {
        timer = undefined;
        last = performance.now();
        tick();
      }, wait);
    },
    stop: () => {
      clearTimeout(timer);
      timer = undefined;
    },
  };
};
