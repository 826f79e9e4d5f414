import { emit, type RunContext } from './run-context.ts';
import { writeRunJson } from './run-json.ts';
import { profileProblem } from './usable-profile.ts';

/** A wait above this goes to the fallback profile, where one is named. */
const LONG_WAIT_MS = 5 * 60_000;
const MAX_WAIT_MS = 6 * 3600_000;
/** Without a reset time: 30 s, 1, 2, 4, 8, 15, 15, … minutes. */
const unknownWait = (attempt: number): number => Math.min(15 * 60_000, 30_000 * 2 ** attempt);
const MAX_BLIND_ATTEMPTS = 16;
/** A server that says "now" again and again is not asked without end at full speed. */
const leastWait = (attempt: number): number => (attempt === 0 ? 0 : Math.min(60_000, 250 * 2 ** attempt));

export interface ModelWait {
  readonly attempt: number;
  readonly waitMs: number | undefined;
  readonly detail: string;
  /** Profiles that were at their limit since the last wait: two that name each other are not asked in turn. */
  readonly limited: Set<string>;
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
  const asked = wait.waitMs ?? unknownWait(wait.attempt);
  const ms = Math.min(MAX_WAIT_MS, Math.max(asked, leastWait(wait.attempt)));
  wait.limited.add(ctx.state.profile);
  if (fallback !== undefined && ms > LONG_WAIT_MS && !wait.limited.has(fallback)) {
    emit(
      ctx,
      { type: 'model.changed', profile: fallback, by: `rate limit of ${ctx.state.profile}` },
      { sync: true },
    );
    return 'again';
  }
  if (wait.waitMs === undefined && wait.attempt >= MAX_BLIND_ATTEMPTS) return 'give-up';
  wait.limited.clear();
  const until = new Date(clock.now().getTime() + ms).toISOString();
  return sitOut(ctx, { reason: 'model', detail: wait.detail, until });
};

/** Lets time pass; ends early when something is asked of the run, or its task changes. */
export const idle = async (ctx: RunContext, ms: number): Promise<void> => {
  const { clock } = ctx.deps.host;
  const { green } = ctx.state;
  const end = clock.monotonicMs() + ms;
  while (clock.monotonicMs() < end && !ctx.steer.wish && ctx.state.green === green) {
    await clock.sleep(Math.min(500, end - clock.monotonicMs()), ctx.steer.signal);
  }
};

const SLOT_POLL_MS = 500;

const isCut = ({ steer }: RunContext): boolean => steer.wish !== undefined && steer.wish.kind !== 'rotate';

/** Lets others work while this run only waits; its running time stands still. Told to stop, pause or go away, it comes back at once. */
export const away = async <T>(ctx: RunContext, wait: () => Promise<T>): Promise<T> => {
  const { clock } = ctx.deps.host;
  ctx.home.journal.stopClock();
  ctx.slot?.leave();
  const outcome = await wait();
  while (ctx.slot?.enter() === false && !isCut(ctx)) await clock.sleep(SLOT_POLL_MS, ctx.steer.signal);
  ctx.home.journal.startClock();
  return outcome;
};

export interface Limit {
  readonly reason: string;
  readonly detail: string;
  /** ISO; 6 hours at most are waited. */
  readonly until: string;
}

/** A status that lasts a while: lists read it off run.json. */
export const showStatus = (
  ctx: RunContext,
  status: { readonly status: 'running' } | ({ readonly status: 'waiting' } & Limit),
): void => {
  emit(ctx, { type: 'run.status', ...status }, { sync: true });
  writeRunJson(ctx);
};

/** For a run that is `away` already. `cut`: told to stop, pause or go away meanwhile. */
export const showAndWait = async (ctx: RunContext, limit: Limit): Promise<'again' | 'cut'> => {
  const left = Date.parse(limit.until) - ctx.deps.host.clock.now().getTime();
  showStatus(ctx, { status: 'waiting', ...limit });
  await idle(ctx, Math.min(MAX_WAIT_MS, Math.max(0, left)));
  return isCut(ctx) ? 'cut' : 'again';
};

/** Shows the run as waiting until then, away. `cut`: told to stop, pause or go away meanwhile. */
export const sitOut = async (ctx: RunContext, limit: Limit): Promise<'again' | 'cut'> => {
  await away(ctx, () => showAndWait(ctx, limit));
  showStatus(ctx, { status: 'running' });
  return isCut(ctx) ? 'cut' : 'again';
};

/** The profile to go to: the task's, or the one that the profile names itself; never the same, nor one whose cost cannot be measured. */
export const fallbackOf = (ctx: RunContext): string | undefined => {
  const current = ctx.models.profiles.find((p) => p.name === ctx.state.profile);
  const name = ctx.task.modelProfileFallback ?? current?.fallback ?? ctx.deps.defaults.fallback;
  if (name === undefined || name === ctx.state.profile) return undefined;
  return profileProblem(ctx, name) === undefined ? name : undefined;
};
