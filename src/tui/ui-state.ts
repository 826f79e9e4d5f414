import {
  runTabs,
  type FieldKind,
  type PaneAction,
  type RunTab,
  type ScreenAction,
} from '../commands/screen-action.ts';
import type { RunId } from '../domain/event.ts';
import type { CommandOutput } from './outputs.ts';
import type { OpenOverlay } from './overlay.ts';
import type { AnyPane, PaneFacts, Size } from './pane.ts';
import { groupKeys, sortKeys, type GroupHead, type GroupKey, type SortKey } from '../domain/fleet-order.ts';
import { lineOf, topOfList } from './fleet-lines.ts';
import { fleetLayout } from './layout.ts';
import { moveCursor } from './scroll.ts';
import { fieldOf, type TextField } from './text-field.ts';

export interface Toast {
  readonly id: number;
  readonly text: string;
  readonly tone: 'plain' | 'good' | 'bad' | 'warn';
  /** Milliseconds since the epoch. */
  readonly until: number;
}
export interface OpenField {
  readonly kind: FieldKind;
  readonly field: TextField;
  /** The run under the cursor when it was opened: the cursor comes back to it once it is listed again. */
  readonly from?: RunId | undefined;
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
  readonly sort: SortKey;
  readonly group: GroupKey;
  readonly filter: string;
  readonly preview: boolean;
  readonly mouse: boolean;
  readonly field: OpenField | undefined;
  readonly overlays: readonly OpenOverlay[];
  readonly panes: Readonly<Partial<Record<RunTab, unknown>>>;
  readonly toasts: readonly Toast[];
  /** What commands have said, the newest last. */
  readonly outputs: readonly CommandOutput[];
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
  outputs: [],
});

/** What the reducer must know of the fleet and of the open tab. */
export interface UiFacts {
  readonly order: readonly RunId[];
  /** Heads of groups between the runs; none by default. */
  readonly heads?: readonly GroupHead[];
  readonly size: Size;
  readonly panes: Readonly<Record<RunTab, AnyPane>>;
  /** Undefined when no run is open. */
  readonly pane: PaneFacts | undefined;
}

type ListFacts = Pick<UiFacts, 'order' | 'heads' | 'size'>;

const pageOf = (ui: UiState, { order, heads, size }: ListFacts): number =>
  fleetLayout(size, ui.preview, order.length + (heads?.length ?? 0)).rows;

/** Another filter, while it is typed: the list narrows, and the cursor stays on the run that it came from. */
export const withFilter = (ui: UiState, filter: string): UiState => ({
  ...ui,
  filter,
  cursor: ui.field?.from ?? ui.cursor,
});

/**
 * The cursor and the window on the list, made to fit the list as it now is: the cursor stays on its run wherever that
 * went, and where the run is not listed any more, on the row it had.
 */
export const settle = (ui: UiState, facts: ListFacts): UiState => {
  const { order, heads = [] } = facts;
  if (ui.screen === 'run') return ui;
  const found = ui.cursor === undefined ? -1 : order.indexOf(ui.cursor);
  const row = Math.max(0, found >= 0 ? found : Math.min(ui.row, order.length - 1));
  const cursor = order[row];
  const list = { line: lineOf(row, heads), total: order.length + heads.length, page: pageOf(ui, facts) };
  const top = topOfList(
    ui.top,
    list,
    heads.some((head) => head.at === row),
  );
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
    // What a filter hides stays as it is.
    const all = order.every((id) => ui.selected.has(id));
    const rest = [...ui.selected].filter((id) => !order.includes(id));
    return { ...ui, selected: new Set(all ? rest : [...rest, ...order]) };
  }
  if (ui.cursor === undefined) return ui;
  const selected = toggled(ui.selected, ui.cursor);
  return reduceFleet({ ...ui, selected }, { kind: 'move', step: 'down' }, facts);
};

const reduceFleet = (before: UiState, action: ScreenAction, facts: UiFacts): UiState => {
  const { order } = facts;
  // The list may have changed since the last frame: a step counts from where the run under the cursor is now.
  const ui = settle(before, facts);
  switch (action.kind) {
    case 'move': {
      const row = moveCursor(ui.row, action.step, { total: order.length, page: pageOf(ui, facts) });
      return settle({ ...ui, cursor: order[row], row }, facts);
    }
    case 'open':
      return ui.cursor === undefined ? ui : { ...ui, screen: 'run' };
    case 'select':
    case 'select-all':
      return reduceSelection(ui, action, facts);
    case 'sort':
      return { ...ui, sort: next(sortKeys, ui.sort) };
    case 'group':
      return { ...ui, group: next(groupKeys, ui.group) };
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
  pane.prepare?.(before, action, facts.pane);
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
        field: {
          kind: action.field,
          field: fieldOf(action.field === 'filter' ? ui.filter : ''),
          from: ui.cursor,
        },
      };
    case 'mouse':
      return { ...ui, mouse: !ui.mouse };
    default:
      return ui.screen === 'fleet' ? reduceFleet(ui, action, facts) : reduceRun(ui, action, facts);
  }
};
