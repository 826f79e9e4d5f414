/** Calls back on a grid of intervals between frames; nothing is due while nothing is asked for. */
export interface Ticker {
  ask(): void;
  /** A frame was drawn without a tick: the interval begins with it. */
  drew(): void;
  stop(): void;
}

/** A look costs a tenth of a frame: after one that found nothing to draw, the next may come so much earlier. */
const LOOKS_AN_INTERVAL = 3;

/** `tick` says whether it drew. Ticks that do are an interval apart, others a third of it. */
export const createTicker = (intervalMs: () => number, tick: () => boolean): Ticker => {
  let timer: NodeJS.Timeout | undefined;
  let isTicking = false;
  let isAsked = false;
  let drawn = 0;
  let looked = 0;
  const fire = (): void => {
    timer = undefined;
    isAsked = false;
    isTicking = true;
    looked = performance.now();
    // The work of a tick counts as part of its interval, else 33 ms would become 45.
    const at = looked;
    try {
      if (tick()) drawn = at;
    } finally {
      isTicking = false;
    }
    if (isAsked) start();
  };
  const start = (): void => {
    clearTimeout(timer);
    const interval = intervalMs();
    const due = Math.max(drawn + interval, looked + interval / LOOKS_AN_INTERVAL);
    timer = setTimeout(fire, Math.max(1, due - performance.now()));
  };
  return {
    ask: () => {
      isAsked = true;
      if (timer === undefined && !isTicking) start();
    },
    drew: () => {
      drawn = performance.now();
      if (timer !== undefined) start();
    },
    stop: () => {
      clearTimeout(timer);
      timer = undefined;
      isAsked = false;
    },
  };
};
