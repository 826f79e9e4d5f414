import { RalphError } from '../domain/error.ts';
import { loopScore, type IterationFacts, type LoopScore } from '../domain/loop-score.ts';
import { setBoxes } from '../domain/spec/checkboxes.ts';
import { withLastStatus } from '../domain/state-texts.ts';
import { describeExit } from '../domain/exit.ts';
import { singleLine } from '../domain/terminal.ts';
import type { Metrics } from '../domain/iteration-record.ts';
import type { Diff } from '../ports/run-repo.ts';
import type { Applied } from './apply-action.ts';
import type { Checked } from './checks.ts';
import { writeDone } from './done.ts';
import { renderOutputs, withFacts } from './metrics.ts';
import { emit, repoDir, type RunContext } from './run-context.ts';
import { takeSnapshot, type Taken } from './take-snapshot.ts';

/** Patches above this are cut in git_diff.patch; the commit has it all. */
const MAX_DIFF = 4 * 1024 * 1024;
const MOVED =
  'the files changed after the checks had seen them (a process in the background?): they hold for another tree';

export interface IterationResult {
  readonly n: number;
  readonly startSha: string;
  /** `journal.up` when it started. */
  readonly startedMs: number;
  readonly summary: string;
  readonly applied: Applied;
  readonly checked: Checked;
}
export interface Committed {
  readonly headSha: string;
  readonly metrics: Metrics;
  readonly diff: Diff;
}

const factsOf = (result: IterationResult, diff: Diff): IterationFacts => ({
  n: result.n,
  failures: [...result.applied.commands, ...result.checked.commands].flatMap((c) => c.signature ?? []),
  linesAdded: diff.files.reduce((sum, f) => sum + f.added, 0),
  linesRemoved: diff.files.reduce((sum, f) => sum + f.removed, 0),
  fileHashes: Object.fromEntries(diff.files.slice(0, 2000).map((f) => [f.path, f.hash])),
});

const timesOf = (ctx: RunContext, result: IterationResult): Metrics['ms'] => {
  const total = Math.round(ctx.home.journal.up - result.startedMs);
  const all = [...result.applied.commands, ...result.checked.commands];
  const commands = Math.round(all.reduce((sum, c) => sum + c.ms, 0));
  const model = ctx.modelMs;
  return { total, model, commands, runner: Math.max(0, total - commands - model) };
};

const writeFiles = (
  ctx: RunContext,
  result: IterationResult,
  made: { taken: Taken; diff: Diff; metrics: Metrics; output: string },
) => {
  const folder = `iterations/${result.n}`;
  const { state } = ctx.home;
  state.write(`${folder}/actions.jsonl`, result.applied.records.map((r) => `${r}\n`).join(''));
  state.write(`${folder}/git_diff.patch`, ctx.deps.redact(made.diff.patch));
  state.write(`${folder}/test_output.txt`, made.output);
  state.write(`${folder}/metrics.json`, `${JSON.stringify(made.metrics, undefined, 2)}\n`);
};

/** Brings the readable files up to date; done a second time, after a crash, it changes nothing. */
export const project = (ctx: RunContext, metrics: Metrics): void => {
  const { state } = ctx.home;
  const boxes = new Map(Object.entries(ctx.state.boxes).map(([id, box]) => [id, box.checked]));
  const before = ctx.home.readTask() ?? '';
  const after = setBoxes(before, boxes);
  if (after !== before) ctx.home.writeTask(after);
  if (metrics.problems.length > 0) {
    const lines = metrics.problems.map(
      (p) => `[iteration ${metrics.n}] ${p.replace(/^iteration \d+: /, '')}\n`,
    );
    const text = ctx.deps.redact(lines.join(''));
    if (!(state.readText('errors.log') ?? '').includes(text)) state.append('errors.log', text);
  }
  const status = [
    `iteration: ${metrics.n}`,
    `test_command: ${metrics.test_exit ? describeExit(metrics.test_exit) : 'not run'}`,
    `loop_score: ${metrics.loop_score.toFixed(2)}`,
  ];
  const progress = state.readText('progress.md') ?? '';
  const shown = withLastStatus(progress, status);
  if (shown !== progress) state.write('progress.md', shown);
};

const message = (ctx: RunContext, result: IterationResult): string => {
  const summary = singleLine(result.summary, 60) || 'work of the iteration';
  return ctx.deps.redact(
    `ralph(${ctx.state.task}): ${summary}\n\nIteration ${result.n} of run ${ctx.home.id}.\n`,
  );
};

const isGreen = ({ checked }: IterationResult, taken: Taken): boolean =>
  checked.green && taken.complete && taken.tree === checked.tree;

/** A phase ends with work that is committed, the last one only with a head that is green. */
const endedPhase = (ctx: RunContext, result: IterationResult, taken: Taken): { phase_ended?: number } => {
  const { phaseEnded } = result.checked;
  if (phaseEnded === undefined || !taken.complete) return {};
  const isLast = phaseEnded === ctx.task.classic?.phases.length;
  return isLast && !isGreen(result, taken) ? {} : { phase_ended: phaseEnded };
};

/** Asked for by the session, and still due when the runner dies right after this. */
const wishOf = (ctx: RunContext, wish: Applied['wish']): Pick<Metrics, 'wish'> =>
  wish && wish.kind !== 'rotate' ? { wish: { kind: wish.kind, reason: ctx.deps.redact(wish.reason) } } : {};

const metricsOf = (
  ctx: RunContext,
  result: IterationResult,
  made: { taken: Taken; facts: IterationFacts; score: LoopScore; index: Metrics['commands'] },
): Metrics => ({
  n: result.n,
  start_sha: result.startSha,
  head_sha: made.taken.headSha,
  green: isGreen(result, made.taken),
  ...endedPhase(ctx, result, made.taken),
  ...(result.checked.testExit && { test_exit: result.checked.testExit }),
  ...wishOf(ctx, result.applied.wish),
  loop_score: made.score.score,
  facts: made.facts,
  commands: made.index,
  ms: timesOf(ctx, result),
  problems: [...result.applied.problems, ...result.checked.problems, ...made.taken.problems]
    .concat(result.checked.green && made.taken.tree !== result.checked.tree ? [MOVED] : [])
    .map((p) => singleLine(ctx.deps.redact(p), 1000)),
});

/** Steps 7 to 10: snapshot, diff, loop_score, done.json, the fence, and the entry that ends the iteration. */
export const commitIteration = async (ctx: RunContext, result: IterationResult): Promise<Committed> => {
  const { n, startSha } = result;
  const { failpoint } = ctx.deps.host;
  const taken = await takeSnapshot(ctx, { startSha, message: message(ctx, result), maxDiff: MAX_DIFF });
  failpoint('snapshot');
  const { diff } = taken;
  // What could not be committed is no progress, however large it is.
  const facts = factsOf(result, taken.headSha === startSha ? { ...diff, files: [] } : diff);
  const score = loopScore([...ctx.facts, facts]);
  const { files } = diff;
  emit(ctx, { type: 'diff', n, files: files.length, added: facts.linesAdded, removed: facts.linesRemoved });
  const { evidence, ...parts } = score;
  emit(ctx, { type: 'loop.scored', n, ...parts, evidence: evidence.map((e) => singleLine(e, 300)) });
  const outputs = renderOutputs([...result.applied.commands, ...result.checked.commands]);
  const metrics = metricsOf(ctx, result, { taken, facts, score, index: outputs.index });
  writeFiles(ctx, result, { taken, diff, metrics, output: outputs.text });
  failpoint('before-done');
  writeDone(ctx, { n, headSha: taken.headSha, boxes: ctx.state.boxes });
  failpoint('after-done');
  await fence(ctx, startSha, taken.headSha);
  failpoint('after-fence');
  emitEnd(ctx, metrics);
  failpoint('iteration.ended');
  ctx.facts = withFacts(ctx.facts, facts);
  project(ctx, metrics);
  failpoint('projected');
  return { headSha: taken.headSha, metrics, diff };
};

const endOf = (metrics: Metrics) =>
  ({
    type: 'iteration.ended',
    n: metrics.n,
    headSha: metrics.head_sha,
    ms: metrics.ms.total,
    loopScore: metrics.loop_score,
    green: metrics.green,
    ...(metrics.test_exit && { testExit: metrics.test_exit }),
  }) as const;

/** The entries that end an iteration, from what is on disk alone (also used when rolling forward). */
export const emitEnd = (ctx: RunContext, metrics: Metrics): void => {
  const { n, phase_ended: phase } = metrics;
  if (phase !== undefined)
    emit(ctx, { type: 'phase.ended', n, phase, of: ctx.state.classic?.phases.length ?? phase });
  emit(ctx, endOf(metrics), { sync: true });
};

/** `git update-ref REF new old`: if the branch is not where this iteration began, another runner was here. */
export const fence = async (ctx: RunContext, from: string, to: string): Promise<void> => {
  const moved = await ctx.home.repo.updateRef(`refs/heads/${ctx.state.branch}`, to, from);
  if (moved) return;
  throw new RalphError('run.locked', `run ${ctx.home.id}: the branch was moved by another runner`, {
    hint: `look at ${repoDir(ctx)} and at refs/heads/${ctx.state.branch} in ${ctx.home.repo.dir}`,
  });
};
