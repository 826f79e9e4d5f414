import type { Entry } from '../domain/event.ts';
import type { Metrics } from '../domain/iteration-record.ts';
import { isEnded } from '../domain/run-status.ts';
import { setBoxes } from '../domain/spec/checkboxes.ts';
import { emitEnd, project } from './commit-iteration.ts';
import { readDone } from './done.ts';
import { readFacts, readMetrics } from './metrics.ts';
import { emit, loadTask, repoDir, theBox, type RunContext } from './run-context.ts';
import { stateName, stateRef } from './state-ref.ts';
import { takeSnapshot } from './take-snapshot.ts';
import * as git from './workspace/git.ts';

/** An iteration that was started and neither ended nor undone: what a crash left. */
const halfDone = (ctx: RunContext): number | undefined =>
  ctx.state.iteration > ctx.state.committed ? ctx.state.iteration : undefined;

const branchRef = (ctx: RunContext): string => `refs/heads/${ctx.state.branch}`;

/** Ticks are part of the transaction: they stand as the last whole iteration left them. */
const setBoxesTo = (ctx: RunContext, boxes: Readonly<Record<string, boolean>>): void => {
  for (const [box, { checked }] of Object.entries(ctx.state.boxes)) {
    const wanted = boxes[box] ?? false;
    if (checked !== wanted) emit(ctx, { type: 'box.changed', box, checked: wanted, reason: 'recovered' });
  }
};

/** A valid done.json is a commit: fence, entry and projections are done (again). */
const rollForward = async (ctx: RunContext, n: number): Promise<Metrics | undefined> => {
  const done = readDone(ctx, n);
  const metrics = readMetrics(ctx.home, n);
  if (!done || !metrics) return undefined;
  const at = await ctx.home.repo.readRef(branchRef(ctx));
  if (at !== done.head_sha) {
    const moved =
      at !== undefined && (await ctx.home.repo.updateRef(branchRef(ctx), done.head_sha, metrics.start_sha));
    if (!moved) return undefined;
  }
  setBoxesTo(ctx, done.boxes);
  emitEnd(ctx, metrics);
  emit(
    ctx,
    { type: 'run.recovered', how: 'rolled-forward', n, detail: `iteration ${n} was whole` },
    { sync: true },
  );
  project(ctx, metrics);
  return metrics;
};

interface Kept {
  readonly detail: string;
  /** False when something of the work tree is only there: then its files stay where they are. */
  readonly whole: boolean;
}

/** The work tree of a half-done iteration is kept as a commit on a ref of its own, before it is reset. */
const keepWork = async (ctx: RunContext, n: number, startSha: string): Promise<Kept> => {
  const message = `Work of iteration ${n}, which was interrupted\n`;
  const taken = await takeSnapshot(ctx, { startSha, message, maxDiff: 64 * 1024, keepsSecrets: true });
  const base = `${stateRef(stateName(ctx.state))}/wip/${n}`.replace('refs/ralph/', 'refs/ralph-wip/');
  const stays = `what could not be committed stays in the work tree: ${taken.problems.join('; ')}`;
  const kept = (detail: string): Kept =>
    taken.complete ? { detail, whole: true } : { detail: `${detail}; ${stays}`, whole: false };
  if (taken.headSha === startSha)
    return kept(taken.complete ? 'it had changed nothing' : 'nothing was committed');
  for (let k = 0; ; k += 1) {
    const ref = k === 0 ? base : `${base}-${k}`;
    if (await ctx.home.repo.updateRef(ref, taken.headSha, undefined))
      return kept(`its work tree is kept as ${ref}`);
  }
};

const renameFolder = (ctx: RunContext, n: number): void => {
  const { state } = ctx.home;
  const from = `iterations/${n}`;
  if (!state.exists(from)) return;
  for (let k = 1; ; k += 1) {
    if (state.exists(`${from}.interrupted-${k}`)) continue;
    state.rename(from, `${from}.interrupted-${k}`);
    return;
  }
};

const rollBack = async (ctx: RunContext, n: number): Promise<void> => {
  const sha = ctx.state.startSha ?? ctx.state.baseSha;
  const kept = await keepWork(ctx, n, sha);
  const reset = kept.whole ? git.resetHard : git.resetKeepingFiles;
  if (!ctx.task.sandbox.readOnly) await reset(theBox(ctx), repoDir(ctx), { branch: ctx.state.branch, sha });
  renameFolder(ctx, n);
  setBoxesTo(ctx, readDone(ctx, ctx.state.committed)?.boxes ?? {});
  emit(ctx, { type: 'run.recovered', how: 'rolled-back', n, detail: kept.detail }, { sync: true });
};

/** The ticks that stand in the log are those of the task file (a crash between the two is mended here). */
const mendTask = (ctx: RunContext): void => {
  const before = ctx.home.readTask() ?? '';
  const after = setBoxes(before, new Map(Object.entries(ctx.state.boxes).map(([id, b]) => [id, b.checked])));
  if (after === before) return;
  ctx.home.writeTask(after);
  ctx.task = loadTask(after);
};

/** What shows that the end of an iteration was heeded: the next one, a step of the ladder, or a halt. */
const heeds = (entry: Entry): boolean =>
  entry.type === 'iteration.started' ||
  entry.type === 'gutter' ||
  (entry.type === 'run.status' && (entry.status === 'paused' || isEnded(entry.status)));

/** The last iteration was whole: its readable files may be missing, and what was to follow from it. */
const endLast = (ctx: RunContext): Metrics | undefined => {
  const metrics = readMetrics(ctx.home, ctx.state.committed);
  if (metrics) project(ctx, metrics);
  const { replayed } = ctx.home.journal;
  const at = replayed.findLastIndex(({ type }) => type === 'iteration.ended');
  const isLast = at >= 0 && replayed[at]?.type === 'iteration.ended' && metrics !== undefined;
  return isLast && !replayed.slice(at).some(heeds) ? metrics : undefined;
};

/**
 * After a crash (state.md, Recovery): a whole iteration rolls forward, a half-done one is set aside and rolled back.
 * A command that was cut is never run again by itself. Needs the sandbox. Returns the last iteration when nothing of
 * what follows from it was entered yet: what its session asked for, and the step of the ladder, are still due.
 */
export const recover = async (ctx: RunContext): Promise<Metrics | undefined> => {
  const n = halfDone(ctx);
  const left = n === undefined ? endLast(ctx) : await rollForward(ctx, n);
  if (n !== undefined && !left) await rollBack(ctx, n);
  mendTask(ctx);
  ctx.facts = readFacts(ctx.home, ctx.state.committed);
  return left;
};
