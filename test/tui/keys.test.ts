import type { Key } from 'ink';
import { describe, expect, it } from 'vitest';
import { commands } from '../../src/commands/registry.ts';
import { screenCommands } from '../../src/commands/screen.ts';
import { createKeymap, keypressesOf, keyProblems, pasted, type Keypress } from '../../src/tui/keys.ts';
import { createKeyQueue } from '../../src/tui/key-queue.ts';
import type { Frame } from '../../src/tui/screen-types.ts';

const all = [...commands, ...screenCommands];
const problems = (keys: Readonly<Record<string, string>>) => keyProblems(createKeymap(all, keys));
const plain = {} as Key;

describe('the keymap', () => {
  it('has nothing wrong with the keys that the commands come with', () => {
    expect(problems({})).toEqual([]);
  });

  it('gives a command its own chords, several or none', () => {
    const map = createKeymap(all, { 'run.pause': 'P alt+p', 'run.stop': '' });
    const idsAt = (chord: string) => map.find(['fleet', 'everywhere'], chord).map(({ id }) => id);
    expect([idsAt('P'), idsAt('alt+p'), idsAt('x')]).toEqual([['run.pause'], ['run.pause'], []]);
    expect(idsAt('p')).toEqual(['run.resume']);
    expect(keyProblems(map)).toEqual([]);
  });

  it('tells of chords that two commands want in one place, and of none that never meet', () => {
    expect(problems({ 'run.pause': 'x' })).toEqual(['keys: x is both run.pause and run.stop']);
    // Everywhere and on the fleet: the fleet's would hide the other.
    expect(problems({ 'screen.filter': 'p' })).toEqual([
      'keys: p is both screen.filter and run.pause',
      'keys: p is both screen.filter and run.resume',
    ]);
    expect(problems({ 'screen.preview': 'w' })).toEqual([]);
    expect(problems({ 'run.pause': 'P', 'run.resume': 'P' })).toEqual([]);
  });

  it('tells of ids that no command has, with the nearest, and of chords that are no keys', () => {
    expect(problems({ 'run.puase': 'P', 'screen.quit': 'ctrl-x' })).toEqual([
      'keys: no command with a key is called run.puase; did you mean run.pause?',
      'keys: ctrl-x is no key; as in P, ctrl+x, enter, space',
    ]);
  });
});

describe('keys that come at once', () => {
  it('are one each, enter and tab and ctrl among them', () => {
    expect(keypressesOf('a b\r\t\u0004', plain).map(({ chord }) => chord)).toEqual([
      'a',
      'space',
      'b',
      'enter',
      'tab',
      'ctrl+d',
    ]);
  });

  it('wait until the one before has opened what they are meant for', async () => {
    const seen: string[] = [];
    let field: string | undefined;
    const queue = createKeyQueue({
      frame: () => ({ ui: { field, overlays: [] } }) as unknown as Frame,
      press: ({ chord, text }: Keypress) => {
        seen.push(`${field ?? 'command'} ${chord}`);
        // As a command does: a moment later.
        if (chord === '/') void Promise.resolve().then(() => (field = 'filter'));
        expect(text).toBe(chord);
      },
    });
    queue(keypressesOf('/px', plain));
    queue(keypressesOf('q', plain));
    await new Promise((resolve) => {
      setTimeout(resolve, 20);
    });
    expect(seen).toEqual(['command /', 'filter p', 'filter x', 'filter q']);
  });

  it('of a paste are one text without line ends, and never a chord', () => {
    expect(pasted('y\r\nq\u001B[31m')).toEqual({ chord: 'paste', text: 'y q' });
  });
});
