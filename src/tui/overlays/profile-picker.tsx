import type { UsableProfile } from '../../commands/app.ts';
import { safe } from '../views/fleet-columns.ts';
import { cut, fit } from '../fit.ts';
import type { Keypress } from '../keys.ts';
import type { OverlayStep } from '../overlay.ts';
import type { Size } from '../pane.ts';
import { moveCursor, topFor } from '../scroll.ts';
import { fieldOf, typeInto, type TextField } from '../text-field.ts';
import type { Theme } from '../theme.ts';
import { boxSize, CentredBox } from '../widgets/box.tsx';
import type { Span } from '../widgets/line.tsx';
import { fieldSpans } from '../widgets/prompt.tsx';
import { listSteps, stepOf } from './list-keys.ts';
import { defineOverlay } from './open-box.ts';

export interface PickerState {
  readonly title: string;
  /** What is in use now. */
  readonly current: readonly string[];
  /** Undefined while they are read. */
  readonly profiles: readonly UsableProfile[] | undefined;
  /** Why they cannot be read, with its hint. */
  readonly problem: string | undefined;
  readonly filter: TextField;
  readonly row: number;
}
const WIDTH = 84;
/** The field, and a line below the list. */
const AROUND = 2;

/** The picker before its list has come. */
export const beginPicker = (title: string, current: readonly string[]): PickerState => ({
  title,
  current,
  profiles: undefined,
  problem: undefined,
  filter: fieldOf(),
  row: 0,
});

const fitting = ({ profiles = [], filter }: PickerState): readonly UsableProfile[] => {
  const wanted = filter.text.trim().toLowerCase();
  const texts = ({ name, model, provider, tags }: UsableProfile): string =>
    [name, model, provider, ...tags].join(' ').toLowerCase();
  return profiles.filter((one) => texts(one).includes(wanted));
};

/** The list has come: the cursor goes to what is in use. */
export const withProfiles = (state: PickerState, profiles: readonly UsableProfile[]): PickerState => {
  const row = profiles.findIndex(({ name }) => state.current.includes(name));
  return { ...state, profiles, row: state.filter.text === '' ? Math.max(0, row) : 0 };
};

const pageOf = (size: Size): number => Math.max(1, boxSize(size, WIDTH).height - AROUND);

/** A key in the picker: moves, types into the filter, or takes the profile under the cursor. */
export const pressPicker = (state: PickerState, key: Keypress, size: Size): OverlayStep<PickerState> => {
  if (key.chord === 'esc' || key.chord === 'ctrl+c') return { close: undefined };
  const list = fitting(state);
  const row = Math.max(0, Math.min(state.row, list.length - 1));
  if (key.chord === 'enter') {
    const chosen = list[row];
    // One without its key would only fail at the next call.
    return chosen === undefined || chosen.problem !== undefined ? { state } : { close: chosen.name };
  }
  const step = stepOf(listSteps, key.chord);
  if (step !== undefined)
    return {
      state: {
        ...state,
        row: Math.max(0, moveCursor(row, step, { total: list.length, page: pageOf(size) })),
      },
    };
  const filter = typeInto(state.filter, key);
  return { state: filter === state.filter ? state : { ...state, filter, row: 0 } };
};

const rowSpans = (one: UsableProfile, state: PickerState, theme: Theme): readonly Span[] => {
  const dim = theme.tones.dim;
  const isOff = one.problem !== undefined;
  const problem = one.problem?.message.replace(`profile ${one.name}: `, '');
  const note = problem ?? (one.priced ? '' : 'no known price');
  const mark = state.current.includes(one.name) ? '●' : isOff ? '✗' : ' ';
  const tags = one.tags.length > 0 ? ` [${one.tags.join(' ')}]` : '';
  return [
    { text: ` ${mark} ${fit(safe(one.name, 60), 20)} `, ...(isOff && { look: dim }) },
    { text: `${cut(safe(`${one.provider}/${one.model}${tags}`, 120), 36)}  `, look: dim },
    { text: safe(note, 160), look: isOff ? theme.tones.bad : theme.tones.warn },
  ];
};

const listLines = (state: PickerState, theme: Theme, page: number) => {
  const list = fitting(state);
  const row = Math.max(0, Math.min(state.row, list.length - 1));
  const top = topFor(Math.max(0, row - page + 1), row, { total: list.length, page });
  const shown = list.slice(top, top + page);
  return { rows: shown.map((one) => rowSpans(one, state, theme)), at: row - top, chosen: list[row] };
};

/** What stands below the list: the whole reason, where there was no room for it. */
const bottomText = (state: PickerState, chosen: UsableProfile | undefined): string => {
  if (state.problem !== undefined) return state.problem;
  if (state.profiles === undefined) return 'reading profiles…';
  if (chosen === undefined)
    return state.profiles.length === 0 ? 'models.yaml has no profile' : 'no profile fits';
  if (chosen.problem !== undefined) return `${chosen.problem.message}: ${chosen.problem.hint}`;
  if (!chosen.priced) return 'without a price a budget in USD cannot stop a run: set one in tokens';
  return chosen.fallback === undefined ? '' : `falls back to ${chosen.fallback}`;
};

/** Model profiles to choose from; closes with a name. State: from `beginPicker`, then `withProfiles`. */
export const pickerOverlay = defineOverlay<PickerState>({
  name: 'profiles',
  press: pressPicker,
  View: ({ state, theme, size }) => {
    const { width } = boxSize(size, WIDTH);
    const { rows, at, chosen } = listLines(state, theme, pageOf(size));
    const bottom = safe(bottomText(state, chosen), 300);
    const isBad = state.problem !== undefined || chosen?.problem !== undefined;
    return (
      <CentredBox
        title={state.title}
        lines={[
          [{ text: ' / ', look: theme.accent }, ...fieldSpans(state.filter, width - 4)],
          ...rows,
          [{ text: ` ${bottom}`, look: isBad ? theme.tones.bad : theme.tones.dim }],
        ]}
        {...(rows.length > 0 && { cursor: at + 1 })}
        keys="⏎ take   ↑ ↓ move   type to filter   esc leave"
        theme={theme}
        size={size}
        width={WIDTH}
      />
    );
  },
});
