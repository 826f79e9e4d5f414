import type { RunInfo } from '../commands/app.ts';
import type { Command, CommandContext, Where } from '../commands/define.ts';
import type { ScreenAction } from '../commands/screen-action.ts';
import type { RunId } from '../domain/event.ts';
import { disabledReason } from './available.ts';
import { createFleetStore, filterProblem, type FleetStore } from './fleet-store.ts';
import { collectOutput } from './invoke.ts';
import { createKeymap, type Keymap } from './keys.ts';
import { keepOutput } from './outputs.ts';
import { goLive, noLog, type Live } from './live.ts';
import { paneSize } from './layout.ts';
import type { PaneFacts, Size } from './pane.ts';
import { stillPending, type PendingOrder } from './pending.ts';
import { createRunFiles, type RunFiles } from './run-files.ts';
import { looksTheSame, seenOf, showsCountdown } from './seen.ts';
import { actOutside, pressKey, type OpenPane } from './screen-actions.ts';
import type { Frame, KeyHint, Screen, ScreenParts } from './screen-types.ts';
import { createTicker, type Ticker } from './ticker.ts';
import { themeOf } from './theme.ts';
import { withoutOld, withToast } from './toasts.ts';
import { firstUi, reduceUi, settle, type Toast, type UiState } from './ui-state.ts';

// Some 40 frames a second where something changes all the time.
const FAST_MS = 24;
const SLOW_MS = 100;
/** So long after a key the screen counts as used. */
const USED_MS = 10_000;
const SECOND_MS = 1000;

/** The parts that work together behind one screen. */
interface Core {
  readonly parts: ScreenParts;
  readonly store: FleetStore;
  readonly keymap: Keymap;
  readonly withKeys: Map<string, readonly Command[]>;
  readonly files: RunFiles;
  readonly live: Live;
  readonly ticker: Ticker;
  readonly listeners: Set<() => void>;
  readonly closed: AbortController;
  ui: UiState;
  size: Size;
  pending: readonly PendingOrder[];
  frame: Frame | undefined;
  /** What the last frame of the ticker showed. */
  seen: readonly unknown[] | undefined;
  /** The next full second, while a countdown can be seen. */
  second: NodeJS.Timeout | undefined;
  pressedAt: number;
}

const emit = (core: Core): void => {
  core.frame = undefined;
  core.seen = undefined;
  core.ticker.drew();
  for (const listener of core.listeners) listener();
};

/** From the narrowest to the widest. */
export const placeOf = (ui: UiState): readonly Where[] =>
  ui.screen === 'fleet' ? ['fleet', 'everywhere'] : [ui.tab, 'run', 'everywhere'];

const paneFacts = (core: Core): PaneFacts | undefined => {
  const { cursor } = core.ui;
  const run = cursor === undefined ? undefined : core.store.get(cursor);
  if (run === undefined) return undefined;
  return {
    run,
    log: core.live.log(run.id),
    file: (path) => core.files.read(run.id, path),
    size: paneSize(core.size),
    now: core.parts.face.now(),
    pending: core.pending.filter((order) => order.run === run.id).map((order) => order.word),
  };
};

const openPane = (core: Core): OpenPane | undefined => {
  const facts = core.ui.screen === 'run' ? paneFacts(core) : undefined;
  const pane = core.parts.panes[core.ui.tab];
  return facts && { pane, state: core.ui.panes[core.ui.tab] ?? pane.initial, facts };
};

const targetsOf = (ui: UiState, store: FleetStore): readonly RunInfo[] => {
  const cursor = ui.cursor === undefined ? [] : [ui.cursor];
  // Never a run that nobody sees: what a filter hides stays selected, but is left alone.
  const selected =
    ui.screen === 'fleet' && ui.selected.size > 0 ? store.order(ui).filter((id) => ui.selected.has(id)) : [];
  const ids = selected.length > 0 ? selected : cursor;
  return ids.flatMap((id) => store.get(id) ?? []);
};

const selectionOf = (ui: UiState, order: readonly RunId[], store: FleetStore): Frame['selection'] => {
  if (ui.selected.size === 0) return { listed: 0, hidden: 0 };
  const listed = order.filter((id) => ui.selected.has(id)).length;
  return { listed, hidden: [...ui.selected].filter((id) => store.get(id)).length - listed };
};

const contextOf = (core: Core, act: (action: ScreenAction) => void): CommandContext => ({
  app: core.parts.face.app,
  out: collectOutput(core.size.width),
  interrupted: () => core.closed.signal,
  ui: {
    readOnly: core.parts.options.readOnly,
    targets: targetsOf(core.ui, core.store),
    tab: core.ui.screen === 'run' ? core.ui.tab : undefined,
    get isSearching() {
      const open = openPane(core);
      return open?.pane.isSearching?.(open.state) ?? false;
    },
    act,
  },
});

/** The commands with a key at a place: they are the same in every frame. */
const commandsWithKeys = (core: Core): readonly Command[] => {
  const { keymap, withKeys } = core;
  const place = placeOf(core.ui);
  const key = place.join(' ');
  const known = withKeys.get(key);
  if (known !== undefined) return known;
  const found = keymap.commands.filter((command) =>
    keymap.chordsOf(command).some((chord) => keymap.find(place, chord).includes(command)),
  );
  withKeys.set(key, found);
  return found;
};

const hintsOf = (core: Core, context: CommandContext): readonly KeyHint[] => {
  const { keymap } = core;
  return commandsWithKeys(core).map((command) => ({
    command,
    chords: keymap.chordsOf(command),
    disabled: disabledReason(command, context),
  }));
};

/** What one reads in a log stays there, however much is appended meanwhile. */
const holdLog = ({ ui, live, parts }: Core): void => {
  if (ui.cursor === undefined) return;
  const { logs } = parts.panes;
  live.hold(ui.cursor, ui.screen === 'run' ? logs.holds?.(ui.panes.logs ?? logs.initial) : undefined);
};

/** Nothing but time passes for a run that waits: the screen looks again at the full second, and only while one is in sight. */
const countOn = (core: Core, frame: Frame): Frame => {
  clearTimeout(core.second);
  core.second = showsCountdown(frame)
    ? setTimeout(core.ticker.ask, SECOND_MS - (frame.now % SECOND_MS)).unref()
    : undefined;
  return frame;
};

const draw = (core: Core, screen: Screen): Frame => {
  const { store, live, parts } = core;
  const now = parts.face.now();
  core.pending = stillPending(core.pending, (id) => store.get(id)?.state.status);
  const { ids: order, heads } = store.list(core.ui);
  const ui = settle(core.ui, { order, heads, size: core.size });
  const toasts = withoutOld(ui.toasts, now);
  core.ui = toasts === ui.toasts ? ui : { ...ui, toasts };
  holdLog(core);
  return countOn(core, {
    ui: core.ui,
    size: core.size,
    theme: themeOf(parts.theme),
    totals: store.totals,
    count: store.size,
    order,
    heads,
    filterProblem: filterProblem(core.ui.filter),
    selection: selectionOf(core.ui, order, store),
    supervisor: live.supervisor,
    now,
    pending: core.pending,
    readOnly: parts.options.readOnly,
    run: store.get,
    log: () => (core.ui.cursor === undefined ? noLog() : live.log(core.ui.cursor)),
    pane: () => paneFacts(core),
    keys: hintsOf(core, screen.context()),
  });
};

const act = (core: Core, screen: Screen, action: ScreenAction): void => {
  const { parts, store } = core;
  const open = openPane(core);
  if (actOutside({ screen, doors: parts.doors, open }, action)) return;
  const { mouse } = core.ui;
  core.ui = reduceUi(core.ui, action, {
    order: store.order(core.ui),
    heads: store.list(core.ui).heads,
    size: core.size,
    panes: parts.panes,
    pane: paneFacts(core),
  });
  if (core.ui.mouse !== mouse) parts.doors.setMouse(core.ui.mouse);
  emit(core);
};

const addToast = (core: Core, text: string, tone: Toast['tone']): void => {
  const now = core.parts.face.now();
  const toasts = withToast(core.ui.toasts, { text, tone }, now);
  const outputs = keepOutput(core.ui.outputs, { at: now, title: '', tone, lines: [text] });
  core.ui = { ...core.ui, toasts, outputs };
  setTimeout(core.ticker.ask, (toasts.at(-1)?.until ?? now) - now + 1).unref();
  emit(core);
};

/** Time for another frame, if it would look any different: says whether it does. */
const tick = (core: Core, screen: Screen): boolean => {
  const frame = draw(core, screen);
  const seen = seenOf(frame, core.files.version);
  if (core.seen !== undefined && looksTheSame(core.seen, seen)) return false;
  core.seen = seen;
  core.frame = frame;
  for (const listener of core.listeners) listener();
  return true;
};

const coreOf = (parts: ScreenParts, screen: () => Screen): Core => {
  const { face, doors } = parts;
  const store = createFleetStore();
  const interval = (): number => (performance.now() - core.pressedAt < USED_MS ? FAST_MS : SLOW_MS);
  const ticker = createTicker(interval, () => tick(core, screen()));
  const files = createRunFiles(face, ticker.ask);
  const live = goLive(face, store, {
    changed: ticker.ask,
    entries: (run, entries) => {
      files.took(run.id, entries);
      doors.entries(screen(), run, entries);
    },
    supervisorLost: () => doors.supervisorLost(screen()),
    problem: (id, text) => addToast(core, `the log of ${id} cannot be read: ${text}`, 'bad'),
  });
  const core: Core = {
    parts,
    store,
    keymap: createKeymap(face.commands, parts.keys),
    withKeys: new Map(),
    files,
    live,
    ticker,
    listeners: new Set(),
    closed: new AbortController(),
    ui: firstUi(parts.options.filter),
    size: parts.size,
    pending: [],
    frame: undefined,
    seen: undefined,
    second: undefined,
    pressedAt: Number.NEGATIVE_INFINITY,
  };
  return core;
};

/** Opens the screen on a fleet, without drawing anything. */
export const createScreen = (parts: ScreenParts): Screen => {
  const core = coreOf(parts, () => screen);
  const update = (change: Partial<Pick<Core, 'ui' | 'size' | 'pending'>>): void => {
    Object.assign(core, change);
    emit(core);
  };
  const screen: Screen = {
    face: parts.face,
    store: core.store,
    keymap: core.keymap,
    subscribe: (listener) => {
      core.listeners.add(listener);
      return () => core.listeners.delete(listener);
    },
    frame: () => (core.frame ??= draw(core, screen)),
    press: (key) => {
      core.pressedAt = performance.now();
      pressKey(screen, parts.doors, key);
    },
    act: (action) => act(core, screen, action),
    open: (overlay, state, onWish) =>
      new Promise((resolve) => {
        const opened = { overlay, state, resolve, ...(onWish && { onWish }) };
        update({ ui: { ...core.ui, overlays: [...core.ui.overlays, opened] } });
      }),
    update: (change) => update({ ui: change(core.ui) }),
    resize: (size) => update({ size }),
    toast: (text, tone) => addToast(core, text, tone),
    setPending: (change) => update({ pending: change(core.pending) }),
    context: () => contextOf(core, screen.act),
    stop: () => {
      core.closed.abort();
      core.ticker.stop();
      clearTimeout(core.second);
      core.live.stop();
    },
  };
  core.live.refresh();
  const { run } = parts.options;
  if (run !== undefined) core.ui = { ...core.ui, cursor: run, screen: 'run' };
  return screen;
};
