import stringWidth from 'string-width';

// Characters that every terminal shows in one column, next to which no other joins them: ASCII, Latin, and the lines,
// blocks, arrows and marks that this program draws with. Most texts hold nothing else, and their width is their length.
const NARROW =
  /^[\u0020-\u007e\u00a1-\u00ac\u00ae-\u02ff\u2010-\u2027\u2030-\u205e\u2190-\u2199\u23ce\u2500-\u25fc\u2713\u2717\u00b7]*$/;
const ESC = String.fromCharCode(0x1b);
const SGR = new RegExp(`${ESC}\\[[\\d;]*m`, 'g');

const MOST_KNOWN = 10_000;
const known = new Map<string, number>();
const widthOfChar = (char: string): number => {
  let width = known.get(char);
  if (width === undefined) {
    width = stringWidth(char);
    if (known.size >= MOST_KNOWN) known.clear();
    known.set(char, width);
  }
  return width;
};
/** Most terminals count each character for itself; a line that is wider than we think would break the whole screen. */
const measure = (text: string): number => {
  let width = 0;
  for (const char of text) width += widthOfChar(char);
  return width;
};

/** Columns that a line takes on a terminal; SGR sequences take none. */
export const widthOf = (text: string): number => {
  if (NARROW.test(text)) return text.length;
  if (!text.includes(ESC)) return measure(text);
  const plain = text.replace(SGR, '');
  return NARROW.test(plain) ? plain.length : measure(plain);
};

const segmenter = new Intl.Segmenter(undefined, { granularity: 'grapheme' });

/** The part of a line that begins at column `from` and is at most `width` columns wide; wide characters stay whole. */
export const sliceColumns = (text: string, from: number, width: number): string => {
  if (NARROW.test(text)) return text.slice(from, from + width);
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

// Skin tones, presentation selectors and keycaps; flags are pairs of letters.
const JOINED = /\p{Emoji_Modifier}|\ufe0e|\ufe0f|\u20e3/gu;
const FLAG_LETTER = /[\u{1f1e6}-\u{1f1ff}]/gu;
/** Without what one terminal joins into one picture and the next shows beside it, so that columns stay where they are. */
const steady = (text: string): string =>
  text
    .replace(JOINED, '')
    .replace(FLAG_LETTER, (letter) => String.fromCharCode(letter.codePointAt(0)! - 0x1f1e6 + 0x41));

/** Cut with `…` where it is too long; never wider than `width`. */
export const cut = (text: string, width: number): string => {
  if (NARROW.test(text) && text.length <= width) return text;
  const shown = steady(text);
  if (widthOf(shown) <= width) return shown;
  return width < 1 ? '' : `${sliceColumns(shown, 0, width - 1)}…`;
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
