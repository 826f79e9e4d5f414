import { execFileSync, spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { completionScript } from '../../src/cli/completion.ts';
import { renderCommandTable, withCommandTable } from '../../src/cli/docs.ts';
import { helpOf, topHelp } from '../../src/cli/help.ts';
import { withCompletion } from '../../src/cli/main-cli.ts';
import { commands as own } from './commands.ts';

const commands = withCompletion(own, () => []);
const launch = commands.find(({ id }) => id === 'fleet.launch')!;

describe('help', () => {
  it('of a command shows arguments, flags and defaults', () => {
    expect(helpOf(launch)).toMatchInlineSnapshot(`
      "Launch a task

      Usage: ralph launch [TASK_FILE] [flags]

      Arguments:
        TASK_FILE  task file [ralph_task.md]

      Flags:
        --backend local|podman  sandbox backend [podman]
        --max-iterations N      limit
        --label LABEL           a label (may be repeated)
        --no-push               do not push the branch
        -f, --follow            follow the log

      Flags of every command:
        --json         print JSON, one value a line
        --no-color     do not colour the output
        --config FILE  user settings file to use
        -h, --help     show help"
    `);
  });
  it('lists the commands by group', () => {
    const text = topHelp(commands);
    const places = [
      '\nRun:',
      'launch',
      '\nSteer:',
      'pause',
      '\nFleet:',
      'supervisor stop',
      '\nSet up:',
      'completion',
    ].map((word) => text.indexOf(word));
    expect(places.every((place) => place > 0)).toBe(true);
    expect(places).toEqual(places.toSorted((a, b) => a - b));
  });
});

describe('the README table', () => {
  const before = 'a\n<!-- commands:begin -->\nold\n<!-- commands:end -->\nb\n';
  it('stands between the markers and does not change when written twice', () => {
    const after = withCommandTable(before, commands);
    expect(after).toContain(renderCommandTable(commands));
    expect(after).not.toContain('old');
    expect(after.startsWith('a\n') && after.endsWith('\nb\n')).toBe(true);
    expect(withCommandTable(after, commands)).toBe(after);
  });
  it('escapes what would split a cell', () => {
    expect(renderCommandTable(commands)).toContain('`--backend local\\|podman`');
  });
  it.each(['no markers', '<!-- commands:end --><!-- commands:begin -->', before + before])(
    'refuses %j',
    (document) => {
      expect(() => withCommandTable(document, commands)).toThrow(/markers/);
    },
  );
});

const has = (shell: string): boolean => spawnSync(shell, ['--version']).status === 0;
const offered = (words: readonly string[]): readonly string[] => {
  const script = `ralph() { [[ "$*" == 'completion --runs' ]] && printf '%s\\n' 7f3a11 04de33; }
${completionScript('bash', commands)}
COMP_WORDS=(${words.map((word) => `'${word}'`).join(' ')}); COMP_CWORD=${words.length - 1}; _ralph; printf '%s\\n' "\${COMPREPLY[@]}"`;
  return execFileSync('bash', ['-c', script], { encoding: 'utf8' }).trim().split('\n');
};
describe.skipIf(!has('bash'))('completion in a real bash', () => {
  it.each([
    [['ralph', 'la'], ['launch']],
    [
      ['ralph', 'supervisor', 's'],
      ['stop', 'status'],
    ],
    [['ralph', 'launch', '--back'], ['--backend']],
    [
      ['ralph', 'launch', '--backend', ''],
      ['local', 'podman'],
    ],
    [['ralph', 'launch', '--max-iterations', ''], ['']],
    [['ralph', 'pause', '7'], ['7f3a11']],
    [['ralph', 'pause', '--reason', '7'], ['']],
    [['ralph', 'launch', 'package.j'], ['package.json']],
    [['ralph', 'pause', '--a'], ['--all']],
    [['ralph', 'completion', 'z'], ['zsh']],
    [['ralph', 'supervisor', 'stop', '--y'], ['--yes']],
  ])('%j', (words, expected) => expect(offered(words)).toEqual(expected));
});
describe('completion scripts', () => {
  it.each(['bash', 'zsh', 'fish'] as const)(
    'of %s name every command and are valid where the shell is there',
    (shell) => {
      const script = completionScript(shell, commands);
      for (const word of ['launch', 'supervisor', 'status', 'ralph completion --runs'])
        expect(script).toContain(word);
      if (!has(shell)) return;
      // By a pipe of a shell's own: fish takes no script from the socket that Node makes of `input`.
      const checked = spawnSync('sh', ['-c', `cat | ${shell} -n`], { input: script, encoding: 'utf8' });
      expect([checked.status, checked.stderr]).toEqual([0, '']);
    },
  );

  it.skipIf(!has('fish')).each([
    ['ralph la', ['launch']],
    ['ralph supervisor ', ['status', 'stop']],
    ['ralph launch --backend ', ['local', 'podman']],
    ['ralph launch --max-iterations ', []],
    ['ralph launch package.j', ['package.json']],
    ['ralph pause ', ['04de33', '7f3a11']],
  ])('offer in a real fish what fits: %s', (line, expected) => {
    const program = `function ralph; printf '%s\\n' 7f3a11 04de33; end
source (echo $script | psub); complete -C "$line"`;
    const { stdout } = spawnSync('fish', ['--no-config', '-c', program], {
      env: { ...process.env, script: completionScript('fish', commands), line },
      encoding: 'utf8',
    });
    const words = stdout.split('\n').map((row) => row.split('\t')[0] ?? '');
    expect(words.filter((word) => word !== '')).toEqual(expected);
  });
});
