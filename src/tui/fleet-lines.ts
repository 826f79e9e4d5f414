import type { GroupHead } from '../domain/fleet-order.ts';
import { topFor } from './scroll.ts';

/** A line of the fleet's list: a run by its index, or the head of a group. */
export type FleetLine =
  { readonly kind: 'run'; readonly index: number } | { readonly kind: 'head'; readonly head: GroupHead };

/** The line on which a run stands, with the heads above it. */
export const lineOf = (index: number, heads: readonly GroupHead[]): number =>
  index + heads.filter((head) => head.at <= index).length;

/** The first line to show; who stands on the first run of a group sees its head. */
export const topOfList = (
  top: number,
  at: { readonly line: number; readonly total: number; readonly page: number },
  opensGroup: boolean,
): number => {
  const seen = topFor(top, at.line, at);
  return opensGroup && at.page > 1 ? Math.min(seen, at.line - 1) : seen;
};

/** What stands on the lines from `top` on, at most `rows` of them. */
export const visibleLines = (
  list: { readonly total: number; readonly heads: readonly GroupHead[] },
  top: number,
  rows: number,
): readonly FleetLine[] => {
  const { total, heads } = list;
  const lines: FleetLine[] = [];
  // The heads above the window say where in the runs it begins.
  let nextHead = heads.findIndex((head, i) => head.at + i >= top);
  if (nextHead < 0) nextHead = heads.length;
  let index = top - nextHead;
  while (lines.length < rows && index < total) {
    const head = heads[nextHead];
    if (head?.at === index) {
      lines.push({ kind: 'head', head });
      nextHead += 1;
      if (lines.length === rows) break;
    }
    lines.push({ kind: 'run', index });
    index += 1;
  }
  return lines;
};
