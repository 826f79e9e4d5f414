import { statSync, watch, type FSWatcher } from 'node:fs';
import { join } from 'node:path';
import type { RunId } from '../../domain/event.ts';
import type { FleetFollower, FleetSink } from '../../ports/fleet-follower.ts';
import { readTail, stampAt, stampOf, startAfter, type TailPosition } from './log-tail.ts';

/** Much shorter than a frame: each frame finds what is new, and no read is long enough to hold one up. */
const TICK_MS = 8;
/**
 * So much of a tick reading may take; what is overdue by half a second may take more. Who reads a log less often reads
 * more of it at once, which is cheaper.
 */
const BUDGET_MS = 0.8;
const OVERDUE_MS = 500;
const OVERDUE_BUDGET_MS = 5;
/** Where fs.watch says nothing (network folders, no watches left): each log is looked at once in this time. */
const POLL_ROUND_MS = 4_000;
const POLL_STEP_MS = 500;

interface Followed {
  readonly id: RunId;
  readonly log: string;
  readonly position: TailPosition;
  watcher: FSWatcher | undefined;
  stamp: string;
}

const tryWatch = (dir: string, listener: () => void): FSWatcher | undefined => {
  try {
    const watcher = watch(dir, { persistent: false }, listener);
    watcher.on('error', () => watcher.close());
    return watcher;
  } catch {
    return undefined;
  }
};

interface Core {
  readonly sink: FleetSink;
  readonly followed: Map<RunId, Followed>;
  /** Runs with something to read, and since when. */
  readonly dirty: Map<RunId, number>;
  focused: RunId | undefined;
  timer: NodeJS.Timeout | undefined;
  stopped: boolean;
}

const mark = (core: Core, id: RunId): void => {
  if (core.stopped || core.dirty.has(id)) return;
  core.dirty.set(id, performance.now());
  core.timer ??= setTimeout(tick, TICK_MS, core);
};

const remove = ({ followed, dirty }: Core, id: RunId): void => {
  followed.get(id)?.watcher?.close();
  followed.delete(id);
  dirty.delete(id);
};

const drain = (core: Core, id: RunId): void => {
  const { dirty, followed, sink } = core;
  dirty.delete(id);
  const run = followed.get(id);
  if (run === undefined) return;
  try {
    const read = readTail(run.log, run.position);
    run.stamp = stampAt(run.position);
    if ('entries' in read) {
      if (read.entries.length > 0) sink.entries(id, read.entries);
      if (read.hasMore) mark(core, id);
      return;
    }
    remove(core, id);
    sink.broken(id, read.problem);
  } catch (error) {
    remove(core, id);
    sink.broken(id, error instanceof Error ? error.message : String(error));
  }
};

const tick = (core: Core): void => {
  const { dirty, focused } = core;
  core.timer = undefined;
  const start = performance.now();
  if (focused !== undefined && dirty.has(focused)) drain(core, focused);
  const oldest = dirty.values().next().value;
  const isOverdue = oldest !== undefined && start - oldest > OVERDUE_MS;
  const budget = isOverdue ? OVERDUE_BUDGET_MS : BUDGET_MS;
  for (const id of dirty.keys()) {
    if (performance.now() - start > budget) break;
    drain(core, id);
  }
  // The work of a tick is part of its interval.
  const wait = Math.max(1, TICK_MS - (performance.now() - start));
  if (dirty.size > 0 && !core.stopped) core.timer ??= setTimeout(tick, wait, core);
};

const timeOf = (dir: string): number => statSync(dir, { throwIfNoEntry: false })?.mtimeMs ?? 0;

const startPoll = (core: Core, dir: string): NodeJS.Timeout => {
  let polled = 0;
  let seen = timeOf(dir);
  const poll = setInterval(() => {
    const now = timeOf(dir);
    if (now !== seen) core.sink.runsChanged();
    seen = now;
    const runs = [...core.followed.values()];
    const count = Math.ceil((runs.length * POLL_STEP_MS) / POLL_ROUND_MS);
    for (const run of runs.slice(polled, polled + count))
      if (stampOf(run.log) !== run.stamp) mark(core, run.id);
    polled = polled + count >= runs.length ? 0 : polled + count;
  }, POLL_STEP_MS);
  return poll.unref();
};

/** Follows the logs below `dir`, the folder of runs. Nothing wakes up often but while something is left to read. */
export const createFleetFollower = (dir: string, sink: FleetSink): FleetFollower => {
  const core: Core = {
    sink,
    followed: new Map(),
    dirty: new Map(),
    focused: undefined,
    timer: undefined,
    stopped: false,
  };
  const poll = startPoll(core, dir);
  // A run that comes makes several events: one call for all of them.
  let due: NodeJS.Timeout | undefined;
  const runsWatcher = tryWatch(dir, () => {
    due ??= setTimeout(() => {
      due = undefined;
      if (!core.stopped) sink.runsChanged();
    }, TICK_MS);
  });
  return {
    add: (id, afterSeq) => {
      remove(core, id);
      const ralph = join(dir, id, '.ralph');
      const log = join(ralph, 'activity.log');
      const watcher = tryWatch(ralph, () => mark(core, id));
      core.followed.set(id, { id, log, position: startAfter(afterSeq), watcher, stamp: '' });
      mark(core, id);
    },
    remove: (id) => remove(core, id),
    focus: (id) => {
      core.focused = id;
    },
    stop: () => {
      core.stopped = true;
      clearTimeout(core.timer);
      clearTimeout(due);
      clearInterval(poll);
      runsWatcher?.close();
      for (const id of core.followed.keys()) remove(core, id);
    },
  };
};
