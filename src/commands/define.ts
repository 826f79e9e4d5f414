import { z } from 'zod';
import type { App, RunInfo } from './app.ts';
import type { RunTab, ScreenAction } from './screen-action.ts';

export type { App } from './app.ts';

/** Order of the groups in help and in the README. */
export const groups = ['Run', 'Steer', 'Look', 'Fleet', 'Set up', 'Screen'] as const;
export type Group = (typeof groups)[number];
/** Where a key counts: everywhere, on the fleet, on a run, or on one tab of a run. */
export type Where = 'everywhere' | 'fleet' | 'run' | RunTab;

/** Where a command prints. Text is for people and sanitized by whoever makes it; values are one JSON document or JSON Lines. */
export interface Output {
  /** `--json` was given: print values only. */
  readonly asJson: boolean;
  readonly colour: boolean;
  readonly isTty: boolean;
  /** Columns; 80 where there is no terminal. */
  readonly width: number;
  /** One line (or several) on stdout, without the last newline. */
  print(line: string): void;
  /** One value as one line of JSON on stdout. */
  json(value: unknown): void;
  /** One line on stderr: progress and warnings, never data. */
  error(line: string): void;
  /** The last line of the terminal, replaced by the next one and by everything that is printed; undefined removes it. Only at a terminal. */
  live?(line: string | undefined): void;
}
/** What the TUI adds; the CLI passes none. */
export interface UiControl {
  readonly readOnly: boolean;
  /** What a key would act on: the selected runs, else the one under the cursor. */
  readonly targets: readonly RunInfo[];
  /** The open tab of a run; undefined on the fleet. */
  readonly tab: RunTab | undefined;
  /** `n` and `N` step through what was found. */
  readonly isSearching: boolean;
  act(action: ScreenAction): void;
}
/** Something to decide on the way, each answer under one key. Lines are safe. */
export interface Choice {
  readonly title: string;
  readonly lines: readonly string[];
  readonly answers: readonly { readonly key: string; readonly text: string }[];
}
/** What the screen asks for where a key gives no arguments: short lines of text, or one of a few. */
export interface Form {
  /** What becomes of it. */
  readonly says: string;
  readonly fields: readonly {
    readonly name: string;
    readonly label: string;
    /** Stands for a field that stays empty. */
    readonly otherwise?: string;
    /** Instead of text. */
    readonly choices?: readonly string[];
  }[];
}
export interface CommandContext {
  readonly app: App;
  readonly out: Output;
  /** Aborted by the first Ctrl-C or SIGTERM. Who never asks for it is ended by the signal at once. */
  interrupted(): AbortSignal;
  readonly ui?: UiControl;
  /** Asks a person; undefined when they left. Not there where nobody can answer. */
  choose?(choice: Choice): Promise<string | undefined>;
}
export interface Cli {
  /** One or two words: `ls`, `supervisor status`. */
  readonly path: string;
  /** Arguments in their order; all others are flags. */
  readonly positional?: readonly string[];
  /** The positional that takes several: the last one, or the named one (`note RUN... TEXT`). */
  readonly variadic?: true | string;
}
export interface Keys {
  /** As in `p`, `ctrl+d`, `enter`; the first is shown. */
  readonly chords: readonly string[];
  readonly where: Where | readonly Where[];
  /** Shown in the footer, under this word. */
  readonly footer?: string;
  /** Arguments that the key adds to the runs it acts on. */
  readonly args?: Readonly<Record<string, unknown>>;
}
/** One record feeds flags, help, completion, key bindings, footer, palette and the README's table. */
export interface Command<A extends z.ZodObject = z.ZodObject> {
  readonly id: string;
  readonly title: string;
  readonly group: Group;
  /** Types, defaults and help (`describe`) of the arguments; `.meta({ short: 'f' })` gives a flag a letter, `{ value: 'FILE' }` names its value, `{ pick: 'profile' }` lets the screen offer a list, `{ cliOnly: true }` is a switch that needs a terminal of its own. */
  readonly args: A;
  readonly cli?: Cli;
  readonly keys?: Keys;
  /** What it is doing to a run until that acknowledges it: `pausing`. */
  readonly progress?: string;
  /** It changes nothing: allowed where one may only look. So is the whole group Look. */
  readonly looksOnly?: true;
  /** Without runs it is about all of them; on the screen other commands take those under the cursor. */
  readonly emptyMeansAll?: true;
  /** It works in the foreground or needs the terminal: not from within the screen. */
  readonly cliOnly?: true;
  /** Its work is not its output: it goes on when the reader of that has gone (`| head`), and its exit code stays true. */
  readonly outlivesReader?: true;
  /** Whole command lines, after `ralph `. */
  readonly examples?: readonly string[];
  /** Why it cannot run now. Greys the key, hides it from the footer, and is the CLI's error text. */
  disabledReason?(context: CommandContext): string | undefined;
  /** The question to ask first, for what destroys; undefined when there is nothing to ask. `--yes` answers it. */
  confirm?(context: CommandContext, args: z.output<A>): string | undefined | Promise<string | undefined>;
  /** Asked for on the screen where an argument that has to be given is not. */
  form?(context: CommandContext): Form;
  /** The exit code, 0 when nothing is returned. Throws RalphError. */
  run(context: CommandContext, args: z.output<A>): Promise<number | void>;
}
/** Types `args` in `run` and forgets the type again, so that records of all shapes share a list. */
export const defineCommand = <A extends z.ZodObject>(command: Command<A>): Command =>
  command as unknown as Command;

/** The arguments of every command that acts on runs; see `selectRuns`. */
export const selector = z.object({
  runs: z
    .array(z.string())
    .default([])
    .describe('run ids, or their first characters (at least 2)')
    .meta({ value: 'RUN' }),
  all: z.boolean().default(false).describe('every run'),
  filter: z
    .string()
    .default('')
    .describe('runs that fit, as in status=running,task~login,loop>=0.7')
    .meta({ value: 'TERMS' }),
});
