import type { ReactElement } from 'react';
import { sliceColumns, widthOf } from '../fit.ts';
import type { Frame } from '../screen-types.ts';
import { Line, type Span } from '../widgets/line.tsx';

const prompts = { filter: '/', search: '/', jump: 'iteration ' } as const;

const FieldLine = ({ frame }: { readonly frame: Frame }): ReactElement => {
  const { kind, field } = frame.ui.field!;
  const head = ` ${prompts[kind]}`;
  const room = frame.size.width - widthOf(head) - 2;
  const before = field.text.slice(0, field.cursor);
  const from = Math.max(0, widthOf(before) - room);
  const after = field.text.slice(field.cursor);
  return (
    <Line
      width={frame.size.width}
      spans={[
        { text: head, look: frame.theme.accent },
        { text: sliceColumns(before, from, room) },
        { text: sliceColumns(after, 0, 1) || ' ', look: { inverse: true } },
        { text: sliceColumns(after, 1, room) },
      ]}
    />
  );
};

const hintSpans = ({ keys, theme }: Frame, room: number): readonly Span[] => {
  const spans: Span[] = [];
  let left = room;
  for (const { command, chords, disabled } of keys) {
    const word = command.keys?.footer;
    const chord = chords[0];
    if (word === undefined || chord === undefined) continue;
    const shown = chord === 'enter' ? '⏎' : chord;
    left -= widthOf(shown) + widthOf(word) + 3;
    if (left < 0) break;
    const isOff = disabled !== undefined;
    spans.push(
      { text: ` ${shown}`, look: isOff ? theme.tones.dim : theme.accent },
      { text: ` ${word} `, ...(isOff && { look: theme.tones.dim }) },
    );
  }
  return spans;
};

/** The keys that count here, or the text that is being typed, or what has just happened. */
export const Footer = ({ frame }: { readonly frame: Frame }): ReactElement => {
  const { ui, theme, size } = frame;
  if (ui.field !== undefined) return <FieldLine frame={frame} />;
  const toast = ui.toasts.at(-1);
  if (toast !== undefined) {
    return <Line width={size.width} spans={[{ text: ` ${toast.text}`, look: theme.tones[toast.tone] }]} />;
  }
  const count = ui.screen === 'fleet' && ui.selected.size > 0 ? `${ui.selected.size} selected ` : '';
  const hints = hintSpans(frame, size.width - widthOf(count) - 1);
  const used = hints.reduce((sum, span) => sum + widthOf(span.text), widthOf(count));
  return (
    <Line
      width={size.width}
      spans={[...hints, { text: ' '.repeat(Math.max(0, size.width - used)) + count }]}
    />
  );
};
