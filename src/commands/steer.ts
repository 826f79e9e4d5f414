import { z } from 'zod';
import { branchRemedies, type BranchRemedy, type Order } from '../domain/control.ts';
import { RalphError } from '../domain/error.ts';
import { isActive } from '../domain/run-status.ts';
import type { App, RunInfo } from './app.ts';
import { cannot } from './applies.ts';
import {
  defineCommand,
  selector,
  type Command,
  type CommandContext,
  type Form,
  type Keys,
} from './define.ts';
import { chosen, send } from './send-order.ts';

const simple = (options: {
  kind: 'pause' | 'rotate' | 'diagnose';
  title: string;
  keys: Keys;
  progress: string;
}): Command =>
  defineCommand({
    id: `run.${options.kind}`,
    title: options.title,
    group: 'Steer',
    args: selector,
    cli: { path: options.kind, positional: ['runs'], variadic: true },
    keys: options.keys,
    progress: options.progress,
    disabledReason: (context) => cannot(context, options.kind),
    examples: [`${options.kind} 7f3a`, `${options.kind} --filter status=running`],
    run: (context, args) => send(context, chosen(context, args), () => ({ kind: options.kind })),
  });

export const pause = simple({
  kind: 'pause',
  title: 'Pause after the current action',
  keys: { chords: ['p'], where: 'everywhere', footer: 'pause' },
  progress: 'pausing',
});
export const rotate = simple({
  kind: 'rotate',
  title: 'End the session and start a fresh one',
  keys: { chords: ['o'], where: 'everywhere', footer: 'rotate' },
  progress: 'rotating',
});
export const diagnose = simple({
  kind: 'diagnose',
  title: 'Let a strong model say why the run does not get ahead',
  keys: { chords: ['D'], where: 'everywhere' },
  progress: 'asking for a diagnosis',
});

export const resume = defineCommand({
  id: 'run.resume',
  title: 'Go on with a paused or interrupted run',
  group: 'Steer',
  args: selector.extend({
    foreground: z
      .boolean()
      .default(false)
      .describe('work on it here, not in the supervisor')
      .meta({ short: 'f', cliOnly: true }),
    rebase: z
      .boolean()
      .default(false)
      .describe('its branch was moved: put its commits on top of what is there now')
      .meta({ cliOnly: true }),
    'force-with-lease': z
      .boolean()
      .default(false)
      .describe('its branch was moved: overwrite what the pause named, nothing newer')
      .meta({ cliOnly: true }),
    abandon: z
      .boolean()
      .default(false)
      .describe('its branch was moved: give up its own commits and go on from what is there now')
      .meta({ cliOnly: true }),
  }),
  cli: { path: 'resume', positional: ['runs'], variadic: true },
  outlivesReader: true,
  keys: { chords: ['c', 'p'], where: 'everywhere', footer: 'resume' },
  progress: 'resuming',
  disabledReason: (context) => cannot(context, 'resume'),
  examples: ['resume 7f3a', 'resume --filter status=paused', 'resume 7f3a --rebase'],
  run: async (context, { foreground, rebase, abandon, 'force-with-lease': force, ...args }) => {
    const order = resumeOrder({ rebase, abandon, 'force-with-lease': force });
    const runs = chosen(context, args);
    if (foreground && runs.length !== 1) throw new RalphError('usage', '--foreground takes exactly one run');
    const dead = runs.filter((run) => run.orphaned || (foreground && isActive(run.state.status)));
    const code = await send(
      foreground ? { ...context, app: { ...context.app, supervisor: quiet(context.app) } } : context,
      runs.filter((run) => !dead.includes(run)),
      () => order,
    );
    if (code !== 0) return code;
    const { runHere } = await import('./run-here.ts');
    if (foreground) return runHere(context, runs[0]!.id);
    for (const run of dead) {
      context.app.supervisor.enqueue(run.id);
      context.out.print(`${run.id}  its runner had died: handed to the supervisor`);
    }
    if (dead.length > 0) await context.app.supervisor.ensure();
    return 0;
  },
});
const resumeOrder = (said: Readonly<Record<BranchRemedy, boolean>>): Order => {
  const [branch, ...more] = branchRemedies.filter((one) => said[one]);
  if (more.length > 0)
    throw new RalphError('usage', `--${branch} and --${more[0]} exclude each other`, {
      hint: 'Take one of them.',
    });
  return { kind: 'resume', ...(branch && { branch }) };
};
const quiet = (app: App): App['supervisor'] => ({
  ...app.supervisor,
  enqueue: () => {},
  ensure: () => Promise.resolve(),
});

export const stop = defineCommand({
  id: 'run.stop',
  title: 'Stop for good; what was done is kept',
  group: 'Steer',
  args: selector.extend({ reason: z.string().default('').describe('why, for the log') }),
  cli: { path: 'stop', positional: ['runs'], variadic: true },
  keys: { chords: ['x'], where: 'everywhere', footer: 'stop' },
  progress: 'stopping',
  disabledReason: (context) => cannot(context, 'stop'),
  examples: ['stop 7f3a', 'stop --filter task=task-001 --yes'],
  confirm: (context, args) => {
    const runs = chosen(context, args).filter((r) => r.state.status !== 'succeeded');
    if (runs.length > 1) return `Stop ${runs.length} runs for good?`;
    // On the screen one key would do it.
    return context.ui && runs[0] ? `Stop ${runs[0].id} (${runs[0].state.task}) for good?` : undefined;
  },
  run: (context, { reason, ...args }) =>
    send(context, chosen(context, args), () => ({ kind: 'stop', ...(reason && { reason }) })),
});

export const model = defineCommand({
  id: 'run.model',
  title: 'Change the model profile from the next session on',
  group: 'Steer',
  args: selector.extend({
    profile: z.string().describe('a profile of models.yaml').meta({ value: 'PROFILE', pick: 'profile' }),
  }),
  cli: { path: 'model', positional: ['runs', 'profile'], variadic: 'runs' },
  keys: { chords: ['m'], where: 'everywhere', footer: 'model' },
  progress: 'changing the model',
  disabledReason: (context) => cannot(context, 'model'),
  examples: ['model 7f3a strong-doctor'],
  run: (context, { profile, ...args }) =>
    send(context, chosen(context, args), () => ({ kind: 'model', profile })),
});

/** Hints for one session are offered where the steering mode of every run takes them. */
const noteForm = ({ ui }: CommandContext): Form => {
  const targets = ui?.targets ?? [];
  const takesHints = targets.length > 0 && targets.every((run) => run.state.steering !== 'autonomous');
  const text = { name: 'text', label: 'note' };
  if (!takesHints) {
    return {
      says: 'Goes to notes.md: every coming session reads it. Short and factual is best.',
      fields: [text],
    };
  }
  return {
    says: 'A note stays in notes.md for all sessions; a hint is for the next session only.',
    fields: [
      text,
      { name: 'hint', label: 'as', otherwise: 'note', choices: ['clarify', 'file', 'decision'] },
    ],
  };
};

export const note = defineCommand({
  id: 'run.note',
  title: 'Add a note for the coming sessions',
  group: 'Steer',
  args: selector.extend({
    text: z.string().describe('the note').meta({ value: 'TEXT' }),
    hint: z
      .enum(['clarify', 'file', 'decision'])
      .optional()
      .describe('a structured hint for the next session only (steering_mode: guided)'),
  }),
  cli: { path: 'note', positional: ['runs', 'text'], variadic: 'runs' },
  keys: { chords: ['n'], where: 'everywhere', footer: 'note' },
  progress: 'noting',
  disabledReason: (context) => cannot(context, 'note'),
  form: noteForm,
  examples: [
    'note 7f3a "the API is in src/http, not src/api"',
    'note 7f3a --hint file "look at src/http.js"',
  ],
  run: (context, { text, hint, ...args }) =>
    send(context, chosen(context, args), () =>
      hint ? { kind: 'hint', topic: hint, text } : { kind: 'note', text },
    ),
});

export const guardrail = defineCommand({
  id: 'run.guardrail',
  title: 'Append a sign to the guardrails',
  group: 'Steer',
  args: selector.extend({
    instruction: z.string().describe('what to do instead').meta({ value: 'INSTRUCTION' }),
    name: z.string().default('from the operator').describe('short name of the sign'),
    trigger: z.string().default('always').describe('when the mistake tends to happen'),
  }),
  cli: { path: 'guardrail', positional: ['runs', 'instruction'], variadic: 'runs' },
  keys: { chords: ['g'], where: ['overview', 'guardrails', 'sandbox'] },
  progress: 'adding a sign',
  disabledReason: (context) => cannot(context, 'guardrail'),
  form: () => ({
    says: 'Goes to guardrails.md, which is in every prompt from now on. Signs are only ever added.',
    fields: [
      { name: 'instruction', label: 'do this' },
      { name: 'trigger', label: 'when', otherwise: 'always' },
      { name: 'name', label: 'name', otherwise: 'from the operator' },
    ],
  }),
  examples: ['guardrail 7f3a "never touch the generated files" --trigger "when a test fails in gen/"'],
  run: (context, { instruction, name, trigger, ...args }) =>
    send(context, chosen(context, args), () => ({ kind: 'guardrail', name, trigger, instruction })),
});

/** What was edited goes out only when it lints; a text that did not arrive stays in its file. */
const editSpec = async (context: CommandContext, run: RunInfo): Promise<number> => {
  const { out } = context;
  const { editTask } = await import('./edit-task.ts');
  const edited = await editTask(context, run);
  if (edited.kind === 'unchanged') {
    out.print('nothing changed');
    return 0;
  }
  const code =
    edited.kind === 'kept' ? 2 : await send(context, [run], () => ({ kind: 'spec', text: edited.text }));
  if (code === 0) edited.draft.drop();
  else out.print(`your text is kept: ralph spec ${run.id} --file ${edited.draft.path}`);
  return code;
};

export const spec = defineCommand({
  id: 'run.spec',
  title: 'Show the task file, or replace it by a checked new text',
  group: 'Steer',
  args: selector.extend({
    file: z.string().optional().describe('the new task file; - reads standard input').meta({ value: 'FILE' }),
    edit: z.boolean().default(false).describe('open it in $EDITOR'),
  }),
  cli: { path: 'spec', positional: ['runs'], variadic: true },
  keys: { chords: ['e'], where: 'run', footer: 'edit', args: { edit: true } },
  progress: 'changing the task',
  disabledReason: (context) => cannot(context, 'spec'),
  examples: ['spec 7f3a', 'spec 7f3a --edit', 'spec 7f3a --file ralph_task.md'],
  run: async (context, { file, edit, ...args }) => {
    const { app, out } = context;
    const runs = chosen(context, args);
    if (edit && runs.length !== 1) throw new RalphError('usage', '--edit takes exactly one run');
    const textOf = (run: RunInfo) => app.homes.readTask(run.id) ?? '';
    if (file === undefined && !edit) {
      for (const run of runs) {
        if (out.asJson) out.json({ run: run.id, text: textOf(run) });
        else out.print(textOf(run).trimEnd());
      }
      return 0;
    }
    if (edit) return editSpec(context, runs[0]!);
    const text = await readFile(app, file!);
    return send(context, runs, () => ({ kind: 'spec', text }));
  },
});
const readFile = async (app: App, file: string): Promise<string> => {
  const text = file === '-' ? await app.files.readStdin() : app.files.readText(file);
  if (text === undefined) throw new RalphError('usage', `${file} is not there`);
  return text;
};

export const apply = defineCommand({
  id: 'run.apply',
  title: 'Apply what the last diagnose report proposes',
  group: 'Steer',
  args: selector.extend({
    report: z.string().optional().describe('id of the report; the last one by default'),
  }),
  cli: { path: 'apply', positional: ['runs'], variadic: true },
  keys: { chords: ['a'], where: 'run' },
  progress: 'applying',
  disabledReason: (context) => cannot(context, 'apply'),
  run: (context, { report, ...args }) =>
    send(context, chosen(context, args), () => ({ kind: 'apply', ...(report && { report }) })),
});

export const debug = defineCommand({
  id: 'run.debug',
  title: 'Run an allow-listed command in the sandbox (steering_mode: debug)',
  group: 'Steer',
  args: selector.extend({
    command: z
      .string()
      .describe('test, verify, log, status, diff, errors, output, or a name of debug_commands')
      .meta({ value: 'COMMAND' }),
  }),
  cli: { path: 'debug', positional: ['runs', 'command'], variadic: 'runs' },
  examples: ['debug 7f3a test'],
  run: (context, { command, ...args }) =>
    send(context, chosen(context, args), () => ({ kind: 'debug', command })),
});
