import { timeOf } from '../../domain/entry-text.ts';
import type { BufferLine } from '../log-buffer.ts';
import type { Look, Theme } from '../theme.ts';
import type { Span } from '../widgets/line.tsx';
import { patternOf } from './log-filter.ts';
import { HEAD, type LogRow } from './log-layout.ts';

const KIND_WIDTH = 11;
/** A line is drawn as at most so many spans: each costs time in every frame. */
const MOST_MATCHES = 8;

/** One line of a log: time, kind, text. */
export const logSpans = (line: BufferLine, theme: Theme): readonly Span[] => [
  { text: ` ${timeOf(line.at)}  ${line.kind.padEnd(KIND_WIDTH)}  `, look: theme.tones.dim },
  { text: line.text, look: theme.tones[line.tone] },
];

/** A text with what is searched for in inverse; places are those of the whole line, of which a row shows a part. */
const withMatches = (whole: string, search: string, shown: LogRow & { readonly look: Look }): Span[] => {
  const { start, text, look } = shown;
  const spans: Span[] = [];
  let done = 0;
  for (const match of whole.matchAll(patternOf(search))) {
    const from = Math.max(match.index - start, done);
    const to = Math.min(match.index + match[0].length - start, text.length);
    if (from >= text.length || spans.length >= 2 * MOST_MATCHES) break;
    if (to <= from) continue;
    if (from > done) spans.push({ text: text.slice(done, from), look });
    spans.push({ text: text.slice(from, to), look: { ...look, inverse: true } });
    done = to;
  }
  return done < text.length ? [...spans, { text: text.slice(done), look }] : spans;
};

/** A row of the pane; `isMatch` marks the line that `n` and `N` have come to. */
export const rowSpans = (
  row: LogRow,
  theme: Theme,
  { search, isMatch }: { readonly search: string; readonly isMatch: boolean },
): readonly Span[] => {
  const { line } = row;
  const mark = isMatch ? '▸' : ' ';
  const time = timeOf(line.at);
  const head = row.row > 0 ? mark.padEnd(HEAD) : `${mark}${time}  ${line.kind.padEnd(KIND_WIDTH)}  `;
  const look = theme.tones[line.tone];
  const texts = search === '' ? [{ text: row.text, look }] : withMatches(line.text, search, { ...row, look });
  return [
    { text: head, look: isMatch ? theme.accent : theme.tones.dim },
    ...texts,
    ...(row.isCut ? [{ text: '…', look: theme.tones.dim }] : []),
  ];
};
