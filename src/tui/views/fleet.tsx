import { Box } from 'ink';
import type { ReactElement } from 'react';
import { timeOf } from '../../domain/entry-text.ts';
import type { GroupHead } from '../../domain/fleet-order.ts';
import { isLost } from '../live.ts';
import { visibleLines } from '../fleet-lines.ts';
import { cut, fit, widthOf } from '../fit.ts';
import { fleetLayout } from '../layout.ts';
import type { Frame } from '../screen-types.ts';
import type { Look } from '../theme.ts';
import { Line, Rule, type Span } from '../widgets/line.tsx';
import { cellText, headLine, placeColumns, type PlacedColumn } from '../widgets/columns.ts';
import { cellLook, fleetColumns, fleetDrop, safe, type FleetRow } from './fleet-columns.ts';
import { headerText } from './fleet-header.ts';
import { logSpans } from './log-spans.ts';

const NAME = ' ralph  ';

/** Totals at the left, what is not about one run at the right. */
export const Header = ({ frame }: { readonly frame: Frame }): ReactElement => {
  const { totals, theme, size, supervisor, now, ui } = frame;
  const modes = [...(frame.readOnly ? ['read-only'] : []), ...(ui.mouse ? ['mouse'] : [])];
  const room = size.width - NAME.length - 1;
  const { counts, notes } = headerText({ totals, supervisor, now, notes: modes }, room);
  const left: readonly Span[] =
    counts.length > 0
      ? counts.map(({ rank, text }) => ({ text, look: theme.ranks[rank] }))
      : [{ text: 'no runs' }];
  const used = left.reduce((sum, one) => sum + widthOf(one.text), 0);
  const gap = ' '.repeat(Math.max(2, room - used - widthOf(notes)));
  return (
    <Line
      width={size.width}
      spans={[
        { text: NAME, look: theme.title },
        ...left,
        {
          text: `${gap}${notes} `,
          look: supervisor && isLost(supervisor) ? theme.tones.bad : theme.tones.dim,
        },
      ]}
    />
  );
};

/** A rule that says how the list differs from the whole fleet in its usual order. */
const ListRule = ({ frame }: { readonly frame: Frame }): ReactElement => {
  const { ui, theme, size, order, count } = frame;
  const words = [
    ...(ui.sort === 'attention' ? [] : [`by ${ui.sort}`]),
    ...(ui.group === 'none' ? [] : [`grouped by ${ui.group}`]),
    ...(ui.filter === '' ? [] : [`/${safe(ui.filter, 60)}  ${order.length} of ${count}`]),
  ].join(' · ');
  if (words === '') return <Rule width={size.width} look={theme.tones.dim} />;
  const text = cut(` ${words} `, size.width - 4);
  const rest = Math.max(0, size.width - 2 - widthOf(text));
  return (
    <Line
      width={size.width}
      spans={[
        { text: '──', look: theme.tones.dim },
        { text, look: theme.accent },
        { text: '─'.repeat(rest), look: theme.tones.dim },
      ]}
    />
  );
};

/** Neighbours that look alike are one node: each costs time in every frame. */
const pushSpan = (spans: Span[], text: string, look: Look | undefined): void => {
  const last = spans.at(-1);
  if (last !== undefined && last.look === look) spans[spans.length - 1] = { ...last, text: last.text + text };
  else spans.push({ text, ...(look && { look }) });
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
    now: frame.now,
  };
  const spans: Span[] = [{ text: isCursor ? '▸' : ' ' }];
  for (const column of columns)
    pushSpan(spans, `${cellText(column, row)} `, cellLook(column.name, row, theme));
  return <Line width={size.width} spans={spans} look={isCursor ? theme.cursor : undefined} />;
};

const Head = ({ frame, head }: { readonly frame: Frame; readonly head: GroupHead }): ReactElement => {
  const { theme, size } = frame;
  const runs = head.count === 1 ? '1 run' : `${head.count} runs`;
  return (
    <Line
      width={size.width}
      spans={[
        { text: ` ${safe(head.name, 60)}`, look: theme.title },
        { text: `  ${runs}`, look: theme.tones.dim },
      ]}
    />
  );
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

const previewHead = (frame: Frame): readonly [left: string, right: string] => {
  const { cursor } = frame.ui;
  const run = cursor === undefined ? undefined : frame.run(cursor);
  if (run === undefined) return ['', ''];
  const { title, task, branch, diff, pr, lastAt } = run.state;
  const left = [
    run.id,
    title || task,
    branch,
    diff && `${diff.files} ${diff.files === 1 ? 'file' : 'files'} +${diff.added} −${diff.removed}`,
    pr && `#${pr.number}${pr.draft ? ' draft' : ''}`,
  ];
  return [
    ` ${left
      .filter(Boolean)
      .map((text) => safe(String(text), 60))
      .join('  ')}`,
    `log · ${timeOf(lastAt)} `,
  ];
};

const Preview = ({ frame, lines }: { readonly frame: Frame; readonly lines: number }): ReactElement => {
  const { theme, size } = frame;
  const log = frame.log();
  const first = Math.max(log.first, log.end - lines);
  const [left, right] = previewHead(frame);
  const room = size.width - widthOf(right) - 1;
  return (
    <Box flexDirection="column">
      <Line
        width={size.width}
        spans={[
          { text: fit(left, room), look: theme.title },
          { text: ` ${right}`, look: theme.tones.dim },
        ]}
      />
      {Array.from({ length: lines }, (_, i) => {
        const line = log.at(first + i);
        return <Line key={i} width={size.width} spans={line ? logSpans(line, theme) : []} />;
      })}
    </Box>
  );
};

const List = ({ frame, rows }: { readonly frame: Frame; readonly rows: number }): ReactElement => {
  const { size, ui, order, heads } = frame;
  if (order.length === 0) return <Empty frame={frame} rows={rows} />;
  const columns = placeColumns(fleetColumns, fleetDrop, size.width - 2);
  return (
    <Box flexDirection="column" height={rows}>
      {visibleLines({ total: order.length, heads }, ui.top, rows).map((line, i) =>
        line.kind === 'head' ? (
          <Head key={i} frame={frame} head={line.head} />
        ) : (
          <Row key={i} frame={frame} index={line.index} columns={columns} />
        ),
      )}
    </Box>
  );
};

/** The list of runs, with the log of the one under the cursor below it. */
export const FleetView = ({ frame }: { readonly frame: Frame }): ReactElement => {
  const { size, theme, ui, order, heads } = frame;
  const layout = fleetLayout(size, ui.preview, order.length + heads.length);
  const columns = placeColumns(fleetColumns, fleetDrop, size.width - 2);
  return (
    <Box flexDirection="column" height={size.height - 1}>
      <Header frame={frame} />
      <ListRule frame={frame} />
      <Line width={size.width} spans={[{ text: ` ${headLine(columns)}`, look: theme.tones.dim }]} />
      <List frame={frame} rows={layout.rows} />
      <Rule width={size.width} look={theme.tones.dim} />
      {layout.preview > 0 && <Preview frame={frame} lines={layout.preview} />}
      {layout.preview > 0 && <Rule width={size.width} look={theme.tones.dim} />}
    </Box>
  );
};
