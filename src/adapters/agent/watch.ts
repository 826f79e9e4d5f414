import type { Transcript } from '../../domain/agent-stream/transcript.ts';
import type { SessionLimits } from '../../ports/agent.ts';
import type { GateSession } from '../../ports/gate.ts';
import type { Clock } from '../../ports/host.ts';
import type { Cut } from './outcome.ts';

const LOOK_MS = 200;
/** A rate limit that is over sooner is left to the agent's own retries. */
const SHORT_WAIT_MS = 15_000;
/** How long an agent may try on its own after a rate limit whose end is near or not known. */
const PATIENCE_MS = 30_000;
const REFUSED: ReadonlySet<number | undefined> = new Set([401, 403]);

export interface Watched {
  readonly clock: Clock;
  readonly limits: SessionLimits;
  readonly gate: GateSession | undefined;
  readonly transcript: Transcript;
  /** Monotonic ms of the last output. */
  readonly lastSign: () => number;
}

interface RateLimit {
  readonly waitMs: number | undefined;
}

/** The rate limit that the session stands at now: when it was met, and how long it lasts. */
const createLimit = ({ clock, gate, transcript }: Watched) => {
  let seen: RateLimit | undefined;
  let since = 0;
  let progress = 0;
  const current = (): RateLimit | undefined => {
    const trouble = transcript.trouble();
    return gate?.found.rateLimited ?? (trouble?.status === 429 ? trouble : undefined);
  };
  return (): Cut | undefined => {
    const limit = current();
    if (limit !== seen) {
      seen = limit;
      since = clock.monotonicMs();
      progress = transcript.progress();
    }
    // The gate's finding stays when the agent has got over it.
    if (!limit || transcript.progress() > progress) return undefined;
    const isLong = limit.waitMs !== undefined && limit.waitMs > SHORT_WAIT_MS;
    return isLong || clock.monotonicMs() - since > PATIENCE_MS ? 'limited' : undefined;
  };
};

/**
 * Looks at a session that runs and says when to end it. All agents repeat refused calls for minutes by themselves,
 * some without end.
 */
export const createWatch = (watched: Watched) => {
  const { clock, limits, gate, transcript, lastSign } = watched;
  const limited = createLimit(watched);
  const look = (): Cut | undefined => {
    const trouble = transcript.trouble();
    if (gate?.found.overBudget !== undefined) return 'over-budget';
    if (gate?.found.refused !== undefined || REFUSED.has(trouble?.status)) return 'refused';
    if (transcript.turns() > limits.maxTurns) return 'turns';
    if (clock.monotonicMs() - lastSign() > limits.idleMs) return 'idle';
    return limited();
  };
  return {
    /** Resolves with a reason, or with nothing when `done` aborts. */
    run: async (done: AbortSignal): Promise<Cut | undefined> => {
      while (!done.aborted) {
        const cut = look();
        if (cut) return cut;
        await clock.sleep(LOOK_MS, done);
      }
      return undefined;
    },
  };
};
