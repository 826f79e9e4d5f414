import {
  fleetGroups,
  fleetSorts,
  runTabs,
  type FieldKind,
  type FleetGroup,
  type FleetSort,
  type PaneAction,
  type RunTab,
  type ScreenAction,
} from '../commands/screen-action.ts';
import type { RunId } from '../domain/event.ts';
import type { OpenOverlay } from './overlay.ts';
import type { AnyPane, PaneFacts, Size } from './pane.ts';
import { fleetLayout } from './layout.ts';
import { moveCursor, topFor } from './scroll.ts';
import { fieldOf, type TextField } from './text-field.ts';

export interface Toast {
  readonly id: number;
  readonly text: string;
  readonly tone: 'plain' | 'good' | 'bad' | 'warn';
  /** Milliseconds since the epoch. */
  readonly until: number;
}
/** Everything about the screen that is not the fleet itself. Changes by actions only. */
export interface UiState {
  readonly screen: 'fleet' | 'run';
  readonly tab: RunTab;
  /** The run under the cursor, or the opened one; undefined while there is none. */
  readonly cursor: RunId | undefined;
  /** Where the cursor was last seen in the list, for when its run goes. */
  readonly row: number;
  readonly top: number;
  readonly selected: ReadonlySet<RunId>;
  readonly sort: FleetSort;
  readonly group: FleetGroup;
  readonly filter: string;
  readonly preview: boolean;
  readonly mouse: boolean;
  readonly field: { readonly kind: FieldKind; readonly field: TextField } | undefined;
  readonly overlays: readonly OpenOverlay[];
  readonly panes: Readonly<Partial<Record<RunTab, unknown>>>;
  readonly toasts: readonly Toast[];
}
export const firstUi = (filter: string): UiState => ({
  screen: 'fleet',
  tab: 'overview',
  cursor: undefined,
  row: 0,
  top: 0,
  selected: new Set(),
  sort: 'attention',
  group: 'none',
  filter,
  preview: true,
  mouse: false,
  field: undefined,
  overlays: [],
  panes: {},
  toasts: [],
});

/** What the reducer must know of the fleet and of the open tab. */
export interface UiFacts {
  readonly order: readonly RunId[];
  readonly size: Size;
  readonly panes: Readonly<Record<RunTab, AnyPane>>;
  /** Undefined when no run is open. */
  readonly pane: PaneFacts | undefined;
}

/** The cursor and the window on the list, made to fit the list as it now is. */
export const settle = (ui: UiState, facts: Pick<UiFacts, 'order' | 'size'>): UiState => {
  const { order, size } = facts;
  if (ui.screen === 'run') return ui;
  const found = ui.cursor === undefined ? -1 : order.indexOf(ui.cursor);
  const row = Math.max(0, found >= 0 ? found : Math.min(ui.row, order.length - 1));
  const cursor = order[row];
  const page = fleetLayout(size, ui.preview).rows;
  const top = topFor(ui.top, row, { total: order.length, page });
  return cursor === ui.cursor && row === ui.row && top === ui.top ? ui : { ...ui, cursor, row, top };
};

const next = <T>(values: readonly T[], value: T, by = 1): T =>
  values[(values.indexOf(value) + by + values.length) % values.length]!;

const toggled = (selected: ReadonlySet<RunId>, id: RunId): ReadonlySet<RunId> => {
  const after = new Set(selected);
  if (!after.delete(id)) after.add(id);
  return after;
};

const reduceSelection = (
  ui: UiState,
  action: Extract<ScreenAction, { kind: 'select' | 'select-all' }>,
  facts: UiFacts,
): UiState => {
  const { order } = facts;
  if (action.kind === 'select-all') {
    const all = order.every((id) => ui.selected.has(id));
    return { ...ui, selected: all ? new Set() : new Set(order) };
  }
  if (ui.cursor === undefined) return ui;
  const selected = toggled(ui.selected, ui.cursor);
  return reduceFleet({ ...ui, selected }, { kind: 'move', step: 'down' }, facts);
};

const reduceFleet = (ui: UiState, action: ScreenAction, facts: UiFacts): UiState => {
  const { order, size } = facts;
  switch (action.kind) {
    case 'move': {
      const page = fleetLayout(size, ui.preview).rows;
      const row = moveCursor(ui.row, action.step, { total: order.length, page });
      return settle({ ...ui, cursor: order[row], row }, facts);
    }
    case 'open':
      return ui.cursor === undefined ? ui : { ...ui, screen: 'run' };
    case 'select':
    case 'select-all':
      return reduceSelection(ui, action, facts);
    case 'sort':
      return { ...ui, sort: next(fleetSorts, ui.sort) };
    case 'group':
      return { ...ui, group: next(fleetGroups, ui.group) };
    case 'preview':
      return settle({ ...ui, preview: !ui.preview }, facts);
    case 'back':
      // What narrows the list goes step by step.
      return ui.selected.size > 0 ? { ...ui, selected: new Set() } : { ...ui, filter: '' };
    default:
      return ui;
  }
};

const toPane = (ui: UiState, action: PaneAction, facts: UiFacts): UiState => {
  if (facts.pane === undefined) return ui;
  const pane = facts.panes[ui.tab];
  const before = ui.panes[ui.tab] ?? pane.initial;
  const after = pane.reduce(before, action, facts.pane);
  return after === before ? ui : { ...ui, panes: { ...ui.panes, [ui.tab]: after } };
};

const reduceRun = (ui: UiState, action: ScreenAction, facts: UiFacts): UiState => {
  switch (action.kind) {
    case 'back':
      return { ...ui, screen: 'fleet', panes: {} };
    case 'move':
    case 'side':
    case 'enter':
    case 'toggle':
    case 'search':
    case 'search-step':
    case 'jump':
      return toPane(ui, action, facts);
    default:
      return ui;
  }
};

/** Pure; actions that reach outside of the screen (quit, copy, …) are the caller's. */
export const reduceUi = (ui: UiState, action: ScreenAction, facts: UiFacts): UiState => {
  switch (action.kind) {
    case 'tab': {
      if (ui.cursor === undefined) return ui;
      const tab = typeof action.to === 'string' ? action.to : next(runTabs, ui.tab, action.to);
      return { ...ui, screen: 'run', tab };
    }
    case 'field':
      return {
        ...ui,
        field: { kind: action.field, field: fieldOf(action.field === 'filter' ? ui.filter : '') },
      };
    case 'mouse':
      return { ...ui, mouse: !ui.mouse };
    default:
      return ui.screen === 'fleet' ? reduceFleet(ui, action, facts) : reduceRun(ui, action, facts);
  }
};
