import { Box } from 'ink';
import type { ReactElement } from 'react';
import { markInvisible, sanitize, singleLine } from '../../domain/terminal.ts';
import { fit, widthOf } from '../fit.ts';
import { definePane, type PaneFacts, type PaneProps } from '../pane.ts';
import type { Look, Theme } from '../theme.ts';
import { Line, type Span } from '../widgets/line.tsx';
import { finderOf, lookOver, seenRows } from './diff-window.ts';
import { iterationRows, listHead, listWidth } from './iteration-list.ts';
import { parts, partText, partTitles } from './iteration-parts.ts';
import {
  firstIterations,
  openIteration,
  partWindow,
  reduceIterations,
  topLine,
  type IterationsState,
  type OpenIteration,
} from './iteration-state.ts';

type Rows = readonly (readonly Span[])[];
const INVERSE: Look = { inverse: true };

const tabSpans = (state: IterationsState, { there }: OpenIteration, theme: Theme): readonly Span[] =>
  parts.map((part) => {
    const isOpen = part === state.part;
    const open = state.focus === 'part' ? lookOver(theme.accent, INVERSE) : theme.title;
    const other = there.includes(part) ? undefined : theme.tones.dim;
    const look = isOpen ? open : other;
    return {
      text: ` ${partTitles[part]}`,
      ...(look && { look }),
    };
  });

const sizeOf = ({ length }: string): string => {
  if (length < 10_000) return `${length.toLocaleString('en')} characters`;
  return length < 1e6
    ? `${Math.round(length / 1000)}k characters`
    : `${(length / 1e6).toFixed(1)}M characters`;
};

const searchText = ({ search, hit }: IterationsState): string =>
  search === '' ? '' : ` · /${markInvisible(singleLine(search, 60))}${hit === 'none' ? ' not found' : ''}`;

const aboutSpans = (state: IterationsState, open: OpenIteration, drawn: { theme: Theme; width: number }) => {
  const { theme, width } = drawn;
  const { text } = open;
  const said = text === undefined ? '' : ` · ${sizeOf(text)}`;
  const left = ` ${state.part}${said}${searchText(state)}`;
  const hint = state.focus === 'list' ? '⏎ read · ←→ part ' : '⏎ list · ←→ part ';
  const space = width - widthOf(left) - widthOf(hint);
  return [{ text: space < 1 ? left : `${left}${' '.repeat(space)}${hint}`, look: theme.tones.dim }];
};

const partRows = (
  state: IterationsState,
  open: OpenIteration,
  drawn: { facts: PaneFacts; theme: Theme },
): Rows => {
  const { facts, theme } = drawn;
  const { name, text } = open;
  const say = (words: string): Rows => [[{ text: ` ${words}`, look: theme.tones.dim }]];
  if (name === undefined) return say(`There is no iteration ${state.name ?? ''}.`);
  if (text === undefined) return say(`Iteration ${name} has no ${state.part}.`);
  if (text === '') return say(`${state.part} is empty.`);
  const window = partWindow(facts, state.wrap);
  const long = partText(state.part, text, { theme, finder: finderOf(state.search) });
  return seenRows(long, topLine(state, text, facts), window).map((row) => [{ text: ' ' }, ...row]);
};

const View = ({ state, facts, theme }: PaneProps<IterationsState>): ReactElement => {
  const { width, height } = facts.size;
  const open = openIteration(state, facts);
  if (open.names.length === 0)
    return <Line width={width} spans={[{ text: ' No iteration has started yet.', look: theme.tones.dim }]} />;
  const list = [
    listHead(width, theme),
    ...iterationRows(open.names, facts, { theme, cursor: open.index, height: height - 1 }),
  ];
  const right: Rows = [
    tabSpans(state, open, theme),
    aboutSpans(state, open, { theme, width: partWindow(facts, state.wrap).width }),
    ...partRows(state, open, { facts, theme }),
  ];
  const blank: Span = { text: fit('', listWidth(width)) };
  return (
    <Box flexDirection="column">
      {Array.from({ length: height }, (_, i) => (
        <Line
          key={i}
          width={width}
          spans={[...(list[i] ?? [blank]), { text: ' │ ', look: theme.tones.dim }, ...(right[i] ?? [])]}
        />
      ))}
    </Box>
  );
};

/** What each iteration was told, answered, did and found: its files, part by part. */
export const iterationsPane = definePane<IterationsState>({
  tab: 'iterations',
  title: 'Iterations',
  initial: firstIterations,
  reduce: reduceIterations,
  View,
  // A terminal may act on what is pasted into it.
  copy: (state, facts) => sanitize(openIteration(state, facts).text ?? ''),
  export: (state, facts) => {
    const { name = '', text = '' } = openIteration(state, facts);
    return { name: `ralph-${facts.run.id}-iteration-${name}-${state.part}`, text };
  },
  isSearching: ({ search }) => search !== '',
});
