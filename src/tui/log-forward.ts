import type { LogPart, LogReader } from '../ports/log-reader.ts';

/** A place in a log that one reads downwards: a line border, and the last entry before it. */
export interface LogPosition {
  readonly byte: number;
  readonly seq: number;
}

/** What follows a place, in at most `bytes`; undefined at the end. Damage, however long, is passed over. */
export const readForward = (
  reader: LogReader,
  { byte, seq }: LogPosition,
  bytes: number,
): LogPart | undefined => {
  const part = reader.back({ bytes, before: byte + bytes });
  if (part.end > byte) return { ...part, entries: part.entries.filter((entry) => entry.seq > seq) };
  const next = reader.offsetOf({ seq: seq + 1 });
  return next === undefined || next <= byte ? undefined : readForward(reader, { byte: next, seq }, bytes);
};
