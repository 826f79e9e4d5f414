import type { RunInfo } from '../commands/app.ts';
import { selectable } from '../commands/selectable.ts';
import { RalphError } from '../domain/error.ts';
import type { Entry, RunId } from '../domain/event.ts';
import {
  addToTotals,
  groupHeads,
  movesInOrder,
  noTotals,
  sortRuns,
  type FleetTotals,
  type GroupHead,
  type GroupKey,
  type SortKey,
} from '../domain/fleet-order.ts';
import { foldEntry } from '../domain/run-state.ts';
import { isEnded } from '../domain/run-status.ts';
import { parseFilter } from '../domain/select.ts';

export interface FleetOrder {
  readonly sort: SortKey;
  readonly group: GroupKey;
  readonly filter: string;
}
export interface FleetList {
  readonly ids: readonly RunId[];
  readonly heads: readonly GroupHead[];
}
/** The fleet outside React: entries are folded as they come, the screen looks at it once a tick. */
export interface FleetStore {
  readonly version: number;
  readonly totals: FleetTotals;
  readonly size: number;
  get(id: RunId): RunInfo | undefined;
  /** Ids in the order of the screen, with the heads of their groups; a filter that cannot be read filters nothing. */
  list(by: FleetOrder): FleetList;
  order(by: FleetOrder): readonly RunId[];
  put(run: RunInfo): void;
  remove(id: RunId): void;
  take(id: RunId, entries: readonly Entry[]): void;
  setOrphaned(id: RunId, orphaned: boolean): void;
}

/** The filter language of the command line; without a comparison, each word must stand somewhere in what the list shows. */
export const filterOf = (text: string): ((run: RunInfo) => boolean) => {
  const wanted = text.trim().toLowerCase();
  if (wanted === '') return () => true;
  if (/[=~<>]/.test(wanted)) {
    const test = parseFilter(text);
    return (run) => test(selectable([run])[0]!);
  }
  const words = wanted.split(/\s+/);
  return ({ id, state }) => {
    const shown = [id, state.task, state.title, state.repo, state.backend, state.status, state.profile]
      .join('\n')
      .toLowerCase();
    return words.every((word) => shown.includes(word));
  };
};

/** What is wrong with a filter, for who types it; undefined when it can be read. */
export const filterProblem = (text: string): string | undefined => {
  try {
    filterOf(text);
    return undefined;
  } catch (error) {
    if (!(error instanceof RalphError)) throw error;
    return [error.message, error.hint].filter(Boolean).join('. ');
  }
};

const safeFilter = (text: string): ((run: RunInfo) => boolean) =>
  filterProblem(text) === undefined ? filterOf(text) : () => true;

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
  let ordered: { readonly key: string; readonly list: FleetList } | undefined;
  let sort: SortKey = 'attention';

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

  const list = (by: FleetOrder): FleetList => {
    // A filter may ask for anything of a run, so what it lets through is looked up for each version.
    const key = `${by.sort} ${by.group} ${by.filter}${by.filter === '' ? '' : ` ${version}`}`;
    if (ordered?.key === key) return ordered.list;
    ({ sort } = by);
    const kept = sortRuns([...runs.values()].filter(safeFilter(by.filter)), by);
    ordered = { key, list: { ids: kept.map((run) => run.id), heads: groupHeads(kept, by.group) } };
    return ordered.list;
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
    list,
    order: (by) => list(by).ids,
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
