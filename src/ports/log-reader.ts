import type { Entry } from '../domain/event.ts';

/** Some entries of a log with where they stand in it, in bytes; both ends are line borders. */
export interface LogPart {
  readonly entries: readonly Entry[];
  readonly from: number;
  readonly end: number;
}
/** The first entry with this seq or a later one, or the first of this iteration or a later one. */
export type LogPlace = { readonly seq: number } | { readonly iteration: number };

/** Reads any part of one log, however long that is. */
export interface LogReader {
  /** What stands in at most `bytes` up to byte `before` (the end by default). */
  back(options: { readonly bytes: number; readonly before?: number }): LogPart;
  /** Byte at which that place begins; undefined when the log ends before it. */
  offsetOf(place: LogPlace): number | undefined;
}
