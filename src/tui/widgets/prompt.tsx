import { sliceColumns, widthOf, wrapColumns } from '../fit.ts';
import type { AnyOverlay, Overlay } from '../overlay.ts';
import { fieldOf, typeInto, type TextField } from '../text-field.ts';
import { boxSize, CentredBox } from './box.tsx';
import { someOf } from './confirm.tsx';
import type { Span } from './line.tsx';

export interface PromptText {
  readonly title: string;
  /** What is to be typed. */
  readonly label: string;
  /** The runs it goes to, a line each. */
  readonly runs?: readonly string[];
  /** What happens with it. */
  readonly hint?: string;
}
interface State extends PromptText {
  readonly field: TextField;
}
const WIDTH = 72;
const MOST_RUNS = 4;

/** A field as spans of at most `room` columns, its cursor seen. */
export const fieldSpans = (field: TextField, room: number): readonly Span[] => {
  const before = field.text.slice(0, field.cursor);
  const after = field.text.slice(field.cursor);
  const from = Math.max(0, widthOf(before) - room + 1);
  const left = sliceColumns(before, from, room);
  const under = sliceColumns(after, 0, 1) || sliceColumns(after, 0, 2) || ' ';
  return [
    { text: left },
    { text: under, look: { inverse: true } },
    { text: sliceColumns(after, widthOf(under), Math.max(0, room - widthOf(left) - widthOf(under))) },
  ];
};

const overlay: Overlay<State> = {
  name: 'prompt',
  press: (state, key) => {
    if (key.chord === 'esc' || key.chord === 'ctrl+c') return { close: undefined };
    if (key.chord === 'enter')
      return state.field.text.trim() === '' ? { state } : { close: state.field.text };
    return { state: { ...state, field: typeInto(state.field, key) } };
  },
  View: ({ state, theme, size }) => {
    const { width } = boxSize(size, WIDTH);
    const dim = theme.tones.dim;
    const lines: readonly (readonly Span[])[] = [
      ...someOf(state.runs ?? [], MOST_RUNS).map((text, i) => [
        { text: i === 0 ? ' to ' : '    ', look: dim },
        { text },
      ]),
      ...wrapColumns(state.label, width - 2).map((text) => [{ text: ` ${text}`, look: dim }]),
      [],
      [{ text: ' > ', look: theme.accent }, ...fieldSpans(state.field, width - 4)],
      [],
      ...(state.hint === undefined
        ? []
        : wrapColumns(state.hint, width - 2).map((text) => [{ text: ` ${text}`, look: dim }])),
    ];
    return (
      <CentredBox
        title={state.title}
        lines={lines}
        keys="⏎ send   esc leave"
        theme={theme}
        size={size}
        width={WIDTH}
      />
    );
  },
};
/** Asks for a line of text; closes with it, or with undefined. State: from `begin`. */
export const promptOverlay = {
  ...(overlay as unknown as AnyOverlay),
  begin: (asked: PromptText, text = ''): unknown => ({ ...asked, field: fieldOf(text) }),
};
