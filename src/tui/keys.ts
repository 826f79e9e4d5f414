import type { Key } from 'ink';
import type { Command, Where } from '../commands/define.ts';
import { nearestWord } from '../domain/nearest.ts';
import { singleLine } from '../domain/terminal.ts';

/** A key as it came: its chord (`ctrl+d`, `enter`, `G`), and its text where it is one. */
export interface Keypress {
  readonly chord: string;
  readonly text: string;
}

const MOST_PASTED = 4_000;

const named: readonly (readonly [keyof Key, string])[] = [
  ['upArrow', 'up'],
  ['downArrow', 'down'],
  ['leftArrow', 'left'],
  ['rightArrow', 'right'],
  ['return', 'enter'],
  ['escape', 'esc'],
  ['tab', 'tab'],
  ['pageUp', 'pgup'],
  ['pageDown', 'pgdn'],
  ['home', 'home'],
  ['end', 'end'],
  ['backspace', 'backspace'],
  ['delete', 'delete'],
];
const withModifiers = (key: Key, name: string): string =>
  `${key.ctrl ? 'ctrl+' : ''}${key.meta && name !== 'esc' ? 'alt+' : ''}${key.shift && name === 'tab' ? 'shift+' : ''}${name}`;

const ENTER: Keypress = { chord: 'enter', text: '' };
const TAB: Keypress = { chord: 'tab', text: '' };
/** A character out of several that came at once: over a slow line keys arrive together. */
const ofBurst = (char: string): readonly Keypress[] => {
  if (char === '\r' || char === '\n') return [ENTER];
  if (char === '\t') return [TAB];
  const code = char.charCodeAt(0);
  if (code > 0 && code <= 26) return [{ chord: `ctrl+${String.fromCharCode(code + 96)}`, text: '' }];
  if (char < ' ' || char === '\u007F') return [];
  return [{ chord: char === ' ' ? 'space' : char, text: char }];
};

/** What Ink reports, as key presses: several characters at once (fast typing) are one each. */
export const keypressesOf = (input: string, key: Key): readonly Keypress[] => {
  const special = named.find(([field]) => key[field] === true)?.[1];
  if (special !== undefined) return [{ chord: withModifiers(key, special), text: '' }];
  if (key.ctrl || key.meta) return input === '' ? [] : [{ chord: withModifiers(key, input), text: '' }];
  return Array.from(input).flatMap(ofBurst);
};

/** Where the screen is, the narrowest place first. */
export type Place = readonly Where[];

/** A pasted text is one piece of input, never a key. */
export const pasted = (text: string): Keypress => ({
  chord: 'paste',
  text: singleLine(text, MOST_PASTED),
});

const placesOf = (command: Command): readonly Where[] => {
  const where = command.keys?.where;
  return where === undefined ? [] : typeof where === 'string' ? [where] : where;
};

/** The commands with keys that count at a place, the narrowest first. */
export const commandsAt = (commands: readonly Command[], place: Place): readonly Command[] =>
  place.flatMap((where) => commands.filter((command) => placesOf(command).includes(where)));

export interface KeyConflict {
  readonly chord: string;
  readonly where: Where;
  /** Both commands; the one that was remapped first. */
  readonly ids: readonly string[];
}
export interface Keymap {
  readonly commands: readonly Command[];
  readonly conflicts: readonly KeyConflict[];
  /** Settings that name no command. */
  readonly unknown: readonly string[];
  /** Chords in settings that no key of a terminal makes. */
  readonly strange: readonly string[];
  chordsOf(command: Command): readonly string[];
  /** Who may take this chord here, the narrowest first. */
  find(place: Place, chord: string): readonly Command[];
}

const overlap = (a: Where, b: Where): boolean => {
  const isTab = (where: Where): boolean => where !== 'everywhere' && where !== 'fleet' && where !== 'run';
  return (
    a === b ||
    a === 'everywhere' ||
    b === 'everywhere' ||
    (a === 'run' && isTab(b)) ||
    (b === 'run' && isTab(a))
  );
};
const ownChords = (command: Command): readonly string[] => command.keys?.chords ?? [];
/** Our own commands share a chord only where one of them is always disabled (p pauses, or resumes). */
const shareByDesign = (a: Command, b: Command): boolean =>
  ownChords(a).some((chord) => ownChords(b).includes(chord));

type ChordsOf = Keymap['chordsOf'];
const conflictsWith = (
  command: Command,
  commands: readonly Command[],
  chordsOf: ChordsOf,
): readonly KeyConflict[] =>
  chordsOf(command).flatMap((chord) =>
    commands
      .filter(
        (other) => other !== command && chordsOf(other).includes(chord) && !shareByDesign(command, other),
      )
      .flatMap((other) => {
        const where = placesOf(command).find((one) => placesOf(other).some((two) => overlap(one, two)));
        return where === undefined ? [] : [{ chord, where, ids: [command.id, other.id] }];
      }),
  );

const names = [...named.map(([, name]) => name), 'space', 'shift+tab'];
const isChord = (chord: string): boolean => {
  const key = chord.replace(/^(?:ctrl\+|alt\+)+(?=.)/, '');
  return Array.from(key).length === 1 || names.includes(key);
};

/** Commands with the user's chords instead of their own: `{ "run.pause": "P" }`, several by spaces, none by "". */
export const createKeymap = (
  commands: readonly Command[],
  remapped: Readonly<Record<string, string>>,
): Keymap => {
  const chordsOf = (command: Command): readonly string[] => {
    const own = Object.hasOwn(remapped, command.id) ? remapped[command.id] : undefined;
    return own === undefined ? ownChords(command) : own.split(/\s+/).filter(Boolean);
  };
  const found = commands
    .filter((command) => Object.hasOwn(remapped, command.id))
    .flatMap((command) => conflictsWith(command, commands, chordsOf));
  const pairs = new Map(found.map((one) => [`${one.chord} ${one.ids.toSorted().join(' ')}`, one]));
  return {
    commands,
    conflicts: [...pairs.values()],
    unknown: Object.keys(remapped).filter(
      (id) => !commands.some((command) => command.id === id && command.keys !== undefined),
    ),
    strange: Object.values(remapped).flatMap((chords) =>
      chords.split(/\s+/).filter((chord) => chord !== '' && !isChord(chord)),
    ),
    chordsOf,
    find: (place, chord) =>
      commandsAt(commands, place).filter((command) => chordsOf(command).includes(chord)),
  };
};

/** What is wrong with the user's keys, a sentence each. */
export const keyProblems = ({ conflicts, unknown, strange, commands }: Keymap): readonly string[] => [
  ...unknown.map((id) => {
    const ids = commands.flatMap((command) => (command.keys === undefined ? [] : [command.id]));
    const near = nearestWord(id, ids);
    const hint = near === undefined ? '' : `; did you mean ${near}?`;
    return `keys: no command with a key is called ${singleLine(id, 60)}${hint}`;
  }),
  ...strange.map((chord) => `keys: ${singleLine(chord, 60)} is no key; as in P, ctrl+x, enter, space`),
  ...conflicts.map(({ chord, ids }) => `keys: ${chord} is both ${ids.join(' and ')}`),
];
