import { gauges, tightest } from '../domain/budget.ts';
import { phaseText } from '../domain/classic-state.ts';
import { waitingText } from '../domain/countdown.ts';
import { committedSpend, type RunState } from '../domain/run-state.ts';
import { isActive } from '../domain/run-status.ts';
import { singleLine } from '../domain/terminal.ts';
import type { RunInfo } from './app.ts';

/** What `ls` says when there is nothing to list. */
export const NO_RUNS = 'No runs yet. `ralph demo` makes one; `ralph init` writes a task file.';

const gaugeOf = (state: RunState) =>
  tightest(gauges(state.budgets, { ...committedSpend(state), iterations: state.committed }));

/** The status with its reason, or with the phase and what the run is doing: nothing that changes by itself. */
export const statusWords = (info: RunInfo): string => {
  const { status, reason, phase } = info.state;
  if (info.orphaned) return `${status} (runner died)`;
  const at = isActive(status) || status === 'paused' ? phaseText(info.state) : '';
  const parts = status === 'paused' ? [status, reason, at] : [status, reason ?? at, reason ? '' : phase];
  return parts.filter(Boolean).join(' · ');
};

/** What is left of the wait of a run that somebody works on; undefined for one that waits for no time. */
export const waitOf = ({ orphaned, state }: RunInfo, now: number): string | undefined =>
  orphaned ? undefined : waitingText(state, now);

/** The status with its reason; of a run that waits, with what is left of that at `now`. */
export const statusText = (info: RunInfo, now: number): string => waitOf(info, now) ?? statusWords(info);

const columns = ['RUN', 'TASK', 'BACKEND', 'STATUS', 'ITER', 'LOOP', 'BUDGET', 'MODEL', 'PR'] as const;

const rowOf = (info: RunInfo, now: number): readonly string[] => {
  const { state } = info;
  const gauge = gaugeOf(state);
  return [
    info.id,
    singleLine(state.task, 28),
    `${state.backend}${state.isolated ? '' : ' !'}`,
    singleLine(statusText(info, now), 40),
    `${state.iteration}/${state.budgets.maxIterations}`,
    (state.loopScores.at(-1) ?? 0).toFixed(2),
    gauge ? `${Math.round(gauge.share * 100)} % ${gauge.name}` : '',
    singleLine(state.profile, 20),
    state.pr ? `#${state.pr.number}${state.pr.draft ? ' draft' : ''}` : '',
  ];
};

/** What gives way first where the terminal is narrow: the column, and how little of it is still of use. */
const giving = [
  ['MODEL', 6],
  ['STATUS', 18],
  ['TASK', 12],
  ['STATUS', 9],
  ['BUDGET', 5],
  ['TASK', 6],
] as const;

const cut = (cell: string, width: number): string =>
  cell.length <= width ? cell.padEnd(width) : `${cell.slice(0, width - 1)}…`;

const table = (rows: readonly (readonly string[])[], width: number): readonly string[] => {
  const widths = columns.map((_, i) => Math.max(...rows.map((r) => r[i]!.length)));
  let tooWide = widths.reduce((sum, w) => sum + w + 2, -2) - width;
  for (const [name, least] of giving) {
    const i = columns.indexOf(name);
    const taken = Math.max(0, Math.min(tooWide, widths[i]! - Math.max(least, name.length)));
    widths[i]! -= taken;
    tooWide -= taken;
  }
  return rows.map((r) =>
    r
      .map((cell, i) => cut(cell, widths[i]!))
      .join('  ')
      .slice(0, width)
      .trimEnd(),
  );
};

/** Runs at `now` as lines that fit `width` columns; without a width (a pipe) every column is whole. */
export const runTable = (
  runs: readonly RunInfo[],
  { now, width = Number.POSITIVE_INFINITY }: { readonly now: number; readonly width?: number | undefined },
): readonly string[] => table([columns, ...runs.map((run) => rowOf(run, now))], width);
