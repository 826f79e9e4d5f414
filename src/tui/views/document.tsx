import { Box } from 'ink';
import { useMemo, type ReactElement } from 'react';
import type { RunInfo } from '../../commands/app.ts';
import type { PaneAction, RunTab } from '../../commands/screen-action.ts';
import type { Tone } from '../../domain/entry-text.ts';
import { markInvisible, sanitize } from '../../domain/terminal.ts';
import { definePane, type AnyPane, type PaneFacts, type PaneProps } from '../pane.ts';
import type { Look, Theme } from '../theme.ts';
import { Line } from '../widgets/line.tsx';
import { wrapWords } from '../wrap-words.ts';
import { firstText, reduceText, type TextState } from './text-state.ts';

/** How a piece of a document looks, whatever the theme. */
export type DocTone = Tone | 'title' | 'accent' | 'added' | 'removed';
export interface DocSpan {
  readonly text: string;
  readonly tone?: DocTone;
}
/** One safe line, no wider than it was made for. */
export type DocLine = readonly DocSpan[];

export const lookOf = (tone: DocTone | undefined, theme: Theme): Look | undefined => {
  if (tone === undefined) return undefined;
  if (tone === 'title' || tone === 'accent' || tone === 'added' || tone === 'removed') return theme[tone];
  return theme.tones[tone];
};
export const plainOf = (line: DocLine): string => line.map((span) => span.text).join('');

/** What is read of one file; the rest is in the file itself. */
const MOST = 128 * 1024;

/** A text of a run as safe lines. */
export const safeLines = (text: string): readonly string[] => {
  const lines = markInvisible(sanitize(text.slice(0, MOST)))
    .trimEnd()
    .replaceAll('\t', '    ')
    .split('\n');
  const left = text.length - MOST;
  return left > 0 ? [...lines, `… and ${Math.ceil(left / 1024)} KiB more; E writes all of it`] : lines;
};

export interface Room {
  readonly width: number;
  readonly wrap: boolean;
}
/** A safe text behind a label, its further lines below its first. */
export const labelled = (
  label: string,
  text: string,
  room: Room & { readonly tone?: DocTone; readonly labelTone?: DocTone },
): readonly DocLine[] => {
  const { width, wrap, tone, labelTone = 'dim' } = room;
  const inner = Math.max(8, width - label.length);
  return safeLines(text)
    .flatMap((line) => (wrap ? wrapWords(line, inner) : [line]))
    .map((line, i) => [
      { text: i === 0 ? label : ' '.repeat(label.length), tone: labelTone },
      { text: line, ...(tone && { tone }) },
    ]);
};

const FOUND: Look = { inverse: true };

/** Lines of a document in a window; those with what was searched for stand out. */
export const DocLines = (props: {
  readonly lines: readonly DocLine[];
  readonly state: TextState;
  readonly theme: Theme;
  readonly width: number;
  readonly height: number;
}): ReactElement => {
  const { lines, state, theme, width, height } = props;
  const wanted = state.search.toLowerCase();
  const top = Math.min(state.top, Math.max(0, lines.length - height));
  return (
    <Box flexDirection="column" width={width}>
      {lines.slice(top, top + height).map((line, i) => {
        const isFound = wanted !== '' && plainOf(line).toLowerCase().includes(wanted);
        const spans = line.map(({ text, tone }) => {
          const look = isFound ? FOUND : lookOf(tone, theme);
          return { text, ...(look && { look }) };
        });
        return <Line key={i} width={width} spans={spans} />;
      })}
    </Box>
  );
};

export interface DocInput extends Room {
  readonly run: RunInfo;
  file(path: string): string | undefined;
}
interface Options {
  readonly tab: RunTab;
  readonly title: string;
  /** At most three files that the document is made of, named as for `PaneFacts.file`; the first is what copy and export take. */
  needs(run: RunInfo): readonly string[];
  lines(input: DocInput): readonly DocLine[];
  /** Instead of the first file, what copy and export take. */
  text?(input: DocInput): string;
}

/** A tab that shows a document made of files of the run. */
export const documentPane = ({ tab, title, needs, lines, text }: Options): AnyPane => {
  const inputOf = (wrap: boolean, { run, size, file }: PaneFacts): DocInput => ({
    run,
    file,
    width: size.width - 2,
    wrap,
  });
  const textOf = (state: TextState, facts: PaneFacts): string =>
    text?.(inputOf(state.wrap, facts)) ?? facts.file(needs(facts.run)[0] ?? '') ?? '';
  const View = ({ state, facts, theme }: PaneProps<TextState>): ReactElement => {
    const { run, size } = facts;
    const [first, second, third] = needs(run).map((path) => facts.file(path));
    const made = useMemo(
      () => lines(inputOf(state.wrap, facts)),
      [run.state, size.width, state.wrap, first, second, third],
    );
    return <DocLines lines={made} state={state} theme={theme} width={size.width} height={size.height} />;
  };
  return definePane<TextState>({
    tab,
    title,
    initial: firstText,
    reduce: (state: TextState, action: PaneAction, facts) =>
      reduceText(state, action, {
        lines: lines(inputOf(state.wrap, facts)).map(plainOf),
        page: facts.size.height,
      }),
    View,
    isSearching: (state) => state.search !== '',
    copy: textOf,
    export: (state, facts) => ({ name: `ralph-${facts.run.id}-${tab}.md`, text: textOf(state, facts) }),
  });
};
