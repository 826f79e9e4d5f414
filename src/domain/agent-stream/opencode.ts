import { detailOf, fieldsAt, numberAt, textAt, toolFact, type FactReader, type Fact } from './fact.ts';

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
      return [toolFact(textAt(part, 'tool'), fieldsAt(fieldsAt(part, 'state'), 'input'))];
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
