import { sliceColumns, widthOf } from '../fit.ts';
import type { AnyOverlay, Overlay } from '../overlay.ts';
import { fieldOf, typeInto, type TextField } from '../text-field.ts';
import { CentredBox } from './box.tsx';
import type { Span } from './line.tsx';

interface State {
  readonly title: string;
  readonly label: string;
  readonly field: TextField;
}
const WIDTH = 70;

/** A field as spans of at most `room` columns, its cursor seen. */
export const fieldSpans = (field: TextField, room: number): readonly Span[] => {
  const before = field.text.slice(0, field.cursor);
  const after = field.text.slice(field.cursor);
  const from = Math.max(0, widthOf(before) - room + 1);
  return [
    { text: sliceColumns(before, from, room) },
    { text: sliceColumns(after, 0, 1) || ' ', look: { inverse: true } },
    { text: sliceColumns(after, 1, room) },
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
  View: ({ state, theme, size }) => (
    <CentredBox
      title={state.title}
      lines={[
        [{ text: ` ${state.label}`, look: theme.tones.dim }],
        [
          { text: ' > ', look: theme.accent },
          ...fieldSpans(state.field, Math.min(WIDTH, size.width - 6) - 5),
        ],
      ]}
      keys="⏎ send   esc leave"
      theme={theme}
      size={size}
      width={WIDTH}
    />
  ),
};
/** Asks for a line of text; closes with it, or with undefined. State: from `begin`. */
export const promptOverlay = {
  ...(overlay as unknown as AnyOverlay),
  begin: (title: string, label: string, text = ''): State => ({ title, label, field: fieldOf(text) }),
};
