import { describeExit } from '../domain/exit.ts';
import { cutMiddle } from '../domain/prompt.ts';
import { runCommand } from './command.ts';
import type { RunContext } from './run-context.ts';

/** The allow-list of debug mode (spec 13.2, mode C): the task's own commands and those that it names. */
export const debugCommands = (ctx: RunContext): ReadonlyMap<string, readonly string[]> =>
  new Map<string, readonly string[]>([
    ['test', ctx.task.testCommand === undefined ? [] : [ctx.task.testCommand]],
    ['verify', ctx.task.verifyCommands],
    ['log', ['git log --oneline -20']],
    ['status', ['git status --short --branch']],
    ['diff', ['git diff --stat']],
    ...Object.entries(ctx.task.debugCommands).map(([name, command]) => [name, [command]] as const),
  ]);

/** Runs one command of the allow-list in the sandbox; its output goes to the log. */
export const debugCommand = async (
  ctx: RunContext,
  name: string,
): Promise<{ readonly refused: string } | { readonly done: string }> => {
  const known = debugCommands(ctx);
  const commands = known.get(name);
  if (!commands) return { refused: `${name} is not on the list: ${[...known.keys()].join(', ')}` };
  if (!ctx.box) return { refused: 'there is no sandbox to run it in: resume the run first' };
  const results: string[] = [];
  for (const command of commands) {
    const run = await runCommand(ctx, { command, purpose: 'debug' });
    results.push(`${describeExit(run.exit)}\n${cutMiddle(run.output, 16_000, 'the log')}`);
  }
  return { done: ctx.deps.redact(results.join('\n')) || 'nothing to run' };
};
