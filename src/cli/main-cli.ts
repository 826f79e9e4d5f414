import type { Command, CommandContext } from '../commands/define.ts';
import { RalphError } from '../domain/error.ts';
import { singleLine, sanitize } from '../domain/terminal.ts';
import { parseCommandLine, type Globals, type Invocation } from './args.ts';
import { completionCommand } from './completion.ts';
import { exitCodeOf } from './exit-code.ts';
import { helpText } from './help.ts';
import { createInterrupt } from './interrupt.ts';
import { createOutput, watchOutput, type FlushableOutput, type Stream } from './output.ts';

export interface CliOptions {
  readonly commands: readonly Command[];
  readonly version: string;
  /** Called once, only for a command that runs: help and usage errors load nothing. */
  readonly makeContext: (
    globals: Globals,
    base: Pick<CommandContext, 'out' | 'interrupted'>,
  ) => Promise<CommandContext>;
  /** For completion: fast, in any order. */
  readonly runIds: (context: CommandContext) => readonly string[];
}
/** The process as the command line sees it; a test gives its own. */
export interface Terminal {
  readonly stdin: NodeJS.ReadableStream & { readonly isTTY?: boolean };
  readonly stdout: Stream & NodeJS.WritableStream;
  readonly stderr: Stream;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly exit: (code: number) => void;
}

/** The commands of the command line: the records, and the completion that is made from them. */
export const withCompletion = (
  commands: readonly Command[],
  runIds: CliOptions['runIds'],
): readonly Command[] => {
  const all: Command[] = [...commands];
  all.push(completionCommand(() => all, runIds));
  return all;
};

/** `ralph: message`, the hint, and for a bug its stack. */
export const describeError = (error: unknown): string => {
  const known = error instanceof RalphError ? error : undefined;
  const message = error instanceof Error ? error.message : String(error);
  const lines = [`ralph: ${sanitize(message).trim()}`];
  if (known?.hint !== undefined) lines.push(sanitize(known.hint).trim());
  if ((known === undefined || known.code === 'bug') && error instanceof Error) {
    lines.push(sanitize(error.stack ?? '').trim());
  }
  return lines.join('\n');
};

const asFailure = (error: unknown) => ({
  error: {
    code: error instanceof RalphError ? error.code : 'bug',
    message: singleLine(error instanceof Error ? error.message : String(error), 2000),
    ...(error instanceof RalphError && error.hint !== undefined && { hint: error.hint }),
  },
});

const isYes = (answer: string): boolean => /^y(es)?$/i.test(answer.trim());

const agreed = async (question: string, terminal: Terminal): Promise<boolean> => {
  if (terminal.stdin.isTTY !== true || terminal.stdout.isTTY !== true) {
    throw new RalphError('usage', `${question} Nobody is there to answer.`, {
      hint: 'Add --yes to go on without a question.',
    });
  }
  const { createInterface } = await import('node:readline/promises');
  const lines = createInterface({ input: terminal.stdin, output: terminal.stdout });
  try {
    return isYes(await lines.question(`${question} [y/N] `));
  } finally {
    lines.close();
  }
};

/** Lines and answers on the terminal, until one of them is given; undefined where the input ends. */
const chooseAt =
  (terminal: Terminal): NonNullable<CommandContext['choose']> =>
  async ({ title, lines, answers }) => {
    const { createInterface } = await import('node:readline/promises');
    const input = createInterface({ input: terminal.stdin, output: terminal.stdout });
    const ended = new Promise<undefined>((resolve) => input.once('close', () => resolve(undefined)));
    terminal.stdout.write(`${[title, ...lines].join('\n')}\n`);
    const asked = `${answers.map(({ key, text }) => `${key} ${text}`).join('   ')} > `;
    try {
      for (;;) {
        const answer = await Promise.race([input.question(asked), ended]);
        const found = answers.find(({ key }) => key === answer?.trim().toLowerCase());
        if (answer === undefined || found) return found?.key;
      }
    } finally {
      input.close();
    }
  };

type Asked = Extract<Invocation, { readonly kind: 'command' }>;

const runCommand = async (asked: Asked, context: CommandContext, terminal: Terminal): Promise<number> => {
  const { command, args, globals } = asked;
  const disabled = command.disabledReason?.(context);
  if (disabled !== undefined) throw new RalphError('usage', disabled);
  const question = globals.yes ? undefined : await command.confirm?.(context, args);
  if (question !== undefined && !(await agreed(question, terminal))) {
    context.out.error('Nothing was done.');
    return 1;
  }
  const isThere = terminal.stdin.isTTY === true && terminal.stdout.isTTY === true;
  return (await command.run({ ...context, ...(isThere && { choose: chooseAt(terminal) }) }, args)) ?? 0;
};

const carryOut = async (argv: readonly string[], options: CliOptions, at: Seat): Promise<number> => {
  const commands = withCompletion(options.commands, options.runIds);
  const asked = parseCommandLine(commands, argv);
  if (asked.kind === 'version') {
    at.out.print(options.version);
    return 0;
  }
  if (asked.kind === 'help') {
    // A person who types `ralph` alone gets the help; a script that does has forgotten something.
    if (argv.length === 0 && at.terminal.stdout.isTTY !== true) {
      throw new RalphError('usage', 'which command?', { hint: 'ralph --help lists them.' });
    }
    at.out.print(helpText(commands, asked.about));
    return 0;
  }
  at.outlives = asked.command.outlivesReader === true;
  at.out = createOutput({ ...at.terminal, asJson: asked.globals.json, colour: asked.globals.color });
  const context = await options.makeContext(asked.globals, { out: at.out, interrupted: createInterrupt() });
  return runCommand(asked, context, at.terminal);
};
interface Seat {
  readonly terminal: Terminal;
  /** Replaced once the flags are known. */
  out: FlushableOutput;
  /** The command goes on when nobody reads any more what it prints. */
  outlives: boolean;
}

const ofProcess = (): Terminal => ({
  stdin: process.stdin,
  stdout: process.stdout,
  stderr: process.stderr,
  env: process.env,
  exit: (code) => process.exit(code),
});

/**
 * Runs one command line and ends the process with its exit code, after everything printed has gone out. A reader that
 * goes away (`| head`) ends it quietly with 0, but for commands whose work is not their output; output that cannot be
 * written makes a 0 a 1. With `--json` an error is also one JSON value on stdout.
 */
export const runCli = async (
  argv: readonly string[],
  options: CliOptions,
  terminal = ofProcess(),
): Promise<void> => {
  const asJson = argv.includes('--json');
  const at: Seat = {
    terminal,
    out: createOutput({ ...terminal, asJson, colour: undefined }),
    outlives: false,
  };
  let lost: string | undefined;
  watchOutput([terminal.stdout, terminal.stderr], {
    gone: () => {
      if (!at.outlives) terminal.exit(0);
    },
    failed: (why) => {
      lost = why;
      terminal.stderr.write(`ralph: cannot write the output: ${why}\n`);
    },
  });
  let code: number;
  try {
    code = await carryOut(argv, options, at);
  } catch (error) {
    if (at.out.asJson) at.out.json(asFailure(error));
    at.out.error(describeError(error));
    code = exitCodeOf(error);
  }
  await at.out.flush();
  terminal.exit(code === 0 && lost !== undefined ? 1 : code);
};
