import { parseArgs } from 'node:util';
import type { z } from 'zod';
import type { Command } from '../commands/define.ts';
import { RalphError } from '../domain/error.ts';
import { nearestWord } from '../domain/nearest.ts';
import { flagsOf, globalFlags, optionsOf, positionalsOf, type Flag } from './flags.ts';

export interface Globals {
  readonly json: boolean;
  /** Undefined when neither `--color` nor `--no-color` was given. */
  readonly color: boolean | undefined;
  /** User settings file. */
  readonly config: string | undefined;
  readonly yes: boolean;
}
/** What a command line asks for. */
export type Invocation =
  | { readonly kind: 'version' }
  /** Help on everything, on a group of two-word commands, or on one command. */
  | { readonly kind: 'help'; readonly about: string | undefined }
  | {
      readonly kind: 'command';
      readonly command: Command;
      readonly args: Record<string, unknown>;
      readonly globals: Globals;
    };

const shown = (text: string): string => JSON.stringify(text.slice(0, 80));
const misuse = (message: string, hint: string): RalphError => new RalphError('usage', message, { hint });
const pathOf = (command: Command): string => command.cli?.path ?? '';

/** The commands that the command line has, with their paths. */
const pathsOf = (commands: readonly Command[]): readonly string[] =>
  commands.map(pathOf).filter((path) => path !== '');

interface Split {
  readonly leading: readonly string[];
  readonly rest: readonly string[];
}
/** Global flags may also stand before the command. */
const splitLeading = (argv: readonly string[]): Split => {
  let at = 0;
  while (at < argv.length && argv[at]!.startsWith('-') && argv[at] !== '--') {
    const takesNext = argv[at] === '--config';
    at += takesNext ? 2 : 1;
  }
  return { leading: argv.slice(0, at), rest: argv.slice(at) };
};

const isHelpWord = (word: string): boolean => word === '--help' || word === '-h';
const isAskedForHelp = (argv: readonly string[]): boolean => {
  const end = argv.indexOf('--');
  return (end < 0 ? argv : argv.slice(0, end)).some(isHelpWord);
};

const unknownCommand = (commands: readonly Command[], words: readonly string[]): RalphError => {
  const paths = pathsOf(commands);
  const [first = '', second = ''] = words;
  const siblings = paths.filter((path) => path.startsWith(`${first} `));
  if (siblings.length > 0 && (second === '' || second.startsWith('-'))) {
    return misuse(
      `${first} needs one more word`,
      `One of: ${siblings.map((path) => `ralph ${path}`).join(', ')}.`,
    );
  }
  const wanted = siblings.length > 0 ? `${first} ${second}` : first;
  const near = nearestWord(
    wanted,
    siblings.length > 0 ? siblings : [...paths, ...paths.map((p) => p.split(' ')[0]!)],
  );
  return misuse(
    `unknown command ${shown(wanted)}`,
    near === undefined ? 'ralph --help lists the commands.' : `Did you mean: ralph ${near}?`,
  );
};

/** The command that the words start with, and the words after it; undefined when there is none. */
const findCommand = (
  commands: readonly Command[],
  words: readonly string[],
): { readonly command: Command; readonly rest: readonly string[] } | undefined => {
  for (const length of [2, 1]) {
    const path = words.slice(0, length).join(' ');
    const command = path === '' ? undefined : commands.find((c) => c.cli?.path === path);
    if (command !== undefined) return { command, rest: words.slice(length) };
  }
  return undefined;
};

const unknownFlag = (options: readonly Flag[], rawName: string, where: string): RalphError => {
  const near = nearestWord(
    rawName.replace(/^--?/, ''),
    options.flatMap((flag) => (flag.kind === 'boolean' ? [flag.option, `no-${flag.option}`] : [flag.option])),
  );
  return misuse(
    `unknown flag ${shown(rawName)}`,
    near === undefined ? `${where} --help lists the flags.` : `Did you mean --${near}?`,
  );
};

const scalar = (flag: Flag, text: string): unknown =>
  flag.kind === 'number' && text.trim() !== '' && Number.isFinite(Number(text)) ? Number(text) : text;

interface Given {
  readonly values: Map<string, unknown>;
  readonly positionals: readonly string[];
}
interface OptionToken {
  readonly name: string;
  readonly rawName: string;
  readonly value?: string | undefined;
}

const takeOption = (values: Map<string, unknown>, options: readonly Flag[], token: OptionToken): boolean => {
  const flag = options.find(
    (one) => one.option === token.name || (one.short === token.name && token.rawName.length === 2),
  );
  if (flag === undefined) {
    const negated = options.find((one) => one.kind === 'boolean' && `no-${one.option}` === token.name);
    if (negated === undefined || token.value !== undefined) return false;
    values.set(negated.name, false);
    return true;
  }
  if (flag.kind === 'boolean') {
    if (token.value !== undefined) {
      throw misuse(`${token.rawName} takes no value`, `Use --${flag.option} or --no-${flag.option}.`);
    }
    values.set(flag.name, true);
    return true;
  }
  if (token.value === undefined)
    throw misuse(`${token.rawName} needs a value`, `As in --${flag.option} ${flag.value}`);
  const value = scalar(flag, token.value);
  const before = values.get(flag.name);
  values.set(flag.name, flag.isList ? [...(Array.isArray(before) ? before : []), value] : value);
  return true;
};

const readTokens = (argv: readonly string[], options: readonly Flag[], where: string): Given => {
  const { tokens } = parseArgs({
    args: [...argv],
    allowPositionals: true,
    strict: false,
    tokens: true,
    options: Object.fromEntries(
      options.map((flag) => [
        flag.option,
        {
          type: flag.kind === 'boolean' ? 'boolean' : 'string',
          ...(flag.short !== undefined && { short: flag.short }),
        },
      ]),
    ),
  });
  const values = new Map<string, unknown>();
  const positionals: string[] = [];
  for (const token of tokens) {
    if (token.kind === 'positional') positionals.push(token.value);
    if (token.kind === 'option' && !takeOption(values, options, token))
      throw unknownFlag(options, token.rawName, where);
  }
  return { values, positionals };
};

/** Gives the words to the positional arguments; the variadic one takes what the others leave. */
const spread = (slots: readonly Flag[], words: readonly string[], where: string): Map<string, unknown> => {
  const values = new Map<string, unknown>();
  const many = slots.findIndex((slot) => slot.isVariadic);
  if (many < 0 && words.length > slots.length) {
    const extra = words[slots.length]!;
    throw misuse(`unexpected argument ${shown(extra)}`, `${where} --help shows what it takes.`);
  }
  const after = many < 0 ? 0 : slots.length - many - 1;
  const end = Math.max(many, words.length - after);
  slots.forEach((slot, index) => {
    if (index === many) {
      const taken = words.slice(many, end).map((word) => scalar(slot, word));
      if (taken.length > 0) values.set(slot.name, slot.isList ? taken : taken.join(' '));
      return;
    }
    const word = many < 0 || index < many ? words[index] : words[end + index - many - 1];
    if (word !== undefined) values.set(slot.name, slot.isList ? [scalar(slot, word)] : scalar(slot, word));
  });
  return values;
};

const expected = (flag: Flag, issue: z.core.$ZodIssue): string => {
  if (flag.choices.length > 0) return `must be one of ${flag.choices.join(', ')}`;
  if (flag.kind === 'number' && issue.code === 'invalid_type') return 'must be a number';
  return issue.message.replace(/^[A-Z]/, (letter) => letter.toLowerCase());
};

const badValue = (flags: readonly Flag[], error: z.ZodError, given: Record<string, unknown>): RalphError => {
  const issue = error.issues[0]!;
  const flag = flags.find((one) => one.name === issue.path[0]);
  if (flag === undefined) return misuse(issue.message, 'Add --help to see what the command takes.');
  const label = flag.isPositional ? flag.value : `--${flag.option}`;
  const value = issue.path.reduce<unknown>(
    (whole, key) => (whole as Record<PropertyKey, unknown> | undefined)?.[key],
    given,
  );
  if (value === undefined)
    return misuse(
      `${label} is missing`,
      flag.help === '' ? 'Add --help to see the usage.' : `${label}: ${flag.help}`,
    );
  const near = typeof value === 'string' ? nearestWord(value, flag.choices) : undefined;
  return misuse(
    `${label} ${(JSON.stringify(value) ?? '').slice(0, 80)}: ${expected(flag, issue)}`,
    near === undefined ? 'Add --help to see what the command takes.' : `Did you mean ${near}?`,
  );
};

const globalsOf = (values: ReadonlyMap<string, unknown>): Globals => {
  const color = values.get('color');
  const config = values.get('config');
  return {
    json: values.get('json') === true,
    color: typeof color === 'boolean' ? color : undefined,
    config: typeof config === 'string' ? config : undefined,
    yes: values.get('yes') === true,
  };
};

/** What is wrong is only that something was not said. */
const isIncomplete = (error: z.ZodError, given: Record<string, unknown>): boolean =>
  error.issues.every(({ path }) => path.length === 1 && given[String(path[0])] === undefined);

interface ParseOptions {
  /** `allowed`: who called asks for it; such arguments are as they were given. */
  readonly missing: 'refused' | 'allowed';
}
const invoke = (command: Command, words: readonly string[], options: ParseOptions): Invocation => {
  const where = `ralph ${pathOf(command)}`;
  const flags = flagsOf(command);
  const given = readTokens(words, optionsOf(command, flags), where);
  const named = spread(positionalsOf(command, flags), given.positionals, where);
  const own = new Set(flags.map((flag) => flag.name));
  const raw = Object.fromEntries([...given.values, ...named].filter(([name]) => own.has(name)));
  const read = command.args.safeParse(raw);
  if (!read.success) {
    if (options.missing === 'refused' || !isIncomplete(read.error, raw))
      throw badValue(flags, read.error, raw);
    return { kind: 'command', command, args: raw, globals: globalsOf(given.values) };
  }
  return { kind: 'command', command, args: read.data, globals: globalsOf(given.values) };
};

/** What help is asked about: a command's path, a first word that several commands share, or undefined. */
const subject = (commands: readonly Command[], words: readonly string[]): string | undefined => {
  const found = findCommand(commands, words);
  if (found !== undefined) return pathOf(found.command);
  return pathsOf(commands).some((path) => path.startsWith(`${words[0]} `)) ? words[0] : undefined;
};

/** What the words after `ralph` ask for. Throws `usage` with what was probably meant. */
export const parseCommandLine = (
  commands: readonly Command[],
  argv: readonly string[],
  options: ParseOptions = { missing: 'refused' },
): Invocation => {
  const { leading, rest } = splitLeading(argv);
  if (leading.includes('--version') || leading.includes('-V')) return { kind: 'version' };
  const isHelpCommand = rest[0] === 'help';
  const words = isHelpCommand ? rest.slice(1) : rest;
  if (isHelpCommand || isAskedForHelp(argv)) {
    const about = subject(commands, words);
    if (about !== undefined) return { kind: 'help', about };
  }
  if (words.length === 0 || isHelpWord(words[0]!)) {
    readTokens(leading, globalFlags, 'ralph');
    return { kind: 'help', about: undefined };
  }
  const found = findCommand(commands, words);
  if (found === undefined) throw unknownCommand(commands, words);
  return invoke(found.command, [...leading, ...found.rest], options);
};
