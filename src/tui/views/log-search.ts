import { widthOf } from '../fit.ts';
import type { LogBuffer } from '../log-buffer.ts';
import type { PaneFacts } from '../pane.ts';
import { patternOf } from './log-filter.ts';
import { viewOf, type LogView } from './log-view.ts';
import { HEAD, lastSpot, noFurther, rowsFrom, walk } from './log-layout.ts';
import { forgetLanding, seekOf, seekOn } from './log-seek.ts';
import { lineAt, pageOf, SIDE, soughtFilter, topSpot, type LogsState } from './log-state.ts';

/** A line where it can be seen: where one is already, or in the middle of the page. */
const show = (state: LogsState, facts: PaneFacts, line: number): LogsState => {
  const page = pageOf(state, facts);
  const top = topSpot(state, page);
  if (rowsFrom(page, top, 0).some((row) => row.number === line)) return { ...state, at: lineAt(page, top) };
  const spot = walk(page, { index: page.view.indexFrom(line), row: 0 }, -Math.floor(page.height / 2));
  return { ...state, at: lineAt(page, noFurther(spot, lastSpot(page))) };
};

/** What was seen is not in memory any more: the search has gone to another part of the log. */
const hasLeft = ({ match, at }: LogsState, { log }: PaneFacts): boolean => {
  const seen = match ?? at?.line;
  return seen !== undefined && log.at(seen) === undefined;
};

/** From where a search goes on: the match that it has come to, else the border of what is seen. */
const searchFrom = (state: LogsState, facts: PaneFacts, by: 1 | -1): number => {
  if (state.match !== undefined) return state.match;
  const page = pageOf(state, facts);
  const rows = rowsFrom(page, topSpot(state, page), 0);
  return by < 0 ? (rows.at(-1)?.number ?? page.log.end - 1) + 1 : (rows[0]?.number ?? page.log.first) - 1;
};

/** A search begins at what is seen: upwards from the end that is followed, else downwards. */
export const firstStep = ({ at }: LogsState): 1 | -1 => (at === undefined ? -1 : 1);

const matchBeside = (view: LogView, line: number, by: 1 | -1): number | undefined => {
  const index = by < 0 ? view.indexFrom(line) - 1 : view.indexFrom(line + 1);
  return index < 0 || index >= view.count ? undefined : view.line(index);
};

/** From which column on the match is seen, the nearest to where one is. */
const columnFor = (state: LogsState, facts: PaneFacts, match: number): number => {
  const text = facts.log.at(match)?.text ?? '';
  const found = state.wrap ? null : patternOf(state.search).exec(text);
  if (found === null) return state.column;
  const from = widthOf(text.slice(0, found.index));
  const to = from + widthOf(found[0]);
  const room = facts.size.width - HEAD - 1;
  if (from >= state.column && to <= state.column + room) return state.column;
  return to <= room ? 0 : Math.floor((from - room / 4) / SIDE) * SIDE;
};

const isOpenEnd = (log: LogBuffer, by: 1 | -1): boolean => (by < 0 ? log.hasOlder : log.isDetached);

/** The search in the other parts of the log, as far as one key goes. */
export const prepareStep = (state: LogsState, facts: PaneFacts, by: 1 | -1): void => {
  const { log } = facts;
  forgetLanding(log);
  if (state.search === '') return;
  const filter = soughtFilter(state);
  const from = searchFrom(state, facts, by);
  if (matchBeside(viewOf(log, filter), from, by) !== undefined) return;
  if (isOpenEnd(log, by) && (seekOn(log, filter, by) || !seekOf(log)?.isDone)) return;
  // Nothing up to the beginning of the log: round to its end.
  if (by < 0) log.toEnd();
};

const come = (
  state: LogsState,
  facts: PaneFacts,
  to: { readonly match: number; readonly searched: LogsState['searched'] },
): LogsState => {
  const column = columnFor(state, facts, to.match);
  return show({ ...state, ...to, column, missing: undefined }, facts, to.match);
};

/** Nothing in memory; the older part of the file was looked through, or was not. */
const nowhere = (state: LogsState, facts: PaneFacts, isOlderLeft: boolean): LogsState => ({
  ...state,
  at: hasLeft(state, facts) ? undefined : state.at,
  match: undefined,
  searched: isOlderLeft && facts.log.hasOlder ? 'found' : 'round',
});

/** No match that way in memory: at the other end, if the log was looked through up to this one. */
const goRound = (state: LogsState, facts: PaneFacts, by: 1 | -1): LogsState => {
  const { log } = facts;
  const view = viewOf(log, soughtFilter(state));
  const isRound = hasLeft(state, facts);
  if (!isRound && isOpenEnd(log, by) && !seekOf(log)?.isDone)
    return { ...state, searched: by < 0 ? 'older' : 'newer' };
  if (view.count === 0) return nowhere(state, facts, by > 0 || isRound);
  return come(state, facts, { match: view.line(by < 0 ? view.count - 1 : 0), searched: 'round' });
};

/** To the next match; what `prepareStep` could reach is in memory. */
export const stepMatch = (state: LogsState, facts: PaneFacts, by: 1 | -1): LogsState => {
  if (state.search === '') return state;
  const landed = seekOf(facts.log)?.landed;
  if (landed !== undefined) return come(state, facts, { match: landed, searched: 'found' });
  const view = viewOf(facts.log, soughtFilter(state));
  const near = hasLeft(state, facts) ? undefined : matchBeside(view, searchFrom(state, facts, by), by);
  if (near === undefined) return goRound(state, facts, by);
  return come(state, facts, { match: near, searched: 'found' });
};
