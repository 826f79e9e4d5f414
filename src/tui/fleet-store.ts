import type { RunInfo } from '../commands/app.ts';
import type { FleetGroup, FleetSort } from '../commands/screen-action.ts';
import { selectable } from '../commands/selectable.ts';
import type { Entry, RunId } from '../domain/event.ts';
import { addToTotals, movesInOrder, noTotals, sortRuns, type FleetTotals } from '../domain/fleet-order.ts';
import { foldEntry } from '../domain/run-state.ts';
import { isEnded } from '../domain/run-status.ts';
import { parseFilter } from '../domain/select.ts';

export interface FleetOrder {
  readonly sort: FleetSort;
  readonly group: FleetGroup;
  readonly filter: string;
}
/** The fleet outside React: entries are folded as they come, the screen looks at it once a tick. */
export interface FleetStore {
  readonly version: number;
  readonly totals: FleetTotals;
  readonly size: number;
  get(id: RunId): RunInfo | undefined;
  /** Ids in the order of the screen; a filter that cannot be read filters nothing. */
  order(by: FleetOrder): readonly RunId[];
  put(run: RunInfo): void;
  remove(id: RunId): void;
  take(id: RunId, entries: readonly Entry[]): void;
  setOrphaned(id: RunId, orphaned: boolean): void;
}

/** The filter language of the command line; a text without a comparison looks for itself in id, task and title. */
export const filterOf = (text: string): ((run: RunInfo) => boolean) => {
  const wanted = text.trim().toLowerCase();
  if (wanted === '') return () => true;
  if (/[=~<>]/.test(wanted)) {
    const test = parseFilter(text);
    return (run) => test(selectable([run])[0]!);
  }
  return ({ id, state }) =>
    [id, state.task, state.title, state.repo].some((field) => field.toLowerCase().includes(wanted));
};

const safeFilter = (text: string): ((run: RunInfo) => boolean) => {
  try {
    return filterOf(text);
  } catch {
    return () => true;
  }
};

const folded = (run: RunInfo, entries: readonly Entry[]): RunInfo => {
  const fresh = entries.filter((entry) => entry.seq > run.state.lastSeq);
  if (fresh.length === 0) return run;
  const state = fresh.reduce(foldEntry, run.state);
  const cameAlive = fresh.some((entry) => entry.type === 'runner.started');
  return { ...run, state, orphaned: run.orphaned && !cameAlive && !isEnded(state.status) };
};

export const createFleetStore = (): FleetStore => {
  const runs = new Map<RunId, RunInfo>();
  let totals = noTotals;
  let version = 0;
  let ordered: { readonly key: string; readonly ids: readonly RunId[] } | undefined;
  let sort: FleetSort = 'attention';

  const set = (id: RunId, after: RunInfo | undefined): void => {
    const before = runs.get(id);
    if (before === after) return;
    if (before) totals = addToTotals(totals, before, -1);
    if (after) totals = addToTotals(totals, after, 1);
    if (after) runs.set(id, after);
    else runs.delete(id);
    version += 1;
    if (!before || !after || movesInOrder(before, after, sort)) ordered = undefined;
  };

  return {
    get version() {
      return version;
    },
    get totals() {
      return totals;
    },
    get size() {
      return runs.size;
    },
    get: (id) => runs.get(id),
    order: (by) => {
      // A filter may ask for anything of a run, so what it lets through is looked up for each version.
      const key = `${by.sort} ${by.group} ${by.filter}${by.filter === '' ? '' : ` ${version}`}`;
      if (ordered?.key === key) return ordered.ids;
      ({ sort } = by);
      const kept = [...runs.values()].filter(safeFilter(by.filter));
      ordered = { key, ids: sortRuns(kept, by).map((run) => run.id) };
      return ordered.ids;
    },
    put: (run) => set(run.id, run),
    remove: (id) => set(id, undefined),
    take: (id, entries) => {
      const run = runs.get(id);
      if (run) set(id, folded(run, entries));
    },
    setOrphaned: (id, orphaned) => {
      const run = runs.get(id);
      if (run && run.orphaned !== orphaned) set(id, { ...run, orphaned });
    },
  };
};
