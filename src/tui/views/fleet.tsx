import { Box } from 'ink';
import type { ReactElement } from 'react';
import { rankOf, ranks } from '../../domain/fleet-order.ts';
import { isLost } from '../live.ts';
import { compact, span, usd } from '../figures.ts';
import { fleetLayout } from '../layout.ts';
import type { Frame } from '../screen-types.ts';
import { Line, Rule, type Span } from '../widgets/line.tsx';
import { cellText, headLine, placeColumns, type PlacedColumn } from '../widgets/columns.ts';
import { widthOf } from '../fit.ts';
import { fleetColumns, fleetDrop, safe, type FleetRow } from './fleet-columns.ts';
import { logSpans } from './log-spans.ts';

const supervisorText = ({ supervisor, now }: Frame): string => {
  if (isLost(supervisor)) return 'supervisor ✗ died';
  if (!supervisor.running || supervisor.report === undefined) return 'supervisor ○ off';
  const { startedAt, running, queued, concurrency } = supervisor.report;
  const work = `${running.length}/${concurrency}${queued.length > 0 ? ` +${queued.length} queued` : ''}`;
  return `supervisor ● ${work} · ${span(now - Date.parse(startedAt))}`;
};

/** Totals at the left, what is not about runs at the right. */
export const Header = ({ frame }: { readonly frame: Frame }): ReactElement => {
  const { totals, theme, size, ui } = frame;
  const counts: Span[] = ranks
    .filter((rank) => totals.byRank[rank] > 0)
    .flatMap((rank, i) => [
      { text: `${i > 0 ? ' · ' : ''}${totals.byRank[rank]} `, look: theme.ranks[rank] },
      { text: rank, look: theme.ranks[rank] },
    ]);
  const budget = totals.budgetUsd > 0 ? ` of ${usd(totals.budgetUsd)}` : '';
  const notes = [
    `${usd(totals.costUsd)}${budget} · ${compact(totals.tokens)} tok`,
    supervisorText(frame),
    ...(frame.readOnly ? ['read-only'] : []),
    ...(ui.mouse ? ['mouse'] : []),
    ...(ui.sort === 'attention' ? [] : [`by ${ui.sort}`]),
    ...(ui.group === 'none' ? [] : [`grouped by ${ui.group}`]),
    ...(ui.filter === '' ? [] : [`/${safe(ui.filter, 40)} ${frame.order.length}`]),
  ].join('   ');
  const left = widthOf(` ralph  ${counts.map((one) => one.text).join('')}`);
  const gap = ' '.repeat(Math.max(2, size.width - left - widthOf(notes) - 1));
  return (
    <Line
      width={size.width}
      spans={[
        { text: ' ralph  ', look: theme.title },
        ...(counts.length > 0 ? counts : [{ text: 'no runs' }]),
        { text: `${gap}${notes} `, look: isLost(frame.supervisor) ? theme.tones.bad : theme.tones.dim },
      ]}
    />
  );
};

const groupOf = (frame: Frame, index: number): string | undefined => {
  const { group } = frame.ui;
  const id = frame.order[index];
  const run = id === undefined ? undefined : frame.run(id);
  return group === 'none' || run === undefined ? undefined : run.state[group];
};

const Row = (props: {
  readonly frame: Frame;
  readonly index: number;
  readonly columns: readonly PlacedColumn<FleetRow>[];
}): ReactElement | null => {
  const { frame, index, columns } = props;
  const { theme, ui, size } = frame;
  const id = frame.order[index];
  const run = id === undefined ? undefined : frame.run(id);
  if (run === undefined) return null;
  const isCursor = index === ui.row;
  const row: FleetRow = {
    run,
    isSelected: ui.selected.has(run.id),
    pending: frame.pending.filter((order) => order.run === run.id).map((order) => order.word),
  };
  const look = theme.ranks[rankOf(run)];
  const opensGroup =
    groupOf(frame, index) !== undefined && groupOf(frame, index) !== groupOf(frame, index - 1);
  const coloured = new Set(['mark', 'status', 'loop', 'spark']);
  const spans: Span[] = [{ text: isCursor ? '▸' : opensGroup ? '┌' : ' ' }];
  for (const column of columns) {
    const text = `${cellText(column, row)} `;
    const last = spans.at(-1)!;
    // Neighbours that look alike are one node: each costs time in every frame.
    if (coloured.has(column.name)) spans.push({ text, look });
    else if (last.look === undefined) spans[spans.length - 1] = { text: last.text + text };
    else spans.push({ text });
  }
  return <Line width={size.width} spans={spans} look={isCursor ? theme.cursor : undefined} />;
};

const Empty = ({ frame, rows }: { readonly frame: Frame; readonly rows: number }): ReactElement => {
  const lines =
    frame.count > 0
      ? ['No run fits the filter.', 'Esc takes it away.']
      : [
          'No runs yet.',
          'N launches one from a task file; `ralph init` writes such a file;',
          '`ralph demo` shows three runs with a scripted model.',
        ];
  return (
    <Box flexDirection="column" height={rows}>
      {lines.map((text) => (
        <Line
          key={text}
          width={frame.size.width}
          spans={[{ text: `  ${text}`, look: frame.theme.tones.dim }]}
        />
      ))}
    </Box>
  );
};

const Preview = ({ frame, lines }: { readonly frame: Frame; readonly lines: number }): ReactElement => {
  const { theme, size, ui } = frame;
  const run = ui.cursor === undefined ? undefined : frame.run(ui.cursor);
  const log = frame.log();
  const first = Math.max(log.first, log.end - lines);
  const diff = run?.state.diff;
  const head = run
    ? [
        run.id,
        run.state.title || run.state.task,
        run.state.branch,
        diff && `${diff.files} files +${diff.added} −${diff.removed}`,
      ]
        .filter(Boolean)
        .map((text) => safe(String(text), 60))
        .join('  ')
    : '';
  return (
    <Box flexDirection="column">
      <Line width={size.width} spans={[{ text: ` ${head}`, look: theme.title }]} />
      {Array.from({ length: lines }, (_, i) => {
        const line = log.at(first + i);
        return <Line key={i} width={size.width} spans={line ? logSpans(line, theme) : []} />;
      })}
    </Box>
  );
};

/** The list of runs, with the log of the one under the cursor below it. */
export const FleetView = ({ frame }: { readonly frame: Frame }): ReactElement => {
  const { size, theme, ui, order } = frame;
  const layout = fleetLayout(size, ui.preview);
  const columns = placeColumns(fleetColumns, fleetDrop, size.width - 2);
  const shown = Math.min(layout.rows, order.length - ui.top);
  return (
    <Box flexDirection="column" height={size.height - 1}>
      <Header frame={frame} />
      <Rule width={size.width} look={theme.tones.dim} />
      <Line width={size.width} spans={[{ text: ` ${headLine(columns)}`, look: theme.tones.dim }]} />
      <Box flexDirection="column" height={layout.rows}>
        {order.length === 0 ? (
          <Empty frame={frame} rows={layout.rows} />
        ) : (
          Array.from({ length: shown }, (_, i) => (
            <Row key={i} frame={frame} index={ui.top + i} columns={columns} />
          ))
        )}
      </Box>
      <Rule width={size.width} look={theme.tones.dim} />
      {layout.preview > 0 && <Preview frame={frame} lines={layout.preview} />}
      {layout.preview > 0 && <Rule width={size.width} look={theme.tones.dim} />}
    </Box>
  );
};
