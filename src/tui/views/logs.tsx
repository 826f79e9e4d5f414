import { Box } from 'ink';
import type { ReactElement } from 'react';
import { definePane, type PaneFacts, type PaneProps } from '../pane.ts';
import { moveTop } from '../scroll.ts';
import { Line } from '../widgets/line.tsx';
import { logSpans } from './log-spans.ts';

interface State {
  /** Absolute number of the first line; undefined while it follows the end. */
  readonly top: number | undefined;
}

const firstLine = (state: State, { log, size }: PaneFacts): number =>
  Math.max(log.first, state.top ?? log.end - size.height);

const View = ({ state, facts, theme }: PaneProps<State>): ReactElement => {
  const { log, size } = facts;
  const first = firstLine(state, facts);
  return (
    <Box flexDirection="column">
      {Array.from({ length: Math.min(size.height, log.end - first) }, (_, i) => {
        const line = log.at(first + i);
        return <Line key={i} width={size.width} spans={line ? logSpans(line, theme) : []} />;
      })}
    </Box>
  );
};

/** The log of a run, following its end until one scrolls. */
export const logsPane = definePane<State>({
  tab: 'logs',
  title: 'Logs',
  initial: { top: undefined },
  reduce: (state, action, facts) => {
    const { log, size } = facts;
    if (action.kind === 'toggle' && action.what === 'follow')
      return { top: state.top === undefined ? firstLine(state, facts) : undefined };
    if (action.kind !== 'move') return state;
    const total = log.end - log.first;
    const top = moveTop(firstLine(state, facts) - log.first, action.step, { total, page: size.height });
    return { top: action.step === 'bottom' || top + size.height >= total ? undefined : top + log.first };
  },
  View,
  wantsOlder: (state, facts) => firstLine(state, facts) <= facts.log.first && facts.log.from > 0,
});
