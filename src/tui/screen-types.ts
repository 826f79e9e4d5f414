import type { RunInfo } from '../commands/app.ts';
import type { Command, CommandContext } from '../commands/define.ts';
import type { RunTab, ScreenAction } from '../commands/screen-action.ts';
import type { ScreenFace, ScreenOptions, SupervisorView } from '../commands/screen-face.ts';
import type { Entry, RunId } from '../domain/event.ts';
import type { FleetTotals, GroupHead } from '../domain/fleet-order.ts';
import type { FleetStore } from './fleet-store.ts';
import type { Keymap, Keypress } from './keys.ts';
import type { LogBuffer } from './log-buffer.ts';
import type { AnyOverlay } from './overlay.ts';
import type { AnyPane, PaneFacts, Size } from './pane.ts';
import type { PendingOrder } from './pending.ts';
import type { Theme, ThemeName } from './theme.ts';
import type { Toast, UiState } from './ui-state.ts';

/** What one frame is drawn from. */
export interface Frame {
  readonly ui: UiState;
  readonly size: Size;
  readonly theme: Theme;
  readonly totals: FleetTotals;
  readonly count: number;
  /** Ids in the order of the list. */
  readonly order: readonly RunId[];
  /** Heads of groups between them. */
  readonly heads: readonly GroupHead[];
  /** What is wrong with the filter, which then filters nothing. */
  readonly filterProblem: string | undefined;
  /** How many of the selected runs are listed, and how many a filter hides: nothing is done to those. */
  readonly selection: { readonly listed: number; readonly hidden: number };
  /** Undefined until it was looked at. */
  readonly supervisor: SupervisorView | undefined;
  readonly now: number;
  readonly pending: readonly PendingOrder[];
  readonly readOnly: boolean;
  run(id: RunId): RunInfo | undefined;
  log(): LogBuffer;
  pane(): PaneFacts | undefined;
  /** Keys that can be pressed here, for the footer and the help. */
  readonly keys: readonly KeyHint[];
}
export interface KeyHint {
  readonly command: Command;
  readonly chords: readonly string[];
  /** Why it does nothing just now. */
  readonly disabled: string | undefined;
}
/** What reaches beyond the screen's own state; made by who starts it. */
export interface ScreenDoors {
  quit(): void;
  suspend(): void;
  redraw(): void;
  setMouse(on: boolean): void;
  copy(text: string): void;
  openOverlay(screen: Screen, action: Extract<ScreenAction, { kind: 'overlay' }>): void;
  /** Carries out a command; `screen` shows how it goes. */
  run(screen: Screen, command: Command, args: Readonly<Record<string, unknown>>): void;
  /** New entries of a run, after they were folded. */
  entries(screen: Screen, run: RunInfo, entries: readonly Entry[]): void;
  supervisorLost(screen: Screen): void;
}
export interface ScreenParts {
  readonly face: ScreenFace;
  readonly options: ScreenOptions;
  readonly panes: Readonly<Record<RunTab, AnyPane>>;
  readonly theme: ThemeName;
  readonly keys: Readonly<Record<string, string>>;
  readonly size: Size;
  readonly doors: ScreenDoors;
}
/** The screen without a terminal: takes keys, gives frames. React only draws what it says. */
export interface Screen {
  readonly face: ScreenFace;
  readonly store: FleetStore;
  readonly keymap: Keymap;
  subscribe(listener: () => void): () => void;
  /** The same object until something changed. */
  frame(): Frame;
  press(key: Keypress): void;
  act(action: ScreenAction): void;
  /** Opens a box; resolves with its result once it is closed. `onWish` hears what it wants meanwhile. */
  open(overlay: AnyOverlay, state: unknown, onWish?: (wish: unknown) => void): Promise<unknown>;
  update(change: (ui: UiState) => UiState): void;
  resize(size: Size): void;
  toast(text: string, tone: Toast['tone']): void;
  setPending(change: (orders: readonly PendingOrder[]) => readonly PendingOrder[]): void;
  context(): CommandContext;
  stop(): void;
}
