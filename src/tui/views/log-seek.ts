import type { Entry } from '../../domain/event.ts';
import type { LogReader } from '../../ports/log-reader.ts';
import type { LogBuffer } from '../log-buffer.ts';
import { readForward } from '../log-forward.ts';
import { linesOfAll, noContext } from '../log-lines.ts';
import { keyOf, passes, type LogFilter } from './log-filter.ts';

const CHUNK = 256 * 1024;
/** So long a key may take. */
export const KEY_MS = 40;

/** A search in the parts of a log that are not in memory. */
export interface Seek {
  readonly key: string;
  readonly by: 1 | -1;
  /** Where memory ended when it began, and its window then. */
  readonly start: number;
  readonly epoch: number;
  /** Up to here nothing was found; downwards, the last entry before it. */
  byte: number;
  seq: number;
  /** Entries that were looked through. */
  entries: number;
  isDone: boolean;
  /** The line that was found, in the window that was moved there. */
  landed: number | undefined;
}
const seeks = new WeakMap<LogBuffer, Seek>();

export const seekOf = (log: LogBuffer): Seek | undefined => seeks.get(log);

/** Where a key led says nothing about the next one. */
export const forgetLanding = (log: LogBuffer): void => {
  if (seeks.get(log)?.landed !== undefined) seeks.delete(log);
};

/** What left memory at its oldest end since then was looked through while it was there. */
const isSame = (seek: Seek, epoch: number, start: number | undefined): boolean =>
  seek.epoch === epoch && start !== undefined && (seek.by < 0 ? start >= seek.start : start === seek.start);

const begin = (log: LogBuffer, key: string, by: 1 | -1): Seek => {
  const start = by < 0 ? log.startByte() : log.endByte();
  const before = seeks.get(log);
  if (before?.key === key && before.by === by && isSame(before, log.epoch, start)) return before;
  const isDone = start === undefined || (by < 0 && start === 0);
  const from = start ?? 0;
  const { epoch } = log;
  const seek = {
    key,
    by,
    start: from,
    epoch,
    byte: from,
    seq: log.lastSeq,
    entries: 0,
    isDone,
    landed: undefined,
  };
  seeks.set(log, seek);
  return seek;
};

/** The next part in the direction of the search; `byte` is moved behind it. */
const readOn = (reader: LogReader, seek: Seek): readonly Entry[] => {
  const part =
    seek.by < 0 ? reader.back({ bytes: CHUNK, before: seek.byte }) : readForward(reader, seek, CHUNK);
  seek.isDone = part === undefined || (seek.by < 0 && part.from === 0);
  if (part === undefined) return [];
  seek.byte = seek.by < 0 ? part.from : part.end;
  seek.seq = part.entries.at(-1)?.seq ?? seek.seq;
  seek.entries += part.entries.length;
  return part.entries;
};

/** Goes on through the file for a short while; true when a line was found and is in memory now. */
export const seekOn = (log: LogBuffer, filter: LogFilter, by: 1 | -1): boolean => {
  const { reader } = log;
  if (reader === undefined) return false;
  const seek = begin(log, keyOf(filter), by);
  const fits = passes(filter);
  const until = performance.now() + KEY_MS;
  while (!seek.isDone && performance.now() < until) {
    const { lines } = linesOfAll(readOn(reader, seek), noContext);
    const found = by < 0 ? lines.findLast(fits) : lines.find(fits);
    if (found === undefined) continue;
    const first = log.toPlace({ seq: found.seq });
    if (first === undefined) return false;
    let at = first;
    for (let line = first; log.at(line)?.seq === found.seq; line += 1) {
      if (!fits(log.at(line)!)) continue;
      at = line;
      if (by > 0) break;
    }
    seek.landed = at;
    return true;
  }
  return false;
};
