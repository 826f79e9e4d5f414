import { crc32 } from 'node:zlib';
import type { Entry } from '../../domain/event.ts';
import { readUpTo } from './atomic-file.ts';

/** A line in a log of this program is never longer than this, in bytes with its line end. */
export const lineLimit = 256 * 1024;
const chunkSize = 1024 * 1024;
const newline = 0x0a;
const brace = Buffer.from('}');
const crcKey = Buffer.from(',"crc":"');
// ,"crc":"xxxxxxxx"}
const tailLength = crcKey.length + 10;

/** One line of a log, without its line end. `whole` is false when the file stops before a line end. */
export interface LogLine {
  /** From 1. */
  readonly number: number;
  readonly offset: number;
  /** Byte behind the line and its end. */
  readonly end: number;
  /** Cut behind `lineLimit`; such a line is never valid. */
  readonly bytes: Buffer;
  readonly whole: boolean;
}

const hex = (crc: number): string => crc.toString(16).padStart(8, '0');

/** An entry as a line: its JSON, with a crc32 of that JSON as last key (state.md, activity.log). */
export const encodeLine = (json: string): Buffer =>
  Buffer.from(`${json.slice(0, -1)},"crc":"${hex(crc32(json))}"}\n`);

const isEntry = (value: unknown): value is Entry => {
  if (typeof value !== 'object' || value === null) return false;
  const { v, seq, up, at, run, type } = value as Record<string, unknown>;
  return (
    v === 1 &&
    Number.isSafeInteger(seq) &&
    Number.isFinite(up) &&
    [at, run, type].every((field) => typeof field === 'string')
  );
};

/** The entry of a line, or what is wrong with the line. */
export const decodeLine = (bytes: Buffer): Entry | string => {
  const cut = bytes.length - tailLength;
  if (cut < 1 || bytes.length >= lineLimit) return 'it is not a log line';
  if (bytes.compare(crcKey, 0, crcKey.length, cut, cut + crcKey.length) !== 0) return 'it has no crc';
  const crc = hex(crc32(brace, crc32(bytes.subarray(0, cut))));
  if (bytes.toString('latin1', cut + crcKey.length) !== `${crc}"}`) return 'its crc does not match';
  try {
    const value: unknown = JSON.parse(`${bytes.toString('utf8', 0, cut)}}`);
    return isEntry(value) ? value : 'it is not an entry';
  } catch {
    return 'it is not JSON';
  }
};

/** The lines of an opened file from byte `from` (a line border) up to byte `to`, read in chunks of 1 MiB. */
export function* readLines(
  fd: number,
  range: { readonly from: number; readonly to: number },
): Generator<LogLine> {
  const chunk = Buffer.allocUnsafe(Math.max(1, Math.min(chunkSize, range.to - range.from)));
  let number = 0;
  let offset = range.from;
  let carry: Buffer[] = [];
  let carried = 0;
  const line = (rest: Buffer, end: number, whole: boolean): LogLine => {
    // Copied out of the chunk where it spans two of them; a too long one keeps its beginning only.
    const bytes =
      carry.length === 0
        ? rest.subarray(0, lineLimit)
        : Buffer.concat([...carry, rest]).subarray(0, lineLimit);
    const made = { number: (number += 1), offset, end, bytes, whole };
    offset = end;
    carry = [];
    carried = 0;
    return made;
  };
  for (let at = range.from; at < range.to;) {
    const count = readUpTo(fd, chunk.subarray(0, Math.min(chunk.length, range.to - at)), at);
    if (count === 0) break;
    const seen = chunk.subarray(0, count);
    let start = 0;
    for (let stop = seen.indexOf(newline); stop >= 0; stop = seen.indexOf(newline, start)) {
      yield line(seen.subarray(start, stop), at + stop + 1, true);
      start = stop + 1;
    }
    if (start < count && carried < lineLimit) {
      carry.push(Buffer.from(seen.subarray(start)));
      carried += count - start;
    }
    at += count;
    if (at >= range.to && offset < at) yield line(Buffer.alloc(0), at, false);
  }
}

/** What a scan of a whole log found. */
export interface LogScan {
  readonly entries: readonly Entry[];
  /** Where the last good line ends. */
  readonly end: number;
  /** The last line is torn: what stands behind `end` is no entry, and nothing follows it. */
  readonly torn: boolean;
  readonly damage?: { readonly line: number; readonly offset: number; readonly problem: string };
}

/**
 * Checks each line's crc and `seq`. Only the last line may be bad (`torn`): an interrupted write leaves its mark
 * there and nowhere else. Anything before it is damage.
 */
export const scanLog = (fd: number, size: number): LogScan => {
  const entries: Entry[] = [];
  let end = 0;
  let bad: { readonly line: LogLine; readonly problem: string } | undefined;
  const damage = (line: LogLine, problem: string): LogScan => ({
    entries,
    end,
    torn: false,
    damage: { line: line.number, offset: line.offset, problem },
  });
  for (const line of readLines(fd, { from: 0, to: size })) {
    if (bad !== undefined) return damage(bad.line, bad.problem);
    const entry = line.whole ? decodeLine(line.bytes) : 'it has no end';
    if (typeof entry === 'string') {
      bad = { line, problem: entry };
    } else if (entry.seq !== entries.length + 1) {
      return damage(line, `seq ${entry.seq} stands where ${entries.length + 1} is due`);
    } else {
      entries.push(entry);
      end = line.end;
    }
  }
  return { entries, end, torn: bad !== undefined };
};
