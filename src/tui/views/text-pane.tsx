import { Box } from 'ink';
import { useMemo, type ReactElement } from 'react';
import type { RunInfo } from '../../commands/app.ts';
import type { PaneAction, RunTab } from '../../commands/screen-action.ts';
import { markInvisible, sanitize } from '../../domain/terminal.ts';
import { wrapColumns } from '../fit.ts';
import { definePane, type AnyPane, type PaneFacts, type PaneProps } from '../pane.ts';
import { moveTop } from '../scroll.ts';
import type { Look, Theme } from '../theme.ts';
import { Line } from '../widgets/line.tsx';

export interface TextState {
  readonly top: number;
  readonly wrap: boolean;
  readonly search: string;
}
export const firstText: TextState = { top: 0, wrap: true, search: '' };

/** A file's text as safe lines, wrapped to `width` or not. */
export const linesOfText = (text: string, width: number, wrap: boolean): readonly string[] => {
  const lines = markInvisible(sanitize(text)).trimEnd().replaceAll('\t', '    ').split('\n');
  return wrap ? lines.flatMap((line) => wrapColumns(line, width)) : lines;
};

/** The next line with the text in it, without regard to case; undefined when there is none. */
export const findLine = (
  lines: readonly string[],
  wanted: string,
  from: { readonly line: number; readonly by: 1 | -1 },
): number | undefined => {
  const text = wanted.toLowerCase();
  if (text === '') return undefined;
  for (let i = 0; i < lines.length; i += 1) {
    const line = (from.line + from.by * i + lines.length * 2) % lines.length;
    if (lines[line]!.toLowerCase().includes(text)) return line;
  }
  return undefined;
};

/** A step in a text that is shown as these lines. */
export const reduceText = (
  state: TextState,
  action: PaneAction,
  view: { readonly lines: readonly string[]; readonly page: number },
): TextState => {
  const { lines, page } = view;
  const show = (line: number | undefined): TextState =>
    line === undefined
      ? state
      : { ...state, top: Math.max(0, Math.min(line, Math.max(0, lines.length - page))) };
  switch (action.kind) {
    case 'move':
      return { ...state, top: moveTop(state.top, action.step, { total: lines.length, page }) };
    case 'toggle':
      return action.what === 'wrap' ? { ...state, wrap: !state.wrap, top: 0 } : state;
    case 'search': {
      const found = findLine(lines, action.text, { line: state.top, by: 1 });
      return { ...show(found), search: action.text };
    }
    case 'search-step':
      return show(findLine(lines, state.search, { line: state.top + action.by, by: action.by }));
    default:
      return state;
  }
};

/** Markdown as far as a reader of a task file needs it: headings and boxes. */
const lookOf = (line: string, state: TextState, theme: Theme): Look | undefined => {
  if (state.search !== '' && line.toLowerCase().includes(state.search.toLowerCase()))
    return { inverse: true };
  if (/^#{1,6} /.test(line)) return theme.title;
  if (/^\s*- \[x\]/i.test(line)) return theme.tones.good;
  return undefined;
};

/** Lines of a text in a window, with a hint where it is empty. */
export const TextLines = (props: {
  readonly lines: readonly string[];
  readonly state: TextState;
  readonly theme: Theme;
  readonly width: number;
  readonly height: number;
}): ReactElement => {
  const { lines, state, theme, width, height } = props;
  return (
    <Box flexDirection="column">
      {lines.slice(state.top, state.top + height).map((line, i) => {
        const look = lookOf(line, state, theme);
        return <Line key={i} width={width} spans={[{ text: ` ${line}`, ...(look && { look }) }]} />;
      })}
    </Box>
  );
};

interface Options {
  readonly tab: RunTab;
  readonly title: string;
  /** See `Pane.needs`. */
  path(run: RunInfo): string;
  /** What to say, and to press, where there is nothing. */
  readonly empty: string;
}
/** A tab that shows one text. */
export const textPane = ({ tab, title, path, empty }: Options): AnyPane => {
  const linesFor = (state: TextState, facts: PaneFacts): readonly string[] =>
    linesOfText(facts.file(path(facts.run)) ?? empty, facts.size.width - 2, state.wrap);
  const View = ({ state, facts, theme }: PaneProps<TextState>): ReactElement => {
    const text = facts.file(path(facts.run));
    const { width, height } = facts.size;
    const lines = useMemo(() => linesOfText(text ?? empty, width - 2, state.wrap), [text, width, state.wrap]);
    return <TextLines lines={lines} state={state} theme={theme} width={width} height={height} />;
  };
  return definePane<TextState>({
    tab,
    title,
    initial: firstText,
    reduce: (state, action, facts) =>
      reduceText(state, action, { lines: linesFor(state, facts), page: facts.size.height }),
    View,
    isSearching: (state) => state.search !== '',
    copy: (_state, facts) => facts.file(path(facts.run)) ?? '',
    export: (_state, facts) => ({
      name: `ralph-${facts.run.id}-${tab}.md`,
      text: facts.file(path(facts.run)) ?? '',
    }),
  });
};
