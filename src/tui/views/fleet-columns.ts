import type { RunInfo } from '../../commands/app.ts';
import { statusText } from '../../commands/run-table.ts';
import type { BackendId } from '../../domain/backend.ts';
import type { ChecksState } from '../../domain/check-report.ts';
import { succeeded } from '../../domain/exit.ts';
import { timeOf } from '../../domain/entry-text.ts';
import { rankOf, tightestGauge } from '../../domain/fleet-order.ts';
import { GUTTER } from '../../domain/loop-score.ts';
import { markInvisible, singleLine } from '../../domain/terminal.ts';
import { bar, gaugeLetter, sparkline } from '../figures.ts';
import { marks, type Look, type Theme } from '../theme.ts';
import type { Column } from '../widgets/columns.ts';

/** A row of the fleet's table. */
export interface FleetRow {
  readonly run: RunInfo;
  readonly isSelected: boolean;
  readonly pending: readonly string[];
  /** Milliseconds since the epoch. */
  readonly now: number;
}

/** Whatever a run says of itself, as one safe line. */
export const safe = (text: string, max: number): string => markInvisible(singleLine(text, max));

/** What is being done to it, or its status with the reason; of one that waits, with what is left of that. */
const statusCell = ({ run, pending, now }: FleetRow): string => {
  const { state, orphaned } = run;
  if (pending.length > 0) return `${pending[0]}…`;
  if (orphaned) return `runner died · ${state.status}`;
  return safe(statusText(run, now), 60);
};

const PERCENT = ' 100 %i'.length;
const LEAST_BAR = 4;

const budgetCell = ({ run }: FleetRow, width: number): string => {
  const gauge = tightestGauge(run.state);
  if (gauge === undefined) return '';
  const percent = Math.min(999, Math.round(gauge.share * 100));
  const share = ` ${String(percent).padStart(3)} %${gaugeLetter[gauge.name]}`;
  return `${bar(gauge.share, Math.max(LEAST_BAR, width - PERCENT))}${share}`;
};

const checkMarks: Readonly<Record<ChecksState, string>> = {
  green: '✓',
  red: '✗',
  pending: '…',
  unknown: '?',
};

/** The pull request with the forge's checks of its head once they were looked at, until then with the runner's own. */
const pullCell = ({ run }: FleetRow): string => {
  const { pr, green, testExit, checks, headSha } = run.state;
  if (pr === undefined) return '–';
  const own = green ? '✓' : testExit !== undefined && !succeeded(testExit) ? '✗' : '…';
  return `#${pr.number} ${checks !== undefined && checks.sha === headSha ? checkMarks[checks.state] : own}`;
};

/** The last part of an address says which repository it is. */
const repository = ({ run }: FleetRow): string =>
  safe(
    run.state.repo
      .replace(/(?:\.git)?\/*$/, '')
      .split(/[/:]/)
      .at(-1) ?? '',
    40,
  );

const boxes: Readonly<Record<BackendId, readonly [name: string, box: string]>> = {
  local: ['local', 'box'],
  podman: ['podman', 'box'],
  docker: ['docker', 'box'],
  lima: ['lima', 'vm'],
  kubernetes: ['k8s', 'pod'],
  daytona: ['daytona', 'vm'],
};
const backendCell = ({ run: { state } }: FleetRow): string => {
  const [name, box] = boxes[state.backend];
  return `${name} ${state.isolated ? box : 'none!'}`;
};

export const fleetColumns: readonly Column<FleetRow>[] = [
  {
    name: 'mark',
    head: '',
    width: 3,
    cell: ({ run, isSelected }) => `${isSelected ? '+' : ' '}${marks[rankOf(run)]}`,
  },
  { name: 'run', head: 'RUN', width: 6, cell: ({ run }) => safe(run.id, 24) },
  {
    name: 'task',
    head: 'TASK',
    width: 14,
    good: 20,
    grows: 44,
    cell: ({ run }) => safe(run.state.task, 60),
  },
  { name: 'repo', head: 'REPOSITORY', width: 12, grows: 26, cell: repository },
  { name: 'backend', head: 'BACKEND', width: 11, cell: backendCell },
  { name: 'status', head: 'STATUS', width: 18, good: 20, grows: 36, cell: statusCell },
  {
    name: 'iteration',
    head: 'ITER',
    width: 6,
    align: 'right',
    cell: ({ run }) => `${run.state.iteration}/${run.state.budgets.maxIterations}`,
  },
  {
    name: 'loop',
    head: 'LOOP',
    width: 4,
    align: 'right',
    cell: ({ run }) => (run.state.loopScores.at(-1) ?? 0).toFixed(2),
  },
  {
    name: 'spark',
    head: '',
    width: 6,
    grows: 14,
    cell: ({ run }, width) => sparkline(run.state.loopScores, width),
  },
  { name: 'budget', head: 'BUDGET', width: 13, grows: 19, cell: budgetCell },
  { name: 'model', head: 'MODEL', width: 11, grows: 22, cell: ({ run }) => safe(run.state.profile, 40) },
  { name: 'pull', head: 'PR', width: 6, cell: pullCell },
  { name: 'last', head: 'LAST', width: 8, cell: ({ run }) => timeOf(run.state.lastAt) },
];

/** What goes first where the terminal is narrow. */
export const fleetDrop: readonly string[] = [
  'repo',
  'last',
  'spark',
  'model',
  'pull',
  'backend',
  'loop',
  'budget',
];

const loopLook = ({ run }: FleetRow, theme: Theme): Look | undefined => {
  const score = run.state.loopScores.at(-1) ?? 0;
  if (score >= GUTTER) return theme.tones.bad;
  return score > 0 ? theme.tones.warn : undefined;
};
const WARN_SHARE = 0.8;
const budgetLook = ({ run }: FleetRow, theme: Theme): Look | undefined => {
  const share = tightestGauge(run.state)?.share ?? 0;
  if (share >= 1) return theme.tones.bad;
  return share >= WARN_SHARE ? theme.tones.warn : undefined;
};

/** The look of a cell; undefined for plain ones. */
export const cellLook = (name: string, row: FleetRow, theme: Theme): Look | undefined => {
  switch (name) {
    case 'mark':
    case 'status':
      return theme.ranks[rankOf(row.run)];
    case 'loop':
    case 'spark':
      return loopLook(row, theme);
    case 'budget':
      return budgetLook(row, theme);
    case 'backend':
      return row.run.state.isolated ? undefined : theme.tones.warn;
    default:
      return undefined;
  }
};
