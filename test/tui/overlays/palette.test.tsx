import { describe, expect, it } from 'vitest';
import { createPalette } from '../../../src/cli/palette.ts';
import { commands } from '../../../src/commands/registry.ts';
import { screenCommands } from '../../../src/commands/screen.ts';
import { beginPalette, paletteOverlay, type PaletteState } from '../../../src/tui/overlays/palette.tsx';
import { boxFrame, pressBox } from '../../fakes/box-frame.tsx';

const line = createPalette({ commands: [...commands, ...screenCommands], version: '1.2.3' });
const known = { runs: [{ text: '7f3a11', help: 'Fix the login race' }], profiles: [], files: [] };
const source = { read: line.read, complete: (text: string) => line.complete(text, known) };
const begin = beginPalette(source, ['ls', 'pause 7f3a11']);
const size = { width: 80, height: 20 };
const after = (...keys: readonly string[]): PaletteState => pressBox(paletteOverlay, begin, { keys }).state;
const field = (...keys: readonly string[]): string => after(...keys).field.text;

describe('the palette', () => {
  it('lists what could stand next', () => {
    expect(boxFrame(paletteOverlay, after('sup'), size)).toMatchInlineSnapshot(`
      " ╭────────────────────────────────────────────────────────────────────────────╮
       │ Command                                                                    │
       │ : sup                                                                      │
       │ ────────────────────────────────────────────────────────────────────────── │
       │ supervisor status  Say whether a supervisor runs, and what it works on     │
       │ supervisor stop    Stop the supervisor; its runs go on with the next one   │
       │ supervisor scale   Set how many runs the supervisor works on at once       │
       │ supervisor run     Be the supervisor in the foreground; launch starts one  │
       │ launch             Run task files in the background, under the supervisor  │
       │                                                                            │
       │                                                                            │
       │                                                                            │
       │                                                                            │
       │                                                                            │
       │                                                                            │
       │                                                                            │
       │ ⏎ run   tab complete   ↑ ↓ history   esc leave                             │
       ╰────────────────────────────────────────────────────────────────────────────╯"
    `);
    expect(boxFrame(paletteOverlay, after('pause', 'space'), { width: 120, height: 16 }))
      .toMatchInlineSnapshot(`
      "             ╭────────────────────────────────────────────────────────────────────────────────────────────╮
                   │ Command                                                                                    │
                   │ : pause                                                                                    │
                   │ ────────────────────────────────────────────────────────────────────────────────────────── │
                   │ 7f3a11        Fix the login race                                                           │
                   │ --all         every run                                                                    │
                   │ --filter      runs that fit, as in status=running,task~login,loop>=0.7                     │
                   │ --json        print JSON, one value a line                                                 │
                   │                                                                                            │
                   │                                                                                            │
                   │                                                                                            │
                   │                                                                                            │
                   │ ⏎ run   tab complete   ↑ ↓ history   esc leave                                             │
                   ╰────────────────────────────────────────────────────────────────────────────────────────────╯"
    `);
  });

  it('completes by Tab, one after the other, and back', () => {
    expect(field('supervisor sta', 'tab')).toBe('supervisor status ');
    expect([field('mod', 'tab'), field('mod', 'tab', 'tab'), field('mod', 'shift+tab')]).toEqual([
      'model',
      'models',
      expect.any(String),
    ]);
    expect(field('pause login', 'tab')).toBe('pause 7f3a11');
    expect(field('mod', 'tab', 's', 'x')).toBe('modelsx');
  });

  it('goes through its history, and back to the empty line', () => {
    expect([
      field('up'),
      field('up', 'up'),
      field('up', 'up', 'up'),
      field('up', 'up', 'down'),
      field('up', 'down'),
    ]).toEqual(['pause 7f3a11', 'ls', 'ls', 'pause 7f3a11', '']);
  });

  it('closes with what the line asks for', () => {
    expect(
      pressBox(paletteOverlay, begin, { keys: ['note 7f3a "a b"', 'enter'] }).closed?.result,
    ).toMatchObject({
      kind: 'command',
      command: { id: 'run.note' },
      args: { runs: ['7f3a'], text: 'a b' },
      typed: 'note 7f3a "a b"',
    });
    expect(pressBox(paletteOverlay, begin, { keys: ['help ls', 'enter'] }).closed?.result).toMatchObject({
      kind: 'help',
    });
    expect(pressBox(paletteOverlay, begin, { keys: ['q', 'enter'] }).closed?.result).toMatchObject({
      command: { id: 'screen.quit' },
    });
  });

  it.each(['esc', 'ctrl+c', 'enter', 'backspace'])('is left by %s where nothing is typed', (key) => {
    expect(pressBox(paletteOverlay, begin, { keys: [key] }).closed).toEqual({ result: undefined });
  });

  it('keeps the text with what is wrong with it, until one types on', () => {
    const wrong = after('pasue', 'enter');
    expect(boxFrame(paletteOverlay, wrong, size)).toMatchInlineSnapshot(`
      " ╭────────────────────────────────────────────────────────────────────────────╮
       │ Command                                                                    │
       │ : pasue                                                                    │
       │ ✗ unknown command "pasue"                                                  │
       │   Did you mean: ralph pause?                                               │
       │ nothing to complete                                                        │
       │                                                                            │
       │                                                                            │
       │                                                                            │
       │                                                                            │
       │                                                                            │
       │                                                                            │
       │                                                                            │
       │                                                                            │
       │                                                                            │
       │                                                                            │
       │                                                                            │
       │ ⏎ run   tab complete   ↑ ↓ history   esc leave                             │
       ╰────────────────────────────────────────────────────────────────────────────╯"
    `);
    expect(wrong.field.text).toBe('pasue');
    expect(after('pasue', 'enter', 'x').problem).toBeUndefined();
    const kept = beginPalette(source, [], {
      line: 'ls',
      problem: { message: 'm '.repeat(100), hint: 'the hint' },
    });
    expect(boxFrame(paletteOverlay, kept, { width: 60, height: 15 }).split('\n')).toHaveLength(14);
  });
});
