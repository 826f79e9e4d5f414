import { estimateTokenCount } from 'tokenx';

import { RalphError } from '../../domain/error.ts';
import type { Usage } from '../../domain/event.ts';
import { endpointOf } from '../../domain/models-endpoint.ts';
import { isSilentReasoner, providerOf } from '../../domain/models-providers.ts';
import type { Profile } from '../../domain/models.ts';
import { costUsd, isPriced } from '../../domain/pricing.ts';
import type { Clock } from '../../ports/host.ts';
import type { Message, ModelAnswer, ModelPort, ModelRequest, ProfileInfo } from '../../ports/model.ts';
import { watchCall } from './call-watch.ts';
import type { CallWatch } from './call-watch.ts';
import { isTooLarge, nothingReceived, takeChunk } from './chunk-reader.ts';
import type { Received } from './chunk-reader.ts';
import { guardedFetch } from './guarded-fetch.ts';
import type { Seen } from './guarded-fetch.ts';
import { keyRedactor } from './key-redactor.ts';
import { judgeErrorEvent, judgeRefusal } from './refusal.ts';
import type { Verdict } from './refusal.ts';

export interface OpenAiModelOptions {
  readonly profiles: readonly Profile[];
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly clock: Clock;
}

const NO_USAGE: Usage = { inputTokens: 0, outputTokens: 0 };
/** After the end of the text only the usage is still to come. */
const TAIL_IDLE_MS = 10_000;
/** Connection errors after which the request cannot have reached a model. */
const NEVER_SENT = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
]);
const SILENT = new Set(['UND_ERR_HEADERS_TIMEOUT', 'UND_ERR_BODY_TIMEOUT']);

const inputTokens = (messages: readonly Message[]): number =>
  messages.reduce((sum, { content }) => sum + estimateTokenCount(content) + 4, 0);

/** Strict mode refuses a schema with a property that may be missing, or one that is open. */
const fitsStrict = (node: unknown): boolean => {
  if (typeof node !== 'object' || node === null) return true;
  if (Array.isArray(node)) return node.every(fitsStrict);
  const { properties, required, additionalProperties } = node as Readonly<Record<string, unknown>>;
  if (properties !== undefined && typeof properties === 'object' && properties !== null) {
    const names = new Set(Array.isArray(required) ? required : []);
    if (additionalProperties !== false || Object.keys(properties).some((name) => !names.has(name)))
      return false;
  }
  return !('oneOf' in node) && Object.values(node).every(fitsStrict);
};

const responseFormat = (profile: Profile, { name, json }: ModelRequest['schema']) => {
  if (profile.structured === 'prompt') return {};
  if (profile.structured === 'object') return { response_format: { type: 'json_object' as const } };
  const schema = { name, schema: { ...json }, strict: fitsStrict(json) };
  return { response_format: { type: 'json_schema' as const, json_schema: schema } };
};

const bodyOf = (profile: Profile, request: ModelRequest) => ({
  model: profile.model,
  messages: request.messages.map(({ role, content }) => ({ role, content })),
  stream: true as const,
  stream_options: { include_usage: true },
  [providerOf(profile.provider)?.limitField ?? 'max_tokens']: profile.maxOutputTokens,
  ...(profile.temperature !== undefined &&
    !isSilentReasoner(profile.provider, profile.model) && { temperature: profile.temperature }),
  ...responseFormat(profile, request.schema),
});

/** One call under way, and what has come of it so far. */
interface Call {
  readonly profile: Profile;
  readonly request: ModelRequest;
  readonly received: Received;
  readonly seen: Seen;
  readonly watch: CallWatch;
}

const stream = async (call: Call, { env }: OpenAiModelOptions): Promise<void> => {
  const { profile, request, received, seen, watch } = call;
  const { baseUrl, apiKey } = endpointOf(profile, env);
  const { OpenAI } = await import('openai');
  const client = new OpenAI({
    baseURL: baseUrl,
    apiKey: apiKey ?? 'none',
    adminAPIKey: null,
    organization: null,
    project: null,
    webhookSecret: null,
    logLevel: 'off',
    maxRetries: 0,
    timeout: Math.ceil(profile.callTimeoutS * 1000) + 60_000,
    fetch: guardedFetch(seen, apiKey !== undefined),
  });
  const events = await client.chat.completions.create(bodyOf(profile, request), { signal: watch.signal });
  for await (const event of events) {
    watch.beat();
    const piece = takeChunk(received, event);
    if (piece !== '') request.onDelta?.(piece);
    if (isTooLarge(received)) seen.tooLarge = true;
    if (seen.tooLarge === true) return;
    if (received.finish !== undefined) watch.shorten(TAIL_IDLE_MS);
  }
};

const property = (value: unknown, name: string): unknown =>
  typeof value === 'object' && value !== null
    ? (value as Readonly<Record<string, unknown>>)[name]
    : undefined;

/** The system's code of a connection error, which the SDK and fetch wrap. */
const connectionCode = (error: unknown): string | undefined => {
  let at = error;
  for (let depth = 0; depth < 6 && at !== undefined; depth += 1) {
    const code = property(at, 'code');
    if (typeof code === 'string' && /^(?:E[A-Z]|UND_)/.test(code)) return code;
    const several = property(at, 'errors');
    at = property(at, 'cause') ?? (Array.isArray(several) ? several[0] : undefined);
  }
  return undefined;
};

type Ending = Verdict & { readonly free?: true };
const failed = (
  failure: Extract<Verdict, { kind: 'failed' }>['failure'],
  retryable: boolean,
  detail: string,
): Ending => ({
  kind: 'failed',
  failure,
  retryable,
  detail,
});

const judgeStop = ({ profile, watch }: Call): Ending | undefined => {
  const reason = watch.reason();
  if (reason === 'cancelled') return failed('cancelled', false, 'called off');
  if (reason === 'timeout')
    return failed('stalled', true, `no end of the answer after ${profile.callTimeoutS} s (call_timeout_s)`);
  return reason === undefined
    ? undefined
    : failed('stalled', true, `nothing came for ${profile.idleTimeoutS} s (idle_timeout_s)`);
};

const judgeError = (error: unknown, { received, seen }: Call, now: number): Ending => {
  const event = property(error, 'error');
  if (event !== undefined) {
    const verdict = judgeErrorEvent(event, seen.headers, now);
    return received.text === '' && received.thought === '' ? { ...verdict, free: true } : verdict;
  }
  const code = connectionCode(error);
  if (code !== undefined && SILENT.has(code)) return failed('stalled', true, 'nothing came for 300 s');
  if (seen.headers === undefined) {
    const lost = failed('network', true, `no connection${code === undefined ? '' : ` (${code})`}`);
    return code !== undefined && NEVER_SENT.has(code) ? { ...lost, free: true } : lost;
  }
  if (received.chunks === 0 && error instanceof SyntaxError) {
    return {
      ...failed('not-a-model', false, 'the address sends events that are not JSON; check base_url'),
      free: true,
    };
  }
  return failed('cut', true, 'the answer broke off');
};

/** Undefined when the answer is whole. */
const judge = (call: Call, error: unknown, now: number): Ending | undefined => {
  const { received, seen, watch } = call;
  if (seen.refusal !== undefined) return { ...judgeRefusal(seen.refusal, now), free: true };
  if (seen.tooLarge === true) return failed('not-a-model', false, 'the answer is larger than 8 MiB');
  if (watch.reason() === 'cancelled') return judgeStop(call);
  if (received.finish === 'broken') return failed('cut', true, 'the provider lost its own connection');
  if (received.finish !== undefined) return undefined;
  if (watch.reason() !== undefined) return judgeStop(call);
  if (error !== undefined) return judgeError(error, call, now);
  return received.chunks === 0
    ? { ...failed('not-a-model', false, 'the address sent no event of a model; check base_url'), free: true }
    : failed('cut', true, 'the answer ended without a finish_reason');
};

const usageOf = ({ received, request }: Call): Usage =>
  received.usage ?? {
    inputTokens: inputTokens(request.messages),
    outputTokens: estimateTokenCount(received.text) + estimateTokenCount(received.thought),
    estimated: true,
  };

/** The real charge where the proxy tells it (0 means that it does not know), else by price and usage. */
const chargeOf = ({ received, seen, profile }: Call, usage: Usage): number => {
  const told = Number(seen.headers?.get('x-litellm-response-cost') ?? 0);
  const header = Number.isFinite(told) && told > 0 ? told : undefined;
  return header ?? received.costUsd ?? costUsd(profile.prices, usage);
};

const outcome = (call: Call, ending: Ending | undefined, clean: (text: string) => string): ModelAnswer => {
  const { free, ...verdict } = ending ?? {};
  const usage = free === true ? NO_USAGE : usageOf(call);
  const charge = { usage, costUsd: free === true ? 0 : chargeOf(call, usage) };
  if ('kind' in verdict)
    return { ...verdict, detail: clean(`${call.profile.name}: ${verdict.detail}`), ...charge };
  const { finish } = call.received;
  return {
    kind: 'ok',
    text: call.received.text,
    finish: finish === undefined || finish === 'broken' ? 'other' : finish,
    ...charge,
  };
};

const complete = async (
  profile: Profile,
  request: ModelRequest,
  options: OpenAiModelOptions,
): Promise<ModelAnswer> => {
  const limits = { idleMs: profile.idleTimeoutS * 1000, totalMs: profile.callTimeoutS * 1000 };
  const watch = watchCall(options.clock, limits, request.signal);
  const call: Call = { profile, request, received: nothingReceived(), seen: {}, watch };
  let error: unknown;
  try {
    if (!watch.signal.aborted) await stream(call, options);
    else return outcome(call, { ...failed('cancelled', false, 'called off'), free: true }, (text) => text);
  } catch (caught) {
    error = caught;
  } finally {
    watch.end();
  }
  return outcome(call, judge(call, error, options.clock.now().getTime()), keyRedactor(options.env));
};

/** What the screens and budgets know of a profile. */
export const profileInfo = (profile: Profile): ProfileInfo => ({
  name: profile.name,
  model: profile.model,
  provider: profile.provider,
  tags: profile.tags,
  ...(profile.fallback !== undefined && { fallback: profile.fallback }),
  priced: isPriced(profile.prices),
  maxOutputTokens: profile.maxOutputTokens,
});

/** The most a call can cost: our count of the input with a fifth added for its error, the schema, the whole output. */
export const estimateCall = (profile: Profile, messages: readonly Message[]) => {
  const input = Math.ceil(inputTokens(messages) * 1.2) + (profile.structured === 'schema' ? 1500 : 0);
  const usage = { inputTokens: input, outputTokens: profile.maxOutputTokens };
  return { tokens: input + profile.maxOutputTokens, costUsd: costUsd(profile.prices, usage) };
};

/** Models behind OpenAI-compatible endpoints: one HTTP call each, all limits and retries our own (reliability.md). */
export const createOpenAiModel = (options: OpenAiModelOptions): ModelPort => {
  const find = (name: string): Profile => {
    const profile = options.profiles.find((one) => one.name === name);
    if (profile !== undefined) return profile;
    const names = options.profiles.map((one) => one.name).join(', ');
    throw new RalphError('config', `no model profile ${name}`, { hint: `known profiles: ${names}` });
  };
  return {
    profiles: options.profiles.map(profileInfo),
    estimate: (name, messages) => estimateCall(find(name), messages),
    check: (name) => endpointOf(find(name), options.env).problems,
    complete: async (request) => {
      const profile = find(request.profile);
      const problem = endpointOf(profile, options.env).problems[0];
      if (problem !== undefined) throw new RalphError('config', problem.message, { hint: problem.hint });
      return complete(profile, request, options);
    },
  };
};
