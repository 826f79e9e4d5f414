import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { parseCommandLine } from '../../src/cli/args.ts';
import { flagsOf } from '../../src/cli/flags.ts';
import { defineCommand } from '../../src/commands/define.ts';
import { RalphError } from '../../src/domain/error.ts';
import { commands } from './commands.ts';

const parse = (line: string | readonly string[]) =>
  parseCommandLine(commands, typeof line === 'string' ? line.split(' ').filter(Boolean) : line);
const argsOf = (line: string | readonly string[]) => {
  const asked = parse(line);
  return asked.kind === 'command' ? asked.args : asked;
};
const failure = (line: string | readonly string[]): RalphError => {
  try {
    parse(line);
  } catch (error) {
    if (error instanceof RalphError) return error;
  }
  throw new Error('nothing was thrown');
};
const standard = { task: 'ralph_task.md', backend: 'podman', label: [], push: true, follow: false };

describe('the command line', () => {
  it('reads flags, defaults and types off the schema', () => {
    expect(argsOf('launch')).toEqual(standard);
    expect(argsOf('launch a.md --backend=local --max-iterations 5 --label x --label y --no-push -f')).toEqual(
      {
        task: 'a.md',
        backend: 'local',
        maxIterations: 5,
        label: ['x', 'y'],
        push: false,
        follow: true,
      },
    );
  });
  it('lets the last of a repeated flag and of --x --no-x win', () => {
    expect(argsOf('launch --backend local --backend podman --no-push --push')).toEqual(standard);
  });
  it('takes global flags before and after the command', () => {
    const globals = { json: true, color: false, config: 'c.json', yes: false };
    expect(parse('--json --config c.json pause ab --no-color')).toMatchObject({ globals });
    expect(parse('pause --no-color --config=c.json --json ab')).toMatchObject({
      globals,
      args: { runs: ['ab'] },
    });
  });
  it('takes everything after -- as it stands', () => {
    expect(argsOf(['note', 'ab', '--', '--all'])).toMatchObject({ runs: ['ab'], all: false, text: '--all' });
  });
  it('gives the variadic argument what the others leave, wherever it stands', () => {
    expect(argsOf('pause ab cd ef')).toMatchObject({ runs: ['ab', 'cd', 'ef'] });
    expect(argsOf(['note', 'ab', 'cd', 'look here'])).toMatchObject({
      runs: ['ab', 'cd'],
      text: 'look here',
    });
    expect(argsOf(['note', '--all', 'look here'])).toMatchObject({ runs: [], all: true, text: 'look here' });
  });
  it('finds commands of two words', () => {
    expect(parse('supervisor stop')).toMatchObject({ command: { id: 'supervisor.stop' } });
  });
  it('sees help anywhere but after --, and the version', () => {
    expect(parse('')).toEqual({ kind: 'help', about: undefined });
    expect(parse('--help')).toEqual({ kind: 'help', about: undefined });
    expect(parse('launch a.md -h')).toEqual({ kind: 'help', about: 'launch' });
    expect(parse('help supervisor stop')).toEqual({ kind: 'help', about: 'supervisor stop' });
    expect(parse('supervisor --help')).toEqual({ kind: 'help', about: 'supervisor' });
    expect(parse('--version')).toEqual({ kind: 'version' });
    expect(argsOf(['note', 'ab', '--', '--help'])).toMatchObject({ text: '--help' });
  });
});

describe('a wrong command line', () => {
  it.each([
    ['luanch', 'unknown command "luanch"', 'Did you mean: ralph launch?'],
    ['zzzzzz', 'unknown command "zzzzzz"', 'ralph --help'],
    ['supervisor', 'supervisor needs one more word', 'ralph supervisor stop, ralph supervisor status'],
    ['supervisor stpo', 'unknown command "supervisor stpo"', 'ralph supervisor stop'],
    ['help luanch', 'unknown command "luanch"', 'ralph launch'],
    ['launch --bakend local', 'unknown flag "--bakend"', 'Did you mean --backend?'],
    ['launch -x', 'unknown flag "-x"', 'ralph launch --help'],
    ['launch --no-backend', 'unknown flag "--no-backend"', ''],
    ['launch --backend lcoal', '--backend "lcoal": must be one of local, podman', 'Did you mean local?'],
    ['launch --backend', '--backend needs a value', '--backend BACKEND'],
    ['launch --push=yes', '--push takes no value', '--no-push'],
    ['launch --max-iterations many', '--max-iterations "many": must be a number', '--help'],
    ['launch --max-iterations 0', '--max-iterations 0', '--help'],
    ['launch --yes', 'unknown flag "--yes"', ''],
    ['launch a b', 'unexpected argument "b"', 'ralph launch --help'],
    ['note', 'TEXT is missing', 'the note'],
  ])('%s', (line, message, hint) => {
    const error = failure(line);
    expect(error.code).toBe('usage');
    expect(error.message).toContain(message);
    expect(error.hint).toContain(hint);
  });
  it('cannot declare what no flag can be, or the name of a global flag', () => {
    const bad = (shape: z.ZodRawShape) => () =>
      flagsOf(
        defineCommand({
          id: 'x',
          title: 'x',
          group: 'Run',
          args: z.object(shape),
          run: () => Promise.resolve(),
        }),
      );
    expect(bad({ json: z.boolean() })).toThrow(/global flag/);
    expect(bad({ all: z.boolean().meta({ short: 'h' }) })).toThrow(/global flag/);
    expect(bad({ map: z.record(z.string(), z.string()) })).toThrow(/no flag/);
  });
});
