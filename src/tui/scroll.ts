import type { Step } from '../commands/screen-action.ts';

/** Lines that a step goes, up is negative. */
export const jump = (step: Step, page: number, total: number): number => {
  const half = Math.max(1, Math.floor(page / 2));
  const by: Readonly<Record<Step, number>> = {
    up: -1,
    down: 1,
    'half-up': -half,
    'half-down': half,
    'page-up': -Math.max(1, page - 1),
    'page-down': Math.max(1, page - 1),
    top: -total,
    bottom: total,
  };
  return by[step];
};

/** Where a cursor stands after a step in a list of `total`, always inside it. */
export const moveCursor = (
  cursor: number,
  step: Step,
  list: { readonly total: number; readonly page: number },
): number => Math.max(0, Math.min(list.total - 1, cursor + jump(step, list.page, list.total)));

/** The first line to show of a text of `total` lines, after a step. */
export const moveTop = (
  top: number,
  step: Step,
  list: { readonly total: number; readonly page: number },
): number =>
  Math.max(0, Math.min(Math.max(0, list.total - list.page), top + jump(step, list.page, list.total)));

/** The first row to show so that the cursor is seen, moving as little as needed. */
export const topFor = (
  top: number,
  cursor: number,
  list: { readonly total: number; readonly page: number },
): number => {
  const { total, page } = list;
  const seen = cursor < top ? cursor : cursor >= top + page ? cursor - page + 1 : top;
  return Math.max(0, Math.min(Math.max(0, total - page), seen));
};
