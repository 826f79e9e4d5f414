import { phaseOf } from '../domain/classic-state.ts';
import { promiseTag, readPromise } from '../domain/promise.ts';
import type { TaskSpec } from '../domain/spec/task.ts';
import type { TurnOutcome } from '../ports/agent.ts';
import type { Applied } from './apply-action.ts';
import type { RunContext } from './run-context.ts';

/** The phase that a session says is done. */
export interface Promised {
  readonly phase: number;
  /** What is left to end is the run. */
  readonly isLast: boolean;
}
export interface Heard {
  readonly promised: Promised | undefined;
  /** Why a promise that stands there does not count, for errors.log. */
  readonly problems: readonly string[];
}

/** What a session said last, in its own words: no prompt, no output of a tool, no thoughts. */
const finalTexts = (outcome: TurnOutcome): readonly string[] => {
  switch (outcome.kind) {
    case 'answer': {
      const { summary, actions } = outcome.answer;
      return [summary, ...actions.flatMap((a) => (a.type === 'stop_success' ? [a.reason] : []))];
    }
    case 'worked':
      return [outcome.finalText];
    default:
      return [];
  }
};

const nothing: Heard = { promised: undefined, problems: [] };
const unheard = (why: string): Heard => ({
  promised: undefined,
  problems: [`the promise does not count: ${why}`],
});

export interface Session {
  /** The task that its prompt was made of. */
  readonly asked: TaskSpec;
  readonly outcome: TurnOutcome;
  readonly applied: Applied;
}

/** Whether the session gave the promise of the phase at hand, and nothing that it did speaks against it. */
export const hearPromise = (ctx: RunContext, session: Session): Heard => {
  const { asked, outcome, applied } = session;
  const { classic } = asked;
  if (!classic) return nothing;
  const verdict = readPromise(finalTexts(outcome), classic.promise);
  if (verdict === 'absent') {
    const stops = applied.wish?.kind === 'stop_success';
    return stops ? unheard('stop_success alone does not end this run') : nothing;
  }
  if (verdict === 'other') return unheard(`this run waits for ${promiseTag(classic.promise)}, word for word`);
  if (ctx.task !== asked) return unheard('the task was changed while it was worked on');
  if (verdict === 'mentioned')
    return unheard(`${promiseTag(classic.promise)} is given on a line of its own, at the very end`);
  const { wish, problems } = applied;
  if (wish && wish.kind !== 'stop_success') return unheard(`it was given together with ${wish.kind}`);
  if (problems.length > 0)
    return unheard('it was given together with an action that failed: look at what came out, then give it');
  const phase = phaseOf(ctx.state);
  return { promised: { phase, isLast: phase >= classic.phases.length }, problems: [] };
};
