import type { ScreenFace, SupervisorView } from '../commands/screen-face.ts';
import type { RunInfo } from '../commands/app.ts';
import type { Entry, RunId } from '../domain/event.ts';
import { blankRun } from '../domain/run-state.ts';
import { isActive } from '../domain/run-status.ts';
import type { FleetFollower } from '../ports/fleet-follower.ts';
import type { FleetStore } from './fleet-store.ts';
import { createLogBuffer, openLogBuffer, type LogBuffer } from './log-buffer.ts';

const WATCH_MS = 2_000;
/** Looking at a lock opens a file: so many runs in each round. */
const LOCKS_A_ROUND = 20;
/** So many runs are looked at before others get their turn. */
const A_TURN = 50;
const MOST_REPLAYS = 3;

/** It left runs behind without saying goodbye: killed, or its machine was. */
export const isLost = ({ running, report }: SupervisorView): boolean =>
  !running && (report?.running.length ?? 0) > 0;

/** What of it the screen shows: a report that only has a new time is no news. */
const gist = ({ running, report }: SupervisorView): string =>
  JSON.stringify([
    running,
    report?.pid,
    report?.concurrency,
    report?.running,
    report?.waiting,
    report?.queued,
  ]);

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
  /** From which line on that log is being read, so that it stays; undefined while its end is followed. */
  hold(id: RunId, line: number | undefined): void;
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
  /** Runs that are listed and not followed yet. */
  readonly fresh: RunId[];
  stopped: boolean;
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

/** Watching a thousand folders takes a while: some in each turn, and none before the first frame. */
const followFresh = (core: Core, follower: FleetFollower): void => {
  for (const id of core.fresh.splice(0, A_TURN)) {
    const run = core.store.get(id);
    if (run) follower.add(id, run.state.lastSeq);
  }
  if (core.fresh.length > 0) setTimeout(followFresh, 0, core, follower);
};

/** Takes in runs that came and lets go of those that went; what is known already is kept up by its log. */
const refresh = (core: Core, follower: FleetFollower): void => {
  const { face, store, known, events } = core;
  const ids = new Set(face.ids());
  for (const id of ids) {
    const run = known.has(id) ? undefined : face.info(id);
    if (run === undefined) continue;
    known.add(id);
    store.put(run);
    core.fresh.push(id);
  }
  for (const id of known) {
    if (ids.has(id)) continue;
    known.delete(id);
    store.remove(id);
    follower.remove(id);
  }
  events.changed();
  setTimeout(followFresh, 0, core, follower);
};

/** Looks whether somebody works on the active runs; looking at a lock opens a file, so at `most` of them at a time. */
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

/** The first round is quick: nobody should take a run for alive that is not. */
const lookAtAllLocks = (core: Core): void => {
  lookAtLocks(core, A_TURN);
  if (core.looked > 0 && !core.stopped) setTimeout(lookAtAllLocks, 5, core);
};

const watchSupervisor = (core: Core): void => {
  const before = core.supervisor;
  core.supervisor = core.face.supervisor();
  if (gist(before) === gist(core.supervisor)) return;
  // One that was started again and died between two looks is another one.
  const isAnother = before.report?.pid !== core.supervisor.report?.pid;
  if (isLost(core.supervisor) && (!isLost(before) || isAnother)) {
    core.looked = 0;
    lookAtLocks(core, Number.MAX_SAFE_INTEGER);
    core.events.supervisorLost();
  }
  core.events.changed();
};

/** What cannot be read is empty here: it is read while a frame is drawn, and the follower tells of the same problem. */
const orElse = <T>(read: () => T, otherwise: T): T => {
  try {
    return read();
  } catch {
    return otherwise;
  }
};

const openLog = (core: Core, id: RunId): LogBuffer => {
  if (core.open?.id === id) return core.open.buffer;
  const { face } = core;
  const buffer = openLogBuffer({
    back: (options) => orElse(() => face.logBack(id, options), { entries: [], from: 0, end: 0 }),
    offsetOf: (place) => orElse(() => face.logOffset(id, place), undefined),
  });
  core.open = { id, buffer };
  return buffer;
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
    fresh: [],
    stopped: false,
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
    hold: (id, line) => {
      if (core.open?.id === id) core.open.buffer.hold(line);
    },
    refresh: () => {
      refresh(core, follower);
      lookAtAllLocks(core);
    },
    stop: () => {
      core.stopped = true;
      clearInterval(timer);
      follower.stop();
    },
  };
};

export const noLog = (): LogBuffer => NO_LOG;
