import type { ScreenFace, SupervisorView } from '../commands/screen-face.ts';
import type { RunInfo } from '../commands/app.ts';
import type { Entry, RunId } from '../domain/event.ts';
import { blankRun } from '../domain/run-state.ts';
import { isActive } from '../domain/run-status.ts';
import type { FleetFollower } from '../ports/fleet-follower.ts';
import type { FleetStore } from './fleet-store.ts';
import { createLogBuffer, type LogBuffer } from './log-buffer.ts';

const FIRST_BYTES = 96 * 1024;
const MORE_BYTES = 1024 * 1024;
const WATCH_MS = 2_000;
/** Looking at a lock opens a file: so many runs in each round. */
const LOCKS_A_ROUND = 20;
const MOST_REPLAYS = 3;

/** It left runs behind without saying goodbye: killed, or its machine was. */
export const isLost = ({ running, report }: SupervisorView): boolean =>
  !running && (report?.running.length ?? 0) > 0;

/** What of it the screen shows: a report that only has a new time is no news. */
const gist = ({ running, report }: SupervisorView): string =>
  JSON.stringify([running, report?.pid, report?.concurrency, report?.running, report?.queued]);

export interface LiveEvents {
  /** Something on the screen may have changed. */
  changed(): void;
  /** New entries of a run, after they were folded. */
  entries(run: RunInfo, entries: readonly Entry[]): void;
  supervisorLost(): void;
  problem(id: RunId, text: string): void;
}
export interface Live {
  readonly supervisor: SupervisorView;
  /** The log of the run under the cursor. */
  log(id: RunId): LogBuffer;
  /** Reads older lines of that log in front of those in memory; false when there are none. */
  logOlder(id: RunId): boolean;
  refresh(): void;
  stop(): void;
}

const NO_LOG = createLogBuffer([], 0);

interface Core {
  readonly face: ScreenFace;
  readonly store: FleetStore;
  readonly events: LiveEvents;
  readonly known: Set<RunId>;
  /** How often a log had to be read from its beginning. */
  readonly replays: Map<RunId, number>;
  supervisor: SupervisorView;
  open: { readonly id: RunId; readonly buffer: LogBuffer } | undefined;
  looked: number;
}

const takeEntries = (core: Core, id: RunId, entries: readonly Entry[]): void => {
  core.store.take(id, entries);
  if (core.open?.id === id) core.open.buffer.push(entries);
  const run = core.store.get(id);
  if (run) core.events.entries(run, entries);
  core.events.changed();
};

/** A log that does not fit the cache is read from its beginning, but a damaged one not for ever. */
const replay = (core: Core, id: RunId, problem: string): boolean => {
  const tries = (core.replays.get(id) ?? 0) + 1;
  core.replays.set(id, tries);
  const before = core.store.get(id);
  if (tries > MOST_REPLAYS || before === undefined) {
    core.events.problem(id, problem);
    return false;
  }
  core.store.put({ ...before, state: blankRun(id) });
  return true;
};

const refresh = (core: Core, follower: FleetFollower): void => {
  const { face, store, known, events } = core;
  const runs = face.list();
  const ids = new Set(runs.map((run) => run.id));
  for (const run of runs) {
    if (known.has(run.id)) continue;
    known.add(run.id);
    store.put(run);
    follower.add(run.id, run.state.lastSeq);
  }
  for (const id of known) {
    if (ids.has(id)) continue;
    known.delete(id);
    store.remove(id);
    follower.remove(id);
  }
  events.changed();
};

const lookAtLocks = (core: Core, most: number): void => {
  const { store, face, events } = core;
  const active = [...core.known].filter((id) => {
    const status = store.get(id)?.state.status;
    return status !== undefined && isActive(status) && status !== 'queued';
  });
  for (const id of active.slice(core.looked, core.looked + most)) {
    const orphaned = !face.isLocked(id);
    if (store.get(id)?.orphaned === orphaned) continue;
    store.setOrphaned(id, orphaned);
    events.changed();
  }
  core.looked = core.looked + most >= active.length ? 0 : core.looked + most;
};

const watchSupervisor = (core: Core): void => {
  const before = core.supervisor;
  core.supervisor = core.face.supervisor();
  if (gist(before) === gist(core.supervisor)) return;
  if (isLost(core.supervisor) && !isLost(before)) {
    core.looked = 0;
    lookAtLocks(core, Number.MAX_SAFE_INTEGER);
    core.events.supervisorLost();
  }
  core.events.changed();
};

const openLog = (core: Core, id: RunId): LogBuffer => {
  if (core.open?.id === id) return core.open.buffer;
  const { entries, from } = core.face.logBack(id, { bytes: FIRST_BYTES });
  const buffer = createLogBuffer(entries, from);
  core.open = { id, buffer };
  return buffer;
};

const readOlder = ({ face, open }: Core, id: RunId): boolean => {
  if (open?.id !== id || open.buffer.from === 0) return false;
  const { entries, from } = face.logBack(id, { bytes: MORE_BYTES, before: open.buffer.from });
  open.buffer.prepend(entries, from);
  return entries.length > 0;
};

/** Keeps the store up to date with the files of the fleet. */
export const goLive = (face: ScreenFace, store: FleetStore, events: LiveEvents): Live => {
  const core: Core = {
    face,
    store,
    events,
    known: new Set(),
    replays: new Map(),
    supervisor: face.supervisor(),
    open: undefined,
    looked: 0,
  };
  const follower = face.follow({
    entries: (id, entries) => takeEntries(core, id, entries),
    broken: (id, problem) => {
      if (replay(core, id, problem)) follower.add(id, 0);
    },
    runsChanged: () => refresh(core, follower),
  });
  const timer = setInterval(() => {
    watchSupervisor(core);
    lookAtLocks(core, LOCKS_A_ROUND);
  }, WATCH_MS);
  return {
    get supervisor() {
      return core.supervisor;
    },
    log: (id) => {
      follower.focus(id);
      return openLog(core, id);
    },
    logOlder: (id) => readOlder(core, id),
    refresh: () => refresh(core, follower),
    stop: () => {
      clearInterval(timer);
      follower.stop();
    },
  };
};

export const noLog = (): LogBuffer => NO_LOG;
