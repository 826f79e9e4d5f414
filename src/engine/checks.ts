import { describeExit, succeeded, type Exit } from '../domain/exit.ts';
import type { Box } from '../domain/spec/task.ts';
import { runCommand, type CommandRun } from './command.ts';
import { emit, repoDir, theBox, type RunContext } from './run-context.ts';
import * as git from './workspace/git.ts';

export interface Checked {
  readonly testExit: Exit | undefined;
  readonly commands: readonly CommandRun[];
  /** Ids of boxes that are verified on the tree as it now is. */
  readonly verified: ReadonlySet<string>;
  /** Every box verified, test_command 0, and the checks left the tree as they found it. */
  readonly green: boolean;
  /** The tree that the checks saw; known when it looked like success. */
  readonly tree: string | undefined;
  readonly problems: readonly string[];
}

/** Runs each distinct command once, however many boxes name it. */
const createRunner = (ctx: RunContext) => {
  const done = new Map<string, CommandRun>();
  const run = async (command: string, purpose: 'test' | 'verify'): Promise<CommandRun> => {
    const before = done.get(command);
    if (before) return before;
    const result = await runCommand(ctx, { command, purpose });
    done.set(command, result);
    return result;
  };
  return { run, runs: () => [...done.values()] };
};
type Runner = ReturnType<typeof createRunner>;

/** The commands that decide about a box: its own `verify`, else all global verify_commands (spec 18.2). */
const verifiersOf = (ctx: RunContext, box: Box): readonly string[] =>
  box.verify === undefined ? ctx.task.verifyCommands : [box.verify];

const firstFailure = async (runner: Runner, commands: readonly string[]): Promise<string | undefined> => {
  if (commands.length === 0) return 'it has no verification';
  for (const command of commands) {
    const { exit } = await runner.run(command, 'verify');
    if (!succeeded(exit)) return `${command}: ${describeExit(exit)}`;
  }
  return undefined;
};

/** Verifies these boxes; each that changes gets an entry with the reason. */
const verifyBoxes = async (
  ctx: RunContext,
  runner: Runner,
  boxes: readonly Box[],
): Promise<{ readonly verified: Set<string>; readonly problems: string[] }> => {
  const verified = new Set<string>();
  const problems: string[] = [];
  for (const box of boxes) {
    const was = ctx.state.boxes[box.id]?.checked ?? false;
    const failure = await firstFailure(runner, verifiersOf(ctx, box));
    // Cut off from outside: nothing is known, and the tick stands as it did.
    if (ctx.steer.signal.aborted) problems.push(`box ${box.id} was not verified: cut off`);
    else if (failure === undefined) {
      verified.add(box.id);
      if (!was)
        emit(ctx, { type: 'box.changed', box: box.id, checked: true, reason: 'verified by the runner' });
    } else {
      problems.push(`box ${box.id} is not fulfilled: ${failure}`);
      emit(ctx, { type: 'box.changed', box: box.id, checked: false, reason: failure });
    }
  }
  return { verified, problems };
};

const LEFT_CHANGED = 'the checks changed files of the repository: they must leave it as it is';

const describeRed = (test: CommandRun): readonly string[] =>
  succeeded(test.exit) ? [] : [`test_command ${test.command}: ${describeExit(test.exit)}`];

/**
 * Step 6 of the iteration (state.md): test_command, then the claimed boxes. When it looks like success, every box
 * is verified again on one and the same tree: a run is only green when all hold at once.
 */
export const runChecks = async (ctx: RunContext, claimed: ReadonlySet<string>): Promise<Checked> => {
  const runner = createRunner(ctx);
  const dir = repoDir(ctx);
  const { task } = ctx;
  const isDone = (box: Box) => claimed.has(box.id) || ctx.state.boxes[box.id]?.checked === true;
  const candidate = task.boxes.every(isDone);
  const before = candidate ? await git.writeTree(theBox(ctx), dir) : undefined;
  const test = await runner.run(task.testCommand, 'test');
  const testGreen = succeeded(test.exit);
  const wanted = task.boxes.filter((box) => (candidate ? isDone(box) : claimed.has(box.id)));
  const { verified, problems } = await verifyBoxes(ctx, runner, wanted);
  if (candidate && testGreen) await runVerifyCommands(ctx, runner, problems);
  const after = candidate ? await git.writeTree(theBox(ctx), dir) : undefined;
  const clean = before !== undefined && before === after;
  if (candidate && !clean) problems.push(LEFT_CHANGED);
  // An operator may have put another task file in place meanwhile.
  const sameTask = ctx.task === task;
  return {
    testExit: test.exit,
    commands: runner.runs(),
    verified,
    green: [candidate, testGreen, clean, sameTask, problems.length === 0].every(Boolean),
    tree: after,
    problems: [...describeRed(test), ...problems],
  };
};

/** The global verifiers have to hold at the end also where each box has one of its own. */
const runVerifyCommands = async (ctx: RunContext, runner: Runner, problems: string[]): Promise<void> => {
  for (const command of ctx.task.verifyCommands) {
    const { exit } = await runner.run(command, 'verify');
    if (!succeeded(exit)) problems.push(`verify command ${command}: ${describeExit(exit)}`);
  }
};
