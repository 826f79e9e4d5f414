import type { PaneAction } from '../../commands/screen-action.ts';
import type { PaneFacts } from '../pane.ts';
import { jump } from '../scroll.ts';
import { logKinds, logStreams } from './log-filter.ts';
import { lastSpot, noFurther, pageRows, rowsFrom, walk } from './log-layout.ts';
import { firstStep, prepareStep, stepMatch } from './log-search.ts';
import { KEY_MS } from './log-seek.ts';
import { lineAt, pageOf, SIDE, topSpot, type LogsState } from './log-state.ts';

/** Reading older lines for a filter stops before the newest would have to go. */
const ENOUGH = 40_000;

const next = <T>(values: readonly T[], value: T): T => values[(values.indexOf(value) + 1) % values.length]!;

const toggled = (state: LogsState, what: string): LogsState => {
  switch (what) {
    case 'kind':
      return { ...state, group: next(logKinds, state.group), match: undefined, searched: 'found' };
    case 'stream':
      return { ...state, stream: next(logStreams, state.stream), match: undefined, searched: 'found' };
    case 'wrap':
      return { ...state, wrap: !state.wrap, column: 0 };
    default:
      return state;
  }
};

const follow = (state: LogsState, facts: PaneFacts): LogsState => {
  if (state.at !== undefined) return { ...state, at: undefined };
  const page = pageOf(state, facts);
  return { ...state, at: lineAt(page, topSpot(state, page)) };
};

const move = (
  state: LogsState,
  { step }: Extract<PaneAction, { kind: 'move' }>,
  facts: PaneFacts,
): LogsState => {
  const page = pageOf(state, facts);
  const { log, view, height } = page;
  const last = lastSpot(page);
  const from = topSpot(state, page);
  if (step === 'bottom') return { ...state, at: undefined, match: undefined, searched: 'found' };
  const by = jump(step, height, Number.MAX_SAFE_INTEGER);
  const to = step === 'top' ? { index: 0, row: 0 } : noFurther(walk(page, from, by), last);
  if (by > 0) {
    const isLast = to.index === last.index && to.row === last.row;
    return { ...state, at: isLast && !log.isDetached ? undefined : lineAt(page, to) };
  }
  if (view.count === 0) return { ...state, at: { line: log.first, row: 0 } };
  const isWhole = !log.hasOlder && last.index === 0 && last.row === 0;
  return isWhole && state.at === undefined ? state : { ...state, at: lineAt(page, to) };
};

/** Older lines until the page is full of those that pass, for as long as a key may take. */
const fill = (state: LogsState, facts: PaneFacts, rows: number): void => {
  const { log } = facts;
  const until = performance.now() + KEY_MS;
  const isShort = (): boolean => topSpot(state, pageOf(state, facts)).index < rows;
  const hasRoom = (): boolean => state.at !== undefined || log.end - log.first < ENOUGH;
  while (log.hasOlder && hasRoom() && isShort() && performance.now() < until) log.readOlder();
};

const fillBelow = (state: LogsState, facts: PaneFacts, rows: number): void => {
  const { log } = facts;
  const until = performance.now() + KEY_MS;
  const isShort = (): boolean => {
    const page = pageOf(state, facts);
    return page.view.count - topSpot(state, page).index < rows;
  };
  while (log.isDetached && isShort() && performance.now() < until) if (!log.readNewer()) break;
};

const prepareMove = (
  state: LogsState,
  { step }: Extract<PaneAction, { kind: 'move' }>,
  facts: PaneFacts,
): void => {
  const rows = pageRows(facts);
  if (step === 'top') facts.log.toBegin();
  else if (step === 'bottom') facts.log.toEnd();
  else if (jump(step, rows, 0) < 0) fill(state, facts, rows);
  else fillBelow(state, facts, 2 * rows + 1);
};

/** Brings into memory what an action is about. */
export const prepareLogs = (state: LogsState, action: PaneAction, facts: PaneFacts): void => {
  switch (action.kind) {
    case 'move':
      return prepareMove(state, action, facts);
    case 'toggle':
      if (action.what === 'kind' || action.what === 'stream') fill(toggled(state, action.what), facts, 1);
      return;
    case 'search':
      return prepareStep({ ...state, search: action.text, match: undefined }, facts, firstStep(state));
    case 'search-step':
      return prepareStep(state, facts, action.by);
    case 'jump':
      return void facts.log.toPlace({ iteration: action.iteration });
    default:
  }
};

const toIteration = (state: LogsState, facts: PaneFacts, iteration: number): LogsState => {
  const { log } = facts;
  const line = log.find({ iteration });
  if (line === undefined || log.at(line)?.iteration !== iteration) return { ...state, missing: iteration };
  return { ...state, at: { line, row: 0 }, match: undefined, searched: 'found', missing: undefined };
};

/** To the side, not beyond the longest line that is seen. */
const toSide = (state: LogsState, facts: PaneFacts, by: 1 | -1): LogsState => {
  if (state.wrap) return state;
  const page = pageOf(state, facts);
  const rows = rowsFrom(page, topSpot(state, page), state.column);
  if (by > 0 && !rows.some((row) => row.isCut)) return state;
  return { ...state, column: Math.max(0, state.column + by * SIDE) };
};

/** Pure: what it needs is in memory. */
export const reduceLogs = (state: LogsState, action: PaneAction, facts: PaneFacts): LogsState => {
  switch (action.kind) {
    case 'move':
      return { ...move(state, action, facts), missing: undefined };
    case 'side':
      return toSide(state, facts, action.by);
    case 'toggle':
      return action.what === 'follow' ? follow(state, facts) : toggled(state, action.what);
    case 'search': {
      const searching = { ...state, search: action.text, match: undefined, searched: 'found' as const };
      return stepMatch(searching, facts, firstStep(state));
    }
    case 'search-step':
      return stepMatch(state, facts, action.by);
    case 'jump':
      return toIteration(state, facts, action.iteration);
    default:
      return state;
  }
};
