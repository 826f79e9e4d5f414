import { linesOf, type LogLine } from '../domain/entry-text.ts';
import type { Entry } from '../domain/event.ts';

/** A line of a run's log with what the panes filter by. */
export interface BufferLine extends LogLine {
  readonly seq: number;
  readonly type: Entry['type'];
  readonly stream: 'stdout' | 'stderr' | undefined;
  /** The iteration it belongs to; 0 before the first, undefined where the log was entered in its middle. */
  readonly iteration: number | undefined;
}

const MOST_LINES = 50_000;
const SLACK = 5_000;

/**
 * The lines of one log that are in memory: a window that moves with the end of the log, and that older lines can be
 * put in front of. Lines have absolute numbers that stay theirs; what was put in front has negative ones.
 */
export interface LogBuffer {
  readonly first: number;
  /** Behind the last line. */
  readonly end: number;
  readonly version: number;
  /** Byte of the log at which the oldest entry in memory begins; 0 when nothing is older. */
  readonly from: number;
  readonly lastSeq: number;
  at(line: number): BufferLine | undefined;
  /** Appends what is newer than the last entry; the oldest lines go once there are too many. */
  push(entries: readonly Entry[]): void;
  /** Puts older entries in front. The newest lines go once there are too many. */
  prepend(entries: readonly Entry[], from: number): void;
  /** True while the newest lines are not in memory, because older ones were asked for. */
  readonly isDetached: boolean;
}

const toLines = (entry: Entry, iteration: number | undefined): readonly BufferLine[] =>
  linesOf(entry).map((line) => ({
    ...line,
    seq: entry.seq,
    type: entry.type,
    stream: entry.type === 'command.output' ? entry.stream : undefined,
    iteration,
  }));

interface Made {
  readonly lines: BufferLine[];
  readonly iteration: number | undefined;
}
const linesOfAll = (entries: readonly Entry[], before: number | undefined): Made => {
  const lines: BufferLine[] = [];
  let iteration = entries[0]?.seq === 1 ? 0 : before;
  for (const entry of entries) {
    if (entry.type === 'iteration.started') iteration = entry.n;
    for (const line of toLines(entry, iteration)) lines.push(line);
    if (entry.type === 'iteration.ended') iteration = entry.n;
  }
  return { lines, iteration };
};

/** A buffer that begins with `entries`, the first of which stands at byte `from` of the log. */
export const createLogBuffer = (entries: readonly Entry[], from: number): LogBuffer => {
  const made = linesOfAll(entries, undefined);
  let lines = made.lines;
  let { iteration } = made;
  let first = 0;
  let version = 0;
  let oldest = from;
  let lastSeq = entries.at(-1)?.seq ?? 0;
  let isDetached = false;
  return {
    get first() {
      return first;
    },
    get end() {
      return first + lines.length;
    },
    get version() {
      return version;
    },
    get from() {
      return oldest;
    },
    get lastSeq() {
      return lastSeq;
    },
    get isDetached() {
      return isDetached;
    },
    at: (line) => lines[line - first],
    push: (more) => {
      const fresh = more.filter((entry) => entry.seq > lastSeq);
      if (fresh.length === 0 || isDetached) return;
      const added = linesOfAll(fresh, iteration);
      iteration = added.iteration;
      lastSeq = fresh.at(-1)!.seq;
      for (const line of added.lines) lines.push(line);
      if (lines.length > MOST_LINES + SLACK) {
        first += lines.length - MOST_LINES;
        lines = lines.slice(-MOST_LINES);
        // What went is still in the file, but where is not known any more.
        oldest = Math.max(oldest, 1);
      }
      version += 1;
    },
    prepend: (older, olderFrom) => {
      const added = linesOfAll(older, undefined).lines;
      first -= added.length;
      lines = [...added, ...lines];
      oldest = olderFrom;
      if (lines.length > MOST_LINES + SLACK) {
        lines = lines.slice(0, MOST_LINES);
        isDetached = true;
      }
      version += 1;
    },
  };
};
