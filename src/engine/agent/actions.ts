import { answerJsonSchema, parseAnswer } from '../../domain/answer.ts';
import type { CallPurpose } from '../../domain/event.ts';
import type { Agent, Turn, TurnOutcome } from '../../ports/agent.ts';
import type { Message, ModelFailure } from '../../ports/model.ts';
import { ask } from './ask.ts';
import type { AskDeps, Asked } from './ask.ts';

const MAX_SHOWN = 16 * 1024;
/** Failures that the next iteration would meet again. */
const FATAL: ReadonlySet<ModelFailure> = new Set(['bad-request', 'not-a-model']);

const cut = (raw: string): string =>
  raw.length <= MAX_SHOWN
    ? raw
    : `${raw.slice(0, MAX_SHOWN).toWellFormed()}\n[… ${raw.length - MAX_SHOWN} more characters left out]`;

const repairMessages = (messages: readonly Message[], raw: string, problem: string): readonly Message[] => [
  ...messages,
  // Some endpoints refuse an empty message.
  { role: 'assistant', content: raw.trim() === '' ? '(empty)' : cut(raw) },
  {
    role: 'user',
    content: `Your answer could not be used, and none of its actions has run.\n\n${problem}\n\nAnswer again with the whole corrected JSON object and nothing else.`,
  },
];

type Unanswered = Exclude<Asked, { kind: 'ok' }>;

const withoutAnswer = (asked: Unanswered, raw: string): TurnOutcome => {
  if (asked.kind !== 'failed') return asked;
  return {
    kind: 'failed',
    fatal: FATAL.has(asked.failure),
    ...(asked.failure === 'auth' && { pause: 'token expired' as const }),
    detail: asked.detail,
    raw,
  };
};

const session = async (deps: AskDeps, turn: Turn): Promise<TurnOutcome> => {
  const { profile, meter, signal } = turn;
  const schema = { name: 'actions', json: answerJsonSchema() };
  const put = (messages: readonly Message[], purpose: CallPurpose): Promise<Asked> =>
    ask(deps, { profile, meter, signal, messages, schema, purpose });
  const messages: readonly Message[] = [
    { role: 'system', content: turn.system },
    { role: 'user', content: turn.prompt },
  ];
  const first = await put(messages, 'iteration');
  if (first.kind !== 'ok') return withoutAnswer(first, '');
  const parsed = parseAnswer(first.text, first.finish);
  if (parsed.kind === 'ok')
    return { kind: 'answer', answer: parsed.answer, repaired: parsed.repaired, raw: first.text };
  const second = await put(repairMessages(messages, first.text, parsed.problem), 'repair');
  if (second.kind !== 'ok') return withoutAnswer(second, first.text);
  const again = parseAnswer(second.text, second.finish);
  if (again.kind === 'ok')
    return { kind: 'answer', answer: again.answer, repaired: 'call', raw: second.text };
  return {
    kind: 'invalid',
    problem: again.problem,
    raw: `${first.text}\n\n--- answer to the repair call ---\n\n${second.text}`,
  };
};

/** The agent of spec 9: one fresh model call that answers with strict JSON actions, and one repair call at most. */
export const createActionsAgent = (deps: AskDeps): Agent => ({
  session: (turn) => session(deps, turn),
});
