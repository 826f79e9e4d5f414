import { describeExit, succeeded, type Exit } from '../domain/exit.ts';
import type { Box, TaskSpec } from '../domain/spec/task.ts';
import { runCommand, type CommandRun } from './command.ts';
import type { Promised } from './hear-promise.ts';
import { emit, repoDir, theBox, type RunContext } from './run-context.ts';
import * as git from './workspace/git.ts';

export interface Checked {
  readonly testExit: Exit | undefined;
  readonly commands: readonly CommandRun[];
  /** Ids of boxes that are verified on the tree as it now is. */
  readonly verified: ReadonlySet<string>;
  /** Every box verified, test_command 0, the last promise given, and the checks left the tree as they found it. */
  readonly green: boolean;
  /** The tree that the checks saw; known when it looked like success. */
  readonly tree: string | undefined;
  readonly problems: readonly string[];
  /** The phase that ends with this iteration, when its work can be committed. */
  readonly phaseEnded: number | undefined;
}

/** What a session says is done. */
export interface Claims {
  readonly boxes: ReadonlySet<string>;
  readonly promised: Promised | undefined;
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

/** The tree as it would be committed; where nothing can be written, it is that of the last commit. */
const treeNow = async (ctx: RunContext): Promise<string | undefined> =>
  ctx.task.sandbox.readOnly
    ? (ctx.state.headSha ?? ctx.state.baseSha)
    : git.writeTree(theBox(ctx), repoDir(ctx));

const MAX_NAMED = 5;
const LEAVE = 'they must leave it as it is: what they write belongs into .gitignore';

/** Says what the checks changed, so that the next session can ignore, commit or mend it. */
const describeChange = async (
  ctx: RunContext,
  before: string | undefined,
  after: string | undefined,
): Promise<readonly string[]> => {
  if (before !== undefined && before === after) return [];
  if (before === undefined || after === undefined) return ["the clone's .git was broken during the checks"];
  const order = { from: before, to: after, max: MAX_NAMED + 1 };
  const paths = await git.changedPaths(theBox(ctx), repoDir(ctx), order);
  const named = [...paths.slice(0, MAX_NAMED), ...(paths.length > MAX_NAMED ? ['…'] : [])].join(', ');
  return [`the checks changed files of the repository: ${named || 'git cannot say which'} (${LEAVE})`];
};

const describeRed = (test: CommandRun | undefined): readonly string[] =>
  !test || succeeded(test.exit) ? [] : [`test_command ${test.command}: ${describeExit(test.exit)}`];

/** Whether it looks like success: all boxes are said to be fulfilled, or the last promise is given, which says so. */
const looksDone = (ctx: RunContext, { boxes, promised }: Claims): boolean => {
  const { task, state } = ctx;
  if (task.classic) return promised?.isLast === true;
  return task.boxes.every((box) => boxes.has(box.id) || state.boxes[box.id]?.checked === true);
};

/** An earlier phase ends by its promise alone; the last one only where all else holds. */
const endedBy = (promised: Promised | undefined, green: boolean): number | undefined =>
  promised && (green || !promised.isLast) ? promised.phase : undefined;

/**
 * Step 6 of the iteration (state.md): test_command, then the claimed boxes. When it looks like success, every box
 * is verified again on one and the same tree: a run is only green when all hold at once.
 */
export const runChecks = async (ctx: RunContext, claims: Claims): Promise<Checked> => {
  const runner = createRunner(ctx);
  const { task } = ctx;
  const candidate = looksDone(ctx, claims);
  const before = candidate ? await treeNow(ctx) : undefined;
  const test = await runTest(runner, task);
  const testGreen = !test || succeeded(test.exit);
  const wanted = task.boxes.filter((box) => candidate || claims.boxes.has(box.id));
  const { verified, problems } = await verifyBoxes(ctx, runner, wanted);
  if (candidate && testGreen) await runVerifyCommands(ctx, runner, problems);
  const after = candidate ? await treeNow(ctx) : undefined;
  if (candidate) problems.push(...(await describeChange(ctx, before, after)));
  // An operator may have put another task file in place meanwhile.
  const sameTask = ctx.task === task;
  const green = [candidate, testGreen, sameTask, problems.length === 0].every(Boolean);
  return {
    testExit: test?.exit,
    commands: runner.runs(),
    verified,
    green,
    tree: after,
    problems: [...describeRed(test), ...problems, ...unmet(task, candidate && !green)],
    phaseEnded: sameTask ? endedBy(claims.promised, green) : undefined,
  };
};

const runTest = async (runner: Runner, { testCommand }: TaskSpec): Promise<CommandRun | undefined> =>
  testCommand === undefined ? undefined : runner.run(testCommand, 'test');

const unmet = ({ classic }: TaskSpec, isUnmet: boolean): readonly string[] =>
  classic && isUnmet ? ['the promise does not count: a check of the runner fails'] : [];

/** The global verifiers have to hold at the end also where each box has one of its own. */
const runVerifyCommands = async (ctx: RunContext, runner: Runner, problems: string[]): Promise<void> => {
  for (const command of ctx.task.verifyCommands) {
    const { exit } = await runner.run(command, 'verify');
    if (!succeeded(exit)) problems.push(`verify command ${command}: ${describeExit(exit)}`);
  }
};
