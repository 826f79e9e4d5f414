import { groups, type Command } from '../commands/define.ts';
import { flagsOf, globalFlags, optionsOf, positionalsOf, type Flag } from './flags.ts';

const byPath = (a: Command, b: Command): number => groups.indexOf(a.group) - groups.indexOf(b.group);

/** The commands of the command line, in the order of help and of the README: by group, then as registered. */
export const listed = (commands: readonly Command[]): readonly Command[] =>
  commands.filter((command) => command.cli !== undefined).toSorted(byPath);

const slot = (flag: Flag): string => {
  const name = flag.isVariadic ? `${flag.value}...` : flag.value;
  return flag.isRequired ? `<${name}>` : `[${name}]`;
};

/** `ralph note [RUN...] <TEXT> [flags]` */
export const usageOf = (command: Command, flags = flagsOf(command)): string =>
  [
    `ralph ${command.cli?.path ?? ''}`,
    ...positionalsOf(command, flags).map(slot),
    ...(flags.some((flag) => !flag.isPositional) ? ['[flags]'] : []),
  ].join(' ');

/** `-f, --follow`, `--model NAME`, `--no-push` */
export const spell = (flag: Flag): string => {
  const name = flag.kind === 'boolean' && flag.fallback === true ? `--no-${flag.option}` : `--${flag.option}`;
  const value = flag.choices.length > 0 ? flag.choices.join('|') : flag.value;
  const short = flag.short === undefined ? '' : `-${flag.short}, `;
  return `${short}${name}${flag.kind === 'boolean' ? '' : ` ${value}`}`;
};

const hasDefault = ({ fallback }: Flag): boolean =>
  fallback !== undefined &&
  fallback !== false &&
  fallback !== true &&
  fallback !== '' &&
  !(Array.isArray(fallback) && fallback.length === 0);

const explain = (flag: Flag): string => {
  const negated =
    flag.kind === 'boolean' && flag.fallback === true && flag.help !== '' ? `do not ${flag.help}` : flag.help;
  const choices = flag.isPositional && flag.choices.length > 0 ? `one of ${flag.choices.join(', ')}` : '';
  const standard = hasDefault(flag) ? `[${String(flag.fallback)}]` : '';
  const many = flag.isList && !flag.isPositional ? '(may be repeated)' : '';
  return [negated, choices, many, standard].filter((part) => part !== '').join(' ');
};

const WIDEST = 26;
const rows = (pairs: readonly (readonly [string, string])[]): readonly string[] => {
  const width = Math.min(WIDEST, Math.max(...pairs.map(([left]) => left.length)));
  return pairs.map(([left, right]) =>
    (left.length > width && right !== ''
      ? `  ${left}\n  ${' '.repeat(width)}  ${right}`
      : `  ${left.padEnd(width)}  ${right}`
    ).trimEnd(),
  );
};

const section = (title: string, pairs: readonly (readonly [string, string])[]): readonly string[] =>
  pairs.length === 0 ? [] : ['', `${title}:`, ...rows(pairs)];

const flagRows = (flags: readonly Flag[]) => flags.map((flag) => [spell(flag), explain(flag)] as const);

/** Help of one command: usage, arguments, flags with defaults, examples. */
export const helpOf = (command: Command): string => {
  const flags = flagsOf(command);
  const own = optionsOf(command, flags).filter((flag) => !globalFlags.includes(flag));
  const question = command.confirm ? ['', 'Asks before it does anything; --yes answers.'] : [];
  return [
    command.title,
    '',
    `Usage: ${usageOf(command, flags)}`,
    ...section(
      'Arguments',
      positionalsOf(command, flags).map((flag) => [flag.value, explain(flag)] as const),
    ),
    ...section('Flags', flagRows(own)),
    ...section('Flags of every command', flagRows(globalFlags)),
    ...question,
    ...(command.examples?.length
      ? ['', 'Examples:', ...command.examples.map((line) => `  ralph ${line}`)]
      : []),
  ].join('\n');
};

const commandRows = (commands: readonly Command[]) =>
  commands.map((c) => [c.cli?.path ?? '', c.title] as const);

/** The commands of one first word: `ralph config --help`. */
export const groupHelp = (commands: readonly Command[], word: string): string =>
  [
    `Usage: ralph ${word} <command>`,
    ...section('Commands', commandRows(listed(commands).filter((c) => c.cli?.path.startsWith(`${word} `)))),
  ].join('\n');

/** The whole list, by group. */
export const topHelp = (commands: readonly Command[]): string =>
  [
    'Ralph loops: agents that work on a task file until its checks pass.',
    '',
    'Usage: ralph <command> [flags]',
    ...groups.flatMap((group) =>
      section(group, commandRows(listed(commands).filter((c) => c.group === group))),
    ),
    ...section('Flags of every command', [...flagRows(globalFlags), ['--version', 'print the version']]),
    '',
    'ralph <command> --help says more. Exit codes: 0 success, 1 failed, 2 usage or',
    'task file, 3 paused for a human, 75 held by another process, 130 interrupted.',
  ].join('\n');

/** Help on everything, on a group of two-word commands, or on one command: see `Invocation`. */
export const helpText = (commands: readonly Command[], about: string | undefined): string => {
  if (about === undefined) return topHelp(commands);
  const command = commands.find((one) => one.cli?.path === about);
  return command === undefined ? groupHelp(commands, about) : helpOf(command);
};
