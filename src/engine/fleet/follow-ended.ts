import { isValidRef } from '../../domain/branch-name.ts';
import { RalphError } from '../../domain/error.ts';
import type { RunId } from '../../domain/event.ts';
import type { RunState } from '../../domain/run-state.ts';
import { isActive, isEnded } from '../../domain/run-status.ts';
import type { OpenChange, ScmProvider } from '../../ports/scm.ts';
import type { EngineDeps } from '../deps.ts';
import { commentOwed } from '../comment.ts';
import { moveBase } from '../follow-base.ts';
import { openContext, type RunContext } from '../run-context.ts';
import { parseRunJson, writeRunJson } from '../run-json.ts';
import { runsByBranch } from '../runs-by-branch.ts';
import { createSteer } from '../steer.ts';

/** Looks of this kind for each look at checks: five minutes by default. */
const POLLS_A_LOOK = 15;
/** A base that is neither open nor merged is asked for so rarely. */
const AGAIN_MS = 3600_000;
/** After that a stack is nobody's any more. */
const MAX_AGE_MS = 30 * 24 * 3600_000;
/** Open pull requests that the forge lists: with as many of them, one that is not there may be open all the same. */
const LISTED = 100;
/** A stack of merged branches is gone down so far in one look. */
const MOST_STEPS = 10;

/**
 * Looks after the pull requests of runs whose runner is gone: those on another run's branch, and those that could not be
 * told why their run stands still.
 */
export interface EndedFollower {
  /** Harmless at any time; it looks every few minutes, and at most once at a time. */
  look(): void;
  /** It has the run's home in its hands for a moment. */
  holds(id: RunId): boolean;
}
interface Follower {
  readonly deps: EngineDeps;
  readonly log: (line: string) => void;
  /** Closed or merged themselves: they stay as they are. */
  readonly done: Set<RunId>;
  /** Monotonic ms at which a base was asked for that was not merged. */
  readonly asked: Map<RunId, number>;
  held: RunId | undefined;
}

/** Runs of the last weeks with a pull request of which it holds, as far as is known here. */
const runsWith = (
  { deps }: Follower,
  holds: (state: RunState) => boolean,
): ReadonlyMap<string, readonly RunState[]> => {
  const since = deps.host.clock.now().getTime() - MAX_AGE_MS;
  const found = deps.homes.list().flatMap((id) => {
    const state = parseRunJson(deps.homes.peek(id, { withLock: false })?.runJson)?.state;
    return state?.pr && holds(state) && Date.parse(state.lastAt) > since ? [state] : [];
  });
  return Map.groupBy(found, ({ repo }) => repo);
};

/** Does something with an ended or paused run; undefined where somebody took it up again meanwhile. */
const withRun = async <T>(
  follower: Follower,
  id: RunId,
  act: (ctx: RunContext) => Promise<T>,
): Promise<T | undefined> => {
  const { deps } = follower;
  const home = deps.homes.open(id);
  if (home === 'locked') return undefined;
  follower.held = id;
  try {
    const ctx = await openContext(deps, home, { steer: createSteer() });
    const result = await act(ctx);
    writeRunJson(ctx);
    return result;
  } finally {
    home.release();
    follower.held = undefined;
  }
};

/** The first one that is refused at a rate limit speaks for all of its repository. */
const tellOwed = async (follower: Follower, states: readonly RunState[]): Promise<void> => {
  for (const { id } of states) {
    if ((await withRun(follower, id, commentOwed)) === 'later') return;
  }
};

/** The branch that what stood on `branch` belongs into now, by what was merged; undefined while that is still itself. */
const mergedInto = async (
  deps: EngineDeps,
  scm: ScmProvider,
  { repo, branch: own, baseBranch }: RunState,
): Promise<{ readonly to: string; readonly merged: number } | undefined> => {
  const runs = runsByBranch(deps, repo);
  let found: { readonly to: string; readonly merged: number } | undefined;
  for (let step = 0; step < MOST_STEPS; step += 1) {
    const at = found?.to ?? baseBranch;
    if (step > 0 && !runs.has(at)) return found;
    const under = await scm.findPr(at);
    if (under?.state !== 'merged') return found;
    if (under.baseBranch === own || under.baseBranch === at || !isValidRef(under.baseBranch)) return found;
    found = { to: under.baseBranch, merged: under.number };
  }
  return found;
};

/** The forge first: what is entered before would not be done again after a crash. */
const retarget = async (follower: Follower, scm: ScmProvider, state: RunState): Promise<void> => {
  const { deps, log } = follower;
  const own = await scm.findPr(state.branch);
  if (own?.state !== 'open') {
    follower.done.add(state.id);
    return;
  }
  const isMoved = own.baseBranch !== state.baseBranch && isValidRef(own.baseBranch);
  const target = isMoved ? { to: own.baseBranch } : await mergedInto(deps, scm, state);
  if (target === undefined) return;
  if (!isMoved) await scm.updatePr(own.number, { baseBranch: target.to });
  deps.host.failpoint('stack.followed');
  // A runner that took it up again finds the base as it is now.
  const moved = await withRun(follower, state.id, async (ctx) => {
    await moveBase(ctx, target.to, 'merged' in target ? target.merged : undefined);
    return true;
  });
  if (moved) log(`${state.id} pull request #${own.number} goes into ${target.to} now`);
};

const isOpen = (open: readonly OpenChange[] | undefined, branch: string): boolean =>
  open?.some(({ headBranch }) => headBranch === branch) === true;

/** One call for all of them, as long as nothing was merged. */
const lookAt = async (follower: Follower, repo: string, states: readonly RunState[]): Promise<void> => {
  const { deps, asked, done } = follower;
  const scm = await deps.scm({ url: repo });
  const open = await scm.openChanges?.(deps.checks.pollMs);
  const now = deps.host.clock.monotonicMs();
  for (const state of states) {
    const isListed = open?.some(({ number }) => number === state.pr?.number) === true;
    if (open !== undefined && open.length < LISTED && !isListed) done.add(state.id);
    else if (isOpen(open, state.baseBranch)) asked.delete(state.id);
    else if (now - (asked.get(state.id) ?? Number.NEGATIVE_INFINITY) > AGAIN_MS) {
      asked.set(state.id, now);
      await retarget(follower, scm, state);
    }
  }
};

const lookAtAll = async (follower: Follower): Promise<void> => {
  const { done } = follower;
  const tries = async (what: string, act: () => Promise<void>): Promise<void> => {
    try {
      await act();
    } catch (error) {
      if (!(error instanceof RalphError)) throw error;
      follower.log(`${what}: ${follower.deps.redact(error.message)}`);
    }
  };
  const owing = runsWith(follower, (state) => state.owed !== undefined && !isActive(state.status));
  for (const states of owing.values()) await tries('comments', () => tellOwed(follower, states));
  const stacked = runsWith(
    follower,
    ({ id, stackedOn, status }) => !done.has(id) && stackedOn !== undefined && isEnded(status),
  );
  for (const [repo, states] of stacked)
    await tries('stacked pull requests', () => lookAt(follower, repo, states));
};

/** `log` is told what was done, and what went wrong. */
export const createEndedFollower = (deps: EngineDeps, log: (line: string) => void): EndedFollower => {
  const follower: Follower = { deps, log, done: new Set(), asked: new Map(), held: undefined };
  const { clock } = deps.host;
  let looked = Number.NEGATIVE_INFINITY;
  let isLooking = false;
  return {
    look: () => {
      if (isLooking || clock.monotonicMs() - looked < POLLS_A_LOOK * deps.checks.pollMs) return;
      looked = clock.monotonicMs();
      isLooking = true;
      lookAtAll(follower)
        .catch((error: unknown) => log(`bug: ${String(error)}`))
        .finally(() => {
          isLooking = false;
        });
    },
    holds: (id) => follower.held === id,
  };
};
