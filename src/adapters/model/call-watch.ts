import type { Clock } from '../../ports/host.ts';

export type StopReason = 'stalled' | 'timeout' | 'cancelled';

/** Ends a call that is silent for too long, takes too long in all, or is called off. */
export interface CallWatch {
  readonly signal: AbortSignal;
  /** Why the signal was aborted, if it was. */
  reason(): StopReason | undefined;
  /** Something came: silence is counted anew. */
  beat(): void;
  /** From here on silence may last no longer than this. */
  shorten(idleMs: number): void;
  end(): void;
}

/** Starts the watch; `end` must be called. */
export const watchCall = (
  clock: Clock,
  limits: { readonly idleMs: number; readonly totalMs: number },
  outer?: AbortSignal,
): CallWatch => {
  const call = new AbortController();
  const ended = new AbortController();
  const started = clock.monotonicMs();
  let { idleMs } = limits;
  let last = started;
  let why: StopReason | undefined;
  let round = new AbortController();
  const stop = (reason: StopReason): void => {
    why ??= reason;
    call.abort();
  };
  const cancel = (): void => stop('cancelled');
  if (outer?.aborted === true) cancel();
  outer?.addEventListener('abort', cancel, { once: true });
  const watch = async (): Promise<void> => {
    while (!ended.signal.aborted && why === undefined) {
      const now = clock.monotonicMs();
      const idleLeft = last + idleMs - now;
      const totalLeft = started + limits.totalMs - now;
      if (idleLeft <= 0 || totalLeft <= 0) return stop(totalLeft <= 0 ? 'timeout' : 'stalled');
      round = new AbortController();
      await clock.sleep(
        Math.max(1, Math.min(idleLeft, totalLeft)),
        AbortSignal.any([ended.signal, round.signal]),
      );
    }
  };
  void watch();
  return {
    signal: call.signal,
    reason: () => why,
    beat: () => {
      last = clock.monotonicMs();
    },
    shorten: (ms) => {
      idleMs = Math.min(idleMs, ms);
      round.abort();
    },
    end: () => {
      outer?.removeEventListener('abort', cancel);
      ended.abort();
    },
  };
};
