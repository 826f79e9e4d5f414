import type { LogBuffer } from '../log-buffer.ts';
import type { BufferLine } from '../log-lines.ts';
import { sliceColumns, widthOf } from '../fit.ts';
import type { PaneFacts } from '../pane.ts';
import type { LogView } from './log-view.ts';

/** A space, time, kind, each with two spaces behind it. */
export const HEAD = 24;

/** A row of the screen: a line of the log, or a part of a long one. */
export interface LogRow {
  readonly number: number;
  readonly line: BufferLine;
  /** Which row of its line. */
  readonly row: number;
  /** Where its text begins in that of the line. */
  readonly start: number;
  readonly text: string;
  /** Something follows that does not fit. */
  readonly isCut: boolean;
}
/** A row, by its line's place in the view. */
export interface Spot {
  readonly index: number;
  readonly row: number;
}
/** What rows are made of: the lines that are shown, and how. */
export interface LogPage {
  readonly log: LogBuffer;
  readonly view: LogView;
  readonly wrap: boolean;
  /** Columns for texts. */
  readonly room: number;
  /** Rows. */
  readonly height: number;
}

/** One line of the pane tells how it stands. */
export const pageRows = ({ size }: PaneFacts): number => Math.max(1, size.height - 1);

const wrapped = new WeakMap<BufferLine, { readonly room: number; readonly starts: readonly number[] }>();

/** Where the rows of a line begin in its text. */
const startsOf = (line: BufferLine, room: number): readonly number[] => {
  const known = wrapped.get(line);
  if (known?.room === room) return known.starts;
  const starts = [0];
  for (let at = 0; ;) {
    const length = sliceColumns(line.text.slice(at), 0, room).length;
    at += Math.max(1, length);
    if (at >= line.text.length) break;
    starts.push(at);
  }
  wrapped.set(line, { room, starts });
  return starts;
};

const rowsOf = ({ log, view, wrap, room }: LogPage, index: number): number => {
  const line = wrap ? log.at(view.line(index)) : undefined;
  return line ? startsOf(line, room).length : 1;
};

/** So many rows on, or back; never out of the view. */
export const walk = (page: LogPage, from: Spot, by: number): Spot => {
  const { count } = page.view;
  if (count === 0) return { index: 0, row: 0 };
  if (!page.wrap) return { index: Math.max(0, Math.min(count - 1, from.index + by)), row: 0 };
  let { index } = from;
  let row = from.row + by;
  while (row < 0 && index > 0) row += rowsOf(page, (index -= 1));
  for (let rows = rowsOf(page, index); row >= rows && index < count - 1; rows = rowsOf(page, index)) {
    row -= rows;
    index += 1;
  }
  return { index, row: Math.max(0, Math.min(rowsOf(page, index) - 1, row)) };
};

const isBehind = (a: Spot, b: Spot): boolean => a.index > b.index || (a.index === b.index && a.row > b.row);

/** The top row of the last page. */
export const lastSpot = (page: LogPage): Spot => {
  const index = Math.max(0, page.view.count - 1);
  return walk(page, { index, row: rowsOf(page, index) - 1 }, 1 - page.height);
};
export const noFurther = (spot: Spot, last: Spot): Spot => (isBehind(spot, last) ? last : spot);

/** A text from a column on; a wide character that begins before it leaves spaces, so that all below stays aligned. */
const fromColumn = (text: string, column: number, room: number): { start: number; text: string } => {
  if (column === 0) return { start: 0, text: sliceColumns(text, 0, room) };
  const before = sliceColumns(text, 0, column);
  const missing = column - widthOf(before);
  if (missing === 0) return { start: before.length, text: sliceColumns(text.slice(before.length), 0, room) };
  const rest = text.slice(before.length);
  if (rest === '') return { start: text.length, text: '' };
  const skipped = sliceColumns(rest, 0, missing + 1);
  const start = before.length + skipped.length;
  const pad = Math.max(0, widthOf(skipped) - missing);
  return { start: start - pad, text: ' '.repeat(pad) + sliceColumns(text.slice(start), 0, room - pad) };
};

const wholeRow = (line: BufferLine, number: number, look: { column: number; room: number }): LogRow => {
  const { start, text } = fromColumn(line.text, look.column, look.room);
  const isCut = start + text.length < line.text.length;
  const shown = isCut ? sliceColumns(text, 0, look.room - 1) : text;
  return { number, line, row: 0, start, text: shown, isCut };
};

/** The rows from a spot on. */
export const rowsFrom = (page: LogPage, top: Spot, column: number): readonly LogRow[] => {
  const { log, view, room, height } = page;
  const rows: LogRow[] = [];
  for (let { index, row } = top; index < view.count && rows.length < height; index += 1, row = 0) {
    const number = view.line(index);
    const line = log.at(number);
    if (line === undefined) break;
    if (!page.wrap) {
      rows.push(wholeRow(line, number, { column, room }));
      continue;
    }
    const starts = startsOf(line, room);
    for (; row < starts.length && rows.length < height; row += 1) {
      const start = starts[row]!;
      rows.push({ number, line, row, start, text: line.text.slice(start, starts[row + 1]), isCut: false });
    }
  }
  return rows;
};
