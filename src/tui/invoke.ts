import type { Command, CommandContext, Form, Output } from '../commands/define.ts';
import { RalphError } from '../domain/error.ts';
import { sanitize } from '../domain/terminal.ts';

/** What a person is asked for on the way; undefined when they left. */
export interface Asker {
  confirm(question: string): Promise<boolean>;
  /** A value for an argument that the command needs: a line of text, or one of a list. */
  value(command: Command, name: string): Promise<string | undefined>;
  /** Everything that the command's own form asks for, by name. */
  form(command: Command, form: Form): Promise<Readonly<Record<string, string>> | undefined>;
}
export interface Invocation {
  readonly command: Command;
  readonly context: CommandContext;
  readonly args: Readonly<Record<string, unknown>>;
}
/** How it went, for a toast or, when it is long, for the output overlay. */
export type Outcome =
  | { readonly kind: 'done'; readonly lines: readonly string[]; readonly ok: boolean }
  | { readonly kind: 'left' }
  | { readonly kind: 'failed'; readonly message: string; readonly hint: string | undefined };

export interface Collected extends Output {
  readonly lines: string[];
}
/** Keeps what a command prints; colours are the screen's business. */
export const collectOutput = (width: number, asJson = false): Collected => {
  const lines: string[] = [];
  const take = (text: string): void => {
    lines.push(...sanitize(text).split('\n'));
  };
  return {
    lines,
    asJson,
    colour: false,
    isTty: true,
    width,
    print: take,
    json: (value) => take(JSON.stringify(value)),
    error: take,
  };
};

type Given = Readonly<Record<string, unknown>>;

/** What the command's own form asks for, where something has to be asked; undefined when the person left. */
const fromForm = async ({ command, args, context }: Invocation, asker: Asker): Promise<Given | undefined> => {
  if (command.form === undefined || command.args.safeParse(args).success) return args;
  const form = command.form(context);
  const open = form.fields.filter(({ name }) => args[name] === undefined);
  if (open.length === 0) return args;
  const filled = await asker.form(command, { ...form, fields: open });
  return filled && { ...args, ...filled };
};

/** Arguments, completed by asking; undefined when the person left. Throws `usage` for what is wrong otherwise. */
const complete = async (wanted: Invocation, asker: Asker): Promise<Given | undefined> => {
  const { command } = wanted;
  let given = await fromForm(wanted, asker);
  while (given !== undefined) {
    const read = command.args.safeParse(given);
    if (read.success) return read.data;
    const [issue] = read.error.issues;
    const name = String(issue?.path[0] ?? '');
    if (given[name] !== undefined || name === '')
      throw new RalphError('usage', `${name}: ${issue?.message ?? 'not usable'}`);
    const value = await asker.value(command, name);
    given = value === undefined ? undefined : { ...given, [name]: value };
  }
  return undefined;
};

/** Runs a command as its key or a line of the palette asks for: the reason why not, what it needs, the question, the work. */
export const invoke = async (wanted: Invocation, asker: Asker, out: Collected): Promise<Outcome> => {
  const { command, context } = wanted;
  const disabled = command.disabledReason?.(context);
  if (disabled !== undefined) return { kind: 'failed', message: disabled, hint: undefined };
  try {
    const args = await complete(wanted, asker);
    if (args === undefined) return { kind: 'left' };
    const question = await command.confirm?.(context, args);
    if (question !== undefined && !(await asker.confirm(question))) return { kind: 'left' };
    const code = await command.run({ ...context, out }, args);
    return { kind: 'done', lines: out.lines, ok: (code ?? 0) === 0 };
  } catch (error) {
    return {
      kind: 'failed',
      message: sanitize(error instanceof Error ? error.message : String(error)),
      hint: error instanceof RalphError && error.hint !== undefined ? sanitize(error.hint) : undefined,
    };
  }
};
