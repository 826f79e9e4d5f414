import type { RunState } from './run-state.ts';

const SECOND = 1000;
const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
/** Longer over than this, it is not the time that a run waits for. */
const OVER_MS = 5 * SECOND;

/** Whole seconds until then, counted from the last full second: texts of many countdowns change in the same moment. */
const secondsLeft = (until: number, now: number): number =>
  Math.max(0, Math.floor((until - Math.floor(now / SECOND) * SECOND) / SECOND));

const two = (n: number): string => String(n).padStart(2, '0');

/** What is left: `12s`, `4m 12s`, `2h 05m`, `3d 04h`. */
export const leftText = (seconds: number): string => {
  if (seconds < MINUTE) return `${seconds}s`;
  if (seconds < HOUR) return `${Math.floor(seconds / MINUTE)}m ${two(seconds % MINUTE)}s`;
  if (seconds < DAY) return `${Math.floor(seconds / HOUR)}h ${two(Math.floor((seconds % HOUR) / MINUTE))}m`;
  return `${Math.floor(seconds / DAY)}d ${two(Math.floor((seconds % DAY) / HOUR))}h`;
};

/** What is left of a wait; undefined where `until` is no time. Both ISO, or ms since 1970 for `now`. */
export const countdown = (until: string | undefined, now: number): string | undefined => {
  const at = Date.parse(until ?? '');
  return Number.isNaN(at) ? undefined : leftText(secondsLeft(at, now));
};

/** `until …`, where the detail does not end with that time anyway. */
export const untilWords = ({
  until,
  detail = '',
}: {
  readonly until?: string | undefined;
  readonly detail?: string | undefined;
}): string => (until === undefined || detail.endsWith(until) ? '' : `until ${until}`);

/**
 * A waiting run with what is left of its wait: `waiting 4m 12s · model`. Of the checks nobody knows when they end:
 * `waiting · checks (at most 1h 20m)`. Undefined for a run that waits for no time.
 */
export const waitingText = (
  { status, reason = '', until }: Pick<RunState, 'status' | 'reason' | 'until'>,
  now: number,
): string | undefined => {
  const left = countdown(until, now);
  if (status !== 'waiting' || until === undefined || left === undefined) return undefined;
  const why = reason === '' ? '' : ` · ${reason}`;
  if (now - Date.parse(until) > OVER_MS) return `waiting for a slot${why}`;
  if (reason !== 'checks') return `waiting ${left}${why}`;
  return `waiting${why} (at most ${left.replace(/ \d\ds$/, '')})`;
};
