import type { Entry, RunId } from './event.ts';
import { blankRun, foldEntry, type RunState } from './run-state.ts';

export type FleetState = ReadonlyMap<RunId, RunState>;
export const emptyFleet: FleetState = new Map();

/** Pure: folds one entry of any run into the fleet. */
export const reduce = (fleet: FleetState, entry: Entry): FleetState =>
  new Map(fleet).set(entry.run, foldEntry(fleet.get(entry.run) ?? blankRun(entry.run), entry));
