import type { Form } from '../../commands/define.ts';
import type { Keypress } from '../keys.ts';
import type { AnyOverlay, Overlay, OverlayStep } from '../overlay.ts';
import { fieldOf, typeInto, type TextField } from '../text-field.ts';
import type { Theme } from '../theme.ts';
import { wrapWords } from '../wrap-words.ts';
import { boxSize, CentredBox } from './box.tsx';
import { someOf } from './confirm.tsx';
import type { Span } from './line.tsx';
import { fieldSpans } from './prompt.tsx';

interface State {
  readonly title: string;
  readonly form: Form;
  /** The runs it goes to, a line each. */
  readonly runs: readonly string[];
  readonly at: number;
  readonly texts: readonly TextField[];
}
const WIDTH = 76;
const MOST_RUNS = 3;
const LABEL = 8;

const valueOf = ({ form, texts }: State, i: number): string =>
  texts[i]!.text.trim() || (form.fields[i]!.otherwise ?? '');

/** The first field that still has to be filled; -1 when none. */
const missing = (state: State): number => state.form.fields.findIndex((_, i) => valueOf(state, i) === '');

const result = (state: State): Readonly<Record<string, string>> =>
  Object.fromEntries(
    state.form.fields.flatMap(({ name }, i) => {
      const text = state.texts[i]!.text.trim();
      return text === '' ? [] : [[name, text]];
    }),
  );

const moved = (state: State, by: number): State => {
  const { length } = state.form.fields;
  return { ...state, at: (state.at + by + length) % length };
};
const withText = (state: State, field: TextField): State => ({
  ...state,
  texts: state.texts.map((text, i) => (i === state.at ? field : text)),
});

/** The next of a field's choices; the first place is what it is otherwise. */
const chosen = (state: State, choices: readonly string[], by: number): State => {
  const all = ['', ...choices];
  const now = all.indexOf(state.texts[state.at]!.text);
  return withText(state, fieldOf(all[(now + by + all.length) % all.length]!));
};

const submit = (state: State): OverlayStep<State> => {
  const open = missing(state);
  return open < 0 ? { close: result(state) } : { state: { ...state, at: open } };
};

const steps: Readonly<Record<string, number>> = { tab: 1, down: 1, 'shift+tab': -1, up: -1 };
const turns: Readonly<Record<string, number>> = { space: 1, right: 1, left: -1 };

const press = (state: State, key: Keypress): OverlayStep<State> => {
  const { chord } = key;
  if (chord === 'esc' || chord === 'ctrl+c') return { close: undefined };
  if (chord === 'enter') return submit(state);
  const step = Object.hasOwn(steps, chord) ? steps[chord] : undefined;
  if (step !== undefined) return { state: moved(state, step) };
  const { choices } = state.form.fields[state.at]!;
  if (choices === undefined) return { state: withText(state, typeInto(state.texts[state.at]!, key)) };
  const turn = Object.hasOwn(turns, chord) ? turns[chord] : undefined;
  return { state: turn === undefined ? state : chosen(state, choices, turn) };
};

const valueSpans = (
  state: State,
  i: number,
  look: { readonly theme: Theme; readonly room: number },
): readonly Span[] => {
  const { choices, otherwise } = state.form.fields[i]!;
  const text = state.texts[i]!;
  const { theme, room } = look;
  if (choices !== undefined) {
    return [otherwise ?? '', ...choices].flatMap((choice, c): readonly Span[] => [
      {
        text: ` ${choice} `,
        look: (c === 0 ? '' : choice) === text.text ? { inverse: true } : theme.tones.dim,
      },
      { text: ' ' },
    ]);
  }
  if (i === state.at) return fieldSpans(text, room);
  return text.text === '' ? [{ text: otherwise ?? '', look: theme.tones.dim }] : [{ text: text.text }];
};

const fieldLine = (
  state: State,
  i: number,
  look: { readonly theme: Theme; readonly room: number },
): readonly Span[] => [
  {
    text: i === state.at ? ' > ' : '   ',
    look: look.theme.accent,
  },
  { text: state.form.fields[i]!.label.padEnd(LABEL), look: look.theme.tones.dim },
  ...valueSpans(state, i, look),
];

const overlay: Overlay<State> = {
  name: 'form',
  press,
  View: ({ state, theme, size }) => {
    const { width } = boxSize(size, WIDTH);
    const { dim } = theme.tones;
    const several = state.form.fields.length > 1;
    const hasChoices = state.form.fields.some(({ choices }) => choices !== undefined);
    return (
      <CentredBox
        title={state.title}
        lines={[
          ...someOf(state.runs, MOST_RUNS).map((text, i): readonly Span[] => [
            { text: i === 0 ? ' to ' : '    ', look: dim },
            { text },
          ]),
          [],
          ...state.form.fields.map((_, i) => fieldLine(state, i, { theme, room: width - LABEL - 5 })),
          [],
          ...wrapWords(state.form.says, width - 2).map((text): readonly Span[] => [
            { text: ` ${text}`, look: dim },
          ]),
        ]}
        keys={['⏎ send', several && 'tab next', hasChoices && 'space chooses', 'esc leave']
          .filter(Boolean)
          .join('   ')}
        theme={theme}
        size={size}
        width={WIDTH}
      />
    );
  },
};
/** Asks for a few short texts; closes with those that were given, by name, or with undefined. State: from `begin`. */
export const formOverlay = {
  ...(overlay as unknown as AnyOverlay),
  begin: (title: string, form: Form, runs: readonly string[]): State => ({
    title,
    form,
    runs,
    at: 0,
    texts: form.fields.map(() => fieldOf()),
  }),
};
