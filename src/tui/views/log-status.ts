import { markInvisible, singleLine } from '../../domain/terminal.ts';
import type { PaneFacts } from '../pane.ts';
import type { Look, Theme } from '../theme.ts';
import { widthOf } from '../fit.ts';
import type { Span } from '../widgets/line.tsx';
import { viewOf } from './log-view.ts';
import { rowsFrom, type LogPage } from './log-layout.ts';
import { seekOf } from './log-seek.ts';
import { pageOf, soughtFilter, topSpot, type LogsState } from './log-state.ts';

const count = (value: number): string => value.toLocaleString('en');

/** What was found in memory; there may be more in the file. */
const foundText = (state: LogsState, { log }: PaneFacts): string => {
  const { match, searched } = state;
  const isOpen = log.hasOlder || log.isDetached;
  const view = viewOf(log, soughtFilter(state));
  if (view.count === 0) return isOpen && searched !== 'round' ? 'not here, N looks further' : 'not found';
  const at = match === undefined || !log.at(match) ? '–' : count(view.indexFrom(match) + 1);
  return `${at} of ${count(view.count)}${isOpen ? '+' : ''}${searched === 'round' ? ', went round' : ''}`;
};

const searchText = (state: LogsState, facts: PaneFacts): string => {
  if (state.search === '') return '';
  const wanted = `/${markInvisible(singleLine(state.search, 40))}`;
  const looked = count(seekOf(facts.log)?.entries ?? 0);
  if (state.searched === 'older') return `${wanted} not in the ${looked} entries before, N goes on`;
  if (state.searched === 'newer') return `${wanted} not in the ${looked} entries behind, n goes on`;
  return `${wanted} ${foundText(state, facts)}`;
};

const heldText = ({ at }: LogsState, { log }: PaneFacts): string => {
  if (at === undefined) return 'following';
  const newer = log.newestSeq - log.lastSeq;
  return log.isDetached ? `held · ${count(newer)} newer entries` : 'held';
};

const placeText = (state: LogsState, page: LogPage): string => {
  const rows = rowsFrom(page, topSpot(state, page), 0);
  const line = (state.at === undefined ? rows.at(-1) : rows[0])?.line;
  if (line === undefined) return '';
  const iteration =
    line.iteration === undefined || line.iteration === 0 ? '' : `iteration ${line.iteration} · `;
  return `${iteration}entry ${count(line.seq)} of ${count(page.log.newestSeq)}`;
};

const widthOfAll = (spans: readonly Span[]): number =>
  spans.reduce((sum, span) => sum + widthOf(span.text), 0);

/** The last line of the pane: what is shown, and where one is. */
export const statusSpans = (state: LogsState, facts: PaneFacts, theme: Theme): readonly Span[] => {
  const { group, stream, wrap, column, missing } = state;
  const { width } = facts.size;
  const isAll = group === 'all' && stream === 'both';
  const all: Span[] = isAll ? [{ text: ' · all kinds · both streams', look: theme.tones.dim }] : [];
  const said = (text: string, look: Look): Span[] => (text === '' ? [] : [{ text: ` · ${text}`, look }]);
  const rest = [
    ...said(group === 'all' ? '' : `only ${group}`, theme.tones.warn),
    ...said(stream === 'both' ? '' : `only ${stream}`, theme.tones.warn),
    ...said(wrap ? 'wrapped' : '', theme.tones.dim),
    ...said(column > 0 ? `from column ${column + 1}` : '', theme.tones.dim),
    ...said(searchText(state, facts), theme.accent),
    ...said(missing === undefined ? '' : `iteration ${missing} is not in the log`, theme.tones.warn),
  ];
  const look = state.at === undefined ? theme.accent : theme.tones.warn;
  const head = { text: ` ${heldText(state, facts)}`, look };
  const place = placeText(state, pageOf(state, facts));
  const room = width - widthOf(place) - 3;
  // Where it is narrow, what is as always goes first, then the place.
  const left = widthOfAll([head, ...all, ...rest]) <= room ? [head, ...all, ...rest] : [head, ...rest];
  const used = widthOfAll(left);
  if (used > room) return left;
  return [
    ...left,
    { text: `${' '.repeat(width - used - widthOf(place) - 1)}${place}`, look: theme.tones.dim },
  ];
};
