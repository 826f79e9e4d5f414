import { fit } from '../fit.ts';

/** A column of a table. */
export interface Column<R> {
  readonly name: string;
  readonly head: string;
  readonly width: number;
  readonly align?: 'left' | 'right';
  /** Takes what is left of the line, at most so much. */
  readonly grows?: number;
  cell(row: R): string;
}
export interface PlacedColumn<R> extends Column<R> {
  readonly placed: number;
}
const GAP = 1;

const total = <R>(columns: readonly Column<R>[]): number =>
  columns.reduce((sum, column) => sum + column.width + GAP, -GAP);

/**
 * The columns that fit `width`, with the widths they get. Where it is narrow, columns go in the declared order
 * (`drop`: names, the first goes first); what is left over goes to those that grow.
 */
export const placeColumns = <R>(
  columns: readonly Column<R>[],
  drop: readonly string[],
  width: number,
): readonly PlacedColumn<R>[] => {
  let kept = columns;
  for (const name of drop) {
    if (total(kept) <= width) break;
    kept = kept.filter((column) => column.name !== name);
  }
  let left = Math.max(0, width - total(kept));
  const growing = kept.filter((column) => column.grows !== undefined);
  let share = growing.length;
  return kept.map((column) => {
    if (column.grows === undefined) return { ...column, placed: column.width };
    const more = Math.min(column.grows - column.width, Math.floor(left / share));
    left -= more;
    share -= 1;
    return { ...column, placed: column.width + Math.max(0, more) };
  });
};

export const headLine = <R>(columns: readonly PlacedColumn<R>[]): string =>
  columns.map((column) => fit(column.head, column.placed, column.align)).join(' '.repeat(GAP));

export const cellText = <R>(column: PlacedColumn<R>, row: R): string =>
  fit(column.cell(row), column.placed, column.align);
