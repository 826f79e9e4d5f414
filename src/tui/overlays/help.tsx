import { safe } from '../views/fleet-columns.ts';
import { fit } from '../fit.ts';
import type { Keypress } from '../keys.ts';
import type { OverlayStep } from '../overlay.ts';
import type { Size } from '../pane.ts';
import { moveTop } from '../scroll.ts';
import { fieldOf, typeInto, type TextField } from '../text-field.ts';
import type { Theme } from '../theme.ts';
import { boxSize, CentredBox } from '../widgets/box.tsx';
import type { Span } from '../widgets/line.tsx';
import { fieldSpans } from '../widgets/prompt.tsx';
import { filterRows, type HelpRow } from './help-rows.ts';
import { listSteps, pagerSteps, stepOf } from './list-keys.ts';
import { defineOverlay } from './open-box.ts';

export interface HelpState {
  readonly rows: readonly HelpRow[];
  readonly top: number;
  readonly filter: TextField;
  /** Keys go into the filter. */
  readonly isTyping: boolean;
}
const WIDTH = 92;

/** The help, at its beginning. */
export const beginHelp = (rows: readonly HelpRow[]): HelpState => ({
  rows,
  top: 0,
  filter: fieldOf(),
  isTyping: false,
});

const hasField = (state: HelpState): boolean => state.isTyping || state.filter.text !== '';
const pageOf = (state: HelpState, size: Size): number =>
  boxSize(size, WIDTH).height - (hasField(state) ? 1 : 0);

const scrolled = (state: HelpState, key: Keypress, size: Size): HelpState => {
  const step = stepOf(state.isTyping ? listSteps : pagerSteps, key.chord);
  if (step === undefined) return state;
  const total = filterRows(state.rows, state.filter.text).length;
  return { ...state, top: moveTop(state.top, step, { total, page: pageOf(state, size) }) };
};

/** A key in the help: scrolls, or types into its filter. */
export const pressHelp = (state: HelpState, key: Keypress, size: Size): OverlayStep<HelpState> => {
  if (key.chord === 'ctrl+c') return { close: undefined };
  if (key.chord === 'esc') {
    if (!hasField(state)) return { close: undefined };
    return { state: { ...state, isTyping: false, filter: fieldOf(), top: 0 } };
  }
  if (state.isTyping) {
    if (key.chord === 'enter') return { state: { ...state, isTyping: false } };
    const moved = scrolled(state, key, size);
    if (moved !== state || stepOf(listSteps, key.chord) !== undefined) return { state: moved };
    return { state: { ...state, filter: typeInto(state.filter, key), top: 0 } };
  }
  if (key.chord === '?' || key.chord === 'q') return { close: undefined };
  if (key.chord === '/') return { state: { ...state, isTyping: true } };
  return { state: scrolled(state, key, size) };
};

const CHORDS = 16;
const rowSpans = (row: HelpRow, width: number, theme: Theme): readonly Span[] => {
  if (row.kind === 'group') return [{ text: ` ${row.title}`, look: theme.title }];
  if (row.kind === 'problem') return [{ text: ` ! ${safe(row.text, 200)}`, look: theme.tones.warn }];
  const dim = theme.tones.dim;
  const note = row.note === '' ? '' : `  ${safe(row.note, 120)}`;
  const room = Math.min(52, Math.floor((width - CHORDS) * 0.62));
  const title = note === '' ? row.title : fit(row.title, room);
  return [
    { text: `   ${fit(row.chords, CHORDS - 4)} `, look: row.isOff ? dim : theme.accent },
    { text: title, ...(row.isOff && { look: dim }) },
    { text: note, look: dim },
  ];
};

/** Every key, from the records; closes with undefined. State: from `beginHelp`. */
export const helpOverlay = defineOverlay<HelpState>({
  name: 'help',
  press: pressHelp,
  View: ({ state, theme, size }) => {
    const { width } = boxSize(size, WIDTH);
    const rows = filterRows(state.rows, state.filter.text);
    const page = pageOf(state, size);
    const top = Math.max(0, Math.min(state.top, rows.length - page));
    const shown = rows.slice(top, top + page);
    const place = rows.length > page ? `   ${top + 1}–${top + shown.length} of ${rows.length}` : '';
    const field: Span[] = state.isTyping
      ? [{ text: ' /', look: theme.accent }, ...fieldSpans(state.filter, width - 3)]
      : [{ text: ` /${state.filter.text}`, look: theme.accent }];
    const nothing: Span[] = [{ text: '   No key fits.', look: theme.tones.dim }];
    return (
      <CentredBox
        title={`Keys${place}`}
        lines={[
          ...(hasField(state) ? [field] : []),
          ...(shown.length === 0 ? [nothing] : shown.map((row) => rowSpans(row, width, theme))),
        ]}
        keys={
          state.isTyping
            ? '⏎ keep   esc take the filter away'
            : 'j k scroll   / filter   : commands   esc leave'
        }
        theme={theme}
        size={size}
        width={WIDTH}
      />
    );
  },
});
