import type { Key } from 'ink';
import type { Command, Where } from '../commands/define.ts';

/** A key as it came: its chord (`ctrl+d`, `enter`, `G`), and its text where it is one. */
export interface Keypress {
  readonly chord: string;
  readonly text: string;
}

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

/** What Ink reports, as key presses: several characters at once (fast typing, a paste) are one each. */
export const keypressesOf = (input: string, key: Key): readonly Keypress[] => {
  const special = named.find(([field]) => key[field] === true)?.[1];
  if (special !== undefined) return [{ chord: withModifiers(key, special), text: '' }];
  if (key.ctrl || key.meta) return input === '' ? [] : [{ chord: withModifiers(key, input), text: '' }];
  return Array.from(input)
    .filter((char) => char >= ' ' && char !== '\u007F')
    .map((char) => ({ chord: char === ' ' ? 'space' : char, text: char }));
};

/** Where the screen is, the narrowest place first. */
export type Place = readonly Where[];

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
  readonly ids: readonly string[];
}
export interface Keymap {
  readonly commands: readonly Command[];
  readonly conflicts: readonly KeyConflict[];
  /** Settings that name no command. */
  readonly unknown: readonly string[];
  chordsOf(command: Command): readonly string[];
  /** Who may take this chord here, the narrowest first. */
  find(place: Place, chord: string): readonly Command[];
}

/** Commands with the user's chords instead of their own: `{ "run.pause": "P" }`, several by spaces, none by "". */
export const createKeymap = (
  commands: readonly Command[],
  remapped: Readonly<Record<string, string>>,
): Keymap => {
  const chordsOf = (command: Command): readonly string[] => {
    const own = Object.hasOwn(remapped, command.id) ? remapped[command.id] : undefined;
    return own === undefined ? (command.keys?.chords ?? []) : own.split(/\s+/).filter(Boolean);
  };
  const taken = new Map<string, { chord: string; where: Where; ids: string[] }>();
  for (const command of commands) {
    for (const where of placesOf(command))
      for (const chord of chordsOf(command)) {
        const key = `${where} ${chord}`;
        const at = taken.get(key) ?? { chord, where, ids: [] };
        at.ids.push(command.id);
        taken.set(key, at);
      }
  }
  return {
    commands,
    // Our own commands share a chord only where one of them is always disabled (p pauses, or resumes).
    conflicts: [...taken.values()].filter(
      ({ ids }) => ids.length > 1 && ids.some((id) => Object.hasOwn(remapped, id)),
    ),
    unknown: Object.keys(remapped).filter((id) => !commands.some((command) => command.id === id)),
    chordsOf,
    find: (place, chord) =>
      commandsAt(commands, place).filter((command) => chordsOf(command).includes(chord)),
  };
};
