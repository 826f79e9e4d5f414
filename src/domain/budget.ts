import type { Budgets } from './event.ts';
import type { FailureReason } from './run-status.ts';
import type { Spent } from './run-state.ts';

const WARN_AT = 0.8;

export interface BudgetGauge {
  readonly name: 'iterations' | 'wall time' | 'cost' | 'tokens';
  readonly used: number;
  readonly limit: number;
  readonly share: number;
  readonly unit: 'iterations' | 'min' | 'USD' | 'tokens';
}

/** Every budget that has a limit, with how much of it is gone (spec 11). */
export const gauges = (
  budgets: Budgets,
  spent: Spent & { readonly iterations: number },
): readonly BudgetGauge[] => {
  const rows: readonly [BudgetGauge['name'], number, number | undefined, BudgetGauge['unit']][] = [
    ['iterations', spent.iterations, budgets.maxIterations, 'iterations'],
    ['wall time', spent.runningMs / 60_000, budgets.maxWallTimeMinutes, 'min'],
    ['cost', spent.costUsd, budgets.maxCostUsd, 'USD'],
    ['tokens', spent.tokens, budgets.maxTokensTotal, 'tokens'],
  ];
  return rows.flatMap(([name, used, limit, unit]) =>
    limit === undefined ? [] : [{ name, used, limit, unit, share: limit > 0 ? used / limit : 1 }],
  );
};

/** The gauge that will stop the run first. */
export const tightest = (rows: readonly BudgetGauge[]): BudgetGauge | undefined =>
  rows.reduce<BudgetGauge | undefined>(
    (worst, row) => (!worst || row.share > worst.share ? row : worst),
    undefined,
  );

/** Before an iteration starts: the budget that it would pass, if any. `next` is the iteration's number. */
export const exceededBefore = (
  budgets: Budgets,
  spent: Spent,
  next: number,
): Extract<FailureReason, `budget: ${string}`> | undefined => {
  if (next > budgets.maxIterations) return 'budget: iterations';
  if (spent.runningMs >= budgets.maxWallTimeMinutes * 60_000) return 'budget: wall time';
  if (budgets.maxCostUsd !== undefined && spent.costUsd >= budgets.maxCostUsd) return 'budget: cost';
  if (budgets.maxTokensTotal !== undefined && spent.tokens >= budgets.maxTokensTotal) return 'budget: tokens';
  return undefined;
};

/** Before a call goes out: the budget that its worst case would pass. `spent` counts open reservations. */
export const exceededBy = (
  budgets: Budgets,
  spent: Spent,
  most: { readonly tokens: number; readonly costUsd: number },
): 'cost' | 'tokens' | 'wall time' | undefined => {
  if (budgets.maxCostUsd !== undefined && spent.costUsd + most.costUsd > budgets.maxCostUsd) return 'cost';
  if (budgets.maxTokensTotal !== undefined && spent.tokens + most.tokens > budgets.maxTokensTotal)
    return 'tokens';
  if (spent.runningMs >= budgets.maxWallTimeMinutes * 60_000) return 'wall time';
  return undefined;
};

/** Budgets that are four fifths gone and were not named yet. */
export const newWarnings = (
  rows: readonly BudgetGauge[],
  warned: readonly string[],
): readonly BudgetGauge[] => rows.filter((row) => row.share >= WARN_AT && !warned.includes(row.name));
