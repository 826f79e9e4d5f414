import { exceededBy } from '../domain/budget.ts';
import { committedSpend } from '../domain/run-state.ts';
import type { Charge, Meter } from '../ports/agent.ts';
import { emit, type RunContext } from './run-context.ts';

/**
 * Money is reserved on disk before a call goes out and settled after it; a reservation that never
 * got its answer stays spent (state.md). A call whose worst case would pass a budget does not go out.
 */
export const createMeter = (ctx: RunContext): Meter => ({
  reserve({ purpose, profile, model, most }) {
    const over = exceededBy(ctx.state.budgets, committedSpend(ctx.state), most);
    if (over) return { over };
    const call = ctx.deps.host.newId();
    emit(
      ctx,
      {
        type: 'model.requested',
        call,
        purpose,
        profile,
        model,
        reservedTokens: most.tokens,
        reservedUsd: most.costUsd,
      },
      { sync: true },
    );
    ctx.deps.host.failpoint('model.requested');
    return { call };
  },
  settle(call, charge) {
    ctx.modelMs += charge.ms;
    emit(ctx, settled(call, charge), { sync: true });
    ctx.deps.host.failpoint('model.answered');
  },
});

const settled = (call: string, charge: Charge) => {
  const { ms, usage, costUsd, failure } = charge;
  if (!failure)
    return { type: 'model.answered', call, ms, usage, costUsd, finish: charge.finish ?? 'stop' } as const;
  return {
    type: 'model.failed',
    call,
    ms,
    failure: failure.kind,
    detail: failure.detail,
    usage,
    costUsd,
    ...(failure.retryInMs !== undefined && { retryInMs: failure.retryInMs }),
  } as const;
};
