import type { RunTab } from '../commands/screen-action.ts';
import { createFleetStore } from './fleet-store.ts';
import type { Keypress } from './keys.ts';
import { createLogBuffer } from './log-buffer.ts';
import type { AnyPane, Size } from './pane.ts';
import type { Frame, Screen } from './screen-types.ts';
import { themeOf, type ThemeName } from './theme.ts';
import { firstUi, settle } from './ui-state.ts';
import type { RunInfo } from '../commands/app.ts';

type Panes = Readonly<Record<RunTab, AnyPane>>;

/** What is drawn, and who takes the keys: the first frame of a list, until the screen itself is there. */
export interface ScreenSource extends Pick<Screen, 'subscribe' | 'frame' | 'press' | 'toast'> {
  /** Undefined until the screen is there. */
  readonly panes: Panes | undefined;
  /** From now on it is this screen; keys that came before are its first. */
  adopt(screen: Screen, panes: Panes): void;
}

export const createScreenSource = (first?: Frame): ScreenSource => {
  let screen: Screen | undefined;
  let panes: Panes | undefined;
  const early: Keypress[] = [];
  const listeners = new Set<() => void>();
  const tell = (): void => {
    for (const listener of listeners) listener();
  };
  return {
    get panes() {
      return panes;
    },
    subscribe: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    frame: () => {
      const frame = screen?.frame() ?? first;
      if (frame === undefined) throw new Error('there is no frame before there is a screen');
      return frame;
    },
    press: (key) => {
      if (screen) screen.press(key);
      else early.push(key);
    },
    toast: (text, tone) => screen?.toast(text, tone),
    adopt: (made, theirs) => {
      screen = made;
      panes = theirs;
      made.subscribe(tell);
      tell();
      for (const key of early.splice(0)) made.press(key);
    },
  };
};

/** The fleet as its list alone tells it: no keys yet, no log, nothing of the supervisor. */
export const firstFrame = (from: {
  readonly runs: readonly RunInfo[];
  readonly size: Size;
  readonly theme: ThemeName;
  readonly now: number;
}): Frame => {
  const store = createFleetStore();
  for (const run of from.runs) store.put(run);
  const before = firstUi('');
  const { ids: order, heads } = store.list(before);
  const noLog = createLogBuffer([], 0);
  return {
    ui: settle(before, { order, heads, size: from.size }),
    size: from.size,
    theme: themeOf(from.theme),
    totals: store.totals,
    count: store.size,
    order,
    heads,
    filterProblem: undefined,
    selection: { listed: 0, hidden: 0 },
    supervisor: undefined,
    now: from.now,
    pending: [],
    readOnly: false,
    run: store.get,
    log: () => noLog,
    pane: () => undefined,
    keys: [],
  };
};
