import { describe, expect, it } from 'vitest';
import { createPalette } from '../../src/cli/palette.ts';
import { commands } from '../../src/commands/registry.ts';
import { screenCommands } from '../../src/commands/screen.ts';
import type { PaletteKnown } from '../../src/commands/screen-face.ts';

const palette = createPalette({ commands: [...commands, ...screenCommands], version: '1.2.3' });
const known: PaletteKnown = {
  runs: [
    { text: '7f3a11', help: 'Fix the login race' },
    { text: '7f0b22', help: 'Migrate the orders' },
  ],
  profiles: [
    { text: 'default-cheap', help: 'zai/glm-4.7' },
    { text: 'strong-doctor', help: 'openai/gpt-5' },
  ],
  files: [
    { text: 'tasks/foo.md', help: '' },
    { text: 'my task.md', help: '' },
  ],
};
const words = (line: string): readonly string[] => palette.complete(line, known).map((word) => word.text);
const asked = (line: string) => {
  const read = palette.read(line);
  if (read.kind !== 'command') throw new Error(JSON.stringify(read));
  return read;
};

describe('a line of the palette', () => {
  it('is read by the parser of the command line, quotes too', () => {
    expect(asked('note 7f3a "see src/http" --hint file')).toMatchObject({
      command: { id: 'run.note' },
      args: { runs: ['7f3a'], text: 'see src/http', hint: 'file' },
      line: 'note 7f3a "see src/http" --hint file',
    });
    expect(asked('supervisor scale 3').args).toEqual({ n: 3 });
    expect(asked('ls --json').asJson).toBe(true);
  });

  it('may leave out what is asked for then, but nothing may be wrong', () => {
    expect(asked('note').args).toEqual({});
    expect(asked('model 7f3a x').args).toMatchObject({ runs: ['7f3a'], profile: 'x' });
    expect(palette.read('supervisor scale many')).toMatchObject({
      kind: 'problem',
      message: 'N "many": must be a number',
    });
  });

  it('says what was probably meant', () => {
    expect(palette.read('pasue')).toEqual({
      kind: 'problem',
      message: 'unknown command "pasue"',
      hint: 'Did you mean: ralph pause?',
    });
    expect(palette.read('ls --fliter x')).toMatchObject({ hint: 'Did you mean --filter?' });
    expect(palette.read('note "open')).toMatchObject({ message: 'the quote " is never closed' });
  });

  it.each([
    'run',
    'demo',
    'supervisor run',
    'completion bash',
    'resume 7f3a --foreground',
    'logs 7f3a -f',
    'ls --config x',
  ])('refuses what needs a terminal of its own: %s', (line) => {
    expect(palette.read(line)).toMatchObject({ kind: 'problem', hint: `There: ralph ${line}` });
  });

  it('leaves the question out where --yes is said', () => {
    expect(asked('stop 7f3a').command.confirm).toBeDefined();
    expect(asked('stop 7f3a --yes').command.confirm).toBeUndefined();
  });

  it.each(['q', 'quit', 'q!', ' exit '])('closes the screen: %s', (line) =>
    expect(asked(line).command.id).toBe('screen.quit'),
  );

  it('gives help on a command, on a group and on everything', () => {
    expect(palette.read('help note')).toMatchObject({
      kind: 'help',
      text: expect.stringContaining('ralph note'),
    });
    expect(palette.read('note --help')).toEqual(palette.read('help note'));
    expect(palette.read('help supervisor')).toMatchObject({
      text: expect.stringContaining('supervisor stop'),
    });
    expect(palette.read('--version')).toEqual({ kind: 'help', text: '1.2.3' });
  });
});

describe('completion', () => {
  it('offers every command of the command line, by group, with its title', () => {
    const offered = palette.complete('', known);
    const paths = commands.flatMap((command) => command.cli?.path ?? []);
    expect(offered.map((word) => word.text)).toEqual(
      expect.arrayContaining([...paths, 'help', 'quit', 'completion']),
    );
    expect(offered.find((word) => word.text === 'demo')?.isOff).toBe(true);
    expect(offered.find((word) => word.text === 'pause')).toEqual({
      text: 'pause',
      help: 'Pause after the current action',
      from: 0,
    });
  });

  it('puts those that begin so before those that hold it', () => {
    expect(words('sto').slice(0, 2)).toEqual(['stop', 'supervisor stop']);
    expect(words('mod').slice(0, 2)).toEqual(['model', 'models']);
    expect(words('supervisor st')).toEqual(['supervisor status', 'supervisor stop']);
    expect(palette.complete('  supervisor st', known)[0]?.from).toBe(2);
    expect(words('help sup')[0]).toBe('supervisor status');
    expect(words('help q')).not.toContain('quit');
  });

  it('offers runs by id and by title, then flags that are not there yet', () => {
    expect(words('pause ')).toEqual(['7f3a11', '7f0b22', '--all', '--filter', '--json']);
    expect(words('pause 7f3')).toEqual(['7f3a11']);
    expect(words('pause login')[0]).toBe('7f3a11');
    expect(words('pause --all 7f3a11 ')).toEqual(['7f0b22', '--filter', '--json']);
    expect(words('ls --f')).toEqual(['--filter']);
  });

  it('offers choices, profiles and task files where they belong', () => {
    expect(words('note 7f3a x --hint ')).toEqual(['clarify', 'file', 'decision']);
    expect(words('model 7f3a11 st')).toEqual(['strong-doctor']);
    expect(words('launch --profile ')).toEqual(['default-cheap', 'strong-doctor']);
    expect(words('lint my')).toEqual(['"my task.md"']);
    expect(words('diff -i ')).toEqual([]);
  });
});
