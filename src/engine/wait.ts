import { emit, type RunContext } from './run-context.ts';

/** A wait above this goes to the fallback profile, where one is named. */
const LONG_WAIT_MS = 5 * 60_000;
const MAX_WAIT_MS = 6 * 3600_000;
/** Without a reset time: 30 s, 1, 2, 4, 8, 15, 15, … minutes. */
const unknownWait = (attempt: number): number => Math.min(15 * 60_000, 30_000 * 2 ** attempt);
const MAX_BLIND_ATTEMPTS = 16;

export interface ModelWait {
  readonly attempt: number;
  readonly waitMs: number | undefined;
  readonly detail: string;
}

/**
 * A rate limit or an outage: the run shows until when it waits, is not charged running time for it, and the
 * iteration does not count. `cut`: told to stop, pause or go away meanwhile.
 */
export const waitForModel = async (
  ctx: RunContext,
  wait: ModelWait,
): Promise<'again' | 'cut' | 'give-up'> => {
  const { clock } = ctx.deps.host;
  const fallback = fallbackOf(ctx);
  const ms = Math.min(MAX_WAIT_MS, wait.waitMs ?? unknownWait(wait.attempt));
  if (fallback !== undefined && ms > LONG_WAIT_MS) {
    emit(
      ctx,
      { type: 'model.changed', profile: fallback, by: `rate limit of ${ctx.state.profile}` },
      { sync: true },
    );
    return 'again';
  }
  if (wait.waitMs === undefined && wait.attempt >= MAX_BLIND_ATTEMPTS) return 'give-up';
  const until = new Date(clock.now().getTime() + ms).toISOString();
  emit(
    ctx,
    { type: 'run.status', status: 'waiting', reason: 'model', detail: wait.detail, until },
    { sync: true },
  );
  ctx.home.journal.stopClock();
  const end = clock.monotonicMs() + ms;
  while (clock.monotonicMs() < end && !ctx.steer.wish) {
    await clock.sleep(Math.min(500, end - clock.monotonicMs()), ctx.steer.signal);
  }
  ctx.home.journal.startClock();
  const wish = ctx.steer.wish;
  emit(ctx, { type: 'run.status', status: 'running' });
  return wish && wish.kind !== 'rotate' ? 'cut' : 'again';
};

/** The profile to go to: the task's, or the one that the profile names itself; never the same. */
export const fallbackOf = (ctx: RunContext): string | undefined => {
  const current = ctx.models.profiles.find((p) => p.name === ctx.state.profile);
  const name = ctx.task.modelProfileFallback ?? current?.fallback ?? ctx.deps.defaults.fallback;
  const known = ctx.models.profiles.some((p) => p.name === name);
  return known && name !== ctx.state.profile ? name : undefined;
};
