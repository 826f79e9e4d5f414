import { fit } from '../fit.ts';

/** A column of a table. */
export interface Column<R> {
  readonly name: string;
  readonly head: string;
  readonly width: number;
  readonly align?: 'left' | 'right';
  /** What it should have: columns that may go do so before it gets less. */
  readonly good?: number;
  /** Takes what is left of the line, at most so much. */
  readonly grows?: number;
  /** Its text; `width` is what it was given. */
  cell(row: R, width: number): string;
}
export interface PlacedColumn<R> extends Column<R> {
  readonly placed: number;
}
const GAP = 1;

const total = <R>(columns: readonly Column<R>[], of: (column: Column<R>) => number): number =>
  columns.reduce((sum, column) => sum + of(column) + GAP, -GAP);
const least = <R>(column: Column<R>): number => column.width;
const good = <R>(column: Column<R>): number => column.good ?? column.width;

/**
 * The columns that fit `width`, with the widths they get. Where it is narrow, columns go in the declared order
 * (`drop`: names, the first goes first); what is left over goes in their order to those that are short of a good
 * width, then in equal shares to those that grow.
 */
export const placeColumns = <R>(
  columns: readonly Column<R>[],
  drop: readonly string[],
  width: number,
): readonly PlacedColumn<R>[] => {
  let kept = columns;
  for (const name of drop) {
    if (total(kept, good) <= width) break;
    kept = kept.filter((column) => column.name !== name);
  }
  let left = Math.max(0, width - total(kept, least));
  const better = kept.map((column) => {
    const more = Math.min(left, Math.max(0, good(column) - column.width));
    left -= more;
    return { ...column, placed: column.width + more };
  });
  let share = better.filter((column) => column.grows !== undefined).length;
  return better.map((column) => {
    if (column.grows === undefined) return column;
    const more = Math.max(0, Math.min(column.grows - column.placed, Math.floor(left / share)));
    left -= more;
    share -= 1;
    return { ...column, placed: column.placed + more };
  });
};

export const headLine = <R>(columns: readonly PlacedColumn<R>[]): string =>
  columns.map((column) => fit(column.head, column.placed, column.align)).join(' '.repeat(GAP));

export const cellText = <R>(column: PlacedColumn<R>, row: R): string =>
  fit(column.cell(row, column.placed), column.placed, column.align);
