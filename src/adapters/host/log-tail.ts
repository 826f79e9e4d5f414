import { closeSync, constants, fstatSync, openSync, statSync, type Stats } from 'node:fs';
import type { Entry } from '../../domain/event.ts';
import type { LogPart, LogPlace } from '../../ports/log-reader.ts';
import { codeOf, diskError } from './atomic-file.ts';
import { decodeLine, lineLimit, readLines, type LogLine } from './log-lines.ts';

const { O_NOFOLLOW, O_NONBLOCK, O_RDONLY } = constants;
/** Most caches are only a little behind: what follows them is looked for in these last bytes first. */
const LOOKS = [32 * 1024, 2 * lineLimit];
/** So much is taken at once, so that who draws between two reads never waits for a whole log. */
const MOST_READ = 2 * lineLimit;
/** How far a probe reads for an entry that can tell where it is. */
const MOST_PROBE = 4 * 1024 * 1024;
const SMALL = 64 * 1024;

/** Where a reader of a log stands: always at a line border. */
export interface TailPosition {
  at: number;
  /** The last entry that was handed out. */
  seq: number;
  located: boolean;
  ino: number;
}
export type TailRead =
  { readonly entries: readonly Entry[]; readonly hasMore: boolean } | { readonly problem: string };

export const startAfter = (seq: number): TailPosition => ({ at: 0, seq, located: seq === 0, ino: 0 });

interface Range {
  readonly from: number;
  readonly to: number;
}

/** Lines that begin in a range of bytes; where that begins inside a line, the next one is the first. */
function* linesIn(fd: number, { from, to }: Range): Generator<LogLine> {
  let isFirst = from > 0;
  // One byte earlier: at a border that is just the line end before it.
  for (const line of readLines(fd, { from: Math.max(0, from - 1), to })) {
    if (!isFirst && line.whole) yield line;
    isFirst = false;
  }
}

interface Read {
  readonly entries: readonly Entry[];
  readonly end: number;
  readonly problem?: string;
}

const entriesOf = (lines: Iterable<LogLine>, from: number): Read => {
  const entries: Entry[] = [];
  let end = from;
  for (const line of lines) {
    if (!line.whole) break;
    const entry = decodeLine(line.bytes);
    if (typeof entry === 'string') return { entries, end, problem: `byte ${line.offset}: ${entry}` };
    entries.push(entry);
    end = line.end;
  }
  return { entries, end };
};

const entriesIn = (fd: number, range: Range): Read => entriesOf(linesIn(fd, range), range.from);

/** From a line border on. */
const readOn = (fd: number, from: number, size: number): Read => {
  const to = Math.min(size, from + MOST_READ);
  const lines = readLines(fd, { from: Math.max(0, from - 1), to });
  const border = from > 0 ? lines.next().value : undefined;
  if (border && border.end !== from) return { entries: [], end: from, problem: 'it was written anew' };
  const read = entriesOf(lines, from);
  return read.end === from && to < size && read.problem === undefined
    ? { ...read, problem: `byte ${from}: it is not a log line` }
    : read;
};

/**
 * Byte of the first entry for which `isBefore` is false, found by halves: true, then false along the log; entries
 * that cannot tell say undefined.
 */
const firstWhere = (
  fd: number,
  size: number,
  isBefore: (entry: Entry) => boolean | undefined,
): number | undefined => {
  const probe = (from: number, to: number): { line: LogLine; before: boolean } | undefined => {
    for (let span = SMALL; ; span *= 8) {
      for (const line of linesIn(fd, { from, to: Math.min(size, from + span) })) {
        if (line.offset >= to) return undefined;
        const entry = decodeLine(line.bytes);
        const before = typeof entry === 'string' ? undefined : isBefore(entry);
        if (before !== undefined) return { line, before };
      }
      if (from + span >= size || span >= MOST_PROBE) return undefined;
    }
  };
  let low = 0;
  let high = size;
  let found: number | undefined;
  while (low < high) {
    const middle = high - low <= SMALL ? low : Math.floor((low + high) / 2);
    const seen = probe(middle, high);
    if (seen?.before) low = seen.line.end;
    else {
      found = seen?.line.offset ?? found;
      high = middle;
    }
  }
  return found;
};

/** The part of the log behind `seq`, looked for from its end: what a list's cache knows is most of it. */
const locate = (fd: number, size: number, seq: number): Read => {
  for (const look of LOOKS) {
    const from = Math.max(0, size - look);
    const read = entriesIn(fd, { from, to: size });
    if (read.problem !== undefined) return read;
    const first = read.entries[0]?.seq;
    if (from === 0 || (first !== undefined && first <= seq + 1)) {
      const last = read.entries.at(-1)?.seq ?? 0;
      if (last < seq) return { entries: [], end: 0, problem: `it ends at ${last}, before ${seq}` };
      return { ...read, entries: read.entries.filter((entry) => entry.seq > seq) };
    }
  }
  const at = firstWhere(fd, size, (entry) => entry.seq <= seq);
  return at === undefined
    ? { entries: [], end: 0, problem: `nothing in it follows ${seq}` }
    : readOn(fd, at, size);
};

const gapIn = (entries: readonly Entry[], after: number): string | undefined => {
  let seq = after;
  for (const entry of entries) {
    if (entry.seq !== seq + 1) return `seq ${entry.seq} follows ${seq}`;
    seq = entry.seq;
  }
  return undefined;
};

const wasReplaced = (position: TailPosition, { size, ino }: Stats): boolean =>
  size < position.at || (position.ino !== 0 && position.ino !== ino);

/** What is wrong behind good entries is told by the next read. */
const take = (position: TailPosition, { entries, end, problem }: Read, size: number): TailRead => {
  const wrong = gapIn(entries, position.seq) ?? (entries.length === 0 ? problem : undefined);
  if (wrong !== undefined) return { problem: wrong };
  const hasMore = end > position.at && (problem !== undefined || size > end);
  position.at = end;
  position.located = true;
  position.seq = entries.at(-1)?.seq ?? position.seq;
  return { entries, hasMore };
};

const readOpened = (fd: number, position: TailPosition): TailRead => {
  const stat = fstatSync(fd);
  if (!stat.isFile()) return { problem: 'it is not a regular file' };
  if (position.located && wasReplaced(position, stat)) return { problem: 'it was written anew' };
  position.ino = stat.ino;
  if (position.located && stat.size === position.at) return { entries: [], hasMore: false };
  const read = position.located ? readOn(fd, position.at, stat.size) : locate(fd, stat.size, position.seq);
  return take(position, read, stat.size);
};

const open = (path: string): number | undefined => {
  try {
    return openSync(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw diskError('read', path, error);
  }
};

/** What was appended to a log since the last read. No log at all is no entry. Throws RalphError `disk`. */
export const readTail = (path: string, position: TailPosition): TailRead => {
  const fd = open(path);
  if (fd === undefined) return { entries: [], hasMore: false };
  try {
    return readOpened(fd, position);
  } finally {
    closeSync(fd);
  }
};

const partIn = (fd: number, range: Range): LogPart | undefined => {
  const entries: Entry[] = [];
  let from: number | undefined;
  let end = range.from;
  for (const line of linesIn(fd, range)) {
    from ??= line.offset;
    end = line.end;
    const entry = decodeLine(line.bytes);
    // What is damaged is passed over: here one looks at a log, and does not resume from it.
    if (typeof entry !== 'string') entries.push(entry);
  }
  return from === undefined ? undefined : { entries, from, end };
};

/** The whole lines in at most `bytes` of a log, from a place up to `before` (its end by default); more for a longer line. */
export const readBack = (
  path: string,
  options: { readonly bytes: number; readonly before?: number },
): LogPart => {
  const fd = open(path);
  if (fd === undefined) return { entries: [], from: 0, end: 0 };
  try {
    const to = Math.min(options.before ?? Number.MAX_SAFE_INTEGER, fstatSync(fd).size);
    for (let bytes = options.bytes; ; bytes *= 2) {
      const from = Math.max(0, to - bytes);
      const part = partIn(fd, { from, to });
      if (part !== undefined) return part;
      if (from === 0 || bytes >= 2 * lineLimit) return { entries: [], from, end: to };
    }
  } finally {
    closeSync(fd);
  }
};

const isBeforeIteration =
  (wanted: number) =>
  (entry: Entry): boolean | undefined => {
    switch (entry.type) {
      case 'iteration.started':
      case 'prompt.built':
      case 'answer.taken':
      case 'action.started':
      case 'action.ended':
      case 'diff':
      case 'loop.scored':
      case 'iteration.ended':
        return entry.n < wanted;
      default:
        return undefined;
    }
  };

/** Byte at which the first entry that is not before a place begins; undefined when the log ends before it. */
export const offsetOf = (path: string, place: LogPlace): number | undefined => {
  const fd = open(path);
  if (fd === undefined) return undefined;
  try {
    const isBefore =
      'seq' in place ? (entry: Entry) => entry.seq < place.seq : isBeforeIteration(place.iteration);
    return firstWhere(fd, fstatSync(fd).size, isBefore);
  } finally {
    closeSync(fd);
  }
};

/** The mark of a log that holds nothing behind this place. */
export const stampAt = ({ ino, at }: TailPosition): string => (ino === 0 ? '' : `${ino}:${at}`);

/** A mark that changes whenever the log does; cheap. */
export const stampOf = (path: string): string => {
  const stat = statSync(path, { throwIfNoEntry: false });
  return stat === undefined ? '' : `${stat.ino}:${stat.size}`;
};
