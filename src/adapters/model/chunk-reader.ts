import type { Usage } from '../../domain/event.ts';

const MAX_TEXT_BYTES = 8 * 1024 * 1024;
/** Why a text ended, in the ports' words. `network_error` is z.ai's word for a stream that broke on its side. */
const FINISHES: Readonly<Record<string, 'stop' | 'length' | 'filter' | 'broken'>> = {
  stop: 'stop',
  end_turn: 'stop',
  length: 'length',
  max_tokens: 'length',
  model_context_window_exceeded: 'length',
  content_filter: 'filter',
  sensitive: 'filter',
  network_error: 'broken',
};

/** What has been received of one answer. */
export interface Received {
  chunks: number;
  text: string;
  /** Thoughts that the endpoint sends beside the text: paid for, not kept as answer. */
  thought: string;
  finish: 'stop' | 'length' | 'filter' | 'other' | 'broken' | undefined;
  usage: Usage | undefined;
  /** The charge as a proxy tells it in its last event. */
  costUsd: number | undefined;
}

/** Nothing received yet. */
export const nothingReceived = (): Received => ({
  chunks: 0,
  text: '',
  thought: '',
  finish: undefined,
  usage: undefined,
  costUsd: undefined,
});

const field = (value: unknown, name: string): unknown =>
  typeof value === 'object' && value !== null
    ? (value as Readonly<Record<string, unknown>>)[name]
    : undefined;
const text = (value: unknown): string => (typeof value === 'string' ? value : '');
const count = (value: unknown): number | undefined =>
  typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : undefined;

const readUsage = (usage: unknown): Usage | undefined => {
  const inputTokens = count(field(usage, 'prompt_tokens'));
  const outputTokens = count(field(usage, 'completion_tokens'));
  if (inputTokens === undefined || outputTokens === undefined || inputTokens + outputTokens === 0)
    return undefined;
  const cachedTokens = count(field(field(usage, 'prompt_tokens_details'), 'cached_tokens'));
  return { inputTokens, outputTokens, ...(cachedTokens !== undefined && { cachedTokens }) };
};

/** Takes one event of the stream; returns the new piece of the answer. Whatever is not as it should be is left out. */
export const takeChunk = (received: Received, chunk: unknown): string => {
  received.chunks += 1;
  const usage = field(chunk, 'usage');
  received.usage = readUsage(usage) ?? received.usage;
  const cost = field(usage, 'cost');
  if (typeof cost === 'number' && Number.isFinite(cost) && cost > 0) received.costUsd = cost;
  const choices = field(chunk, 'choices');
  const choice: unknown = Array.isArray(choices) ? choices[0] : undefined;
  const delta = field(choice, 'delta');
  const piece = text(field(delta, 'content'));
  received.text += piece;
  received.thought += text(field(delta, 'reasoning_content')) || text(field(delta, 'reasoning'));
  const finish = field(choice, 'finish_reason');
  if (typeof finish === 'string' && finish !== '') received.finish = FINISHES[finish] ?? 'other';
  return piece;
};

/** True when the answer is larger than 8 MiB (counted in characters, thoughts included). */
export const isTooLarge = (received: Received): boolean =>
  received.text.length + received.thought.length > MAX_TEXT_BYTES;
