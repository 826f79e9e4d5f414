import type { RunTab } from '../commands/screen-action.ts';
import { visibleLines } from './fleet-lines.ts';
import { fleetLayout, isTooSmall } from './layout.ts';
import { createDoubleClicks, type MouseEvent } from './mouse.ts';
import type { AnyPane } from './pane.ts';
import type { Frame, Screen } from './screen-types.ts';
import { tabAt } from './tab-line.ts';

type Panes = Readonly<Record<RunTab, AnyPane>>;

/** Header, rule and head of the table. */
const ABOVE_LIST = 3;
const STEPS_A_NOTCH = 3;
/** `‹ fleet` at the left of the tabs. */
const BACK_WIDTH = 3;

const runAt = (frame: Frame, row: number): string | undefined => {
  const { order, heads, ui, size } = frame;
  const { rows } = fleetLayout(size, ui.preview, order.length + heads.length);
  const line = visibleLines({ total: order.length, heads }, ui.top, rows)[row - ABOVE_LIST];
  return line?.kind === 'run' ? order[line.index] : undefined;
};

const wheel = (screen: Screen, frame: Frame, chord: 'up' | 'down'): void => {
  for (let step = 0; step < STEPS_A_NOTCH; step += 1) {
    // A box has the keys, and so the wheel.
    if (frame.ui.overlays.length > 0) screen.press({ chord, text: '' });
    else screen.act({ kind: 'move', step: chord });
  }
};

const clickTabs = (screen: Screen, frame: Frame, where: { panes: Panes; column: number }): void => {
  if (where.column < BACK_WIDTH) return screen.act({ kind: 'back' });
  const tab = tabAt(frame, where.panes, where.column);
  if (tab !== undefined) screen.act({ kind: 'tab', to: tab });
};

/** What the mouse does: a click selects a row or a tab, a double click opens, the wheel scrolls. */
export const createMouse = (screen: Screen, panes: Panes): ((event: MouseEvent) => void) => {
  const isDouble = createDoubleClicks();
  const clickRow = (frame: Frame, row: number): void => {
    const id = runAt(frame, row);
    if (id === undefined) return;
    screen.update((ui) => ({ ...ui, cursor: id }));
    if (isDouble(row, frame.now)) screen.act({ kind: 'open' });
  };
  return ({ kind, column, row }) => {
    const frame = screen.frame();
    const { ui } = frame;
    if (!ui.mouse || isTooSmall(frame.size) || ui.field !== undefined) return;
    if (kind !== 'click') return wheel(screen, frame, kind === 'wheel-up' ? 'up' : 'down');
    if (ui.overlays.length > 0) return;
    if (ui.screen === 'fleet') clickRow(frame, row);
    else if (row === 0) clickTabs(screen, frame, { panes, column });
  };
};
