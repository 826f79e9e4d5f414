import type { FailureReason, PauseReason } from '../domain/run-status.ts';
import { emit, type RunContext } from './run-context.ts';

/** What one turn of the loop says about the next. */
export type Next = { readonly go: true; readonly rotation?: string } | { readonly go: false };
export const onward: Next = { go: true };
export const halt: Next = { go: false };

export const fail = (ctx: RunContext, reason: FailureReason, detail: string): Next => {
  emit(ctx, { type: 'run.status', status: 'failed', reason, detail }, { sync: true });
  return halt;
};
export const pause = (ctx: RunContext, reason: PauseReason, detail: string): Next => {
  emit(ctx, { type: 'run.status', status: 'paused', reason, detail }, { sync: true });
  return halt;
};

/** What was asked from outside, at a safe point between iterations. */
export const obey = (ctx: RunContext): Next => {
  const { wish } = ctx.steer;
  if (!wish) return onward;
  switch (wish.kind) {
    case 'rotate':
      ctx.steer.clear('rotate');
      return { go: true, rotation: 'A fresh session was asked for: look at the task anew before you go on.' };
    case 'pause':
    case 'interrupt':
      return pause(ctx, 'human', wish.reason);
    case 'disk full':
      return pause(ctx, 'disk full', wish.reason);
    case 'stop':
      emit(
        ctx,
        { type: 'run.status', status: 'stopped', reason: 'cancelled', detail: wish.reason },
        { sync: true },
      );
      return halt;
    case 'shutdown':
      return halt;
  }
};
