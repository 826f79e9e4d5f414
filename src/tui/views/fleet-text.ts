import type { FleetView } from '../../commands/app.ts';
import { addToTotals, noTotals, sortRuns } from '../../domain/fleet-order.ts';
import { cut, widthOf } from '../fit.ts';
import { cellText, headLine, placeColumns } from '../widgets/columns.ts';
import { fleetColumns, fleetDrop } from './fleet-columns.ts';
import { headerText } from './fleet-header.ts';

/** One frame of the fleet for scripts: the header and the table of the screen, without a screen. */
export const fleetText = ({ runs, supervisor, now, width }: FleetView): readonly string[] => {
  const totals = runs.reduce((sum, run) => addToTotals(sum, run, 1), noTotals);
  const { counts, notes } = headerText({ totals, supervisor, now, notes: [] }, width);
  const left = counts.length > 0 ? counts.map(({ text }) => text).join('') : 'no runs';
  const header = `${left}${' '.repeat(Math.max(2, width - widthOf(left) - widthOf(notes)))}${notes}`;
  const columns = placeColumns(fleetColumns, fleetDrop, width);
  const rows = sortRuns(runs, { sort: 'attention', group: 'none' }).map((run) =>
    columns.map((column) => cellText(column, { run, isSelected: false, pending: [], now })).join(' '),
  );
  const lines = rows.length > 0 ? [header, headLine(columns), ...rows] : [header];
  return lines.map((line) => cut(line, width).trimEnd());
};
