import { isValidRef } from '../domain/branch-name.ts';
import { RalphError } from '../domain/error.ts';
import type { PullRequest, PullRequestContent, ScmProvider } from '../ports/scm.ts';
import { emit, type RunContext } from './run-context.ts';
import { runsByBranch } from './runs-by-branch.ts';

/** A stack of merged branches is gone down so far in one publish. */
const MOST_STEPS = 10;

/** Squashed or rebased on the way, what the run is built on has other names there. */
const lacksOurs = async (ctx: RunContext, branch: string): Promise<boolean> => {
  const { repo } = ctx.home;
  const tip = await repo.fetchRef({ url: ctx.state.repo }, `refs/heads/${branch}`);
  return tip !== undefined && (await repo.log(tip, ctx.state.baseSha, 1)).length > 0;
};

/**
 * Enters the new base. `baseSha` stays: it is where the run's own work begins, on whatever branch that is merged into,
 * so that diff, overlaps and the empty diff are about that work alone.
 */
export const moveBase = async (ctx: RunContext, to: string, merged?: number): Promise<void> => {
  const { baseBranch: from, repo } = ctx.state;
  const lacks = await lacksOurs(ctx, to);
  const stackedOn = runsByBranch(ctx.deps, repo).get(to);
  const why = { ...(merged !== undefined && { merged }), ...(stackedOn !== undefined && { stackedOn }) };
  emit(ctx, { type: 'base.changed', from, to, lacks, ...why }, { sync: true });
};

/** A name that came over the network, and that a branch of this run may be merged into. */
const canBeBase = ({ state }: RunContext, name: string): boolean =>
  name !== state.branch && name !== state.baseBranch && isValidRef(name);

/** Answered from what all runs of this process ask for anyway, where the forge has that. */
const isOpen = async (ctx: RunContext, scm: ScmProvider): Promise<boolean> => {
  try {
    const open = (await scm.openChanges?.(ctx.deps.checks.pollMs)) ?? [];
    return open.some(({ headBranch }) => headBranch === ctx.state.baseBranch);
  } catch (error) {
    if (error instanceof RalphError && error.code === 'scm.failed') return false;
    throw error;
  }
};

/** Not merged: where the branch is still there, the pull request can be too. */
const closedBase = async (ctx: RunContext, closed: PullRequest | undefined): Promise<string | undefined> => {
  const { baseBranch, repo, pr } = ctx.state;
  const names = pr ? [baseBranch] : await ctx.home.repo.remoteBranches({ url: repo }, baseBranch);
  const what = closed ? `its pull request #${closed.number} was closed without a merge` : 'none was merged';
  if (!names.includes(baseBranch))
    return `the base branch ${baseBranch} is gone at the remote, and ${what}: put it there again, or open the pull request by hand, then resume`;
  if (!closed || ctx.baseProblem) return undefined;
  ctx.baseProblem = true;
  const text = `this run is built on ${baseBranch}, and ${what}`;
  emit(ctx, { type: 'warning', about: 'base branch', text });
  return undefined;
};

const followMerges = async (ctx: RunContext, scm: ScmProvider): Promise<string | undefined> => {
  for (let step = 0; step < MOST_STEPS; step += 1) {
    const under = await scm.findPr(ctx.state.baseBranch);
    if (under?.state === 'open') return undefined;
    if (under?.state !== 'merged') return closedBase(ctx, under);
    if (!canBeBase(ctx, under.baseBranch)) return undefined;
    await moveBase(ctx, under.baseBranch, under.number);
    if (ctx.state.stackedOn === undefined) return undefined;
  }
  return undefined;
};

/**
 * What the pull request is merged into (spec 14.3): where the base is another run's branch and that was merged, it is
 * what that one was merged into; and a base that was changed at the forge is taken as it is. Gives why a human has to
 * look, where one has to.
 */
export const followBase = async (
  ctx: RunContext,
  scm: ScmProvider,
  found: PullRequest | undefined,
): Promise<string | undefined> => {
  if (found && canBeBase(ctx, found.baseBranch)) await moveBase(ctx, found.baseBranch);
  if (ctx.state.stackedOn === undefined || (await isOpen(ctx, scm))) return undefined;
  return followMerges(ctx, scm);
};

const isGone = async ({ home, state }: RunContext): Promise<boolean> =>
  !(await home.repo.remoteBranches({ url: state.repo }, state.baseBranch)).includes(state.baseBranch);

/**
 * Opens it, or finds it with the base that it has. A base that is gone is looked for among what was merged. A text:
 * why a human has to look.
 */
export const openOnBase = async (
  ctx: RunContext,
  scm: ScmProvider,
  content: PullRequestContent,
): Promise<PullRequest | string> => {
  const open = async (baseBranch: string): Promise<PullRequest> => {
    const made = await scm.openPr({ ...content, baseBranch });
    if (canBeBase(ctx, made.baseBranch)) await moveBase(ctx, made.baseBranch);
    return made;
  };
  try {
    return await open(content.baseBranch);
  } catch (error) {
    if (!(error instanceof RalphError) || error.code !== 'scm.failed' || !(await isGone(ctx))) throw error;
    const lost = await followMerges(ctx, scm);
    if (lost !== undefined) return lost;
    if (ctx.state.baseBranch === content.baseBranch) throw error;
    return open(ctx.state.baseBranch);
  }
};
