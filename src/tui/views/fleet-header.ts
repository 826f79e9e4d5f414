import type { SupervisorView } from '../../commands/screen-face.ts';
import { ranks, type FleetTotals, type Rank } from '../../domain/fleet-order.ts';
import { compact, span, usd } from '../figures.ts';
import { widthOf } from '../fit.ts';
import { isLost } from '../live.ts';
import { marks } from '../theme.ts';

export interface HeaderFacts {
  readonly totals: FleetTotals;
  readonly supervisor: SupervisorView | undefined;
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** Words for how the screen differs from the usual one. */
  readonly notes: readonly string[];
}
/** The line above the list: how many runs of each kind, then what is not about one run. */
export interface HeaderText {
  readonly counts: readonly { readonly rank: Rank; readonly text: string }[];
  readonly notes: string;
}

const supervisorText = ({ supervisor, now }: HeaderFacts, isShort: boolean): string => {
  const name = isShort ? 'sup' : 'supervisor';
  if (supervisor === undefined) return `${name} …`;
  if (isLost(supervisor)) return `${name} ✗ died`;
  if (!supervisor.running || supervisor.report === undefined) return `${name} ○ off`;
  const { startedAt, running, waiting: away = [], queued, concurrency } = supervisor.report;
  const work = `${name} ● ${running.length - away.length}/${concurrency}`;
  if (isShort) return work;
  const waiting = queued.length > 0 ? ` +${queued.length} queued` : '';
  return `${work}${waiting} · ${span(now - Date.parse(startedAt))}`;
};

const spendText = ({ costUsd, budgetUsd, tokens }: FleetTotals): string =>
  `${usd(costUsd)}${budgetUsd > 0 ? ` of ${usd(budgetUsd)}` : ''} · ${compact(tokens)} tok`;

/** The fullest header that fits: words give way to marks, the rest goes from its end. */
export const headerText = (facts: HeaderFacts, width: number): HeaderText => {
  const { totals, notes } = facts;
  const present = ranks.filter((rank) => totals.byRank[rank] > 0);
  const words = present.map((rank, i) => ({
    rank,
    text: `${i > 0 ? ' · ' : ''}${totals.byRank[rank]} ${rank}`,
  }));
  const short = present.map((rank, i) => ({
    rank,
    text: `${i > 0 ? '  ' : ''}${marks[rank]} ${totals.byRank[rank]}`,
  }));
  const spend = spendText(totals);
  const tries: readonly HeaderText[] = [
    { counts: words, notes: [spend, supervisorText(facts, false), ...notes].join('   ') },
    { counts: words, notes: [spend, supervisorText(facts, true), ...notes].join('  ') },
    { counts: short, notes: [spend, supervisorText(facts, false), ...notes].join('  ') },
    { counts: short, notes: [spend, supervisorText(facts, true), ...notes].join('  ') },
    { counts: short, notes: [usd(totals.costUsd), supervisorText(facts, true), ...notes].join('  ') },
    { counts: short, notes: supervisorText(facts, true) },
  ];
  const fits = ({ counts, notes: right }: HeaderText): boolean =>
    counts.reduce((sum, one) => sum + widthOf(one.text), 0) + 2 + widthOf(right) <= width;
  return tries.find(fits) ?? tries.at(-1)!;
};
