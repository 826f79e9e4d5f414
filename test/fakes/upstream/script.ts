/** What the fake model does at one call. A call that has no step left says that it is done. */
export type Step =
  | { readonly say: string }
  | { readonly shell: string; readonly say?: string }
  | { readonly write: string; readonly content: string; readonly say?: string }
  | {
      readonly status: number;
      readonly headers?: Readonly<Record<string, string>>;
      readonly message?: string;
    }
  /** Begins to stream this text, then the connection breaks. */
  | { readonly cut: string }
  /** Begins to stream and then says nothing more, until the caller hangs up. */
  | { readonly stall: true };

/** What a step asks the agent to do, in the words of the tools that the agent has offered. */
export interface ToolCall {
  readonly name: string;
  readonly args: Readonly<Record<string, unknown>>;
}
export type Reply = Extract<Step, { say: string } | { shell: string } | { write: string }>;

/** The tools by which the four agents run a shell command and write a file, with their argument names. */
const shells: Readonly<Record<string, (command: string) => ToolCall['args']>> = {
  Bash: (command) => ({ command, description: 'a command' }),
  bash: (command) => ({ command, description: 'a command' }),
  exec_command: (cmd) => ({ cmd }),
  shell_command: (command) => ({ command }),
  run_shell_command: (command) => ({ command, description: 'a command' }),
};
const writers: Readonly<Record<string, (path: string, content: string) => ToolCall['args']>> = {
  Write: (path, content) => ({ file_path: path, content }),
  write: (path, content) => ({ filePath: path, content }),
  write_file: (path, content) => ({ file_path: path, content }),
};

const quoted = (text: string): string => `'${text.replaceAll("'", String.raw`'\''`)}'`;

/** `cwd` is where the agent says that it works: some tools want absolute paths. */
export const toolCallOf = (
  step: Reply,
  tools: readonly string[],
  cwd: string | undefined,
): ToolCall | undefined => {
  const find = (known: Readonly<Record<string, unknown>>) => tools.find((name) => Object.hasOwn(known, name));
  const run = (command: string): ToolCall => {
    const name = find(shells);
    if (name === undefined) throw new Error(`no shell among the agent's tools: ${tools.join(', ')}`);
    return { name, args: shells[name]!(command) };
  };
  if ('shell' in step) return run(step.shell);
  if (!('write' in step)) return undefined;
  const name = find(writers);
  if (name === undefined) return run(`printf %s ${quoted(step.content)} > ${quoted(step.write)}`);
  if (cwd === undefined) throw new Error('the agent does not say where it works');
  return { name, args: writers[name]!(`${cwd}/${step.write}`, step.content) };
};

/** A text in pieces of a few characters, as models stream it. */
export const pieces = (text: string): readonly string[] => text.match(/[\s\S]{1,7}/g) ?? [''];

export const USAGE = { input: 1000, output: 50 } as const;
