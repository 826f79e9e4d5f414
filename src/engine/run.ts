import { exceededBefore, gauges, newWarnings } from '../domain/budget.ts';
import { RalphError, type ErrorCode } from '../domain/error.ts';
import type { Metrics } from '../domain/iteration-record.ts';
import { GUTTER } from '../domain/loop-score.ts';
import { committedSpend, type RunState } from '../domain/run-state.ts';
import { isEnded, type FailureReason, type PauseReason } from '../domain/run-status.ts';
import type { RunHome } from '../ports/run-home.ts';
import { commentOwed } from './comment.ts';
import { takeControls, watchControls } from './control.ts';
import type { EngineDeps } from './deps.ts';
import { diagnose } from './diagnose.ts';
import { checkDisk, watchDisk } from './disk-limit.ts';
import { runIteration, type IterationEnd } from './iteration.ts';
import { closeGate, openGate } from './open-gate.ts';
import { prepare } from './prepare.ts';
import { tellIssue } from './intake/tell-issue.ts';
import { finish } from './finish.ts';
import { heedWish, mitigate } from './heed.ts';
import { fail, obey, onward, pause, type Next } from './next.ts';
import { publish } from './publish.ts';
import { recover } from './recover.ts';
import { emit, openContext, type RunContext, type Slot } from './run-context.ts';
import { writeRunJson } from './run-json.ts';
import { projectState, type Projection } from './state-copy.ts';
import { payOwed } from './settle.ts';
import { pushStateRef, saveStateRef } from './state-ref.ts';
import type { Steer } from './steer.ts';

export interface RunOptions {
  readonly mode: 'foreground' | 'supervisor';
  readonly steer: Steer;
  /** Left while the run waits for a forge or a model. */
  readonly slot?: Slot;
}
const warnBudgets = (ctx: RunContext): void => {
  const spent = { ...committedSpend(ctx.state), iterations: ctx.state.committed };
  for (const row of newWarnings(gauges(ctx.state.budgets, spent), ctx.state.warned)) {
    emit(ctx, { type: 'budget.warning', budget: row.name, used: row.used, limit: row.limit });
  }
};

/** What an iteration leaves for the time after its commit. */
type Ended = Pick<Metrics, 'wish' | 'problems' | 'loop_score' | 'phase_ended'>;

const afterCommit = async (ctx: RunContext, ended: Ended): Promise<Next> => {
  warnBudgets(ctx);
  const { loop_score: score } = ended;
  if (ctx.state.green) {
    const finished = await finish(ctx);
    return finished.go && finished.rotation !== undefined && score >= GUTTER
      ? mitigate(ctx, score)
      : finished;
  }
  const published = await publish(ctx, { final: false });
  const wished = heedWish(ctx, ended);
  if (published.kind === 'paused' && wished === undefined)
    return pause(ctx, published.reason, published.detail);
  if (wished) return wished;
  // Whatever it did before, it got ahead.
  if (ended.phase_ended !== undefined) return onward;
  return score >= GUTTER ? mitigate(ctx, score) : onward;
};

/** The worst case of a call is what its prompt and the profile's max_output_tokens can come to. */
const overBudget = (ctx: RunContext, name: string): string => {
  const row = gauges(ctx.state.budgets, {
    ...committedSpend(ctx.state),
    iterations: ctx.state.committed,
  }).find((one) => one.name === name);
  const spent = row ? `${Number(row.used.toFixed(4))} of ${row.limit} used; ` : '';
  return `the next model call could pass the ${name} budget (${spent}max_output_tokens of ${ctx.state.profile} counts in full)`;
};

const noSession = (
  ctx: RunContext,
  outcome: Extract<IterationEnd, { kind: 'no-session' }>['outcome'],
): Next => {
  switch (outcome.kind) {
    case 'over-budget':
      return fail(ctx, `budget: ${outcome.budget}`, overBudget(ctx, outcome.budget));
    case 'cancelled':
      return obey(ctx);
    case 'failed':
      if (outcome.pause) return pause(ctx, outcome.pause, outcome.detail);
      return pause(ctx, 'blocked', `the model cannot be used: ${outcome.detail}`);
  }
};

const wantsDiagnose = (ctx: RunContext): boolean => {
  const { every } = ctx.task.diagnose;
  const n = ctx.state.committed;
  return ctx.steer.diagnose || (every > 0 && n > 0 && n % every === 0 && ctx.diagnosedAt !== n);
};

const runDiagnose = async (ctx: RunContext): Promise<void> => {
  ctx.steer.diagnose = false;
  ctx.diagnosedAt = ctx.state.committed;
  await diagnose(ctx);
};

interface Turn {
  readonly next: Next;
  /** What the sandbox's copy of the state is known to be; undefined has it written anew. */
  readonly projection: Projection | undefined;
}
const iterate = async (
  ctx: RunContext,
  before: Pick<Turn, 'projection'> & { readonly rotation: string | undefined },
): Promise<Turn> => {
  await ctx.turn.begin();
  const projection = await projectState(ctx, before.projection);
  const unwatch = watchDisk(ctx);
  const start = { n: ctx.state.committed + 1, projection, rotation: before.rotation };
  const end: IterationEnd = await runIteration(ctx, start).finally(unwatch);
  if (end.kind !== 'committed') return { next: noSession(ctx, end.outcome), projection };
  const next = await afterCommit(ctx, end.committed.metrics);
  await saveAll(ctx);
  return { next, projection: end.logIntact ? projection : undefined };
};

/** What is due before the first iteration: `left` by one whose runner died, or the finish of a green run. */
const due = async (ctx: RunContext, left: Metrics | undefined): Promise<Next> => {
  if (left === undefined && !ctx.state.green) return onward;
  const next = left ? await afterCommit(ctx, left) : await finish(ctx);
  await saveAll(ctx);
  return next;
};

const loop = async (ctx: RunContext, left: Metrics | undefined): Promise<void> => {
  let turn: Turn = { next: await due(ctx, left), projection: undefined };
  while (turn.next.go) {
    const told = obey(ctx);
    if (!told.go) return;
    const over = exceededBefore(ctx.state.budgets, committedSpend(ctx.state), ctx.state.committed + 1);
    if (over) {
      fail(ctx, over, `after ${ctx.state.committed} iterations`);
      return;
    }
    if (!(await checkDisk(ctx)).go) return;
    if (wantsDiagnose(ctx)) await runDiagnose(ctx);
    turn = await iterate(ctx, {
      projection: turn.projection,
      rotation: told.rotation ?? turn.next.rotation,
    });
  }
};

const saveAll = async (ctx: RunContext): Promise<void> => {
  writeRunJson(ctx);
  await saveStateRef(ctx, ctx.state.committed);
  await pushStateRef(ctx);
};

interface Ending {
  readonly pause?: PauseReason;
  readonly reason: FailureReason;
}
const endings: Partial<Record<ErrorCode, Ending>> = {
  disk: { pause: 'disk full', reason: 'bug' },
  'sandbox.unavailable': { pause: 'blocked', reason: 'sandbox lost' },
  'sandbox.exec': { pause: 'blocked', reason: 'sandbox lost' },
  'spec.invalid': { reason: 'spec' },
  'scm.failed': { pause: 'blocked', reason: 'scm' },
  'scm.auth': { pause: 'token expired', reason: 'scm' },
  'scm.limited': { pause: 'blocked', reason: 'scm' },
  'git.failed': { pause: 'blocked', reason: 'scm' },
  config: { pause: 'blocked', reason: 'agent failed' },
};
/** A full disk also shows in what git, tar or sh say; none of it may end a run for good. */
const DISK_FULL = /no space left on device|disk quota exceeded|read-only file system|\bEIO: i\/o error/i;

const reasonOf = (error: unknown): Ending & { readonly detail: string } => {
  const known = error instanceof RalphError ? error : undefined;
  const message = error instanceof Error ? error.message : String(error);
  const ending = DISK_FULL.test(message) ? endings.disk : known && endings[known.code];
  if (known)
    return { ...(ending ?? { reason: 'bug' }), detail: known.hint ? `${message} (${known.hint})` : message };
  const stack = error instanceof Error ? (error.stack ?? message) : message;
  return ending ? { ...ending, detail: message } : { reason: 'bug', detail: stack };
};

/** A thrown error ends in a recorded status, where the disk still takes one. */
const recordError = (ctx: RunContext, error: unknown): void => {
  if (error instanceof RalphError && error.code === 'run.locked') throw error;
  const { pause: why, reason, detail } = reasonOf(error);
  const text = ctx.deps.redact(detail).slice(0, 4000);
  if (why) pause(ctx, why, text);
  else fail(ctx, reason, text);
};

/** So many sandboxes may be lost in a row without one whole iteration: then a human has to look. */
const MOST_LOSSES = 3;

/** An engine that is being restarted needs a moment. */
const LOSS_WAIT_MS = 2_000;

const work = async (ctx: RunContext): Promise<void> => {
  let losses = 0;
  let worked = false;
  // A git that was killed leaves its locks behind; with the run's lock held they belong to nobody.
  await ctx.home.repo.init();
  for (;;) {
    const before = ctx.state.committed;
    try {
      await prepare(ctx);
      worked = true;
      const left = await recover(ctx);
      emit(ctx, { type: 'run.status', status: 'running' }, { sync: true });
      writeRunJson(ctx);
      return await loop(ctx, left);
    } catch (error) {
      losses = ctx.state.committed > before ? 1 : losses + 1;
      if (!isLost(error) || !worked || losses > MOST_LOSSES || ctx.steer.signal.aborted) throw error;
      // As after a crash of the runner: what was half done is set aside, in the old work tree or the next one.
      const detail = ctx.deps.redact(error.message).slice(0, 1000);
      emit(ctx, { type: 'sandbox.lost', detail }, { sync: true });
      ctx.turn.end();
      ctx.box = undefined;
      if (losses > 1) await ctx.deps.host.clock.sleep(losses * LOSS_WAIT_MS, ctx.steer.signal);
    }
  }
};

const isLost = (error: unknown): error is RalphError =>
  error instanceof RalphError && error.code === 'sandbox.unavailable';

/** What a session left running has nobody to look after it once the run has ended. The files stay. */
const quietBox = async (ctx: RunContext): Promise<void> => {
  if (!isEnded(ctx.state.status)) return;
  try {
    await ctx.box?.stop();
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error);
    emit(ctx, {
      type: 'warning',
      about: 'sandbox',
      text: `could not be stopped: ${ctx.deps.redact(detail)}`,
    });
  }
};

/**
 * Runs one run until it ends, pauses, or is told to let go. The home is locked by the caller, who also releases it.
 * Returns the last state; throws only when not even the log can be written.
 */
export const runToEnd = async (deps: EngineDeps, home: RunHome, options: RunOptions): Promise<RunState> => {
  const ctx = await openContext(deps, home, options);
  await takeControls(ctx);
  if (isEnded(ctx.state.status) || ctx.state.status === 'paused') {
    await payOwed(ctx);
    return settle(ctx);
  }
  ctx.active = true;
  ctx.owner = options.mode;
  home.journal.startClock();
  const { pid, version } = deps.host;
  emit(ctx, { type: 'runner.started', pid, mode: options.mode, version });
  const { repaired } = home.journal;
  if (repaired !== undefined) emit(ctx, { type: 'run.recovered', how: 'log-repaired', detail: repaired });
  emit(ctx, { type: 'run.status', status: 'starting' }, { sync: true });
  writeRunJson(ctx);
  const stopWatching = watchControls(ctx, (error) =>
    options.steer.ask({ kind: 'shutdown', reason: String(error) }),
  );
  const issue = await tellIssue(ctx);
  try {
    await openGate(ctx);
    await work(ctx);
  } catch (error) {
    recordError(ctx, error);
  } finally {
    ctx.turn.end();
    await closeGate(ctx);
    await quietBox(ctx);
    await issue.stop();
    await commentOwed(ctx);
    await stopWatching();
    home.journal.stopClock();
  }
  ctx.active = false;
  return settle(ctx, options);
};

const settle = (ctx: RunContext, options?: RunOptions): RunState => {
  const stays = ctx.steer.wish?.kind === 'shutdown' && options;
  ctx.owner = stays ? options.mode : 'none';
  writeRunJson(ctx);
  return ctx.state;
};
