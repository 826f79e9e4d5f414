import type { PaneFacts } from '../pane.ts';
import type { LogFilter } from './log-filter.ts';
import { viewOf } from './log-view.ts';
import { HEAD, lastSpot, noFurther, pageRows, type LogPage, type Spot } from './log-layout.ts';

export interface LogsState {
  /** The row on top while it is held; undefined while the end is followed. */
  readonly at: { readonly line: number; readonly row: number } | undefined;
  /** First column of texts that is seen, where they are not wrapped. */
  readonly column: number;
  readonly wrap: boolean;
  readonly group: LogFilter['group'];
  readonly stream: LogFilter['stream'];
  readonly search: string;
  /** The line that the search has come to. */
  readonly match: number | undefined;
  /** How the last step of the search went: at the other end of the log, or further through its file with the next. */
  readonly searched: 'found' | 'round' | 'older' | 'newer';
  /** An iteration that was asked for and is not in the log. */
  readonly missing: number | undefined;
}
export const firstLogs: LogsState = {
  at: undefined,
  column: 0,
  wrap: false,
  group: 'all',
  stream: 'both',
  search: '',
  match: undefined,
  searched: 'found',
  missing: undefined,
};

/** Columns that one goes to the side. */
export const SIDE = 16;

export const shownFilter = ({ group, stream }: LogsState): LogFilter => ({ group, stream, text: '' });
export const soughtFilter = ({ group, stream, search }: LogsState): LogFilter => ({
  group,
  stream,
  text: search,
});

export const pageOf = (state: LogsState, facts: PaneFacts): LogPage => ({
  log: facts.log,
  view: viewOf(facts.log, shownFilter(state)),
  wrap: state.wrap,
  room: Math.max(1, facts.size.width - HEAD),
  height: pageRows(facts),
});

/** The row on top, made to fit the lines that there are. */
export const topSpot = (state: LogsState, page: LogPage): Spot => {
  const last = lastSpot(page);
  if (state.at === undefined) return last;
  const index = page.view.indexFrom(state.at.line);
  const isSame = page.view.line(index) === state.at.line;
  return noFurther({ index, row: isSame && page.wrap ? state.at.row : 0 }, last);
};

/** What the state remembers of a row. */
export const lineAt = ({ view }: LogPage, { index, row }: Spot): LogsState['at'] => ({
  line: view.line(index),
  row,
});
