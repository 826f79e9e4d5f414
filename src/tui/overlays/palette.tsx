import type { PaletteLine, PaletteWord } from '../../commands/screen-face.ts';
import { safe } from '../views/fleet-columns.ts';
import { fit, widthOf, wrapColumns } from '../fit.ts';
import type { Keypress } from '../keys.ts';
import type { OverlayStep } from '../overlay.ts';
import type { Size } from '../pane.ts';
import { topFor } from '../scroll.ts';
import { fieldOf, typeInto, type TextField } from '../text-field.ts';
import type { Look, Theme } from '../theme.ts';
import { boxSize, CentredBox } from '../widgets/box.tsx';
import type { Span } from '../widgets/line.tsx';
import { fieldSpans } from '../widgets/prompt.tsx';
import { defineOverlay } from './open-box.ts';

export interface Problem {
  readonly message: string;
  readonly hint: string | undefined;
}
/** What the palette asks of the command line; pure for one state of the fleet. */
export interface PaletteSource {
  read(line: string): PaletteLine;
  complete(line: string): readonly PaletteWord[];
}
export interface PaletteState {
  readonly source: PaletteSource;
  readonly field: TextField;
  readonly words: readonly PaletteWord[];
  /** Tab steps through the words: the one it is at, and the line before the first Tab. */
  readonly cycle: { readonly at: number; readonly line: string } | undefined;
  readonly problem: Problem | undefined;
  /** Lines typed before, the oldest first. */
  readonly history: readonly string[];
  /** Where in it one is; its length is the line that is being typed. */
  readonly back: number;
}
/** What the palette closes with. */
export type PaletteResult = Exclude<PaletteLine, { readonly kind: 'problem' }> & { readonly typed: string };

const WIDTH = 92;

/** The palette with a line in its field, and what was wrong with it. */
export const beginPalette = (
  source: PaletteSource,
  history: readonly string[],
  kept: { readonly line: string; readonly problem: Problem | undefined } = { line: '', problem: undefined },
): PaletteState => ({
  source,
  field: fieldOf(kept.line),
  words: source.complete(kept.line),
  cycle: undefined,
  problem: kept.problem,
  history,
  back: history.length,
});

const typed = (state: PaletteState, field: TextField): PaletteState => ({
  ...state,
  field,
  words: state.source.complete(field.text.slice(0, field.cursor)),
  cycle: undefined,
  problem: undefined,
});

/** What can be completed has changed: profiles have been read. */
export const withNewWords = (state: PaletteState): PaletteState =>
  state.cycle === undefined
    ? { ...state, words: state.source.complete(state.field.text.slice(0, state.field.cursor)) }
    : state;

/** The next word in the place of what is typed; the only one is taken for good. */
const completed = (state: PaletteState, by: 1 | -1): PaletteState => {
  const { words, cycle, field } = state;
  const line = cycle?.line ?? field.text.slice(0, field.cursor);
  const [only] = words;
  if (only === undefined) return state;
  if (words.length === 1) return typed(state, fieldOf(`${line.slice(0, only.from)}${only.text} `));
  const at =
    cycle === undefined ? (by > 0 ? 0 : words.length - 1) : (cycle.at + by + words.length) % words.length;
  const word = words[at]!;
  return {
    ...state,
    cycle: { at, line },
    field: fieldOf(line.slice(0, word.from) + word.text),
    problem: undefined,
  };
};

const recalled = (state: PaletteState, by: 1 | -1): PaletteState => {
  const back = Math.max(0, Math.min(state.history.length, state.back + by));
  if (back === state.back) return state;
  return { ...typed(state, fieldOf(state.history[back] ?? '')), back };
};

const submitted = (state: PaletteState): OverlayStep<PaletteState> => {
  const line = state.field.text.trim();
  if (line === '') return { close: undefined };
  const asked = state.source.read(line);
  if (asked.kind !== 'problem') return { close: { ...asked, typed: line } satisfies PaletteResult };
  return { state: { ...state, problem: { message: asked.message, hint: asked.hint } } };
};

const keys: Readonly<Record<string, (state: PaletteState) => OverlayStep<PaletteState>>> = {
  esc: () => ({ close: undefined }),
  'ctrl+c': () => ({ close: undefined }),
  enter: submitted,
  tab: (state) => ({ state: completed(state, 1) }),
  'shift+tab': (state) => ({ state: completed(state, -1) }),
  up: (state) => ({ state: recalled(state, -1) }),
  'ctrl+p': (state) => ({ state: recalled(state, -1) }),
  down: (state) => ({ state: recalled(state, 1) }),
  'ctrl+n': (state) => ({ state: recalled(state, 1) }),
};

/** A key in the palette. */
export const pressPalette = (state: PaletteState, key: Keypress): OverlayStep<PaletteState> => {
  const own = Object.hasOwn(keys, key.chord) ? keys[key.chord] : undefined;
  if (own) return own(state);
  // As in vi: nothing left to take away leaves the line.
  if (key.chord === 'backspace' && state.field.text === '') return { close: undefined };
  const field = typeInto(state.field, key);
  return { state: field === state.field ? state : typed(state, field) };
};

const MOST_PROBLEM = 3;
const problemLines = (
  problem: Problem | undefined,
  theme: Theme,
  width: number,
): readonly (readonly Span[])[] => {
  if (problem === undefined) return [];
  const line = (text: string, look: Look, mark: string): readonly (readonly Span[])[] =>
    wrapColumns(safe(text, 400), width - 4)
      .slice(0, MOST_PROBLEM)
      .map((part, i) => [{ text: ` ${i === 0 ? mark : ' '} ${part}`, look }]);
  return [
    ...line(problem.message, theme.tones.bad, '✗'),
    ...(problem.hint === undefined ? [] : line(problem.hint, theme.tones.dim, ' ')),
  ];
};

const wordSpans = (word: PaletteWord, width: number, theme: Theme): readonly Span[] => [
  { text: ` ${fit(safe(word.text, 80), width)}  `, ...(word.isOff && { look: theme.tones.dim }) },
  { text: safe(word.help, 160), look: theme.tones.dim },
];

/** Room for the list: the same for every line, so that the box does not jump while one types. */
const roomOf = (size: Size): number => Math.min(16, boxSize(size, WIDTH).height - 3);

/** Any command line; closes with a `PaletteResult`. State: from `beginPalette`. */
export const paletteOverlay = defineOverlay<PaletteState>({
  name: 'palette',
  press: (state, key) => pressPalette(state, key),
  View: ({ state, theme, size }) => {
    const { width } = boxSize(size, WIDTH);
    const { words, cycle } = state;
    const room = roomOf(size);
    const at = cycle?.at ?? -1;
    const top = topFor(Math.max(0, at - room + 1), Math.max(0, at), { total: words.length, page: room });
    const shown = words.slice(top, top + room);
    const widest = Math.min(30, Math.max(12, ...shown.map((word) => widthOf(word.text))));
    const problem = problemLines(state.problem, theme, width);
    const nothing: Span[] = [{ text: ' nothing to complete', look: theme.tones.dim }];
    const rows = shown.length === 0 ? [nothing] : shown.map((word) => wordSpans(word, widest, theme));
    const blank = Array.from({ length: room - rows.length }, (): Span[] => []);
    return (
      <CentredBox
        title="Command"
        lines={[
          [{ text: ' : ', look: theme.accent }, ...fieldSpans(state.field, width - 4)],
          ...(problem.length > 0
            ? problem
            : [[{ text: ` ${'─'.repeat(width - 2)}`, look: theme.tones.dim }]]),
          ...[...rows, ...blank].slice(0, room + 1 - Math.max(0, problem.length - 1)),
        ]}
        {...(at >= 0 && { cursor: at - top + 1 + Math.max(1, problem.length) })}
        keys="⏎ run   tab complete   ↑ ↓ history   esc leave"
        theme={theme}
        size={size}
        width={WIDTH}
      />
    );
  },
});
