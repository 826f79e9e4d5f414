import { Box } from 'ink';
import { useMemo, type ReactElement } from 'react';
import { sanitize } from '../../domain/terminal.ts';
import { widthOf } from '../fit.ts';
import { definePane, type PaneFacts, type PaneProps } from '../pane.ts';
import type { Theme } from '../theme.ts';
import { Line, type Span } from '../widgets/line.tsx';
import { countsOf, listRows, overviewRows, pathEnd } from './diff-files.ts';
import { safePath, shownDiff, type ShownDiff } from './diff-shown.ts';
import {
  cursorFile,
  diffLayout,
  firstDiff,
  LIST_WIDTH,
  openFile,
  reduceDiff,
  topRow,
  type DiffLayout,
  type DiffState,
} from './diff-state.ts';
import { hunksText } from './diff-text.ts';
import { finderOf, seenRows } from './diff-window.ts';

type Rows = readonly (readonly Span[])[];

const plural = (n: number, word: string): string => `${n.toLocaleString('en')} ${word}${n === 1 ? '' : 's'}`;

/** Text at both ends of a line; where they do not fit, the right one goes. */
const sides = (left: readonly Span[], right: Span, width: number): readonly Span[] => {
  const used = left.reduce((sum, span) => sum + widthOf(span.text), widthOf(right.text));
  const space = width - used;
  return space < 2 ? left : [...left, { text: ' '.repeat(space) }, right];
};

const headSpans = (
  state: DiffState,
  { title, view, note }: ShownDiff,
  drawn: { theme: Theme; width: number },
) => {
  const { theme, width } = drawn;
  const said = note === undefined ? [] : [{ text: ` · ${note}`, look: theme.tones.warn }];
  const total = view.files.length === 0 ? '' : `  ${plural(view.files.length, 'file')} ${countsOf(view)}`;
  const keys = state.source === 'current' ? 't an iteration’s · i jump ' : 't current · i jump ';
  const left: readonly Span[] = [{ text: ` ${title}`, look: theme.title }, { text: total }, ...said];
  return sides(left, { text: keys, look: theme.tones.dim }, width);
};

const searchText = ({ search, hit }: DiffState): string => {
  if (search === '') return '';
  return `/${safePath(search)}${hit === 'none' ? ' not found' : ''} `;
};

/** The line above the hunks: the open file, or the overview. */
const fileSpans = (state: DiffState, shown: ShownDiff, drawn: { theme: Theme; width: number }) => {
  const { view } = shown;
  const { theme, width } = drawn;
  const open = openFile(state, view);
  const file = view.files[open];
  const right = {
    text: `${searchText(state)}${file ? `${open + 1} of ${view.files.length} ` : ''}`,
    look: theme.tones.dim,
  };
  if (file === undefined) return sides([{ text: ' Overview', look: theme.title }], right, width);
  const was = file.oldPath === undefined ? '' : ` (was ${safePath(file.oldPath)})`;
  const what = file.binary ? `${file.change}, binary` : `${file.change} ${countsOf(file)}`;
  const room = Math.max(10, width - widthOf(what) - widthOf(right.text) - 4);
  const name = pathEnd(`${safePath(file.path)}${was}`, room);
  return sides([{ text: ` ${name}  ${what}`, look: theme.title }], right, width);
};

const bodyRows = (state: DiffState, shown: ShownDiff, drawn: { theme: Theme; layout: DiffLayout }): Rows => {
  const { theme, layout } = drawn;
  const { view } = shown;
  if (view.files.length === 0) return [[{ text: ` ${shown.empty}`, look: theme.tones.dim }]];
  const file = view.files[openFile(state, view)];
  if (file === undefined) return overviewRows(view, cursorFile(state, view), { theme, ...layout });
  const text = hunksText(view, file, { theme, finder: finderOf(state.search) });
  return seenRows(text, topRow(state, view, { file, window: layout }), layout);
};

/** List and hunks side by side are one line of the screen each: fewer nodes. */
const screenRows = (
  state: DiffState,
  shown: ShownDiff,
  drawn: { theme: Theme; layout: DiffLayout },
): Rows => {
  const { theme, layout } = drawn;
  const { width } = layout;
  const right: Rows = [fileSpans(state, shown, { theme, width }), ...bodyRows(state, shown, drawn)];
  if (!layout.hasList) return right;
  const height = layout.height + 1;
  const list = listRows(shown.view, openFile(state, shown.view), { theme, width: LIST_WIDTH, height });
  return Array.from({ length: height }, (_, i) => [
    ...(list[i] ?? [{ text: ' '.repeat(LIST_WIDTH) }]),
    { text: ' │ ', look: theme.tones.dim },
    ...(right[i] ?? []),
  ]);
};

const View = ({ state, facts, theme }: PaneProps<DiffState>): ReactElement => {
  const { width, height } = facts.size;
  const shown = shownDiff(state.source, facts);
  const { title, view, empty, note } = shown;
  const rows = useMemo((): Rows => {
    const layout = diffLayout(facts, state.wrap);
    return [headSpans(state, shown, { theme, width }), ...screenRows(state, shown, { theme, layout })];
  }, [state, title, view, empty, note, theme, width, height]);
  return (
    <Box flexDirection="column">
      {rows.slice(0, height).map((spans, i) => (
        <Line key={i} width={width} spans={spans} />
      ))}
    </Box>
  );
};

/** The part of the patch that is open; all of it on the overview. */
const openText = (state: DiffState, facts: PaneFacts): string => {
  const { view } = shownDiff(state.source, facts);
  const file = view.files[openFile(state, view)];
  return file === undefined ? view.text : view.text.slice(file.from, file.to);
};

const nameOf = ({ source }: DiffState): string => (source === 'current' ? 'current' : `iteration-${source}`);

/** What a run has changed: the current diff, or the patch of an iteration, by file and hunk. */
export const diffPane = definePane<DiffState>({
  tab: 'diff',
  title: 'Diff',
  initial: firstDiff,
  reduce: reduceDiff,
  View,
  // A terminal may act on what is pasted into it.
  copy: (state, facts) => sanitize(openText(state, facts)),
  export: (state, facts) => ({
    name: `ralph-${facts.run.id}-${nameOf(state)}.patch`,
    text: shownDiff(state.source, facts).view.text,
  }),
  isSearching: ({ search }) => search !== '',
});
