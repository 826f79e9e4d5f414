import { endsBy, isWordOnly } from '../domain/classic-state.ts';
import { describeExit, succeeded } from '../domain/exit.ts';
import { pullRequestContent } from '../domain/pull-request.ts';
import type { PauseReason } from '../domain/run-status.ts';
import { RalphError, type ErrorCode } from '../domain/error.ts';
import { backoffMs } from '../domain/retry.ts';
import type { PullRequest } from '../ports/scm.ts';
import { checksAreFine } from './await-checks.ts';
import { setCommitStatus } from './commit-status.ts';
import { readMetrics } from './metrics.ts';
import { followBase, openOnBase } from './follow-base.ts';
import { findOverlaps } from './overlap.ts';
import { emit, type RunContext } from './run-context.ts';
import { sitOut } from './wait.ts';

export type Published =
  | { readonly kind: 'published' }
  /** The branch has no change against its base: no pull request (reliability.md, SCM). */
  | { readonly kind: 'nothing' }
  | { readonly kind: 'paused'; readonly reason: PauseReason; readonly detail: string }
  | { readonly kind: 'failed'; readonly detail: string }
  /** The forge is at its rate limit; `until` is ISO. Nothing is lost: the next publish does it all. */
  | { readonly kind: 'limited'; readonly until: string; readonly detail: string };

const FINAL_TRIES = 4;
/** Rate limits that are sat out at the end of a run, one after the other. */
const LIMIT_WAITS = 24;
const OUTCOMES: ReadonlySet<ErrorCode> = new Set(['scm.failed', 'scm.auth', 'scm.limited', 'git.failed']);

const pushBranch = async (ctx: RunContext, sha: string, green: boolean): Promise<Published | undefined> => {
  const { branch, pushedSha, repo: url } = ctx.state;
  // Before it is called a success the remote itself has to say that it is there.
  if (pushedSha === sha && !green) return undefined;
  const ref = `refs/heads/${branch}`;
  const first = await ctx.home.repo.push({ url }, { sha, ref, expect: pushedSha });
  const outcome = first.kind === 'moved' ? await ours(ctx, { sha, ref, at: first.remoteSha }) : first;
  if (outcome.kind === 'pushed') {
    emit(ctx, { type: 'branch.pushed', branch, sha }, { sync: true });
    ctx.deps.host.failpoint('pushed');
    return undefined;
  }
  if (outcome.kind === 'moved') return movedAway(ctx, outcome.remoteSha);
  const { detail } = outcome;
  emit(ctx, { type: 'push.failed', branch, detail });
  if (outcome.refused && green) return { kind: 'paused', reason: 'token expired', detail };
  return { kind: 'failed', detail };
};

const movedAway = (ctx: RunContext, remote: string | undefined): Published => {
  const { branch, pushedSha: pushed } = ctx.state;
  const detail = `${branch} stands at ${remote ?? 'nothing'} at the remote, we pushed ${pushed ?? 'nothing'} last`;
  emit(ctx, { type: 'push.failed', branch, detail });
  const at = { ...(remote !== undefined && { remote }), ...(pushed !== undefined && { pushed }) };
  emit(ctx, { type: 'branch.moved', branch, ...at }, { sync: true });
  const hint = 'ralph resume --rebase, --force-with-lease or --abandon says what becomes of it';
  return { kind: 'paused', reason: 'branch moved', detail: `${detail}; ${hint}` };
};

/** A push whose answer was lost in a crash: the remote already stands at one of our own commits. */
const ours = async (ctx: RunContext, at: { sha: string; ref: string; at: string | undefined }) => {
  const moved = { kind: 'moved', remoteSha: at.at } as const;
  if (at.at === at.sha) return { kind: 'pushed' } as const;
  if (at.at === undefined) return moved;
  const own = await ctx.home.repo.log(ctx.state.baseSha, at.sha);
  if (!own.some((c) => c.sha === at.at)) return moved;
  return ctx.home.repo.push({ url: ctx.state.repo }, { sha: at.sha, ref: at.ref, expect: at.at });
};

const contentOf = (ctx: RunContext, done: boolean) => {
  const { task, state } = ctx;
  const metrics = readMetrics(ctx.home, state.committed);
  const remark = endsBy(state);
  return pullRequestContent({
    task,
    boxes: task.boxes.map((b) => ({ id: b.id, text: b.text, checked: state.boxes[b.id]?.checked ?? false })),
    iterations: state.committed,
    costUsd: state.spent.costUsd,
    // The checks come last: of a command that the session had run too, the check's outcome counts.
    verification: [...new Map((metrics?.commands ?? []).map((c) => [c.command, c])).values()]
      .filter((c) => c.command === task.testCommand || task.verifyCommands.includes(c.command))
      .map((c) => ({ command: c.command, outcome: describeExit(c.exit), ok: succeeded(c.exit) })),
    runId: ctx.home.id,
    done,
    ...(remark !== undefined && { remark }),
  });
};

/** What was done was undone again: there is nothing to review. */
const isEmpty = async (ctx: RunContext, sha: string): Promise<boolean> =>
  (await ctx.home.repo.diff(ctx.state.baseSha, sha, { maxBytes: 0 })).files.length === 0;

/** What nobody checked stays a draft. */
const staysDraft = (ctx: RunContext, done: boolean): boolean =>
  ctx.task.pr.draft && (!done || isWordOnly(ctx.state));

const record = (
  ctx: RunContext,
  pr: PullRequest,
  { sha, title, created }: { readonly sha: string; readonly title: string; readonly created: boolean },
): void => {
  const { number, url } = pr;
  ctx.deps.host.failpoint('pr.opened');
  emit(ctx, { type: 'pr.updated', number, url, draft: pr.draft, created }, { sync: true });
  for (const note of pr.notes ?? [])
    emit(ctx, { type: 'warning', about: 'pull request', text: ctx.deps.redact(note) });
  const shown = { number, url, draft: pr.draft, state: pr.state, head_sha: sha, title };
  ctx.home.state.write(
    `iterations/${ctx.state.committed}/pr_state.json`,
    `${JSON.stringify(shown, undefined, 2)}\n`,
  );
};

const updatePullRequest = async (ctx: RunContext, sha: string, green: boolean): Promise<Published> => {
  if (!ctx.state.pr && (await isEmpty(ctx, sha))) return { kind: 'nothing' };
  const scm = await ctx.deps.scm({ url: ctx.state.repo });
  const done = green && checksAreFine(ctx);
  const { title, body } = contentOf(ctx, done);
  const { branch: headBranch } = ctx.state;
  const draft = staysDraft(ctx, done);
  const content = { headBranch, headSha: sha, title, body, draft, labels: ctx.task.pr.labels };
  const found = ctx.state.pr ? await scm.findPr(headBranch) : undefined;
  if (found && found.state !== 'open') {
    const detail = `pull request #${found.number} is ${found.state}; it is not reopened`;
    return { kind: 'paused', reason: 'human', detail };
  }
  const lost = await followBase(ctx, scm, found);
  if (lost !== undefined) return { kind: 'paused', reason: 'human', detail: lost };
  const whole = { ...content, baseBranch: ctx.state.baseBranch };
  const pr = found ? await scm.updatePr(found.number, whole) : await openOnBase(ctx, scm, whole);
  if (typeof pr === 'string') return { kind: 'paused', reason: 'human', detail: pr };
  if (pr.state !== 'open') {
    return { kind: 'paused', reason: 'human', detail: `pull request #${pr.number} is ${pr.state}` };
  }
  record(ctx, pr, { sha, title, created: !found });
  return { kind: 'published' };
};

const once = async (ctx: RunContext, green: boolean): Promise<Published> => {
  const sha = ctx.state.headSha ?? ctx.state.baseSha;
  if (sha === ctx.state.baseSha) return { kind: 'nothing' };
  try {
    const problem = await pushBranch(ctx, sha, green);
    return problem ?? (await besides(ctx, sha, await updatePullRequest(ctx, sha, green)));
  } catch (error) {
    if (!(error instanceof RalphError) || !OUTCOMES.has(error.code)) throw error;
    const detail = ctx.deps.redact(error.message);
    emit(ctx, { type: 'push.failed', branch: ctx.state.branch, detail });
    if (error.code === 'scm.limited' && error.until !== undefined)
      return { kind: 'limited', until: error.until, detail };
    // The work goes on without a pull request as long as there is work; only at its end a human is needed.
    if (error.code === 'scm.auth' && green)
      return { kind: 'paused', reason: 'token expired', detail: hinted(error) };
    return { kind: 'failed', detail };
  }
};

/** What goes with a pull request that is there: the status of its head, and who else works at the same place. */
const besides = async (ctx: RunContext, sha: string, published: Published): Promise<Published> => {
  if (published.kind !== 'published') return published;
  await setCommitStatus(ctx, sha);
  const overlap = await findOverlaps(ctx, sha);
  return overlap === undefined ? published : { kind: 'paused', reason: 'blocked', detail: overlap };
};

const hinted = ({ message, hint }: RalphError): string =>
  hint === undefined ? message : `${message} (${hint})`;

/** Pushes the branch and opens or updates the pull request (spec 9.3): the runner owns both, never the model. */
export const publish = async (ctx: RunContext, options: { readonly final: boolean }): Promise<Published> => {
  const { clock } = ctx.deps.host;
  let outcome = await once(ctx, ctx.state.green);
  let failures = 0;
  for (let waits = 0; options.final && !ctx.steer.signal.aborted;) {
    if (outcome.kind === 'limited' && waits < LIMIT_WAITS) {
      waits += 1;
      const { until, detail } = outcome;
      if ((await sitOut(ctx, { reason: 'rate limit of the forge', detail, until })) === 'cut') return outcome;
    } else if (outcome.kind === 'failed' && failures < FINAL_TRIES) {
      await clock.sleep(backoffMs(failures, ctx.deps.random()), ctx.steer.signal);
      failures += 1;
    } else return outcome;
    outcome = await once(ctx, ctx.state.green);
  }
  return outcome;
};
