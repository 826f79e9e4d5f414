import { RalphError } from '../../domain/error.ts';
import type { CallPurpose } from '../../domain/event.ts';
import { backoffMs } from '../../domain/retry.ts';
import type { Charge, Meter } from '../../ports/agent.ts';
import type { Clock } from '../../ports/host.ts';
import type { Message, ModelAnswer, ModelFailure, ModelPort, ModelRequest } from '../../ports/model.ts';

/** Most HTTP calls for one question. */
export const MAX_TRIES = 5;

export interface AskDeps {
  readonly model: ModelPort;
  readonly clock: Clock;
  /** From 0 to 1, for the jitter of the back-off. */
  readonly random: () => number;
}
export interface AskRequest {
  readonly profile: string;
  readonly messages: readonly Message[];
  readonly schema: ModelRequest['schema'];
  readonly purpose: CallPurpose;
  readonly meter: Meter;
  readonly signal: AbortSignal;
  readonly onDelta?: (text: string) => void;
}
export type Asked =
  | { readonly kind: 'ok'; readonly text: string; readonly finish: 'stop' | 'length' | 'filter' | 'other' }
  | { readonly kind: 'rate-limited'; readonly waitMs: number | undefined; readonly detail: string }
  | { readonly kind: 'over-budget'; readonly budget: 'cost' | 'tokens' | 'wall time' }
  | { readonly kind: 'failed'; readonly failure: ModelFailure; readonly detail: string }
  | { readonly kind: 'cancelled' };

const failureOf = (answer: ModelAnswer, retryInMs: number | undefined): Charge['failure'] => {
  if (answer.kind === 'ok') return undefined;
  const wait = answer.kind === 'rate-limited' ? answer.waitMs : retryInMs;
  return {
    kind: answer.kind === 'failed' ? answer.failure : answer.kind,
    detail: answer.detail,
    ...(wait !== undefined && { retryInMs: wait }),
  };
};

const chargeOf = (answer: ModelAnswer, ms: number, retryInMs: number | undefined): Charge => {
  const failure = failureOf(answer, retryInMs);
  return {
    ms,
    usage: answer.usage,
    costUsd: answer.costUsd,
    ...(answer.kind === 'ok' && { finish: answer.finish }),
    ...(failure !== undefined && { failure }),
  };
};

type Tried =
  | { readonly kind: 'refused'; readonly asked: Asked }
  | { readonly kind: 'answered'; readonly answer: ModelAnswer; readonly retryInMs: number | undefined };

const tryOnce = async (deps: AskDeps, request: AskRequest, attempt: number): Promise<Tried> => {
  const { model, clock, random } = deps;
  const { profile, purpose, meter, messages, schema, signal, onDelta } = request;
  const most = model.estimate(profile, messages);
  const named = model.profiles.find((one) => one.name === profile)?.model ?? profile;
  const reserved = meter.reserve({ purpose, profile, model: named, most });
  if ('over' in reserved) return { kind: 'refused', asked: { kind: 'over-budget', budget: reserved.over } };
  const started = clock.monotonicMs();
  const elapsed = (): number => Math.max(0, clock.monotonicMs() - started);
  try {
    const answer = await model.complete({ profile, messages, schema, signal, ...(onDelta && { onDelta }) });
    const again = answer.kind === 'failed' && answer.retryable && attempt < MAX_TRIES && !signal.aborted;
    const retryInMs = again ? backoffMs(attempt, random()) : undefined;
    meter.settle(reserved.call, chargeOf(answer, elapsed(), retryInMs));
    return { kind: 'answered', answer, retryInMs };
  } catch (error) {
    // A configuration error is found before anything is sent. Any other stays charged in full: nobody knows.
    if (error instanceof RalphError && error.code === 'config') {
      const failure = { kind: 'config', detail: error.message };
      meter.settle(reserved.call, {
        ms: elapsed(),
        usage: { inputTokens: 0, outputTokens: 0 },
        costUsd: 0,
        failure,
      });
    }
    throw error;
  }
};

const settled = (answer: ModelAnswer): Asked => {
  if (answer.kind === 'ok') return { kind: 'ok', text: answer.text, finish: answer.finish };
  if (answer.kind === 'rate-limited')
    return { kind: 'rate-limited', waitMs: answer.waitMs, detail: answer.detail };
  if (answer.failure === 'cancelled') return { kind: 'cancelled' };
  return { kind: 'failed', failure: answer.failure, detail: answer.detail };
};

/**
 * Asks a model: each HTTP call, retries too, is reserved on the meter before and settled after it. Retries what may
 * pass, with back-off, at most MAX_TRIES calls; a rate limit goes to the caller, who waits. A missing key or profile
 * comes back as failure `auth`.
 */
export const ask = async (deps: AskDeps, request: AskRequest): Promise<Asked> => {
  const cancelled: Asked = { kind: 'cancelled' };
  try {
    for (let attempt = 1; ; attempt += 1) {
      if (request.signal.aborted) return cancelled;
      const tried = await tryOnce(deps, request, attempt);
      if (tried.kind === 'refused') return tried.asked;
      if (tried.retryInMs === undefined) return settled(tried.answer);
      await deps.clock.sleep(tried.retryInMs, request.signal);
    }
  } catch (error) {
    if (!(error instanceof RalphError) || error.code !== 'config') throw error;
    const detail = error.hint === undefined ? error.message : `${error.message}: ${error.hint}`;
    return { kind: 'failed', failure: 'auth', detail };
  }
};
