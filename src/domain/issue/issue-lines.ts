import { scanBoxes } from '../spec/checkboxes.ts';
import { markInvisible, sanitize } from '../terminal.ts';

/** One line of an issue's body, with what of it becomes a box. */
export interface IssueLine {
  /** Offsets into the body, without the line's end. */
  readonly start: number;
  readonly end: number;
  /** Comments are blanked out: who reads the page does not see them. */
  readonly text: string;
  /** In a code block: nothing there is a step or a box. */
  readonly isCode: boolean;
  readonly step?: { readonly number: number; readonly title: string; readonly isDone: boolean };
  readonly box?: {
    readonly indent: string;
    /** As it is written there; undefined where there is none. */
    readonly id: string | undefined;
    readonly title: string;
    readonly isDone: boolean;
    /** Offset of the character between the brackets. */
    readonly markOffset: number;
  };
}

const STEP = /^(?:#{1,6}[ \t]+|\*\*)?Step[ \t]+(\d{1,3})[:.][ \t]+(\S.*?)(?:\*\*)?$/i;
const BOX = /^([ \t]{0,200})(?:[-*+]|\d{1,9}[.)])[ \t]+\[([ xX])\](?:[ \t]+(.*))?$/;
const FENCE = /^[ \t]*(?:(?:[-*+]|\d{1,9}[.)])[ \t]+)?(`{3,}|~{3,})/;
/** What a finished step ends in. */
const DONE = /[ \t]*\[DONE\][ \t]*$/i;

/** A title as it stands in the task file: visible, one line. */
export const tidy = (text: string): string =>
  markInvisible(sanitize(text).replaceAll(/\s+/g, ' '))
    .trim()
    .replace(/^TODO:/, 'To do:');

const stepOf = (text: string): IssueLine['step'] => {
  const plain = text.replace(DONE, '');
  const [, number, title] = STEP.exec(plain.trimEnd()) ?? [];
  if (number === undefined || title === undefined) return undefined;
  return { number: Number(number), title: tidy(title), isDone: plain !== text };
};

const boxOf = (text: string, start: number): IssueLine['box'] => {
  const found = BOX.exec(text);
  if (found === null) return undefined;
  const [, indent = '', mark, rest = ''] = found;
  // The task file's own reader says what is an id.
  const [read] = scanBoxes(`- [ ] ${tidy(rest)}`).boxes;
  return {
    indent,
    id: read?.explicit === true ? read.id : undefined,
    title: read?.text ?? '',
    isDone: mark !== ' ',
    markOffset: start + text.indexOf('[') + 1,
  };
};

interface Place {
  fence: string | undefined;
  inComment: boolean;
}

/** The same length, so that offsets stay. */
const withoutComments = (line: string, place: Place): string => {
  let out = '';
  for (let at = 0; at < line.length;) {
    if (!place.inComment) {
      const open = line.indexOf('<!--', at);
      if (open < 0) return out + line.slice(at);
      out += line.slice(at, open);
      at = open;
      place.inComment = true;
    }
    const close = line.indexOf('-->', at);
    const end = close < 0 ? line.length : close + 3;
    out += ' '.repeat(end - at);
    place.inComment = close < 0;
    at = end;
  }
  return out;
};

/** Whether the line is in a code block, or one of its fences. */
const takeFence = (line: string, place: Place): boolean => {
  const { fence } = place;
  if (fence !== undefined) {
    const mark = line.trim();
    if (mark.startsWith(fence) && mark === fence[0]!.repeat(mark.length)) place.fence = undefined;
    return true;
  }
  const open = place.inComment ? null : FENCE.exec(line);
  if (open === null || (open[1]!.startsWith('`') && line.includes('`', open[0].length))) return false;
  place.fence = open[1]!;
  return true;
};

/** The lines of an issue's body. `openFence` is what would end a code block that nobody ended. */
export const readIssueLines = (
  body: string,
): { readonly lines: readonly IssueLine[]; readonly openFence: string | undefined } => {
  const lines: IssueLine[] = [];
  const place: Place = { fence: undefined, inComment: false };
  for (let start = 0; start < body.length;) {
    const newline = body.indexOf('\n', start);
    const next = newline < 0 ? body.length : newline;
    const raw = body.slice(start, next).replace(/\r$/, '');
    const end = start + raw.length;
    if (takeFence(raw, place)) lines.push({ start, end, text: raw, isCode: true });
    else {
      const text = withoutComments(raw, place);
      const step = stepOf(text);
      const box = step === undefined ? boxOf(text, start) : undefined;
      lines.push({ start, end, text, isCode: false, ...(step && { step }), ...(box && { box }) });
    }
    start = next + 1;
  }
  return { lines, openFence: place.fence };
};
