import { gauges, tightest, type BudgetGauge } from './budget.ts';
import { GUTTER } from './loop-score.ts';
import { committedSpend, type RunState } from './run-state.ts';

/** A run in a list: its state, and whether its runner died under it. */
export interface ListedRun {
  readonly id: string;
  readonly state: RunState;
  readonly orphaned: boolean;
}
/** How much a run needs a human, the most first. `stalled` has a dead runner or waits for something. */
export const ranks = [
  'paused',
  'gutter',
  'failed',
  'stalled',
  'running',
  'queued',
  'succeeded',
  'stopped',
] as const;
export type Rank = (typeof ranks)[number];

/** Pure; follows the order paused for human > gutter > failed > stalled > running > queued > done. */
export const rankOf = ({ state, orphaned }: ListedRun): Rank => {
  const { status } = state;
  if (status === 'paused' || status === 'failed' || status === 'succeeded' || status === 'stopped')
    return status;
  if (orphaned) return 'stalled';
  if ((state.loopScores.at(-1) ?? 0) >= GUTTER) return 'gutter';
  if (status === 'waiting') return 'stalled';
  return status === 'queued' ? 'queued' : 'running';
};

/** The budget that will stop the run first. */
export const tightestGauge = (state: RunState): BudgetGauge | undefined =>
  tightest(gauges(state.budgets, { ...committedSpend(state), iterations: state.committed }));

/** Orders of a list of runs; `attention` puts what needs a human on top. */
export const sortKeys = ['attention', 'activity', 'task', 'loop', 'budget', 'cost', 'age'] as const;
export type SortKey = (typeof sortKeys)[number];
export const groupKeys = ['none', 'task', 'backend'] as const;
export type GroupKey = (typeof groupKeys)[number];
type Compare = (a: ListedRun, b: ListedRun) => number;

const byText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
const lastScore = (run: ListedRun): number => run.state.loopScores.at(-1) ?? 0;
const share = (run: ListedRun): number => tightestGauge(run.state)?.share ?? 0;

/** `age` is the order in which the runs were made: it needs no comparison. */
const comparisons: Readonly<Record<SortKey, Compare>> = {
  attention: (a, b) => ranks.indexOf(rankOf(a)) - ranks.indexOf(rankOf(b)),
  activity: (a, b) => byText(b.state.lastAt, a.state.lastAt),
  task: (a, b) => byText(a.state.task, b.state.task),
  loop: (a, b) => lastScore(b) - lastScore(a),
  budget: (a, b) => share(b) - share(a),
  cost: (a, b) => b.state.spent.costUsd - a.state.spent.costUsd,
  age: () => 0,
};

/** Stable: equal runs stay in the order they came in. Groups stand together, by name. */
export const sortRuns = <R extends ListedRun>(
  runs: readonly R[],
  by: { readonly sort: SortKey; readonly group: GroupKey },
): readonly R[] => {
  const compare = comparisons[by.sort];
  const { group } = by;
  if (group === 'none') return runs.toSorted(compare);
  return runs.toSorted((a, b) => byText(a.state[group], b.state[group]) || compare(a, b));
};

/** Where a group begins in a sorted list. */
export interface GroupHead {
  /** Index of its first run. */
  readonly at: number;
  readonly name: string;
  readonly count: number;
}
/** The heads of a list that `sortRuns` made by the same group; none without a group. */
export const groupHeads = (
  runs: readonly ListedRun[],
  group: 'none' | 'task' | 'backend',
): readonly GroupHead[] => {
  if (group === 'none') return [];
  const starts = runs.flatMap((run, i) =>
    i === 0 || run.state[group] !== runs[i - 1]!.state[group] ? [i] : [],
  );
  return starts.map((at, i) => ({
    at,
    name: runs[at]!.state[group],
    count: (starts[i + 1] ?? runs.length) - at,
  }));
};

/** Whether the order of a list may change when this run goes from one state to the other. */
export const movesInOrder = (before: ListedRun, after: ListedRun, sort: SortKey): boolean =>
  before.state.task !== after.state.task ||
  (sort === 'attention' ? rankOf(before) !== rankOf(after) : comparisons[sort](before, after) !== 0);

/** Totals of a fleet; money in USD. */
export interface FleetTotals {
  readonly byRank: Readonly<Record<Rank, number>>;
  readonly costUsd: number;
  /** Sum of the cost budgets of the runs that have one. */
  readonly budgetUsd: number;
  readonly tokens: number;
}
const noRuns = Object.fromEntries(ranks.map((rank) => [rank, 0])) as Record<Rank, number>;
export const noTotals: FleetTotals = { byRank: noRuns, costUsd: 0, budgetUsd: 0, tokens: 0 };

/** Totals with one run more (`sign` 1) or less (-1): a fleet of 1,000 is not summed up again for each entry. */
export const addToTotals = (totals: FleetTotals, run: ListedRun, sign: 1 | -1): FleetTotals => {
  const rank = rankOf(run);
  const spent = committedSpend(run.state);
  return {
    byRank: { ...totals.byRank, [rank]: totals.byRank[rank] + sign },
    costUsd: totals.costUsd + sign * spent.costUsd,
    budgetUsd: totals.budgetUsd + sign * (run.state.budgets.maxCostUsd ?? 0),
    tokens: totals.tokens + sign * spent.tokens,
  };
};
