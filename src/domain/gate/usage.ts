import type { Usage } from '../event.ts';
import { costUsd, type Prices } from '../pricing.ts';
import type { ModelProvider } from './providers.ts';

/** What a provider has said of a call so far; later events overwrite earlier ones. */
export interface Tally {
  readonly input?: number;
  readonly output?: number;
  readonly cached?: number;
  /** Input that the provider wrote to its cache, for minutes or for an hour: dearer than plain input. */
  readonly written?: number;
  readonly writtenLong?: number;
}

const MOST_TOKENS = 1e9;

const field = (value: unknown, name: string): unknown =>
  typeof value === 'object' && value !== null
    ? (value as Readonly<Record<string, unknown>>)[name]
    : undefined;
const count = (value: unknown, name: string): number | undefined => {
  const found = field(value, name);
  return typeof found === 'number' && Number.isSafeInteger(found) && found >= 0
    ? Math.min(found, MOST_TOKENS)
    : undefined;
};
const known = (tally: { readonly [K in keyof Tally]: Tally[K] | undefined }): Tally =>
  Object.fromEntries(Object.entries(tally).filter(([, value]) => value !== undefined));

const anthropic = (event: unknown): Tally => {
  const start = field(field(event, 'message'), 'usage');
  const usage = start ?? field(event, 'usage');
  const cached = count(usage, 'cache_read_input_tokens');
  const written = count(usage, 'cache_creation_input_tokens');
  const plain = count(usage, 'input_tokens');
  return known({
    // Anthropic counts what it read from or wrote to its cache apart.
    input: plain === undefined ? undefined : plain + (cached ?? 0) + (written ?? 0),
    // At its start a stream names a first guess.
    output: start === undefined ? count(usage, 'output_tokens') : undefined,
    cached,
    written,
    writtenLong: count(field(usage, 'cache_creation'), 'ephemeral_1h_input_tokens'),
  });
};

const openai = (event: unknown): Tally => {
  const usage = field(field(event, 'response'), 'usage') ?? field(event, 'usage');
  const details = field(usage, 'input_tokens_details') ?? field(usage, 'prompt_tokens_details');
  return known({
    input: count(usage, 'input_tokens') ?? count(usage, 'prompt_tokens'),
    output: count(usage, 'output_tokens') ?? count(usage, 'completion_tokens'),
    cached: count(details, 'cached_tokens'),
  });
};

const gemini = (event: unknown): Tally => {
  const last: unknown = Array.isArray(event) ? event.findLast((one) => field(one, 'usageMetadata')) : event;
  const usage = field(last, 'usageMetadata');
  const input = count(usage, 'promptTokenCount');
  const output = count(usage, 'candidatesTokenCount');
  const thought = count(usage, 'thoughtsTokenCount');
  return known({
    input: input === undefined ? undefined : input + (count(usage, 'toolUsePromptTokenCount') ?? 0),
    output: output === undefined && thought === undefined ? undefined : (output ?? 0) + (thought ?? 0),
    cached: count(usage, 'cachedContentTokenCount'),
  });
};

const READERS: Readonly<Record<ModelProvider, (event: unknown) => Tally>> = { anthropic, openai, gemini };

/** What an event of a stream, or a whole answer, says of tokens. Whatever is not as it should be is left out. */
export const readTally = (provider: ModelProvider, event: unknown): Tally => READERS[provider](event);

/** The usage to charge; what the provider did not say comes from our own count and is marked so. */
export const usageOf = (tally: Tally, own: { readonly input: number; readonly output: number }): Usage => ({
  inputTokens: tally.input ?? own.input,
  outputTokens: tally.output ?? own.output,
  ...(tally.cached !== undefined && { cachedTokens: tally.cached }),
  ...((tally.input === undefined || tally.output === undefined) && { estimated: true as const }),
});

/** Writing to Anthropic's cache costs 1.25 times the input for five minutes, twice for an hour (its pricing page). */
const WRITE = 0.25;
const WRITE_LONG = 1;

/** US dollars of a call, with what writing to the cache costs on top of its input. */
export const tallyCostUsd = (prices: Prices | undefined, tally: Tally, usage: Usage): number => {
  const long = Math.min(tally.writtenLong ?? 0, tally.written ?? 0);
  const short = (tally.written ?? 0) - long;
  const surplus = { inputTokens: short * WRITE + long * WRITE_LONG, outputTokens: 0 };
  return costUsd(prices, usage) + costUsd(prices, surplus);
};

const LIMITED = new Set(['rate_limit_error', 'overloaded_error', 'rate_limit_exceeded']);

/** The code of an error that came inside a stream, where it says that the provider takes no more calls now. */
export const limitCode = (event: unknown): string | undefined => {
  const error = field(event, 'error') ?? field(field(event, 'response'), 'error');
  return [field(error, 'type'), field(error, 'code')].find(
    (code): code is string => typeof code === 'string' && LIMITED.has(code),
  );
};

/** True where an error's code says that there is no money left: waiting is no use. */
export const isOutOfCredit = (answer: unknown): boolean => {
  const error = field(answer, 'error');
  return [field(error, 'type'), field(error, 'code')].some(
    (code) => code === 'insufficient_quota' || code === 'billing_hard_limit_reached',
  );
};

/** The wait in ms that a Gemini refusal carries in its body (google.rpc.RetryInfo); undefined where there is none. */
export const retryInfoMs = (answer: unknown): number | undefined => {
  const error = field(Array.isArray(answer) ? answer[0] : answer, 'error');
  const details = field(error, 'details');
  const infos: readonly unknown[] = Array.isArray(details) ? details : [];
  const delay = infos.map((info) => field(info, 'retryDelay')).find((one) => typeof one === 'string');
  const seconds = /^(\d{1,7}(?:\.\d{1,9})?)s$/.exec(delay ?? '')?.[1];
  return seconds === undefined ? undefined : Math.ceil(Number(seconds) * 1000);
};
