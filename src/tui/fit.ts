import stringWidth from 'string-width';

// Most texts are ASCII: their width is their length.
const ASCII = /^[\u0020-\u007e]*$/;

/** Columns that a safe line takes on a terminal. */
export const widthOf = (text: string): number => (ASCII.test(text) ? text.length : stringWidth(text));

const segmenter = new Intl.Segmenter(undefined, { granularity: 'grapheme' });

/** The part of a line that begins at column `from` and is at most `width` columns wide; wide characters stay whole. */
export const sliceColumns = (text: string, from: number, width: number): string => {
  if (ASCII.test(text)) return text.slice(from, from + width);
  let column = 0;
  let out = '';
  let used = 0;
  for (const { segment } of segmenter.segment(text)) {
    const w = widthOf(segment);
    if (column >= from) {
      if (used + w > width) break;
      out += segment;
      used += w;
    }
    column += w;
  }
  return out;
};

/** Cut with `…` where it is too long; never wider than `width`. */
export const cut = (text: string, width: number): string => {
  if (text.length <= width && ASCII.test(text)) return text;
  if (widthOf(text) <= width) return text;
  return width < 1 ? '' : `${sliceColumns(text, 0, width - 1)}…`;
};

/** Exactly `width` columns. */
export const fit = (text: string, width: number, align: 'left' | 'right' = 'left'): string => {
  const short = cut(text, width);
  const space = ' '.repeat(Math.max(0, width - widthOf(short)));
  return align === 'left' ? short + space : space + short;
};

/** A long line as lines of at most `width` columns. */
export const wrapColumns = (text: string, width: number): readonly string[] => {
  if (width < 1) return [];
  const lines: string[] = [];
  let rest = text;
  while (widthOf(rest) > width) {
    // A character that is wider than the line is passed over, so that this ends.
    const line = sliceColumns(rest, 0, width);
    lines.push(line);
    rest = rest.slice(Math.max(1, line.length));
  }
  return [...lines, rest];
};
