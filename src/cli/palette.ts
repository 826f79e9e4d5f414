import type { Command } from '../commands/define.ts';
import type { PaletteKnown, PaletteLine, PaletteWord } from '../commands/screen-face.ts';
import { RalphError } from '../domain/error.ts';
import { parseCommandLine, type Invocation } from './args.ts';
import { completionCommand } from './completion.ts';
import { flagsOf, optionsOf, positionalsOf, type Flag } from './flags.ts';
import { helpText, listed } from './help.ts';
import { quoteWord, splitWords, type Word } from './split-words.ts';

/** The command line from within the screen: the same records, parser and flags. */
export interface Palette {
  /** What the line asks for. Never throws: what is wrong with it is a value. */
  read(line: string): PaletteLine;
  /** Words that could stand where the line ends, those that begin so first. */
  complete(line: string, known: PaletteKnown): readonly PaletteWord[];
}
interface Parts {
  /** Those of the command line, and `screen.quit`. */
  readonly commands: readonly Command[];
  readonly version: string;
}

const MOST = 200;
const quits = new Set(['q', 'q!', 'quit', 'exit']);

const problemOf = (error: unknown): PaletteLine => ({
  kind: 'problem',
  message: error instanceof Error ? error.message : String(error),
  hint: error instanceof RalphError ? error.hint : undefined,
});
const problem = (message: string, hint?: string): PaletteLine => ({ kind: 'problem', message, hint });

/** An argument that only a terminal of its own can have: `--foreground`. */
const outsideOnly = (command: Command, args: Readonly<Record<string, unknown>>): string | undefined =>
  Object.entries(command.args.shape).find(
    ([name, type]) =>
      args[name] === true && (type as { meta?: () => { cliOnly?: boolean } }).meta?.()?.cliOnly === true,
  )?.[0];

const withoutQuestion = (command: Command): Command => {
  const { confirm: _confirm, ...rest } = command;
  return rest;
};

const lineOf = (asked: Invocation, parts: Parts, line: string): PaletteLine => {
  if (asked.kind === 'version') return { kind: 'help', text: parts.version };
  if (asked.kind === 'help') return { kind: 'help', text: helpText(parts.commands, asked.about) };
  const { command, args, globals } = asked;
  const elsewhere = `ralph ${line.trim()}`;
  if (command.cliOnly)
    return problem(`${command.cli?.path ?? ''} works in a terminal of its own`, `There: ${elsewhere}`);
  const outside = outsideOnly(command, args);
  if (outside !== undefined)
    return problem(`--${outside} works in a terminal of its own`, `There: ${elsewhere}`);
  if (globals.config !== undefined)
    return problem('--config is read when ralph starts', `There: ${elsewhere}`);
  return {
    kind: 'command',
    command: globals.yes ? withoutQuestion(command) : command,
    args,
    asJson: globals.json,
    line: line.trim(),
  };
};

const read = (parts: Parts, line: string): PaletteLine => {
  const { words, open } = splitWords(line);
  if (open !== undefined) return problem(`the quote ${open} is never closed`);
  const argv = words.map((word) => word.text);
  const quit = parts.commands.find((command) => command.id === 'screen.quit');
  if (argv.length === 1 && quits.has(argv[0]!) && quit)
    return { kind: 'command', command: quit, args: {}, asJson: false, line: 'quit' };
  try {
    return lineOf(parseCommandLine(parts.commands, argv, { missing: 'allowed' }), parts, line);
  } catch (error) {
    return problemOf(error);
  }
};

type Offer = Pick<PaletteWord, 'text' | 'help'> & { readonly isOff?: true };

/** So many letters say enough to look for them in what is said of a word, too. */
const TELLING = 3;

/** Those that begin so, then those that hold it, then those of which it is said: runs by their titles. */
const matching = (offers: readonly Offer[], typed: string, from: number): readonly PaletteWord[] => {
  const wanted = typed.toLowerCase();
  const rankOf = ({ text, help }: Offer): number => {
    const word = text.toLowerCase();
    if (word.startsWith(wanted)) return 0;
    if (wanted.startsWith('-')) return -1;
    if (word.includes(wanted)) return 1;
    return wanted.length >= TELLING && help.toLowerCase().includes(wanted) ? 2 : -1;
  };
  return [0, 1, 2]
    .flatMap((rank) => offers.filter((offer) => rankOf(offer) === rank))
    .slice(0, MOST)
    .map((offer) => ({ ...offer, from }));
};

const commandOffers = (commands: readonly Command[]): readonly Offer[] => [
  ...listed(commands).map((command) => ({
    text: command.cli?.path ?? '',
    help: command.title,
    ...(command.cliOnly && { isOff: true as const }),
  })),
  { text: 'help', help: 'What a command does and takes' },
  { text: 'quit', help: 'Close the screen; the runs go on' },
];

/** The command that the words before the cursor name, and how many of them it takes. */
const commandAt = (
  commands: readonly Command[],
  before: readonly Word[],
): { readonly command: Command; readonly taken: number } | undefined => {
  for (const taken of [2, 1]) {
    if (before.length < taken) continue;
    const path = before
      .slice(0, taken)
      .map((word) => word.text)
      .join(' ');
    const command = commands.find((one) => one.cli?.path === path);
    if (command) return { command, taken };
  }
  return undefined;
};

const picksProfile = (command: Command, flag: Flag): boolean => {
  const type = command.args.shape[flag.name] as { meta?: () => { pick?: string } } | undefined;
  return type?.meta?.()?.pick === 'profile';
};

const valueOffers = (command: Command, flag: Flag, known: PaletteKnown): readonly Offer[] => {
  if (flag.choices.length > 0) return flag.choices.map((text) => ({ text, help: '' }));
  if (flag.name === 'runs' || flag.name === 'run') return known.runs;
  if (picksProfile(command, flag)) return known.profiles;
  return flag.value === 'TASK_FILE' || flag.value === 'FILE' ? known.files : [];
};

const spellings = (flag: Flag): readonly string[] => {
  const long = flag.kind === 'boolean' && flag.fallback === true ? `--no-${flag.option}` : `--${flag.option}`;
  return flag.short === undefined ? [long] : [long, `-${flag.short}`];
};

const argumentOffers = (
  command: Command,
  before: readonly string[],
  known: PaletteKnown,
): readonly Offer[] => {
  const flags = flagsOf(command);
  // What has no meaning in the screen is not offered.
  const options = optionsOf(command, flags).filter(({ name }) => !['config', 'color', 'help'].includes(name));
  const open = options.find(
    (flag) => flag.kind !== 'boolean' && spellings(flag).includes(before.at(-1) ?? ''),
  );
  if (open) return valueOffers(command, open, known);
  const slots = positionalsOf(command, flags).flatMap((flag) => valueOffers(command, flag, known));
  const left = options
    .filter((flag) => flag.isList || !spellings(flag).some((word) => before.includes(word)))
    .map((flag) => ({ text: spellings(flag)[0]!, help: flag.help }));
  return [...slots.filter(({ text }) => !before.includes(text)), ...left];
};

const complete = (parts: Parts, line: string, known: PaletteKnown): readonly PaletteWord[] => {
  const { words, endsInWord } = splitWords(line);
  const before = endsInWord ? words.slice(0, -1) : words;
  const current = endsInWord ? words.at(-1)! : { text: '', from: line.length };
  const isHelp = before[0]?.text === 'help';
  const path = isHelp ? words.slice(1) : words;
  const found = isHelp ? undefined : commandAt(parts.commands, before);
  if (found === undefined) {
    // A path of two words is completed as one.
    const offers = commandOffers(parts.commands).filter(({ text }) => !isHelp || !/^(help|quit)$/.test(text));
    const typed = path.map((word) => word.text).join(' ') + (endsInWord || path.length === 0 ? '' : ' ');
    return matching(offers, typed, path[0]?.from ?? line.length);
  }
  const rest = before.slice(found.taken).map((word) => word.text);
  return matching(argumentOffers(found.command, rest, known), current.text, current.from).map((word) => ({
    ...word,
    text: quoteWord(word.text),
  }));
};

/** The palette of these commands. */
export const createPalette = ({ commands, version }: Parts): Palette => {
  const completion: Command = {
    ...completionCommand(
      () => commands,
      () => [],
    ),
    cliOnly: true,
  };
  const parts: Parts = { version, commands: [...commands, completion] };
  return {
    read: (line) => read(parts, line),
    complete: (line, known) => complete(parts, line, known),
  };
};
