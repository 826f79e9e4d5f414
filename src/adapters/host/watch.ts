import { watch, type FSWatcher } from 'node:fs';

const pollMs = 250;
const checks = new Map<() => void, boolean>();
let timer: NodeJS.Timeout | undefined;

const tick = (): void => {
  for (const check of checks.keys()) check();
};

// One timer for all: 500 watched runs cost 500 stat calls in a round, not 500 timers.
const settle = (): void => {
  if (checks.size === 0) {
    clearInterval(timer);
    timer = undefined;
    return;
  }
  timer ??= setInterval(tick, pollMs);
  if ([...checks.values()].includes(true)) timer.ref();
  else timer.unref();
};

export interface WatchOptions {
  readonly dir: string;
  /** Asked every 250 ms; must be cheap and must not throw. */
  readonly changed: () => boolean;
  readonly listener: () => void;
  /** The process stays alive for this watch. */
  readonly keepAlive: boolean;
}

const tryWatch = (dir: string, listener: () => void): FSWatcher | undefined => {
  try {
    const watcher = watch(dir, { persistent: false }, listener);
    // The folder went away or the kernel's watches are used up: the poll goes on.
    watcher.on('error', () => {
      watcher.close();
    });
    return watcher;
  } catch {
    return undefined;
  }
};

/** Calls back soon after something happened in a folder: fs.watch, and a poll where that says nothing. Returns the way to stop. */
export const watchFolder = ({ dir, changed, listener, keepAlive }: WatchOptions): (() => void) => {
  let due = false;
  let stopped = false;
  // A rename makes several events: one call for all that came in the same turn.
  const notify = (): void => {
    if (due || stopped) return;
    due = true;
    setImmediate(() => {
      due = false;
      if (!stopped) listener();
    });
  };
  const check = (): void => {
    if (changed()) notify();
  };
  const watcher = tryWatch(dir, notify);
  checks.set(check, keepAlive);
  settle();
  return () => {
    stopped = true;
    watcher?.close();
    checks.delete(check);
    settle();
  };
};
