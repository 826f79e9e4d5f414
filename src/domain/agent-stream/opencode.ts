import {
  detailOf,
  fieldsAt,
  numberAt,
  textAt,
  toolFact,
  type Fact,
  type FactReader,
  type Fields,
} from './fact.ts';

/** It tells a tool when that has ended. */
const toolOf = (part: Fields): Fact => {
  const state = fieldsAt(part, 'state');
  const status = textAt(state, 'status');
  const exit = numberAt(fieldsAt(state, 'metadata'), 'exit') ?? 0;
  const ok = status === 'completed' && exit === 0;
  return toolFact(textAt(part, 'tool'), fieldsAt(state, 'input'), status === '' ? {} : { ok });
};

/** `opencode run --format json`; it has no last line of its own, the exit tells. Seen with 1.18.33. */
export const readOpencode: FactReader = (line): readonly Fact[] => {
  const part = fieldsAt(line, 'part');
  switch (textAt(line, 'type')) {
    case 'step_start':
      return [{ kind: 'turn' }];
    case 'text': {
      const text = textAt(part, 'text');
      return text === '' ? [] : [{ kind: 'said', text, piece: false }];
    }
    case 'tool_use':
      return [toolOf(part)];
    case 'error': {
      const error = fieldsAt(line, 'error');
      const data = fieldsAt(error, 'data');
      const status = numberAt(data, 'statusCode');
      const after = Number(textAt(fieldsAt(data, 'responseHeaders'), 'retry-after'));
      return [
        {
          kind: 'trouble',
          status,
          waitMs: after > 0 ? after * 1000 : undefined,
          detail: detailOf(textAt(data, 'message') || textAt(error, 'name')),
        },
      ];
    }
    default:
      return [];
  }
};
