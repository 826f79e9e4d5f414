import type { Entry } from '../domain/event.ts';
import type { LogPart, LogPlace, LogReader } from '../ports/log-reader.ts';
import type { BufferLine } from './log-lines.ts';
import { append, emptyWindow, prepend, replace, type LogWindow } from './log-window.ts';

export type { BufferLine } from './log-lines.ts';

const FIRST_BYTES = 96 * 1024;
const MORE_BYTES = 1024 * 1024;
/** Around a place that one jumps to: at once on the screen, and room for the longest entry on both sides. */
const JUMP_BYTES = 512 * 1024;

/** A window on the lines of one log, the file of which may be far larger than what is in memory. */
export interface LogBuffer {
  /** Lines have numbers that stay theirs; what is put in front has smaller ones. */
  readonly first: number;
  /** Behind the last line. */
  readonly end: number;
  /** Counts changes of the window. */
  readonly version: number;
  /** Counts the times that lines in memory became other ones. */
  readonly epoch: number;
  /** The file holds older lines than these. */
  readonly hasOlder: boolean;
  /** The newest lines are not in memory, because older ones are read. */
  readonly isDetached: boolean;
  /** The last entry in memory. */
  readonly lastSeq: number;
  /** The last entry of the log. */
  readonly newestSeq: number;
  readonly reader: LogReader | undefined;
  at(line: number): BufferLine | undefined;
  /** Appends what is newer than the last entry; the oldest lines go once there are too many. */
  push(entries: readonly Entry[]): void;
  /** Lines from this one on are read and stay; undefined follows the end again. */
  hold(line: number | undefined): void;
  /** Reads older lines in front, and the newest go once there are too many; false when there are none. */
  readOlder(): boolean;
  /** Reads what follows a detached window; false when nothing does. */
  readNewer(): boolean;
  toEnd(): void;
  toBegin(): void;
  /** First line of a place, if it is in memory; of an iteration, of it or a later one. */
  find(place: LogPlace): number | undefined;
  /** Moves the window to a place that it does not hold; the number of its first line, undefined where there is none. */
  toPlace(place: LogPlace): number | undefined;
  /** Byte of the log at which the oldest entry in memory begins. */
  startByte(): number;
  /** Byte at which the entry behind the last one in memory begins; undefined when there is none. */
  endByte(): number | undefined;
}

/** First line of a place in memory. */
const lineOf = (w: LogWindow, place: LogPlace): number | undefined => {
  const index = w.lines.findIndex((line) =>
    'seq' in place
      ? line.seq >= place.seq
      : line.type === 'iteration.started' && (line.iteration ?? 0) >= place.iteration,
  );
  return index < 0 ? undefined : w.first + index;
};

const holds = (w: LogWindow, place: LogPlace): boolean => {
  const [oldest] = w.lines;
  if (oldest === undefined) return false;
  if ('seq' in place) return oldest.seq <= place.seq && place.seq <= w.lastSeq;
  // A later iteration in memory says nothing of whether this one began before.
  const at = lineOf(w, place);
  return at !== undefined && (w.start === 0 || w.lines[at - w.first]?.iteration === place.iteration);
};

const seqAt = (entries: readonly Entry[], place: LogPlace): number =>
  'seq' in place
    ? place.seq
    : (entries.find((entry) => entry.type === 'iteration.started' && entry.n >= place.iteration)?.seq ?? 0);

const startOf = (w: LogWindow, reader: LogReader): number => {
  const oldest = w.lines[0]?.seq;
  w.start ??= oldest === undefined ? 0 : (reader.offsetOf({ seq: oldest }) ?? 0);
  return w.start;
};

const toPlace = (w: LogWindow, reader: LogReader, place: LogPlace): number | undefined => {
  if (!holds(w, place)) {
    const at = reader.offsetOf(place);
    if (at === undefined) return undefined;
    const part = reader.back({ bytes: JUMP_BYTES, before: at + JUMP_BYTES / 2 });
    replace(w, part, seqAt(part.entries, place));
  }
  return lineOf(w, place);
};

const toEnd = (w: LogWindow, reader: LogReader): void =>
  replace(w, reader.back({ bytes: FIRST_BYTES }), Number.MAX_SAFE_INTEGER);

/** The entries that end the log are not those that were there: it is another log in its place. */
const isAnother = (w: LogWindow, { entries }: LogPart): boolean => {
  if ((entries.at(-1)?.seq ?? 0) < w.newestSeq) return true;
  const same = entries.find((entry) => entry.seq === w.newestSeq);
  return same !== undefined && same.at !== w.newestAt;
};

/** Old entries come: the log was written anew, or it is read again from far behind, and its end is to be seen meanwhile. */
const refresh = (w: LogWindow, reader: LogReader): void => {
  const part = reader.back({ bytes: FIRST_BYTES });
  const oldest = part.entries[0]?.seq ?? 0;
  if (isAnother(w, part)) {
    w.newestSeq = 0;
    replace(w, part, Number.MAX_SAFE_INTEGER);
  } else if (oldest <= w.lastSeq + 1) {
    append(w, newerThan(w, part.entries), 'live');
  } else if (w.held === undefined) {
    replace(w, part, Number.MAX_SAFE_INTEGER);
  }
};

const newerThan = (w: LogWindow, entries: readonly Entry[]): readonly Entry[] =>
  entries.filter((entry) => entry.seq > (w.isDetached ? w.newestSeq : w.lastSeq));

const push = (w: LogWindow, reader: LogReader | undefined, entries: readonly Entry[]): void => {
  const [oldest] = entries;
  if (reader && oldest && oldest.seq <= w.newestSeq) refresh(w, reader);
  append(w, newerThan(w, entries), 'live');
};

const readNewer = (w: LogWindow, reader: LogReader): boolean => {
  if (!w.isDetached) return false;
  const at = reader.offsetOf({ seq: w.lastSeq + 1 });
  const { entries } =
    at === undefined ? { entries: [] } : reader.back({ bytes: MORE_BYTES, before: at + MORE_BYTES });
  const newer = entries.filter((entry) => entry.seq > w.lastSeq);
  append(w, newer, 'read');
  return newer.length > 0;
};

/** A buffer that begins with `entries`, the first of which stands at byte `from` of the log. */
export const createLogBuffer = (entries: readonly Entry[], from: number, reader?: LogReader): LogBuffer => {
  const w = emptyWindow();
  prepend(w, { entries, from, end: from });
  w.lastSeq = entries.at(-1)?.seq ?? 0;
  w.newestSeq = w.lastSeq;
  w.newestAt = entries.at(-1)?.at;
  const hasOlder = (): boolean => reader !== undefined && w.start !== 0;
  return {
    get first() {
      return w.first;
    },
    get end() {
      return w.first + w.lines.length;
    },
    get version() {
      return w.version;
    },
    get epoch() {
      return w.epoch;
    },
    get hasOlder() {
      return hasOlder();
    },
    get isDetached() {
      return w.isDetached;
    },
    get lastSeq() {
      return w.lastSeq;
    },
    get newestSeq() {
      return w.newestSeq;
    },
    reader,
    at: (line) => w.lines[line - w.first],
    push: (more) => push(w, reader, more),
    hold: (line) => {
      w.held = line;
      if (line === undefined && w.isDetached && reader) toEnd(w, reader);
    },
    readOlder: () => {
      if (reader === undefined || !hasOlder()) return false;
      const part = reader.back({ bytes: MORE_BYTES, before: startOf(w, reader) });
      prepend(w, part);
      return true;
    },
    readNewer: () => reader !== undefined && readNewer(w, reader),
    toEnd: () => {
      if (reader && w.isDetached) toEnd(w, reader);
    },
    toBegin: () => {
      if (reader && hasOlder()) replace(w, reader.back({ bytes: JUMP_BYTES, before: JUMP_BYTES }), 0);
    },
    find: (place) => lineOf(w, place),
    toPlace: (place) => (reader ? toPlace(w, reader, place) : lineOf(w, place)),
    startByte: () => (reader ? startOf(w, reader) : 0),
    endByte: () => reader?.offsetOf({ seq: w.lastSeq + 1 }),
  };
};

/** The end of a log. */
export const openLogBuffer = (reader: LogReader): LogBuffer => {
  const { entries, from } = reader.back({ bytes: FIRST_BYTES });
  return createLogBuffer(entries, from, reader);
};
