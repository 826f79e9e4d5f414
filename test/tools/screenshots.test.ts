import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Where } from '../../src/commands/define.ts';
import { commands } from '../../src/commands/registry.ts';
import { screenCommands } from '../../src/commands/screen.ts';
import { runTabs } from '../../src/commands/screen-action.ts';
import { createKeymap } from '../../src/tui/keys.ts';
import { helpRows } from '../../src/tui/overlays/help-rows.ts';
import { panes } from '../../src/tui/panes.ts';
import { fleetColumns, fleetDrop } from '../../src/tui/views/fleet-columns.ts';
import { headLine, placeColumns } from '../../src/tui/widgets/columns.ts';
import { linesOfSvg } from './svg.ts';

const root = join(import.meta.dirname, '../..');
const WIDTH = 140;
const lines = (name: string): readonly string[] =>
  linesOfSvg(readFileSync(join(root, `.github/screenshots/${name}.svg`), 'utf8'));
const keymap = createKeymap([...commands, ...screenCommands], {});

/** The words of the footer at a place, in their order. */
const footerAt = (place: readonly Where[]): readonly string[] =>
  keymap.commands.flatMap((command) => {
    const [chord] = keymap.chordsOf(command);
    const counts = chord !== undefined && keymap.find(place, chord).includes(command);
    const word = command.keys?.footer;
    return counts && word !== undefined ? [`${chord === 'enter' ? '⏎' : chord} ${word}`] : [];
  });
const isBeginningOf = (line: string, words: readonly string[]): boolean => {
  const shown = line.replace(/\s+/g, ' ').trim();
  return words.some((_, i) => i >= 4 && words.slice(0, i + 1).join(' ') === shown);
};

describe('the pictures of the README show the screen as it is now: npm run screenshots', () => {
  it('the fleet with its columns and keys', () => {
    const shown = lines('fleet');
    const head = headLine(placeColumns(fleetColumns, fleetDrop, WIDTH - 2)).trim();
    expect(shown.map((line) => line.trim())).toContain(head);
    expect([shown.at(-1), isBeginningOf(shown.at(-1)!, footerAt(['fleet', 'everywhere']))]).toEqual([
      shown.at(-1),
      true,
    ]);
  });
  it.each([
    ['run', 'overview'],
    ['diff', 'diff'],
  ] as const)('%s with all tabs, and the keys of %s', (name, tab) => {
    const shown = lines(name);
    const tabs = runTabs.map((one, i) => `${i + 1} ${panes[one].title}`).join('  ');
    expect(shown[0]).toContain(tabs);
    expect([shown.at(-1), isBeginningOf(shown.at(-1)!, footerAt([tab, 'run', 'everywhere']))]).toEqual([
      shown.at(-1),
      true,
    ]);
  });
  it('the help with the keys of the place it was opened at', () => {
    const text = lines('help').join('\n');
    const place = ['diff', 'run', 'everywhere'] as const;
    const here = keymap.commands
      .filter((command) =>
        keymap.chordsOf(command).some((chord) => keymap.find(place, chord).includes(command)),
      )
      .map((command) => ({ command, chords: keymap.chordsOf(command), disabled: undefined }));
    const titles = helpRows(here, keymap).flatMap((row) => (row.kind === 'key' ? [row.title] : []));
    const missing = titles.slice(0, 15).filter((title) => !text.includes(title.slice(0, 30)));
    expect(missing).toEqual([]);
  });
  it('and the README shows them', () => {
    const readme = readFileSync(join(root, 'README.md'), 'utf8');
    const shown = [...readme.matchAll(/\.github\/screenshots\/[a-z]+\.svg/g)].map(([path]) => path);
    expect(shown.length).toBeGreaterThanOrEqual(2);
    for (const path of shown) expect(existsSync(join(root, path))).toBe(true);
  });
});
