import type { BranchRemedy } from '../domain/control.ts';
import { singleLine } from '../domain/terminal.ts';
import type { Outcome } from './change-spec.ts';
import { emit, type RunContext } from './run-context.ts';
import { stateName } from './state-ref.ts';

const MAX_FILES = 20;

const refuse = (text: string): Outcome => ({ refused: text });
const short = (sha: string): string => sha.slice(0, 10);

/** Nothing is lost: what the branch does not hold any more keeps a ref of its own in the run's repository. */
const keep = async (ctx: RunContext, sha: string): Promise<string> => {
  const ref = `refs/ralph-wip/${stateName(ctx.state)}/moved-${short(sha)}`;
  if ((await ctx.home.repo.readRef(ref)) !== sha) await ctx.home.repo.updateRef(ref, sha, undefined);
  return ref;
};

interface Settled {
  readonly how: BranchRemedy;
  readonly head: string;
  readonly remote: string | undefined;
  readonly kept: string;
}

/** May be done again after a crash: the same order leads to the same commits. */
const settleOn = async (ctx: RunContext, settled: Settled): Promise<Outcome> => {
  const { how, head, remote, kept } = settled;
  const ref = `refs/heads/${ctx.state.branch}`;
  const before = ctx.state.headSha ?? ctx.state.baseSha;
  if (head !== before) {
    const at = await ctx.home.repo.readRef(ref);
    if (at !== head && !(await ctx.home.repo.updateRef(ref, head, before)))
      return refuse('the branch in the run’s own repository was moved by another runner');
    // The clone in the sandbox is filled anew, and the setup commands run again.
    ctx.home.state.remove('prepared');
  }
  ctx.deps.host.failpoint('branch.settled');
  const event = { type: 'branch.settled', how, headSha: head, kept } as const;
  emit(ctx, { ...event, ...(remote !== undefined && { remote }) }, { sync: true });
  return { done: `${how}: the branch goes on from ${short(head)}; what it left is kept as ${kept}` };
};

const overwrite = async (ctx: RunContext, remote: string | undefined): Promise<Outcome> => {
  const seen = ctx.state.moved?.remote;
  // Only what the human was shown may be overwritten.
  if (remote !== seen)
    return refuse(
      `it was moved again, to ${remote ?? 'nothing'}: look at it, then resume to see where it stands`,
    );
  const head = ctx.state.headSha ?? ctx.state.baseSha;
  const kept = remote === undefined ? 'nothing' : await keep(ctx, remote);
  return settleOn(ctx, { how: 'force-with-lease', head, remote, kept });
};

const onTheirs = async (ctx: RunContext, remote: string): Promise<Outcome> => {
  const ours = ctx.state.headSha ?? ctx.state.baseSha;
  const outcome = await ctx.home.repo.rebase(ours, remote);
  if (outcome.kind === 'unrelated')
    return refuse(`${short(remote)} has no commit in common with ${short(ours)}`);
  if (outcome.kind === 'conflict') {
    const names = outcome.files.map((file) => singleLine(file, 200)).slice(0, MAX_FILES);
    const more = outcome.files.length > MAX_FILES ? ` and ${outcome.files.length - MAX_FILES} more` : '';
    const detail = `rebase of ${short(outcome.sha)} onto ${remote}: conflicts in ${names.join(', ')}${more}`;
    emit(ctx, { type: 'run.status', status: 'paused', reason: 'branch moved', detail }, { sync: true });
    return refuse(detail);
  }
  const kept = await keep(ctx, ours);
  return settleOn(ctx, { how: 'rebase', head: outcome.sha, remote, kept });
};

/**
 * What becomes of a branch that somebody else moved: our work on top of theirs, ours instead of theirs, or theirs
 * alone. By the runner's own repository; no work tree is touched. Undefined: the run may go on.
 */
export const settleBranch = async (ctx: RunContext, how: BranchRemedy): Promise<Outcome> => {
  const { moved, branch, repo: url } = ctx.state;
  if (!moved) return refuse(`--${how} is for a branch that somebody else moved; this one was not`);
  const remote = await ctx.home.repo.fetchRef({ url }, `refs/heads/${branch}`);
  if (how === 'force-with-lease') return overwrite(ctx, remote);
  if (remote === undefined)
    return refuse(`${branch} is gone at the remote: --force-with-lease puts it there again`);
  if (how === 'rebase') return onTheirs(ctx, remote);
  const kept = await keep(ctx, ctx.state.headSha ?? ctx.state.baseSha);
  return settleOn(ctx, { how, head: remote, remote, kept });
};
