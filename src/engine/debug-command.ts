import { describeExit, succeeded } from '../domain/exit.ts';
import { cutMiddle } from '../domain/prompt.ts';
import type { TaskSpec } from '../domain/spec/task.ts';
import type { Outcome } from './change-spec.ts';
import { runCommand } from './command.ts';
import type { RunContext } from './run-context.ts';

const MAX_SHOWN = 16_000;

/** All that decides about boxes: the global verifiers and those of single boxes, each once. */
const verifiers = ({ verifyCommands, boxes }: TaskSpec): readonly string[] => [
  ...new Set([...verifyCommands, ...boxes.flatMap((box) => box.verify ?? [])]),
];

/** The allow-list of debug mode (spec 13.2, mode C): the task's own commands and those that it names. */
const commandsOf = ({ task }: RunContext): ReadonlyMap<string, readonly string[]> =>
  new Map<string, readonly string[]>([
    ['test', task.testCommand === undefined ? [] : [task.testCommand]],
    ['verify', verifiers(task)],
    ['log', ['git log --oneline -20']],
    ['status', ['git status --short --branch']],
    ['diff', ['git diff --stat']],
    ...Object.entries(task.debugCommands).map(([name, command]) => [name, [command]] as const),
  ]);

/** Logs that can be printed, from the run home: where no agent can have changed them. */
const logs: ReadonlyMap<string, (ctx: RunContext) => string> = new Map<string, (ctx: RunContext) => string>([
  ['errors', () => 'errors.log'],
  ['output', (ctx) => `iterations/${ctx.state.committed}/test_output.txt`],
]);

/** Runs one command of the allow-list in the sandbox, or prints a log; what it says goes to the run's log. */
export const debugCommand = async (ctx: RunContext, name: string): Promise<Outcome> => {
  const known = commandsOf(ctx);
  const commands = known.get(name);
  const log = commands ? undefined : logs.get(name);
  if (log) {
    const text = ctx.home.state.readText(log(ctx))?.trim() || `${log(ctx)} is empty`;
    return { done: ctx.deps.redact(text.slice(-MAX_SHOWN)) };
  }
  if (!commands)
    return { refused: `${name} is not on the list: ${[...known.keys(), ...logs.keys()].join(', ')}` };
  if (!ctx.box) return { refused: 'there is no sandbox to run it in: resume the run first' };
  const results: string[] = [];
  let failed = false;
  for (const command of commands) {
    const run = await runCommand(ctx, { command, purpose: 'debug' });
    const output = cutMiddle(run.output, MAX_SHOWN, 'the log');
    failed ||= !succeeded(run.exit);
    results.push(`${commands.length > 1 ? `$ ${command}\n` : ''}${describeExit(run.exit)}\n${output}`);
  }
  return { done: ctx.deps.redact(results.join('\n')) || 'nothing to run', failed };
};
