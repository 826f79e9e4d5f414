import type { LogBuffer } from '../log-buffer.ts';
import { keyOf, passes, type LogFilter } from './log-filter.ts';

/** The lines of a log that pass a filter, by their order. */
export interface LogView {
  readonly count: number;
  /** Number of the line at a place of the order. */
  line(index: number): number;
  /** Place of the first line that is this one or a later one; `count` when there is none. */
  indexFrom(line: number): number;
}

interface Index {
  readonly key: string;
  readonly filter: LogFilter;
  /** What has been looked at. */
  from: number;
  to: number;
  version: number;
  epoch: number;
  /** Numbers of lines that pass, rising; those before `start` went with their lines. */
  lines: number[];
  start: number;
}

/** A tab shows one filter and looks for one text; the one before may come back. */
const MOST_KEPT = 4;
const COMPACT = 20_000;
const kept = new WeakMap<LogBuffer, Index[]>();

const lowerBound = ({ lines, start }: Index, line: number): number => {
  let low = start;
  let high = lines.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (lines[middle]! < line) low = middle + 1;
    else high = middle;
  }
  return low;
};

const scan = (log: LogBuffer, { filter }: Index, range: { from: number; to: number }): number[] => {
  const fits = passes(filter);
  const found: number[] = [];
  for (let at = range.from; at < range.to; at += 1) {
    const line = log.at(at);
    if (line && fits(line)) found.push(at);
  }
  return found;
};

/** Only lines that came since the last time are looked at. */
const bringUpToDate = (index: Index, log: LogBuffer): void => {
  const { first, end, epoch, version } = log;
  if (index.version === version && index.epoch === epoch) return;
  if (index.epoch !== epoch || first >= index.to || end <= index.from)
    Object.assign(index, { from: first, to: first, lines: [], start: 0 });
  if (index.from < first) {
    index.start = lowerBound(index, first);
    index.from = first;
    if (index.start > COMPACT) {
      index.lines = index.lines.slice(index.start);
      index.start = 0;
    }
  }
  if (index.to > end) {
    index.lines.length = lowerBound(index, end);
    index.to = end;
  }
  if (first < index.from) {
    index.lines = [...scan(log, index, { from: first, to: index.from }), ...index.lines.slice(index.start)];
    index.start = 0;
    index.from = first;
  }
  for (const line of scan(log, index, { from: index.to, to: end })) index.lines.push(line);
  Object.assign(index, { to: end, version, epoch });
};

const indexOf = (log: LogBuffer, filter: LogFilter): Index => {
  const all = kept.get(log) ?? [];
  const key = keyOf(filter);
  const found = all.find((index) => index.key === key) ?? {
    key,
    filter,
    from: log.first,
    to: log.first,
    version: -1,
    epoch: log.epoch,
    lines: [],
    start: 0,
  };
  kept.set(log, [found, ...all.filter((index) => index !== found)].slice(0, MOST_KEPT));
  return found;
};

/** Cheap however long the log is: the lines that pass are remembered, outside of React. */
export const viewOf = (log: LogBuffer, filter: LogFilter): LogView => {
  if (filter.group === 'all' && filter.stream === 'both' && filter.text === '') {
    const { first, end } = log;
    return {
      count: end - first,
      line: (index) => first + index,
      indexFrom: (line) => Math.max(0, Math.min(end - first, line - first)),
    };
  }
  const index = indexOf(log, filter);
  bringUpToDate(index, log);
  return {
    count: index.lines.length - index.start,
    line: (at) => index.lines[index.start + at] ?? log.end,
    indexFrom: (line) => lowerBound(index, line) - index.start,
  };
};
