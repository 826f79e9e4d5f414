import { describe, expect, it } from 'vitest';
import { commands } from '../../../src/commands/registry.ts';
import { screenCommands } from '../../../src/commands/screen.ts';
import { createKeymap, commandsAt } from '../../../src/tui/keys.ts';
import { beginHelp, helpOverlay, type HelpState } from '../../../src/tui/overlays/help.tsx';
import { filterRows, helpRows } from '../../../src/tui/overlays/help-rows.ts';
import { boxFrame, pressBox } from '../../fakes/box-frame.tsx';

const all = [...commands, ...screenCommands];
const rowsWith = (remapped: Readonly<Record<string, string>> = {}) => {
  const keymap = createKeymap(all, remapped);
  const here = commandsAt(all, ['fleet', 'everywhere']).map((command) => ({
    command,
    chords: keymap.chordsOf(command),
    disabled: command.id === 'run.apply' || command.id === 'run.pause' ? 'it is paused already' : undefined,
  }));
  return helpRows(here, keymap);
};
const begin = beginHelp(rowsWith());
const size = { width: 80, height: 24 };

describe('the help', () => {
  it('shows each key with its command, and why one does nothing', () => {
    expect(boxFrame(helpOverlay, begin, size)).toMatchInlineSnapshot(`
      " ╭────────────────────────────────────────────────────────────────────────────╮
       │ Keys   1–19 of 65                                                          │
       │ Steer                                                                      │
       │   p            Pause after the current action         it is paused already │
       │   c p          Go on with a paused or interrupted run                      │
       │   o            End the session and start a fresh one                       │
       │   x            Stop for good; what was done is kept                        │
       │   m            Change the model profile from the next session on           │
       │   n            Add a note for the coming sessions                          │
       │   D            Let a strong model say why the run does not get ahead       │
       │ Look                                                                       │
       │   l            Print the log of runs; with --json one entry a line         │
       │   d            Print the patch of an iteration; the last one by default    │
       │ Screen                                                                     │
       │   g home       To the beginning                                            │
       │   ⏎            Open the run                                                │
       │   /            Filter, as in status=running,loop>=0.7, or by a word        │
       │   space        Select                                                      │
       │   A            Select all that are listed, or none                         │
       │   s            Next order of the list                                      │
       │   b            Group by task or backend                                    │
       │ j k scroll   / filter   : commands   esc leave                             │
       ╰────────────────────────────────────────────────────────────────────────────╯"
    `);
    expect(boxFrame(helpOverlay, begin, { width: 120, height: 30 })).toMatchInlineSnapshot(`
      "             ╭────────────────────────────────────────────────────────────────────────────────────────────╮
                   │ Keys   1–25 of 65                                                                          │
                   │ Steer                                                                                      │
                   │   p            Pause after the current action                   it is paused already       │
                   │   c p          Go on with a paused or interrupted run                                      │
                   │   o            End the session and start a fresh one                                       │
                   │   x            Stop for good; what was done is kept                                        │
                   │   m            Change the model profile from the next session on                           │
                   │   n            Add a note for the coming sessions                                          │
                   │   D            Let a strong model say why the run does not get ahead                       │
                   │ Look                                                                                       │
                   │   l            Print the log of runs; with --json one entry a line                         │
                   │   d            Print the patch of an iteration; the last one by default                    │
                   │ Screen                                                                                     │
                   │   g home       To the beginning                                                            │
                   │   ⏎            Open the run                                                                │
                   │   /            Filter, as in status=running,loop>=0.7, or by a word                        │
                   │   space        Select                                                                      │
                   │   A            Select all that are listed, or none                                         │
                   │   s            Next order of the list                                                      │
                   │   b            Group by task or backend                                                    │
                   │   z            Show or hide the log below                                                  │
                   │   N            Launch a new run                                                            │
                   │   k up         Up                                                                          │
                   │   j down       Down                                                                        │
                   │   ctrl+u       Half a page up                                                              │
                   │   ctrl+d       Half a page down                                                            │
                   │ j k scroll   / filter   : commands   esc leave                                             │
                   ╰────────────────────────────────────────────────────────────────────────────────────────────╯"
    `);
  });

  it('comes from the records alone: every key that is bound stands in it once', () => {
    const keymap = createKeymap(all, {});
    const bound = all
      .filter((command) => keymap.chordsOf(command).length > 0)
      .map((command) => command.title);
    const shown = rowsWith().flatMap((row) => (row.kind === 'key' ? [row.title] : []));
    expect(shown.toSorted()).toEqual(bound.toSorted());
  });

  it('shows keys as they are remapped, and tells what is wrong with the settings', () => {
    const rows = rowsWith({ 'run.pause': 'P', 'run.rotate': 'x', 'run.nothing': 'z' });
    expect(
      rows.find((row) => row.kind === 'key' && row.title === 'Pause after the current action'),
    ).toMatchObject({
      chords: 'P',
    });
    expect(rows.filter((row) => row.kind === 'problem').map((row) => row.text)).toEqual([
      expect.stringMatching(/^x \(everywhere\) is given to run\.rotate and run\.stop/),
      'the settings give a key to run.nothing, and there is no such command',
    ]);
  });

  it('filters by what is typed, in chords, titles and reasons', () => {
    const titles = (text: string) =>
      filterRows(begin.rows, text).flatMap((row) => (row.kind === 'key' ? [row.title] : []));
    expect(titles('quit')).toEqual([]);
    expect(titles('paused already')).toEqual(['Pause after the current action']);
    expect(titles('Half a page')).toEqual(['Half a page up', 'Half a page down']);
    const groups = filterRows(begin.rows, 'half').filter((row) => row.kind === 'group');
    expect(groups).toEqual([{ kind: 'group', title: 'Screen' }]);
    expect(boxFrame(helpOverlay, pressBox(helpOverlay, begin, { keys: ['/', 'wrap'] }).state, size))
      .toMatchInlineSnapshot(`
      " ╭────────────────────────────────────────────────────────────────────────────╮
       │ Keys                                                                       │
       │ /wrap                                                                      │
       │ Elsewhere                                                                  │
       │   w            Wrap long lines                        logs, diff, iteratio…│
       │ ⏎ keep   esc take the filter away                                          │
       ╰────────────────────────────────────────────────────────────────────────────╯"
    `);
    expect(
      boxFrame(helpOverlay, pressBox(helpOverlay, begin, { keys: ['/', 'nonsense', 'enter'] }).state, size),
    ).toContain('No key fits.');
  });

  it('scrolls, and Esc first takes the filter away', () => {
    const end = pressBox<HelpState>(helpOverlay, begin, { keys: ['G'], size }).state;
    expect(boxFrame(helpOverlay, end, size)).toContain(`of ${begin.rows.length}`);
    expect(pressBox<HelpState>(helpOverlay, end, { keys: ['g'], size }).state.top).toBe(0);
    expect(pressBox(helpOverlay, begin, { keys: ['/', 'j', 'esc'] }).closed).toBeUndefined();
    for (const key of ['esc', 'q', '?', 'ctrl+c']) {
      expect(pressBox(helpOverlay, begin, { keys: [key] }).closed).toEqual({ result: undefined });
    }
  });

  it('fits the smallest terminal', () => {
    const lines = boxFrame(helpOverlay, begin, { width: 60, height: 15 }).split('\n');
    expect(lines).toHaveLength(14);
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(60);
  });
});
