import { Box } from 'ink';
import type { ReactElement } from 'react';
import { definePane, type PaneFacts, type PaneProps } from '../pane.ts';
import { Line } from '../widgets/line.tsx';
import { lineText, logParts } from './log-export.ts';
import { pageRows, rowsFrom } from './log-layout.ts';
import { rowSpans } from './log-spans.ts';
import { prepareLogs, reduceLogs } from './log-reduce.ts';
import { firstLogs, pageOf, topSpot, type LogsState } from './log-state.ts';
import { statusSpans } from './log-status.ts';

const emptyText = (state: LogsState, { log }: PaneFacts): string => {
  if (state.group === 'all' && state.stream === 'both') return 'Nothing is logged yet.';
  const where = log.hasOlder
    ? 'Nothing like that in the newest part of the log: k reads older'
    : 'Nothing like that';
  return `${where}; t shows the next kind, s the other stream.`;
};

const View = ({ state, facts, theme }: PaneProps<LogsState>): ReactElement => {
  const { width } = facts.size;
  const page = pageOf(state, facts);
  const rows = rowsFrom(page, topSpot(state, page), state.column);
  const { search, match } = state;
  return (
    <Box flexDirection="column">
      <Box flexDirection="column" height={pageRows(facts)}>
        {rows.length === 0 && (
          <Line width={width} spans={[{ text: `  ${emptyText(state, facts)}`, look: theme.tones.dim }]} />
        )}
        {rows.map((row, i) => (
          <Line
            key={i}
            width={width}
            spans={rowSpans(row, theme, { search, isMatch: search !== '' && row.number === match })}
          />
        ))}
      </Box>
      <Line width={width} spans={statusSpans(state, facts, theme)} />
    </Box>
  );
};

const copied = (state: LogsState, facts: PaneFacts): string => {
  const match = state.search === '' || state.match === undefined ? undefined : facts.log.at(state.match);
  if (match !== undefined) return lineText(match);
  const page = pageOf(state, facts);
  const seen = new Set(rowsFrom(page, topSpot(state, page), state.column).map((row) => row.line));
  return [...seen].map(lineText).join('\n');
};

/** The log of a run, following its end until one scrolls; as large as it may be. */
export const logsPane = definePane<LogsState>({
  tab: 'logs',
  title: 'Logs',
  initial: firstLogs,
  reduce: reduceLogs,
  prepare: prepareLogs,
  holds: (state) => state.at?.line,
  View,
  isSearching: (state) => state.search !== '',
  copy: copied,
  exportParts: (_state, facts) => ({ name: `ralph-${facts.run.id}-log.txt`, parts: logParts(facts.log) }),
});
