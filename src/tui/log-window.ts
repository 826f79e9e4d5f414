import type { Entry } from '../domain/event.ts';
import type { LogPart } from '../ports/log-reader.ts';
import { linesOfAll, noContext, tellLines, type BufferLine, type LogContext } from './log-lines.ts';

const MOST_LINES = 50_000;
const SLACK = 5_000;
/** Of text, in UTF-16 units: lines of a build can be long. */
const MOST_CHARS = 12_000_000;
const SLACK_CHARS = 1_200_000;
/** Lines above what is read that stay in memory, so that one need not read a file for each step up. */
const MARGIN = 2_000;
/** Between the numbers of two parts of a log: no number is used again, whatever is put in front. */
const APART = 1_000_000_000;

/** The lines that are in memory, and where they stand in the log. */
export interface LogWindow {
  lines: BufferLine[];
  chars: number;
  /** Number of the first line. */
  first: number;
  version: number;
  epoch: number;
  /** Byte of the log at which the oldest line's entry begins; undefined after a cut. */
  start: number | undefined;
  context: LogContext;
  lastSeq: number;
  newestSeq: number;
  /** Time of the newest entry: tells whether the log is still the same one. */
  newestAt: string | undefined;
  isDetached: boolean;
  held: number | undefined;
}

export const emptyWindow = (): LogWindow => ({
  lines: [],
  chars: 0,
  first: -APART,
  version: 0,
  epoch: 0,
  start: 0,
  context: noContext,
  lastSeq: 0,
  newestSeq: 0,
  newestAt: undefined,
  isDetached: false,
  held: undefined,
});

const charsOf = (lines: readonly BufferLine[]): number =>
  lines.reduce((sum, line) => sum + line.text.length, 0);

/** An entry's lines go together, else reading on from there would miss some. */
const isInside = (lines: readonly BufferLine[], at: number): boolean =>
  at > 0 && at < lines.length && lines[at]!.seq === lines[at - 1]!.seq;
const borderAfter = (lines: readonly BufferLine[], at: number): number => {
  let border = at;
  while (isInside(lines, border)) border += 1;
  return border;
};
const borderBefore = (lines: readonly BufferLine[], at: number): number => {
  let border = at;
  while (isInside(lines, border)) border -= 1;
  return border;
};

const isFull = ({ lines, chars }: LogWindow): boolean =>
  lines.length > MOST_LINES + SLACK || chars > MOST_CHARS + SLACK_CHARS;

/** How many lines are too many, counted from one end. */
const excess = ({ lines, chars }: LogWindow, from: 'front' | 'back'): number => {
  const lengthOf = (i: number): number => lines[from === 'front' ? i : lines.length - 1 - i]!.text.length;
  const tooMany = lines.length - MOST_LINES;
  let left = chars;
  let count = 0;
  for (; count < lines.length && (count < tooMany || left > MOST_CHARS); count += 1) left -= lengthOf(count);
  return count;
};

const cutFront = (w: LogWindow, count: number): void => {
  if (count <= 0) return;
  w.chars -= charsOf(w.lines.slice(0, count));
  w.lines = w.lines.slice(count);
  w.first += count;
  w.start = undefined;
};

const cutBack = (w: LogWindow, to: number): void => {
  if (to >= w.lines.length) return;
  w.chars -= charsOf(w.lines.slice(to));
  w.lines = w.lines.slice(0, to);
  const last = w.lines.at(-1);
  w.lastSeq = last?.seq ?? 0;
  w.context = { iteration: last?.iteration, command: undefined };
  w.isDetached = true;
};

const keepNewest = (w: LogWindow): void => {
  if (!isFull(w)) return;
  const free = w.held === undefined ? w.lines.length : Math.max(0, w.held - MARGIN - w.first);
  const wanted = excess(w, 'front');
  cutFront(w, wanted <= free ? borderAfter(w.lines, wanted) : borderBefore(w.lines, free));
  // What is read stays in memory, and the end of the log in its file.
  keepOldest(w);
};
const keepOldest = (w: LogWindow): void => {
  if (isFull(w)) cutBack(w, borderBefore(w.lines, w.lines.length - excess(w, 'back')));
};

const note = (w: LogWindow, last: Entry | undefined): void => {
  if (last === undefined || last.seq < w.newestSeq) return;
  w.newestSeq = last.seq;
  w.newestAt = last.at;
};

/** Entries that follow the last one. A detached window only learns that there are more. */
export const append = (w: LogWindow, entries: readonly Entry[], how: 'live' | 'read'): void => {
  const last = entries.at(-1);
  if (last === undefined) return;
  note(w, last);
  w.version += 1;
  if (w.isDetached && how === 'live') return;
  const made = linesOfAll(entries, w.context);
  w.context = made.context;
  w.lastSeq = last.seq;
  w.isDetached = w.lastSeq < w.newestSeq;
  for (const line of made.lines) w.lines.push(line);
  w.chars += charsOf(made.lines);
  keepNewest(w);
};

/** What stands right before the oldest line. */
export const prepend = (w: LogWindow, part: LogPart): void => {
  const made = linesOfAll(part.entries, noContext);
  let added = made.lines;
  w.start = part.from;
  if (added.length > MOST_LINES / 2) {
    // Many short lines: the nearest of them now, the others with the next step.
    added = added.slice(borderAfter(added, added.length - MOST_LINES / 2));
    w.start = undefined;
  }
  const isFirst = w.lines.length === 0;
  w.lines = [...added, ...w.lines];
  w.chars += charsOf(added);
  w.first -= added.length;
  if (isFirst) w.context = made.context;
  else if (tellLines(w.lines, added.length, made.context)) w.epoch += 1;
  keepOldest(w);
  w.version += 1;
};

/** Another part of the log, around the entry that is wanted. */
export const replace = (w: LogWindow, part: LogPart, wantedSeq: number): void => {
  const made = linesOfAll(part.entries, noContext);
  w.first += w.lines.length + APART;
  w.lines = made.lines;
  w.chars = charsOf(made.lines);
  w.context = made.context;
  w.start = part.from;
  w.lastSeq = part.entries.at(-1)?.seq ?? 0;
  note(w, part.entries.at(-1));
  w.isDetached = part.entries.length > 0 && w.lastSeq < w.newestSeq;
  w.version += 1;
  w.epoch += 1;
  if (isFull(w)) {
    const at = w.lines.findIndex((line) => line.seq >= wantedSeq);
    const half = MOST_LINES / 2;
    const wanted = at < 0 ? w.lines.length : at;
    cutFront(w, borderBefore(w.lines, Math.max(0, wanted - half)));
    keepOldest(w);
  }
  w.held = w.isDetached ? w.first : undefined;
};
