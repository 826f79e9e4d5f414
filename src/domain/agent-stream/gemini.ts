import { detailOf, fieldsAt, textAt, toolFact, type Fact, type FactReader, type Fields } from './fact.ts';

/** The API's error object stands in the message, as JSON: `[API Error: {"error":{"code":401,…}}]`. */
const CODE = /^\[API Error: \{"error":\{"code":(\d{3})\b/;

const resultOf = (line: Fields): readonly Fact[] => {
  const ok = textAt(line, 'status') === 'success';
  const error = fieldsAt(line, 'error');
  const detail = detailOf(textAt(error, 'message') || textAt(error, 'type'));
  const code = CODE.exec(detail)?.[1];
  const type = textAt(error, 'type');
  const ended: Fact = {
    kind: 'ended',
    ok,
    text: undefined,
    limit: type === 'FatalTurnLimitedError' ? 'turns' : undefined,
    turns: undefined,
    costUsd: undefined,
    detail: ok ? '' : detail,
  };
  if (ok || ended.limit) return [ended];
  const status = code === undefined ? undefined : Number(code);
  return [{ kind: 'trouble', status, waitMs: undefined, detail }, ended];
};

/** `gemini -o stream-json`. It repeats the prompt as a message of the user. Seen with 0.61.0. */
export const readGemini: FactReader = (line) => {
  switch (textAt(line, 'type')) {
    case 'message': {
      const text = textAt(line, 'content');
      if (textAt(line, 'role') !== 'assistant' || text === '') return [];
      return [{ kind: 'said', text, piece: line['delta'] === true }];
    }
    case 'tool_use':
      return [
        toolFact(textAt(line, 'tool_name'), fieldsAt(line, 'parameters'), { id: textAt(line, 'tool_id') }),
      ];
    case 'tool_result':
      // A shell command that fails is `success` to it.
      return [{ kind: 'tool-ended', id: textAt(line, 'tool_id'), ok: textAt(line, 'status') === 'success' }];
    case 'result':
      return resultOf(line);
    default:
      return [];
  }
};
