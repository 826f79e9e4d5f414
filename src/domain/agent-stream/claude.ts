import {
  detailOf,
  fieldsAt,
  isFields,
  numberAt,
  textAt,
  toolFact,
  type Fact,
  type FactReader,
  type Fields,
} from './fact.ts';

const contentOf = (line: Fields): readonly Fact[] => {
  const content: unknown = fieldsAt(line, 'message')['content'];
  if (!Array.isArray(content)) return [];
  // What a sub-agent says is not the answer; what it does is still worth a line.
  const own = textAt(line, 'parent_tool_use_id') === '';
  return content.filter(isFields).flatMap((part): readonly Fact[] => {
    if (textAt(part, 'type') === 'tool_use')
      return [toolFact(textAt(part, 'name'), fieldsAt(part, 'input'), { id: textAt(part, 'id') })];
    const text = textAt(part, 'text');
    if (textAt(part, 'type') !== 'text' || text === '' || !own) return [];
    return [{ kind: 'said', text, piece: false }];
  });
};

/** What its tools gave back comes as a message of the user. */
const resultsOf = (line: Fields): readonly Fact[] => {
  const content: unknown = fieldsAt(line, 'message')['content'];
  if (!Array.isArray(content)) return [];
  const results = content.filter(isFields).filter((part) => textAt(part, 'type') === 'tool_result');
  return results.map((part) => ({
    kind: 'tool-ended',
    id: textAt(part, 'tool_use_id'),
    ok: part['is_error'] !== true,
  }));
};

const troubleOf = (line: Fields): readonly Fact[] => {
  if (textAt(line, 'subtype') !== 'api_retry') return [];
  const status = numberAt(line, 'error_status');
  const detail = detailOf(`${textAt(line, 'error') || 'the model call failed'}, status ${status ?? 'none'}`);
  return [{ kind: 'trouble', status, waitMs: undefined, detail }];
};

/** With a subscription: until when its limit holds, in seconds since 1970. Only a refusal counts, not a warning. */
const limitOf = (line: Fields, nowMs: number): readonly Fact[] => {
  const info = fieldsAt(line, 'rate_limit_info');
  if (textAt(info, 'status') !== 'rejected') return [];
  const resets = numberAt(info, 'resetsAt');
  const waitMs = resets === undefined ? undefined : Math.max(0, resets * 1000 - nowMs);
  return [{ kind: 'trouble', status: 429, waitMs, detail: 'the limit of the subscription is reached' }];
};

const resultOf = (line: Fields): readonly Fact[] => {
  const subtype = textAt(line, 'subtype');
  const failed = line['is_error'] !== false;
  const status = numberAt(line, 'api_error_status');
  const text = textAt(line, 'result');
  const ended: Fact = {
    kind: 'ended',
    ok: !failed,
    text: failed ? undefined : text,
    limit: subtype === 'error_max_turns' ? 'turns' : undefined,
    turns: numberAt(line, 'num_turns'),
    costUsd: numberAt(line, 'total_cost_usd'),
    detail: failed ? detailOf(text || subtype) : '',
  };
  if (!failed || status === undefined) return [ended];
  return [{ kind: 'trouble', status, waitMs: undefined, detail: detailOf(text) }, ended];
};

/**
 * `claude -p --output-format stream-json --verbose`. `is_error` decides, not `subtype`: an API error comes as
 * subtype `success`. Seen with 2.1.329. `nowMs` is the wall clock.
 */
export const createClaudeReader =
  (nowMs: () => number): FactReader =>
  (line) => {
    switch (textAt(line, 'type')) {
      case 'assistant':
        return contentOf(line);
      case 'user':
        return resultsOf(line);
      case 'system':
        return troubleOf(line);
      case 'rate_limit_event':
        return limitOf(line, nowMs());
      case 'result':
        return resultOf(line);
      default:
        return [];
    }
  };
