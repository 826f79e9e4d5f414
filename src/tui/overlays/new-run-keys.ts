import type { Keypress } from '../keys.ts';
import type { OverlayStep } from '../overlay.ts';
import { typeInto } from '../text-field.ts';
import { formFields } from './new-run-fields.ts';
import {
  choicesFor,
  errorsOf,
  fieldAt,
  filesFor,
  valueOf,
  withValue,
  type NewRunState,
  type NewRunWish,
} from './new-run-state.ts';

type Step = OverlayStep<NewRunState>;
const wishing = (state: NewRunState, wish: NewRunWish): Step => ({ state, wish });

/** The files are read when one leaves their field. */
const moved = (state: NewRunState, by: number): Step => {
  const row = Math.max(0, Math.min(formFields.length - 1, state.row + by));
  const text = valueOf(state, formFields[row]!.key);
  const next = { ...state, row, cursor: text.length, cycle: undefined };
  return fieldAt(state).kind === 'path' && row !== state.row
    ? wishing(next, { kind: 'load', line: valueOf(state, '@task') })
    : { state: next };
};

const launched = (state: NewRunState): Step => {
  const errors = errorsOf(state);
  const [first] = errors;
  if (first === undefined) return wishing(state, { kind: 'launch' });
  const more = errors.length > 1 ? ` (and ${errors.length - 1} more)` : '';
  // The cursor goes to what is wrong.
  const row = Math.max(
    0,
    formFields.findIndex((field) => field.key === first.key),
  );
  const cursor = valueOf(state, first.key).length;
  return { state: { ...state, row, cursor, problem: `not launched: ${first.message}${more}` } };
};

/** Before a launch from the first field its files are read, and judged. */
const launchedFrom = (state: NewRunState): Step =>
  fieldAt(state).kind === 'path' && state.tasks.length === 0 ? moved(state, 1) : launched(state);

const cycled = (state: NewRunState, by: 1 | -1): Step => {
  const { key } = fieldAt(state);
  const choices = choicesFor(state, key);
  if (choices.length === 0) return { state };
  const at = choices.indexOf(valueOf(state, key));
  const next =
    choices[at < 0 ? (by > 0 ? 0 : choices.length - 1) : (at + by + choices.length) % choices.length]!;
  return { state: withValue(state, key, next) };
};

const completedPath = (state: NewRunState): Step => {
  const line = state.cycle?.line ?? valueOf(state, '@task');
  const files = filesFor(state, line);
  if (files.length === 0) return { state };
  const at = state.cycle === undefined ? 0 : (state.cycle.at + 1) % files.length;
  const text = line.replace(/\S*$/, () => files[at]!);
  return { state: { ...withValue(state, '@task', text), cycle: { at, line } } };
};

const typedInto = (state: NewRunState, key: Keypress): Step => {
  const field = fieldAt(state);
  const before = { text: valueOf(state, field.key), cursor: state.cursor };
  const after = typeInto(before, key);
  if (after === before) return { state };
  if (after.text === before.text) return { state: { ...state, cursor: after.cursor } };
  return { state: { ...withValue(state, field.key, after.text), cursor: after.cursor } };
};

const pressField = (state: NewRunState, key: Keypress): Step => {
  const field = fieldAt(state);
  switch (field.kind) {
    case 'choice':
      if (key.chord === 'left') return cycled(state, -1);
      if (key.chord === 'right' || key.chord === 'space') return cycled(state, 1);
      return key.chord === 'backspace' ? { state: withValue(state, field.key, '') } : { state };
    case 'profile':
      return key.chord === 'right' || key.chord === 'space'
        ? wishing(state, { kind: 'pick', key: field.key })
        : typedInto(state, key);
    case 'shown':
    case 'button':
      return { state };
    default:
      return typedInto(state, key);
  }
};

const entered = (state: NewRunState): Step => {
  const field = fieldAt(state);
  if (field.kind === 'button') return launchedFrom(state);
  return field.kind === 'profile' ? wishing(state, { kind: 'pick', key: field.key }) : moved(state, 1);
};

const PAGE = 8;
const steps: Readonly<Record<string, number>> = {
  up: -1,
  'shift+tab': -1,
  down: 1,
  pgup: -PAGE,
  pgdn: PAGE,
};

/** A key in the form. While the runs are being made only leaving counts: they go on. */
export const pressNewRun = (state: NewRunState, key: Keypress): Step => {
  const { chord } = key;
  if (chord === 'esc' || chord === 'ctrl+c') return { close: undefined };
  if (state.busy !== undefined) return { state };
  if (Object.hasOwn(steps, chord)) return moved(state, steps[chord]!);
  switch (chord) {
    case 'tab':
      return fieldAt(state).kind === 'path' ? completedPath(state) : moved(state, 1);
    case 'enter':
      return entered(state);
    case 'ctrl+s':
      return launchedFrom(state);
    case 'ctrl+r':
      return wishing(state, { kind: 'load', line: valueOf(state, '@task') });
    case 'ctrl+n': {
      const missing = state.tasks.find(({ text, problem }) => text === undefined && problem === undefined);
      return missing === undefined ? { state } : wishing(state, { kind: 'starter', path: missing.path });
    }
    default:
      return pressField(state, key);
  }
};
