import { detailOf, fieldsAt, textAt, toolFact, type Fact, type FactReader, type Fields } from './fact.ts';

/** Codex names the status only in the message of its own error events (never a model's words). */
const STATUS = /\b(?:unexpected status|last status:) (\d{3})\b/;

const troubleOf = (message: string): Fact => {
  const status = STATUS.exec(message)?.[1];
  return {
    kind: 'trouble',
    status: status === undefined ? undefined : Number(status),
    waitMs: undefined,
    detail: detailOf(message),
  };
};

const doneOf = (item: Fields): readonly Fact[] => {
  const text = textAt(item, 'text');
  if (textAt(item, 'type') === 'agent_message')
    return text === '' ? [] : [{ kind: 'said', text, piece: false }];
  const status = textAt(item, 'status');
  return status === '' ? [] : [{ kind: 'tool-ended', id: textAt(item, 'id'), ok: status === 'completed' }];
};

const startedOf = (item: Fields): readonly Fact[] => {
  const type = textAt(item, 'type');
  if (type === '' || type === 'agent_message' || type === 'reasoning' || type === 'error') return [];
  return [toolFact(textAt(item, 'tool') || type, item, { id: textAt(item, 'id') })];
};

const ended = (ok: boolean, detail: string): Fact => ({
  kind: 'ended',
  ok,
  text: undefined,
  limit: undefined,
  turns: undefined,
  costUsd: undefined,
  detail,
});

/** `codex exec --json`. Seen with 0.169.0. */
export const readCodex: FactReader = (line) => {
  switch (textAt(line, 'type')) {
    case 'item.started':
      return startedOf(fieldsAt(line, 'item'));
    case 'item.completed':
      return doneOf(fieldsAt(line, 'item'));
    case 'error':
      return [troubleOf(textAt(line, 'message'))];
    case 'turn.failed': {
      const message = textAt(fieldsAt(line, 'error'), 'message');
      return [troubleOf(message), ended(false, detailOf(message))];
    }
    case 'turn.completed':
      return [ended(true, '')];
    default:
      return [];
  }
};
