import { successText } from '../domain/classic-state.ts';
import { awaitChecks, waitsForChecks, type ChecksOutcome } from './await-checks.ts';
import { halt, obey, onward, pause, type Next } from './next.ts';
import { publish, type Published } from './publish.ts';
import { emit, type RunContext } from './run-context.ts';
import { pushStateRef, saveStateRef } from './state-ref.ts';

const conclude = (ctx: RunContext, published: Published): Next => {
  switch (published.kind) {
    case 'published':
    case 'nothing': {
      const pushed = published.kind === 'published' ? ctx.state.pr?.number : undefined;
      const detail = successText(ctx.task, pushed);
      emit(ctx, { type: 'run.status', status: 'succeeded', detail }, { sync: true });
      return halt;
    }
    case 'paused':
      return pause(ctx, published.reason, published.detail);
    case 'limited':
    case 'failed':
      return pause(
        ctx,
        'blocked',
        `the work is done and kept, but could not be published: ${published.detail}`,
      );
  }
};

const RED =
  'The pull request was pushed, but checks of the forge failed on it (see "Checks of the pull request"): find out why and mend it.';

const afterChecks = async (ctx: RunContext, outcome: ChecksOutcome): Promise<Next> => {
  switch (outcome.kind) {
    case 'green':
      // From a draft to ready, with the remote asked once more where the branch stands.
      return conclude(ctx, await publish(ctx, { final: true }));
    case 'red':
      return { go: true, rotation: RED };
    case 'cut':
      return obey(ctx);
    case 'refused':
      return pause(ctx, 'token expired', outcome.detail);
    case 'unknown': {
      const hint = 'look there; `ralph resume` looks again, pr.wait_for_checks: false does without them';
      return pause(ctx, 'blocked', `${outcome.detail} (${hint})`);
    }
  }
};

/** A verified head has to be pushed and in the pull request, and the forge's checks green where they are waited for (spec 11, 14.5). */
export const finish = async (ctx: RunContext): Promise<Next> => {
  const outcome = await publish(ctx, { final: true });
  // Told to stop, pause or go away while it waited for the forge.
  if (outcome.kind === 'limited' && ctx.steer.wish && !obey(ctx).go) return halt;
  await saveStateRef(ctx, ctx.state.committed);
  await pushStateRef(ctx);
  // The operator gave it another task while it was being published.
  if (!ctx.state.green) return onward;
  const { headSha } = ctx.state;
  if (outcome.kind !== 'published' || headSha === undefined || !waitsForChecks(ctx))
    return conclude(ctx, outcome);
  ctx.steer.clear('rotate');
  return afterChecks(ctx, await awaitChecks(ctx, headSha));
};
