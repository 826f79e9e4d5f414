import { timeOf } from '../../domain/entry-text.ts';
import type { BufferLine } from '../log-buffer.ts';
import type { Theme } from '../theme.ts';
import type { Span } from '../widgets/line.tsx';

const KIND_WIDTH = 11;

/** One line of a log: time, kind, text. */
export const logSpans = (line: BufferLine, theme: Theme): readonly Span[] => [
  { text: ` ${timeOf(line.at)}  ${line.kind.padEnd(KIND_WIDTH)}  `, look: theme.tones.dim },
  { text: line.text.replaceAll('\t', '    '), look: theme.tones[line.tone] },
];
