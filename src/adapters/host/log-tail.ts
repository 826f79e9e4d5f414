import { closeSync, constants, fstatSync, openSync, statSync, type Stats } from 'node:fs';
import type { Entry } from '../../domain/event.ts';
import { codeOf, diskError } from './atomic-file.ts';
import { decodeLine, readLines } from './log-lines.ts';

const { O_NOFOLLOW, O_NONBLOCK, O_RDONLY } = constants;
const FIRST_LOOK = 32 * 1024;

/** Where a reader of a log stands: always at a line border. */
export interface TailPosition {
  at: number;
  /** The last entry that was handed out. */
  seq: number;
  located: boolean;
  ino: number;
}
export type TailRead = { readonly entries: readonly Entry[] } | { readonly problem: string };

export const startAfter = (seq: number): TailPosition => ({ at: 0, seq, located: seq === 0, ino: 0 });

interface Read {
  readonly entries: readonly Entry[];
  readonly end: number;
  readonly problem?: string;
}

/** Whole lines from a byte on; from inside a line, the next one is the first. */
const linesFrom = (fd: number, from: number, size: number): Read => {
  const entries: Entry[] = [];
  let end = from;
  let isFirst = from > 0;
  for (const line of readLines(fd, { from: Math.max(0, from - 1), to: size })) {
    // One byte earlier: at a border that is just the line end before it.
    if (isFirst) {
      isFirst = false;
      end = line.end;
      continue;
    }
    if (!line.whole) break;
    const entry = decodeLine(line.bytes);
    if (typeof entry === 'string') return { entries, end, problem: `byte ${line.offset}: ${entry}` };
    entries.push(entry);
    end = line.end;
  }
  return { entries, end };
};

/** The part of the log behind `seq`, looked for from its end: what a list's cache knows is most of it. */
const locate = (fd: number, size: number, seq: number): Read => {
  for (let back = FIRST_LOOK; ; back *= 8) {
    const from = Math.max(0, size - back);
    const read = linesFrom(fd, from, size);
    if (read.problem !== undefined) return read;
    const first = read.entries[0]?.seq;
    if (from === 0 || (first !== undefined && first <= seq + 1)) {
      const last = read.entries.at(-1)?.seq ?? 0;
      if (last < seq) return { entries: [], end: 0, problem: `it ends at ${last}, before ${seq}` };
      return { ...read, entries: read.entries.filter((entry) => entry.seq > seq) };
    }
  }
};

const gapIn = (entries: readonly Entry[], seq: number): string | undefined => {
  const first = entries[0];
  return first !== undefined && first.seq !== seq + 1 ? `seq ${first.seq} follows ${seq}` : undefined;
};

const wasReplaced = (position: TailPosition, { size, ino }: Stats): boolean =>
  size < position.at || (position.ino !== 0 && position.ino !== ino);

const readOpened = (fd: number, position: TailPosition): TailRead => {
  const stat = fstatSync(fd);
  if (!stat.isFile()) return { problem: 'it is not a regular file' };
  if (position.located && wasReplaced(position, stat)) return { problem: 'it was written anew' };
  position.ino = stat.ino;
  if (position.located && stat.size === position.at) return { entries: [] };
  const read = position.located ? linesFrom(fd, position.at, stat.size) : locate(fd, stat.size, position.seq);
  const problem = read.problem ?? gapIn(read.entries, position.seq);
  if (problem !== undefined) return { problem };
  position.at = read.end;
  position.located = true;
  position.seq = read.entries.at(-1)?.seq ?? position.seq;
  return { entries: read.entries };
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
  if (fd === undefined) return { entries: [] };
  try {
    return readOpened(fd, position);
  } finally {
    closeSync(fd);
  }
};

/** The last entries in at most `bytes` of a log, from a place up to `before` (its end by default), and where they begin. */
export const readBack = (
  path: string,
  options: { readonly bytes: number; readonly before?: number },
): { readonly entries: readonly Entry[]; readonly from: number } => {
  const fd = open(path);
  if (fd === undefined) return { entries: [], from: 0 };
  try {
    const end = Math.min(options.before ?? Number.MAX_SAFE_INTEGER, fstatSync(fd).size);
    const wanted = Math.max(0, end - options.bytes);
    const entries: Entry[] = [];
    let from = end;
    let isFirst = wanted > 0;
    for (const line of readLines(fd, { from: Math.max(0, wanted - 1), to: end })) {
      if (isFirst) {
        isFirst = false;
        continue;
      }
      if (!line.whole) break;
      const entry = decodeLine(line.bytes);
      if (typeof entry === 'string') continue;
      if (entries.length === 0) from = line.offset;
      entries.push(entry);
    }
    return { entries, from: entries.length === 0 ? wanted : from };
  } finally {
    closeSync(fd);
  }
};

/** A mark that changes whenever the log does; cheap. */
export const stampOf = (path: string): string => {
  const stat = statSync(path, { throwIfNoEntry: false });
  return stat === undefined ? '' : `${stat.ino}:${stat.size}`;
};
