import type { RunInfo } from '../../commands/app.ts';
import { statusText } from '../../commands/run-table.ts';
import { timeOf } from '../../domain/entry-text.ts';
import { rankOf, tightestGauge } from '../../domain/fleet-order.ts';
import { markInvisible, singleLine } from '../../domain/terminal.ts';
import { bar, gaugeLetter, sparkline } from '../figures.ts';
import { marks } from '../theme.ts';
import type { Column } from '../widgets/columns.ts';

/** A row of the fleet's table. */
export interface FleetRow {
  readonly run: RunInfo;
  readonly isSelected: boolean;
  readonly pending: readonly string[];
}

/** Whatever a run says of itself, as one safe line. */
export const safe = (text: string, max: number): string => markInvisible(singleLine(text, max));

const status = ({ run, pending }: FleetRow): string => {
  if (pending.length > 0) return `${pending[0]}…`;
  const { state } = run;
  if (state.status === 'waiting' && state.until !== undefined)
    return `waiting · until ${timeOf(state.until)}`;
  return safe(statusText(run), 60);
};

const budget = ({ run }: FleetRow): string => {
  const gauge = tightestGauge(run.state);
  if (gauge === undefined) return '';
  return `${bar(gauge.share, 8)} ${String(Math.round(gauge.share * 100)).padStart(3)} %${gaugeLetter[gauge.name]}`;
};

const pull = ({ run }: FleetRow): string => {
  const { pr, green } = run.state;
  if (pr === undefined) return '–';
  return `#${pr.number} ${pr.draft ? 'draft' : green ? '✓' : ''}`.trimEnd();
};

/** The last part of an address says which repository it is. */
const repository = ({ run }: FleetRow): string =>
  safe(run.state.repo.replace(/\/+$/, '').split(/[/:]/).at(-1) ?? '', 40);

export const fleetColumns: readonly Column<FleetRow>[] = [
  {
    name: 'mark',
    head: '',
    width: 3,
    cell: ({ run, isSelected }) => `${isSelected ? '+' : ' '}${marks[rankOf(run)]}`,
  },
  { name: 'run', head: 'RUN', width: 8, cell: ({ run }) => safe(run.id, 24) },
  { name: 'task', head: 'TASK', width: 12, grows: 34, cell: ({ run }) => safe(run.state.task, 60) },
  { name: 'repo', head: 'REPOSITORY', width: 12, grows: 24, cell: repository },
  {
    name: 'backend',
    head: 'BACKEND',
    width: 12,
    cell: ({ run }) => `${run.state.backend}${run.state.isolated ? ' box' : ' none!'}`,
  },
  { name: 'status', head: 'STATUS', width: 18, grows: 34, cell: status },
  {
    name: 'iteration',
    head: 'ITER',
    width: 7,
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
  { name: 'spark', head: '', width: 8, cell: ({ run }) => sparkline(run.state.loopScores, 8) },
  { name: 'budget', head: 'BUDGET', width: 15, cell: budget },
  { name: 'model', head: 'MODEL', width: 13, grows: 20, cell: ({ run }) => safe(run.state.profile, 40) },
  { name: 'pull', head: 'PR', width: 8, cell: pull },
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
  'budget',
  'loop',
];
