import { describe, expect, it } from 'vitest';
import type { ScreenAction } from '../../src/commands/screen-action.ts';
import { fleetLayout, isTooSmall } from '../../src/tui/layout.ts';
import { lineOf, topOfList, visibleLines } from '../../src/tui/fleet-lines.ts';
import { firstUi, reduceUi, settle, withFilter, type UiFacts, type UiState } from '../../src/tui/ui-state.ts';

const ids = (n: number): readonly string[] => Array.from({ length: n }, (_, i) => `r${i}`);
const facts = (order: readonly string[], height = 24): UiFacts => ({
  order,
  size: { width: 80, height },
  panes: {} as never,
  pane: undefined,
});
const after = (ui: UiState, order: readonly string[], ...actions: readonly ScreenAction[]): UiState =>
  actions.reduce((now, action) => reduceUi(now, action, facts(order)), settle(ui, facts(order)));
const down = { kind: 'move', step: 'down' } as const;

describe('the cursor', () => {
  it('stays on its run when the list is sorted anew', () => {
    const before = after(firstUi(''), ['a', 'b', 'c'], down);
    expect(before.cursor).toBe('b');
    const now = settle(before, facts(['b', 'c', 'a']));
    expect([now.cursor, now.row]).toEqual(['b', 0]);
  });
  it('steps from where its run is now, not from where it was drawn last', () => {
    const before = after(firstUi(''), ['a', 'b', 'c', 'd'], down);
    const now = reduceUi(before, down, facts(['c', 'd', 'b', 'a']));
    expect(now.cursor).toBe('a');
  });
  it('stays on its row when its run goes, and on the last one when that was the last', () => {
    const before = after(firstUi(''), ['a', 'b', 'c'], down);
    expect(settle(before, facts(['a', 'c'])).cursor).toBe('c');
    expect(settle(before, facts(['a'])).cursor).toBe('a');
    expect(settle(before, facts([])).cursor).toBeUndefined();
  });
  it('is always within the window, and the window within the list', () => {
    const order = ids(100);
    const bottom = after(firstUi(''), order, { kind: 'move', step: 'bottom' });
    const { rows } = fleetLayout({ width: 80, height: 24 }, true, 100);
    expect([bottom.row, bottom.top]).toEqual([99, 100 - rows]);
    expect(after(bottom, order, { kind: 'move', step: 'top' }).top).toBe(0);
    expect(settle(bottom, facts(ids(5))).top).toBe(0);
  });
});

describe('a filter that is typed', () => {
  it('gives the cursor back to its run once that is listed again', () => {
    const order = ['a', 'b', 'c'];
    const open = after(firstUi(''), order, down, { kind: 'field', field: 'filter' });
    const hidden = settle(withFilter(open, 'zzz'), facts([]));
    expect(hidden.cursor).toBeUndefined();
    expect(settle(withFilter(hidden, 'b'), facts(['b'])).cursor).toBe('b');
    expect(settle(withFilter(hidden, ''), facts(order)).cursor).toBe('b');
  });
});

describe('the selection', () => {
  const all = { kind: 'select-all' } as const;
  it('goes on to the next run, so that several can be taken in a row', () => {
    const ui = after(firstUi(''), ['a', 'b', 'c'], { kind: 'select' }, { kind: 'select' });
    expect([...ui.selected]).toEqual(['a', 'b']);
    expect(ui.cursor).toBe('c');
  });
  it('takes all that are listed, then none of them, and leaves alone what a filter hides', () => {
    const ui = { ...firstUi(''), selected: new Set(['hidden']) };
    const once = after(ui, ['a', 'b'], all);
    expect([...once.selected].toSorted()).toEqual(['a', 'b', 'hidden']);
    expect([...after(once, ['a', 'b'], all).selected]).toEqual(['hidden']);
  });
  it('goes with the first Esc, the filter with the second', () => {
    const ui = { ...firstUi('x'), selected: new Set(['a']) };
    const once = after(ui, ['a'], { kind: 'back' });
    expect([once.selected.size, once.filter]).toEqual([0, 'x']);
    expect(after(once, ['a'], { kind: 'back' }).filter).toBe('');
  });
});

describe('sorting and grouping', () => {
  it('go through all of their orders and come back', () => {
    const sorts: string[] = [];
    let ui = firstUi('');
    do {
      ui = reduceUi(ui, { kind: 'sort' }, facts([]));
      sorts.push(ui.sort);
    } while (ui.sort !== 'attention');
    expect(sorts).toEqual(['activity', 'task', 'loop', 'budget', 'cost', 'age', 'attention']);
  });
});

describe('lines of a grouped list', () => {
  const heads = [
    { at: 0, name: 'a', count: 2 },
    { at: 2, name: 'b', count: 1 },
  ];
  const names = (top: number, rows: number): readonly string[] =>
    visibleLines({ total: 3, heads }, top, rows).map((line) =>
      line.kind === 'head' ? line.head.name : String(line.index),
    );
  it('have a head before the first run of each group', () => {
    expect(names(0, 9)).toEqual(['a', '0', '1', 'b', '2']);
    expect([0, 1, 2].map((index) => lineOf(index, heads))).toEqual([1, 2, 4]);
  });
  it('can begin and end anywhere', () => {
    expect(names(1, 2)).toEqual(['0', '1']);
    expect(names(3, 1)).toEqual(['b']);
    expect(names(4, 5)).toEqual(['2']);
  });
  it('show the head of a group with its first run', () => {
    expect(topOfList(2, { line: 1, total: 5, page: 3 }, true)).toBe(0);
    expect(topOfList(4, { line: 4, total: 5, page: 1 }, true)).toBe(4);
  });
});

describe('the layout', () => {
  it('gives to the preview what a short list leaves free, and nothing on a low terminal', () => {
    const size = { width: 120, height: 30 };
    expect(fleetLayout(size, true, 3)).toEqual({ rows: 4, preview: 19 });
    expect(fleetLayout(size, true, 500)).toEqual({ rows: 14, preview: 9 });
    expect(fleetLayout(size, false)).toEqual({ rows: 25, preview: 0 });
    expect(fleetLayout({ width: 80, height: 16 }, true)).toEqual({ rows: 11, preview: 0 });
  });
  it('says when nothing fits', () => {
    expect(isTooSmall({ width: 59, height: 40 })).toBe(true);
    expect(isTooSmall({ width: 60, height: 15 })).toBe(false);
  });
});
