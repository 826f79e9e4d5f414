import type { Entry, RunId } from '../domain/event.ts';

export interface FleetSink {
  /** Entries of one run in their order, none left out and none twice. */
  entries(id: RunId, entries: readonly Entry[]): void;
  /** The log does not go on from the seq that was given (`add` it again from a replay), or cannot be read. */
  broken(id: RunId, problem: string): void;
  /** Something came to, or went from, the folder of runs. */
  runsChanged(): void;
}
/** Follows the logs of a whole fleet in one process: what is watched closely comes at once, the rest as time allows. */
export interface FleetFollower {
  /** Hands out what follows `afterSeq`. */
  add(id: RunId, afterSeq: number): void;
  remove(id: RunId): void;
  /** The run whose log is on the screen. */
  focus(id: RunId | undefined): void;
  stop(): void;
}
