import { markInvisible, sanitize } from '../../domain/terminal.ts';
import { sliceColumns, widthOf } from '../fit.ts';
import type { Look, Theme } from '../theme.ts';
import type { Span } from '../widgets/line.tsx';

/** Of one line, in UTF-16 units: the rest is only in a copy or an export. */
const MAX_SHOWN_LINE = 2_000;

/** A line of a hostile text, safe to draw, at most `MAX_SHOWN_LINE` long. A carriage return is seen as `␍`. */
export const cleanLine = (raw: string): string => {
  const isLong = raw.length > MAX_SHOWN_LINE;
  const text = isLong ? raw.slice(0, MAX_SHOWN_LINE).replace(/[\ud800-\udbff]$/, '') : raw;
  const safe = markInvisible(sanitize(text.replaceAll('\r', '␍'))).replaceAll('\t', '    ');
  return isLong ? `${safe}… (${raw.length.toLocaleString('en')} characters)` : safe;
};

/** A function of one text that remembers its last two results: a text is looked at in each frame. */
export const remember = <T>(make: (text: string) => T): ((text: string) => T) => {
  let kept: readonly { readonly text: string; readonly made: T }[] = [];
  return (text) => {
    const found = kept.find((one) => one.text === text) ?? { text, made: make(text) };
    kept = [found, ...kept.filter((one) => one !== found)].slice(0, 2);
    return found.made;
  };
};

const merged = new WeakMap<Look, WeakMap<Look, Look>>();

/** Both looks at once; the same object each time, as looks are remembered by who they are. */
export const lookOver = (under: Look | undefined, over: Look): Look => {
  if (under === undefined) return over;
  const known = merged.get(under) ?? new WeakMap<Look, Look>();
  const look = known.get(over) ?? { ...under, ...over };
  merged.set(under, known.set(over, look));
  return look;
};

/** Spans of a line under the cursor. */
export const underCursor = (spans: readonly Span[], cursor: Look): readonly Span[] =>
  spans.map((span) => ({ text: span.text, look: lookOver(span.look, cursor) }));

/** One line of a long text; the gutter stays in front where the line is wrapped. */
export interface LongLine {
  readonly gutter?: Span;
  readonly body: readonly Span[];
}
/** A text of any length: only the lines that are seen are made. */
export interface LongText {
  readonly count: number;
  line(index: number): LongLine;
}
export interface Window {
  readonly width: number;
  readonly height: number;
  readonly wrap: boolean;
}

const MORE: readonly Span[] = [{ text: '…' }];

/** A piece of a text, cut at its last blank where that is near its end. */
const wholeWords = (text: string, piece: string): string => {
  if (piece.length === text.length || text[piece.length] === ' ') return piece;
  const blank = piece.lastIndexOf(' ');
  return blank > piece.length * 0.6 ? piece.slice(0, blank + 1) : piece;
};

/** Spans as rows of at most `width` columns. */
const wrapSpans = (spans: readonly Span[], width: number): readonly (readonly Span[])[] => {
  const rows: Span[][] = [[]];
  let left = width;
  for (const span of spans) {
    let rest = span.text;
    while (rest !== '') {
      const piece = wholeWords(rest, sliceColumns(rest, 0, left));
      if (piece !== '') rows.at(-1)!.push({ ...span, text: piece });
      // What is wider than a whole row is passed over, so that this ends.
      rest = rest.slice(piece === '' && left === width ? 1 : piece.length);
      left -= widthOf(piece);
      if (rest === '') break;
      rows.push([]);
      left = width;
    }
  }
  return rows;
};

const rowsOf = (line: LongLine, { width, height, wrap }: Window): readonly (readonly Span[])[] => {
  const { gutter, body } = line;
  const front = gutter ? [gutter] : [];
  if (!wrap) return [[...front, ...body]];
  const indent = gutter ? widthOf(gutter.text) : 0;
  const wrapped = wrapSpans(body, Math.max(1, width - indent));
  // A line is never taller than the window: its end could not be scrolled to.
  const rows = wrapped.length > height ? [...wrapped.slice(0, height - 1), MORE] : wrapped;
  return rows.map((row, i) => (i === 0 ? [...front, ...row] : [{ text: ' '.repeat(indent) }, ...row]));
};

/** What is seen of a text from line `top` on. */
export const seenRows = (text: LongText, top: number, window: Window): readonly (readonly Span[])[] => {
  const rows: (readonly Span[])[] = [];
  for (let i = top; i < text.count && rows.length < window.height; i += 1)
    rows.push(...rowsOf(text.line(i), window));
  return rows.slice(0, window.height);
};

/** The line to start from so that the last one is seen, at the bottom. */
export const lastTop = (text: LongText, window: Window): number => {
  if (!window.wrap) return Math.max(0, text.count - window.height);
  let top = text.count;
  for (let used = 0; top > 0; top -= 1) {
    used += rowsOf(text.line(top - 1), window).length;
    if (used > window.height) break;
  }
  return Math.min(top, Math.max(0, text.count - 1));
};

const INVERSE: Look = { inverse: true };
/** How a text looks that was searched for. */
export const matchLook = ({ accent }: Theme): Look => lookOver(accent, INVERSE);

const forRegExp = (text: string): string => text.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`);

/** Finds a text without regard to case; undefined for the empty one. */
export const finderOf = (search: string): RegExp | undefined =>
  search === '' ? undefined : new RegExp(forRegExp(search), 'gi');

const splitAt = (span: Span, from: number, ranges: readonly (readonly [number, number])[]) => {
  const cuts = ranges.flat().map((at) => at - from);
  const inside = cuts.filter((at) => at > 0 && at < span.text.length);
  const borders = [0, ...inside, span.text.length];
  return borders
    .slice(1)
    .map((end, i) => ({ text: span.text.slice(borders[i], end), from: from + borders[i]! }));
};

/** The same spans with what was searched for in another look. */
export const withMatches = (
  spans: readonly Span[],
  finder: RegExp | undefined,
  look: Look,
): readonly Span[] => {
  if (finder === undefined) return spans;
  const text = spans.map((span) => span.text).join('');
  const ranges = [...text.matchAll(finder)].map((m) => [m.index, m.index + m[0].length] as const);
  if (ranges.length === 0) return spans;
  let at = 0;
  return spans.flatMap((span) => {
    const pieces = splitAt(span, at, ranges);
    at += span.text.length;
    return pieces.map(({ text: piece, from }): Span => {
      const isMatch = ranges.some(([start, end]) => from >= start && from < end);
      return isMatch ? { text: piece, look } : { ...span, text: piece };
    });
  });
};
