import { pieces, USAGE, type ToolCall } from './script.ts';

/** One answer as server-sent events of one API. `text` is always streamed in pieces. */
export interface Wire {
  readonly begin: (model: string) => readonly unknown[];
  readonly text: (text: string) => readonly unknown[];
  readonly tool: (call: ToolCall, id: string) => readonly unknown[];
  readonly end: (model: string, hasTool: boolean) => readonly unknown[];
  readonly error: (status: number, message: string) => unknown;
  /** Names of the tools that a request offers. */
  readonly toolsOf: (body: Body) => readonly string[];
  /** The same answer to a caller that did not ask for a stream. */
  readonly whole: (model: string, text: string) => unknown;
}
export type Body = Readonly<Record<string, unknown>>;

interface Named {
  readonly name?: string;
  readonly type?: string;
  readonly function?: { readonly name: string };
  readonly functionDeclarations?: readonly { readonly name: string }[];
}
const toolsIn = (body: Body): readonly Named[] => (Array.isArray(body['tools']) ? body['tools'] : []);

const anthropic: Wire = {
  begin: (model) => [
    {
      type: 'message_start',
      message: {
        id: 'msg_1',
        type: 'message',
        role: 'assistant',
        model,
        content: [],
        stop_reason: null,
        stop_sequence: null,
        usage: { input_tokens: USAGE.input, output_tokens: 1 },
      },
    },
  ],
  text: (text) => [
    { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } },
    ...pieces(text).map((part) => ({
      type: 'content_block_delta',
      index: 0,
      delta: { type: 'text_delta', text: part },
    })),
    { type: 'content_block_stop', index: 0 },
  ],
  tool: ({ name, args }, id) => [
    { type: 'content_block_start', index: 1, content_block: { type: 'tool_use', id, name, input: {} } },
    {
      type: 'content_block_delta',
      index: 1,
      delta: { type: 'input_json_delta', partial_json: JSON.stringify(args) },
    },
    { type: 'content_block_stop', index: 1 },
  ],
  end: (_model, hasTool) => [
    {
      type: 'message_delta',
      delta: { stop_reason: hasTool ? 'tool_use' : 'end_turn', stop_sequence: null },
      usage: { output_tokens: USAGE.output },
    },
    { type: 'message_stop' },
  ],
  error: (status, message) => ({
    type: 'error',
    error: { type: status === 429 ? 'rate_limit_error' : 'authentication_error', message },
  }),
  toolsOf: (body) => toolsIn(body).map((tool) => tool.name ?? ''),
  whole: (model, text) => ({
    id: 'msg_1',
    type: 'message',
    role: 'assistant',
    model,
    content: [{ type: 'text', text }],
    stop_reason: 'end_turn',
    stop_sequence: null,
    usage: { input_tokens: 10, output_tokens: 1 },
  }),
};

const openAiUsage = {
  input_tokens: USAGE.input,
  input_tokens_details: { cached_tokens: 0 },
  output_tokens: USAGE.output,
  output_tokens_details: { reasoning_tokens: 0 },
  total_tokens: USAGE.input + USAGE.output,
};

const responses: Wire = {
  begin: () => [{ type: 'response.created', response: { id: 'resp_1' } }],
  text: (text) => [
    {
      type: 'response.output_item.added',
      output_index: 0,
      item: { type: 'message', id: 'item_1', role: 'assistant', content: [] },
    },
    ...pieces(text).map((delta) => ({
      type: 'response.output_text.delta',
      item_id: 'item_1',
      output_index: 0,
      content_index: 0,
      delta,
    })),
    {
      type: 'response.output_item.done',
      output_index: 0,
      item: { type: 'message', id: 'item_1', role: 'assistant', content: [{ type: 'output_text', text }] },
    },
  ],
  tool: ({ name, args }, id) => [
    {
      type: 'response.output_item.done',
      output_index: 1,
      item: { type: 'function_call', id: `fc_${id}`, call_id: id, name, arguments: JSON.stringify(args) },
    },
  ],
  end: () => [{ type: 'response.completed', response: { id: 'resp_1', output: [], usage: openAiUsage } }],
  error: (status, message) => ({
    error: { message, type: status === 429 ? 'rate_limit_exceeded' : 'invalid_request_error', code: null },
  }),
  toolsOf: (body) => toolsIn(body).map((tool) => tool.name ?? tool.type ?? ''),
  whole: () => ({ id: 'resp_1', output: [], usage: openAiUsage }),
};

const chunk = (delta: unknown, finish: string | null = null) => ({
  id: 'chat_1',
  object: 'chat.completion.chunk',
  choices: [{ index: 0, delta, finish_reason: finish }],
});

const chat: Wire = {
  begin: () => [chunk({ role: 'assistant', content: '' })],
  text: (text) => pieces(text).map((content) => chunk({ content })),
  tool: ({ name, args }, id) => [
    chunk({
      tool_calls: [{ index: 0, id, type: 'function', function: { name, arguments: JSON.stringify(args) } }],
    }),
  ],
  end: (_model, hasTool) => [
    chunk({}, hasTool ? 'tool_calls' : 'stop'),
    {
      id: 'chat_1',
      choices: [],
      usage: {
        prompt_tokens: USAGE.input,
        completion_tokens: USAGE.output,
        total_tokens: USAGE.input + USAGE.output,
      },
    },
  ],
  error: responses.error,
  toolsOf: (body) => toolsIn(body).map((tool) => tool.function?.name ?? ''),
  whole: (model, text) => ({
    id: 'chat_1',
    model,
    choices: [{ index: 0, message: { role: 'assistant', content: text }, finish_reason: 'stop' }],
    usage: { prompt_tokens: 10, completion_tokens: 1, total_tokens: 11 },
  }),
};

const candidate = (parts: readonly unknown[], finishReason?: string) => ({
  candidates: [{ index: 0, content: { role: 'model', parts }, ...(finishReason && { finishReason }) }],
  usageMetadata: {
    promptTokenCount: USAGE.input,
    candidatesTokenCount: USAGE.output,
    totalTokenCount: USAGE.input + USAGE.output,
  },
  modelVersion: 'fake',
});

const gemini: Wire = {
  begin: () => [],
  text: (text) => pieces(text).map((part) => candidate([{ text: part }])),
  tool: ({ name, args }) => [candidate([{ functionCall: { name, args } }])],
  end: () => [candidate([{ text: '' }], 'STOP')],
  error: (code, message) => ({
    error: { code, message, status: code === 429 ? 'RESOURCE_EXHAUSTED' : 'UNAUTHENTICATED' },
  }),
  toolsOf: (body) =>
    toolsIn(body).flatMap((tool) => tool.functionDeclarations?.map(({ name }) => name) ?? []),
  whole: (_model, text) => candidate([{ text }], 'STOP'),
};

/** The API that a path belongs to; undefined for what is no model call. */
export const wireOf = (path: string): Wire | undefined => {
  if (path.endsWith('/messages')) return anthropic;
  if (path.endsWith('/responses')) return responses;
  if (path.endsWith('/chat/completions')) return chat;
  if (/:(?:stream)?[gG]enerateContent$/.test(path)) return gemini;
  return undefined;
};
