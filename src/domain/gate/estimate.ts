import type { ModelProvider } from './providers.ts';
import type { Prices } from '../pricing.ts';

/** What a request asks for, as far as it says. */
export interface Asked {
  readonly model: string;
  readonly streams: boolean;
  /** Our own count of its input, on the high side. */
  readonly inputTokens: number;
  readonly maxOutputTokens: number | undefined;
}

/** Texts of code and JSON take 3 to 4 bytes a token. */
const CHARS_PER_TOKEN = 3;
/** An image or a page of a document, however many bytes it has. */
const BLOB_TOKENS = 5_000;
const BLOB_CHARS = 2_000;
const BLOB = /^(?:data:[^,]{0,100},)?[A-Za-z0-9+/_-]{1000}/;

const field = (value: unknown, name: string): unknown =>
  typeof value === 'object' && value !== null
    ? (value as Readonly<Record<string, unknown>>)[name]
    : undefined;

const tokensOf = (text: string): number =>
  text.length > BLOB_CHARS && BLOB.test(text) ? BLOB_TOKENS : text.length / CHARS_PER_TOKEN;

/** All texts and names, without recursion: how deep a request nests is its sender's choice. */
const countTokens = (body: unknown): number => {
  let tokens = 0;
  const open: unknown[] = [body];
  while (open.length > 0) {
    const value = open.pop();
    if (typeof value === 'string') tokens += tokensOf(value);
    else if (Array.isArray(value)) for (const one of value) open.push(one);
    else if (typeof value === 'object' && value !== null)
      for (const [name, one] of Object.entries(value)) {
        tokens += name.length / CHARS_PER_TOKEN;
        open.push(one);
      }
    else tokens += 1;
  }
  return Math.ceil(tokens);
};

const LIMITS = ['max_tokens', 'max_output_tokens', 'max_completion_tokens'];

/** Reads a request to a model. `path` names the model where the body does not (Gemini). */
export const readAsked = (provider: ModelProvider, path: string, body: unknown): Asked => {
  const isGemini = provider === 'gemini';
  const named = isGemini ? /\/models\/([^:/]+):/.exec(path)?.[1] : field(body, 'model');
  const config = isGemini ? field(body, 'generationConfig') : undefined;
  const limits = [...LIMITS.map((name) => field(body, name)), field(config, 'maxOutputTokens')];
  const model = typeof named === 'string' ? named.replace(/[^\w.:/@-]/g, '').slice(0, 120) : '';
  return {
    model: model === '' ? 'unknown' : model,
    streams: isGemini ? path.includes(':stream') : field(body, 'stream') === true,
    inputTokens: countTokens(body),
    maxOutputTokens: limits.find(
      (limit): limit is number => typeof limit === 'number' && Number.isSafeInteger(limit) && limit > 0,
    ),
  };
};

/** What a stream may send before more has to be reserved; it can be cut at any time. */
export const OUTPUT_STEP = 8_192;
/** Reserved where nothing says how long an answer can get, and it cannot be cut half-way. */
const LONGEST_ANSWER = 64_000;

/** Output tokens to reserve before the call goes out. */
export const firstOutput = ({ streams, maxOutputTokens }: Asked): number =>
  Math.min(maxOutputTokens ?? LONGEST_ANSWER, streams ? OUTPUT_STEP : Number.POSITIVE_INFINITY);

/** Tokens of one event of a stream, by its bytes: each carries about this much beside its text. */
export const eventTokens = (bytes: number): number => 1 + Math.max(0, bytes - 150) / CHARS_PER_TOKEN;

/**
 * A model that no list knows is charged like the dearest of its provider: a budget in dollars has to hold all the same.
 * Source: the providers' pricing pages.
 */
export const DEAREST: Readonly<Record<ModelProvider, Prices>> = {
  anthropic: { inputPerMtok: 15, outputPerMtok: 75, cachedInputPerMtok: 1.5 },
  openai: { inputPerMtok: 15, outputPerMtok: 120 },
  gemini: { inputPerMtok: 4, outputPerMtok: 18, cachedInputPerMtok: 0.4 },
};
