import { RalphError } from '../../domain/error.ts';
import type { RunId } from '../../domain/event.ts';
import type { SupervisorFiles } from '../../ports/supervisor.ts';
import type { EngineDeps } from '../deps.ts';
import { parseRunJson } from '../run-json.ts';
import type { Slot } from '../run-context.ts';
import { runToEnd } from '../run.ts';
import { createEndedFollower, type EndedFollower } from './follow-ended.ts';
import { createSlots, type Slots } from './slots.ts';
import { createSteer, type Steer } from '../steer.ts';

export interface SuperviseOptions {
  readonly concurrency: number;
  readonly signal: AbortSignal;
  /** Ends by itself after so long without a run; Infinity never. */
  readonly idleMs: number;
  readonly log: (line: string) => void;
  readonly rssBytes: () => number;
}
interface Fleet {
  readonly queue: RunId[];
  readonly working: Map<RunId, Steer>;
  readonly slots: Slots;
  readonly ended: EndedFollower;
  /** Names of the queue files of each run; removed only when its work is over, so that a crash loses no launch. */
  readonly files: Map<RunId, readonly string[]>;
  concurrency: number;
  stopping: boolean;
  idleSince: number;
}

const REPORT_MS = 2000;

/** Runs that a supervisor owned when it died, or was told to stop: it goes on with them, or pays what was owed at their end. */
const owned = (deps: EngineDeps): readonly RunId[] =>
  deps.homes.list().filter((id) => {
    const json = parseRunJson(deps.homes.peek(id, { withLock: false })?.runJson);
    return json?.owner === 'supervisor';
  });

const HELD_MS = 100;

const workOn = async (
  deps: EngineDeps,
  id: RunId,
  { steer, slot, ended }: { readonly steer: Steer; readonly slot: Slot; readonly ended: EndedFollower },
): Promise<string> => {
  while (ended.holds(id)) await deps.host.clock.sleep(HELD_MS);
  const home = deps.homes.open(id);
  if (home === 'locked') return 'another process works on it';
  try {
    const state = await runToEnd(deps, home, { mode: 'supervisor', steer, slot });
    return state.detail ? `${state.status}: ${state.detail}` : state.status;
  } finally {
    home.release();
  }
};

interface Shift {
  readonly deps: EngineDeps;
  readonly files: SupervisorFiles;
  readonly options: SuperviseOptions;
}

const startNext = (shift: Shift, fleet: Fleet): void => {
  const { deps, options } = shift;
  while (!fleet.stopping && fleet.slots.mayBegin()) {
    const id = fleet.queue.shift();
    if (id === undefined) return;
    const steer = createSteer();
    fleet.working.set(id, steer);
    const slot = fleet.slots.take(id, () => startNext(shift, fleet));
    workOn(deps, id, { steer, slot, ended: fleet.ended })
      .catch((error: unknown) => (error instanceof RalphError ? error.message : String(error)))
      .then((outcome) => {
        options.log(`${id} ${outcome}`);
        fleet.working.delete(id);
        fleet.slots.giveUp(id);
        if (!fleet.stopping) forget(shift.files, fleet, id);
        fleet.idleSince = deps.host.clock.monotonicMs();
        startNext(shift, fleet);
      })
      .catch((error: unknown) => options.log(`bug: ${String(error)}`));
  }
};

const forget = (files: SupervisorFiles, fleet: Fleet, id: RunId): void => {
  for (const name of fleet.files.get(id) ?? []) files.remove(name);
  fleet.files.delete(id);
};

const enqueue = (fleet: Fleet, id: RunId, file: string): void => {
  const known = fleet.files.get(id) ?? [];
  // A run that is just being let go may come back: its new file waits for the next look.
  if (fleet.working.has(id) || known.includes(file)) return;
  fleet.files.set(id, [...known, file]);
  if (!fleet.queue.includes(id)) fleet.queue.push(id);
};

const takeQueue = (files: SupervisorFiles, fleet: Fleet): void => {
  for (const { name, item } of files.pending()) {
    if (item.kind === 'run') {
      enqueue(fleet, item.run, name);
      continue;
    }
    if (item.kind === 'concurrency') fleet.concurrency = item.n;
    else fleet.stopping = true;
    files.remove(name);
  }
};

/**
 * The background process that owns runs: takes launches from its queue folder, works on at most `concurrency` at a
 * time (those that only wait not counted), first come first served, and goes on with what it owned before. Ends when told, or when idle.
 * Throws RalphError `run.locked` when there is one already.
 */
export const superviseFleet = async (
  deps: EngineDeps,
  files: SupervisorFiles,
  options: SuperviseOptions,
): Promise<void> => {
  const lease = files.lease();
  if (!lease)
    throw new RalphError('run.locked', 'a supervisor is running already', {
      hint: 'ralph supervisor status',
    });
  const { clock, pid, version } = deps.host;
  const startedAt = clock.now().toISOString();
  const fleet: Fleet = {
    slots: createSlots(() => fleet.concurrency),
    ended: createEndedFollower(deps, options.log),
    queue: [...owned(deps)],
    working: new Map(),
    files: new Map(),
    concurrency: options.concurrency,
    stopping: false,
    idleSince: clock.monotonicMs(),
  };
  // A stop that came too late for the last one is not meant for this one.
  for (const { name, item } of files.pending()) if (item.kind === 'stop') files.remove(name);
  const wake = createWake();
  const unwatch = files.watch(wake.ring);
  options.signal.addEventListener('abort', wake.ring);
  const report = (): void =>
    files.writeReport({
      pid,
      version,
      startedAt,
      at: clock.now().toISOString(),
      concurrency: fleet.concurrency,
      running: [...fleet.working.keys()],
      waiting: fleet.slots.waiting(),
      queued: [...fleet.queue],
      rssBytes: options.rssBytes(),
    });
  const survive = outlive(options.log);
  try {
    while (
      !fleet.stopping &&
      !options.signal.aborted &&
      !isIdle(fleet, clock.monotonicMs(), options.idleMs)
    ) {
      survive(() => {
        takeQueue(files, fleet);
        startNext({ deps, files, options }, fleet);
        fleet.ended.look();
        report();
      });
      await wake.next(clock.sleep(REPORT_MS));
    }
    await letGo(fleet, () => clock.sleep(50));
  } finally {
    unwatch();
    survive(report);
    lease.release();
  }
};

/** A full disk must not take the runs along that are at work: what fails is said once, and tried again at the next round. */
const outlive = (log: (line: string) => void): ((round: () => void) => void) => {
  let said = '';
  return (round) => {
    try {
      round();
      said = '';
    } catch (error) {
      const text = error instanceof RalphError ? error.message : String(error);
      if (text !== said) log(`supervisor: ${text}`);
      said = text;
    }
  };
};

const isIdle = (fleet: Fleet, now: number, idleMs: number): boolean =>
  fleet.working.size === 0 && fleet.queue.length === 0 && now - fleet.idleSince > idleMs;

/** Every run is told to let go at its next safe point; what it cannot finish is rolled back at the next start. */
const letGo = async (fleet: Fleet, nap: () => Promise<void>): Promise<void> => {
  fleet.stopping = true;
  for (const steer of fleet.working.values()) steer.ask({ kind: 'shutdown', reason: 'the supervisor stops' });
  while (fleet.working.size > 0) await nap();
};

const createWake = () => {
  let ring = () => {};
  let rung = false;
  return {
    ring: () => {
      rung = true;
      ring();
    },
    /** Waits for the bell or the other promise. */
    next: async (other: Promise<void>): Promise<void> => {
      const bell = new Promise<void>((resolve) => {
        ring = resolve;
        if (rung) resolve();
      });
      await Promise.race([bell, other]);
      rung = false;
    },
  };
};
