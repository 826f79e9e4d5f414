import { groups, type Command, type Where } from '../../commands/define.ts';
import type { Keymap } from '../keys.ts';
import type { KeyHint } from '../screen-types.ts';

/** A line of the help. */
export type HelpRow =
  | { readonly kind: 'group'; readonly title: string }
  | { readonly kind: 'problem'; readonly text: string }
  | {
      readonly kind: 'key';
      readonly chords: string;
      readonly title: string;
      /** Why it does nothing just now, or where it counts. */
      readonly note: string;
      readonly isOff: boolean;
    };

const shownChord = (chord: string): string => (chord === 'enter' ? '⏎' : chord);
const chordsText = (chords: readonly string[]): string => chords.map(shownChord).join(' ');

const whereText = (command: Command): string => {
  const where = command.keys?.where ?? [];
  const places: readonly Where[] = typeof where === 'string' ? [where] : where;
  return places.join(', ');
};

const inGroups = (hints: readonly KeyHint[], title: (group: string) => string): readonly HelpRow[] =>
  groups.flatMap((group) => {
    const rows = hints
      .filter(({ command, chords }) => command.group === group && chords.length > 0)
      .map(({ command, chords, disabled }) => ({
        kind: 'key' as const,
        chords: chordsText(chords),
        title: command.title,
        note: disabled ?? '',
        isOff: disabled !== undefined,
      }));
    return rows.length === 0 ? [] : [{ kind: 'group' as const, title: title(group) }, ...rows];
  });

const problems = (keymap: Pick<Keymap, 'conflicts' | 'unknown'>): readonly HelpRow[] => [
  ...keymap.conflicts.map(({ chord, where, ids }) => ({
    kind: 'problem' as const,
    text: `${shownChord(chord)} (${where}) is given to ${ids.join(' and ')}: the settings give one of them another key`,
  })),
  ...keymap.unknown.map((id) => ({
    kind: 'problem' as const,
    text: `the settings give a key to ${id}, and there is no such command`,
  })),
];

/** The help as lines: what is wrong with the keys, the keys that count here, then those that count elsewhere. */
export const helpRows = (here: readonly KeyHint[], keymap: Keymap): readonly HelpRow[] => {
  const shown = new Set(here.map(({ command }) => command.id));
  const elsewhere: readonly HelpRow[] = keymap.commands
    .filter((command) => !shown.has(command.id) && keymap.chordsOf(command).length > 0)
    .map((command) => ({
      kind: 'key',
      chords: chordsText(keymap.chordsOf(command)),
      title: command.title,
      note: whereText(command),
      isOff: true,
    }));
  return [
    ...problems(keymap),
    ...inGroups(here, (group) => group),
    ...(elsewhere.length > 0 ? [{ kind: 'group' as const, title: 'Elsewhere' }, ...elsewhere] : []),
  ];
};

/** The rows with a text in them, and the groups they are in. */
export const filterRows = (rows: readonly HelpRow[], text: string): readonly HelpRow[] => {
  const wanted = text.trim().toLowerCase();
  if (wanted === '') return rows;
  const fits = (row: HelpRow): boolean => {
    if (row.kind === 'problem') return row.text.toLowerCase().includes(wanted);
    return row.kind === 'key' && `${row.chords} ${row.title} ${row.note}`.toLowerCase().includes(wanted);
  };
  return rows.filter((row, i) => {
    if (row.kind !== 'group') return fits(row);
    const next = rows.findIndex((other, j) => j > i && other.kind === 'group');
    return rows.slice(i + 1, next < 0 ? rows.length : next).some(fits);
  });
};
