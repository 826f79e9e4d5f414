import { describe, expect, it } from 'vitest';
import { parseCommandLine } from '../../src/cli/args.ts';
import type { Command, CommandContext, Where } from '../../src/commands/define.ts';
import { commands } from '../../src/commands/registry.ts';
import { screenCommands } from '../../src/commands/screen.ts';
import { runTabs } from '../../src/commands/screen-action.ts';
import { createKeymap } from '../../src/tui/keys.ts';
import { disabledReason } from '../../src/tui/available.ts';
import { runInfo } from '../fakes/fleet-frame.ts';
import type { RunState } from '../../src/domain/run-state.ts';

const all: readonly Command[] = [...commands, ...screenCommands];
const keymap = createKeymap(all, {});
const places: readonly (readonly Where[])[] = [
  ['fleet', 'everywhere'],
  ...runTabs.map((tab) => [tab, 'run', 'everywhere'] as const),
];
const wheres = (command: Command): readonly Where[] => {
  const where = command.keys?.where ?? [];
  return typeof where === 'string' ? [where] : where;
};
const withKeys = all.filter((command) => command.keys !== undefined);

/** What a command can see of the screen with one run in that state under the cursor. */
const contextWith = (state: Partial<RunState>, isSearching: boolean): CommandContext => ({
  app: {} as never,
  out: {} as never,
  interrupted: () => new AbortController().signal,
  ui: {
    readOnly: false,
    targets: [runInfo('abc123', state)],
    tab: undefined,
    isSearching,
    act: () => {},
  } as never,
});
const report = { id: 'd1', summary: '', applied: false };
const situations: readonly CommandContext[] = [
  contextWith({ status: 'running' }, false),
  contextWith({ status: 'paused', reason: 'human', report }, false),
  contextWith({ status: 'running' }, true),
  contextWith({ status: 'succeeded' }, false),
];

/** The command that a chord reaches: the first at the narrowest place that can run, as the screen does it. */
const reached = (place: readonly Where[], chord: string, context: CommandContext): Command | undefined =>
  keymap.find(place, chord).find((command) => disabledReason(command, context) === undefined);

describe('every key of the registry', () => {
  it.each(withKeys.map((command) => [command.id, command] as const))(
    '%s reaches its command',
    (_, command) => {
      for (const where of wheres(command)) {
        const place = places.find((one) => one.includes(where))!;
        for (const chord of command.keys!.chords) {
          const found = [...places.filter((one) => one.includes(where)), place].some((one) =>
            situations.some((context) => reached(one, chord, context) === command),
          );
          expect([command.id, where, chord, found]).toEqual([command.id, where, chord, true]);
        }
      }
    },
  );
  it('has a place that the screen can be in', () => {
    const known = new Set(places.flat());
    expect(withKeys.filter((command) => wheres(command).some((where) => !known.has(where)))).toEqual([]);
  });
  it('is no chord that a terminal cannot send', () => {
    const named =
      'up down left right enter esc tab shift+tab pgup pgdn home end space backspace delete'.split(' ');
    const odd = withKeys
      .flatMap((command) => command.keys!.chords)
      .filter((chord) => !named.includes(chord) && !/^(ctrl\+[a-z]|[!-~])$/.test(chord));
    expect(odd).toEqual([]);
  });
});

describe('a chord', () => {
  it('is never for two commands that both can run at one place', () => {
    const clashes = places.flatMap((place) =>
      place.flatMap((where) => {
        const here = withKeys.filter((command) => wheres(command).includes(where));
        return situations.flatMap((context) => {
          const can = here.filter((command) => disabledReason(command, context) === undefined);
          const chords = can.flatMap((command) => command.keys!.chords);
          return chords
            .filter((chord, i) => chords.indexOf(chord) !== i)
            .map(
              (chord) =>
                `${where} ${chord}: ${can
                  .filter((c) => c.keys!.chords.includes(chord))
                  .map((c) => c.id)
                  .join(', ')}`,
            );
        });
      }),
    );
    expect([...new Set(clashes)]).toEqual([]);
  });
  it('that the settings give to two commands is a conflict, and one for no command is unknown', () => {
    const made = createKeymap(all, { 'run.pause': 'q', 'no.such': 'x' });
    expect(made.conflicts).toContainEqual(
      expect.objectContaining({ chord: 'q' }) as { readonly chord: string },
    );
    expect(made.unknown).toEqual(['no.such']);
  });
});

describe('the footer', () => {
  it('has words for what an operator does most, each once', () => {
    const words = withKeys.flatMap(({ keys }) => keys!.footer ?? []);
    expect(words).toEqual(
      expect.arrayContaining(['pause', 'note', 'logs', 'diff', 'open', 'filter', 'help']),
    );
    for (const place of places) {
      const here = withKeys.filter(
        (command) =>
          command.keys?.footer !== undefined && wheres(command).some((where) => place.includes(where)),
      );
      const shown = here.map((command) => command.keys!.footer);
      expect(new Set(shown).size).toBe(shown.length);
    }
  });
  it('shows what can be done about a run before anything else', () => {
    const first = withKeys.find(({ keys }) => keys!.footer !== undefined)!;
    expect(first.group).toBe('Steer');
  });
});

describe('every command of the command line', () => {
  const paths = commands.flatMap((command) => command.cli?.path ?? []);
  it.each(paths)('%s is reached by its path', (path) => {
    const asked = parseCommandLine(commands, [...path.split(' '), '--help']);
    expect(asked).toEqual({ kind: 'help', about: path });
  });
  it('has a path and an id of its own', () => {
    expect(new Set(paths).size).toBe(commands.length);
    expect(new Set(all.map(({ id }) => id)).size).toBe(all.length);
  });
});
