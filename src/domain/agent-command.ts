import { fillTemplate } from './template.ts';

/** What `agent_command` may name between `{{` and `}}`. */
export const COMMAND_VALUES = ['prompt_file', 'model', 'iteration', 'repo'] as const;
export type CommandValues = Readonly<Record<(typeof COMMAND_VALUES)[number], string>>;

const SAFE = /^[\w./:@%+=,-]+$/;

/** A value as one word of a shell command. */
const quoted = (text: string): string =>
  SAFE.test(text) ? text : `'${text.replaceAll("'", String.raw`'\''`)}'`;

/** The shell command of one session; values are quoted for the shell. */
export const fillCommand = (template: string, values: CommandValues): string =>
  fillTemplate(
    template,
    Object.fromEntries(Object.entries(values).map(([name, value]) => [name, quoted(value)])),
  );
