import { closeSync, constants, existsSync, fstatSync, openSync, statSync, type Stats } from 'node:fs';
import { dirname } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Entry } from '../../domain/event.ts';
import { codeOf, diskError, readUpTo } from './atomic-file.ts';
import { damagedLog } from './journal.ts';
import { decodeLine, lineLimit, readLines, type LogLine } from './log-lines.ts';
import { watchFolder } from './watch.ts';

export interface FollowOptions {
  /** Absolute path of `activity.log`. */
  readonly path: string;
  /** Byte to begin at; inside a line, the next one is the first. */
  readonly offset: number;
  readonly onEntry: (entry: Entry) => void;
  readonly signal: AbortSignal;
}
interface Position {
  /** Always a line border, so that a torn end can be cut off and written anew behind our back. */
  at: number;
  seq: number | undefined;
  /** The file as it was when it was last read to its end. */
  seen: string;
}

const { O_NOFOLLOW, O_NONBLOCK, O_RDONLY } = constants;
// So many entries are handed out before other work of the process gets its turn.
const turnLength = 500;

const startOfLine = (fd: number, offset: number): number => {
  const from = Math.max(0, offset - lineLimit);
  const before = Buffer.alloc(offset - from);
  return from + before.subarray(0, readUpTo(fd, before, from)).lastIndexOf(0x0a) + 1;
};

// Inside a whole line the next one is the first; inside an unfinished end it is that line, which may be cut off yet.
const borderFrom = (fd: number, offset: number, size: number): number => {
  if (offset <= 0) return 0;
  const at = Math.min(offset, size);
  const start = startOfLine(fd, at);
  if (start === at) return at;
  const [line] = readLines(fd, { from: start, to: size });
  return line?.whole === true ? line.end : start;
};

/** The entry of a line; undefined when the line is an unfinished end of the file. Throws `run.damaged`. */
const entryOf = (
  line: LogLine,
  place: { readonly path: string; readonly size: number },
): Entry | undefined => {
  if (!line.whole) return undefined;
  const entry = decodeLine(line.bytes);
  if (typeof entry !== 'string') return entry;
  if (line.end >= place.size) return undefined;
  throw damagedLog(place.path, { offset: line.offset, problem: entry });
};

const take = (entry: Entry, position: Position, options: FollowOptions): void => {
  const { seq } = position;
  position.seq = seq === undefined ? entry.seq : Math.max(seq, entry.seq);
  // Handed out already: the log was cut and is read from its beginning again.
  if (seq !== undefined && entry.seq <= seq) return;
  if (seq !== undefined && entry.seq > seq + 1) {
    throw damagedLog(options.path, { offset: position.at, problem: `seq ${entry.seq} follows ${seq}` });
  }
  options.onEntry(entry);
};

const stampOf = (stat: Stats | undefined): string =>
  stat === undefined ? 'missing' : `${stat.ino}:${stat.size}:${stat.mtimeMs}`;

const drainOpened = async (fd: number, position: Position, options: FollowOptions): Promise<void> => {
  const stat = fstatSync(fd);
  if (!stat.isFile()) throw damagedLog(options.path, { offset: 0, problem: 'it is not a regular file' });
  if (position.seen === '') position.at = borderFrom(fd, position.at, stat.size);
  else if (stat.size < position.at) position.at = position.seq === undefined ? stat.size : 0;
  position.seen = stampOf(stat);
  let handed = 0;
  for (const line of readLines(fd, { from: position.at, to: stat.size })) {
    const entry = entryOf(line, { path: options.path, size: stat.size });
    if (entry === undefined) return;
    take(entry, position, options);
    position.at = line.end;
    handed += 1;
    if (handed % turnLength === 0) await nextTurn();
    if (options.signal.aborted) return;
  }
};

const drain = async (position: Position, options: FollowOptions): Promise<void> => {
  let fd: number;
  try {
    fd = openSync(options.path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return;
    throw diskError('read', options.path, error);
  }
  try {
    await drainOpened(fd, position, options);
  } finally {
    closeSync(fd);
  }
};

const currentStamp = (path: string): string => {
  try {
    return stampOf(statSync(path, { throwIfNoEntry: false }));
  } catch {
    return 'missing';
  }
};

/** A flag that can be waited for; setting it while nobody waits is not lost. */
const makeBell = () => {
  let rung = false;
  let wake: (() => void) | undefined;
  return {
    ring: (): void => {
      rung = true;
      wake?.();
    },
    wait: async (): Promise<void> => {
      if (!rung) await new Promise<void>((resolve) => (wake = resolve));
      rung = false;
      wake = undefined;
    },
  };
};

/**
 * Hands out each whole entry from `offset` on, then new ones as they come (fs.watch and a poll of 250 ms), until
 * the signal aborts or the run is removed. Throws `run.damaged`, `disk`, and what `onEntry` throws.
 */
export const followLog = async (options: FollowOptions): Promise<void> => {
  const { path, signal } = options;
  const dir = dirname(path);
  const bell = makeBell();
  const position: Position = { at: options.offset, seq: undefined, seen: '' };
  const stop = watchFolder({
    dir,
    changed: () => currentStamp(path) !== position.seen,
    listener: bell.ring,
    keepAlive: true,
  });
  signal.addEventListener('abort', bell.ring);
  try {
    while (!signal.aborted) {
      await drain(position, options);
      if (signal.aborted || !existsSync(dir)) return;
      await bell.wait();
    }
  } finally {
    stop();
    signal.removeEventListener('abort', bell.ring);
  }
};
