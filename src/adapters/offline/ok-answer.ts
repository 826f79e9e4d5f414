/** The APIs that agents speak. */
export type WireName = 'anthropic' | 'responses' | 'chat' | 'gemini';
/** One answer, as events of a stream and as one document. */
export interface OkAnswer {
  readonly events: readonly object[];
  readonly whole: object;
}

const TEXT = 'ok';
const IN = 10;
const OUT = 1;

const anthropic = (model: string): OkAnswer => {
  const message = {
    id: 'msg_offline',
    type: 'message',
    role: 'assistant',
    model,
    content: [],
    stop_reason: null,
    stop_sequence: null,
    usage: { input_tokens: IN, output_tokens: OUT },
  };
  return {
    events: [
      { type: 'message_start', message },
      { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } },
      { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: TEXT } },
      { type: 'content_block_stop', index: 0 },
      {
        type: 'message_delta',
        delta: { stop_reason: 'end_turn', stop_sequence: null },
        usage: { output_tokens: OUT },
      },
      { type: 'message_stop' },
    ],
    whole: { ...message, content: [{ type: 'text', text: TEXT }], stop_reason: 'end_turn' },
  };
};

const responses = (): OkAnswer => {
  const item = {
    type: 'message',
    id: 'item_offline',
    role: 'assistant',
    content: [{ type: 'output_text', text: TEXT }],
  };
  const whole = {
    id: 'resp_offline',
    output: [item],
    usage: {
      input_tokens: IN,
      input_tokens_details: { cached_tokens: 0 },
      output_tokens: OUT,
      output_tokens_details: { reasoning_tokens: 0 },
      total_tokens: IN + OUT,
    },
  };
  const at = { output_index: 0 };
  return {
    events: [
      { type: 'response.created', response: { id: whole.id } },
      { type: 'response.output_item.added', ...at, item: { ...item, content: [] } },
      { type: 'response.output_text.delta', ...at, item_id: item.id, content_index: 0, delta: TEXT },
      { type: 'response.output_item.done', ...at, item },
      { type: 'response.completed', response: whole },
    ],
    whole,
  };
};

const chat = (model: string): OkAnswer => {
  const usage = { prompt_tokens: IN, completion_tokens: OUT, total_tokens: IN + OUT };
  const part = (delta: object, finish: string | null): object => ({
    id: 'chat_offline',
    object: 'chat.completion.chunk',
    model,
    choices: [{ index: 0, delta, finish_reason: finish }],
  });
  return {
    events: [
      part({ role: 'assistant', content: TEXT }, null),
      part({}, 'stop'),
      { id: 'chat_offline', object: 'chat.completion.chunk', model, choices: [], usage },
    ],
    whole: {
      id: 'chat_offline',
      object: 'chat.completion',
      model,
      choices: [{ index: 0, message: { role: 'assistant', content: TEXT }, finish_reason: 'stop' }],
      usage,
    },
  };
};

const gemini = (model: string): OkAnswer => {
  const whole = {
    candidates: [{ index: 0, content: { role: 'model', parts: [{ text: TEXT }] }, finishReason: 'STOP' }],
    usageMetadata: { promptTokenCount: IN, candidatesTokenCount: OUT, totalTokenCount: IN + OUT },
    modelVersion: model,
  };
  return { events: [whole], whole };
};

const wires: Readonly<Record<WireName, (model: string) => OkAnswer>> = { anthropic, responses, chat, gemini };

/** What a provider of that API sends when its model says ok. */
export const okAnswer = (wire: WireName, model: string): OkAnswer => wires[wire](model);
