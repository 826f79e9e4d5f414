import { Box } from 'ink';
import { Fragment, type ReactElement } from 'react';
import { cut, fit, sliceColumns, widthOf } from '../fit.ts';
import type { Frame } from '../screen-types.ts';
import { toastLines, type ToastLine } from '../toasts.ts';
import { Line, type Span } from '../widgets/line.tsx';

const prompts = { filter: '/', search: '/', jump: 'iteration ' } as const;

const FieldLine = ({ frame }: { readonly frame: Frame }): ReactElement => {
  const { kind, field } = frame.ui.field!;
  const head = ` ${prompts[kind]}`;
  const problem = kind === 'filter' && frame.filterProblem !== undefined ? `  ${frame.filterProblem}` : '';
  // What is typed keeps half of the line, whatever is wrong with it.
  const said = cut(problem, Math.floor(frame.size.width / 2));
  const room = frame.size.width - widthOf(head) - widthOf(said) - 2;
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
        { text: fit(sliceColumns(after, 1, room), Math.max(0, room - widthOf(before) + from)) },
        { text: said, look: frame.theme.tones.warn },
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

/** What was said lately, over the last lines of the screen. */
const Stack = (props: { readonly frame: Frame; readonly lines: readonly ToastLine[] }): ReactElement => {
  const { frame, lines } = props;
  const { size, theme } = frame;
  return (
    <Box position="absolute" flexDirection="column" top={size.height - 1 - lines.length} left={0}>
      {lines.map(({ text, tone }, i) => (
        <Line
          key={i}
          width={Math.min(size.width, widthOf(text) + 2)}
          spans={[{ text: ` ${text}`, look: theme.tones[tone] }]}
          look={theme.cursor}
        />
      ))}
    </Box>
  );
};

const Keys = ({ frame }: { readonly frame: Frame }): ReactElement => {
  const { ui, size } = frame;
  const count = ui.screen === 'fleet' ? selectedText(frame) : '';
  const hints = hintSpans(frame, size.width - widthOf(count) - 1);
  const used = hints.reduce((sum, span) => sum + widthOf(span.text), widthOf(count));
  return (
    <Line
      width={size.width}
      spans={[...hints, { text: ' '.repeat(Math.max(0, size.width - used)) + count }]}
    />
  );
};

const selectedText = ({ selection: { listed, hidden } }: Frame): string => {
  if (listed + hidden === 0) return '';
  return hidden === 0 ? `${listed} selected ` : `${listed} selected, ${hidden} hidden by the filter `;
};

/** The keys that count here, or the text that is being typed; above it what was said lately. */
export const Footer = ({ frame }: { readonly frame: Frame }): ReactElement => {
  const { ui, size } = frame;
  const said = toastLines(ui.toasts, size.width);
  return (
    <Fragment>
      {said.length > 0 && <Stack frame={frame} lines={said} />}
      {ui.field === undefined ? <Keys frame={frame} /> : <FieldLine frame={frame} />}
    </Fragment>
  );
};
