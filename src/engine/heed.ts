import type { Metrics } from '../domain/iteration-record.ts';
import { nextMitigation } from '../domain/mitigation.ts';
import { singleLine } from '../domain/terminal.ts';
import { chooseDiagnoseProfile, diagnose } from './diagnose.ts';
import { fail, pause, type Next } from './next.ts';
import { emit, type RunContext } from './run-context.ts';
import { fallbackOf } from './wait.ts';

/** The mitigation ladder (spec 12). */
export const mitigate = async (ctx: RunContext, score: number): Promise<Next> => {
  const n = ctx.state.committed;
  const consecutive = ctx.state.consecutiveGutter + 1;
  emit(ctx, { type: 'gutter', n, score, consecutive }, { sync: true });
  const chosen = nextMitigation({
    taken: ctx.state.ladder,
    consecutive,
    maxConsecutive: ctx.state.budgets.maxConsecutiveGutter,
    profile: ctx.state.profile,
    fallback: fallbackOf(ctx),
    canDiagnose: 'profile' in chooseDiagnoseProfile(ctx),
  });
  if (chosen.kind === 'give-up')
    return fail(ctx, 'gutter', `circling for ${consecutive} iterations, nothing left to try`);
  const { step, profile } = chosen;
  const detail = `loop_score ${score.toFixed(2)}, ${consecutive} in a row`;
  emit(
    ctx,
    { type: 'mitigation', n, step, detail, ...(profile !== undefined && { profile }) },
    { sync: true },
  );
  if (step === 'pause') return pause(ctx, 'gutter', `${detail}: a human has to look`);
  if (step === 'diagnose') await diagnose(ctx);
  return {
    go: true,
    rotation:
      'The last iterations went in circles (see loop_score). Do not repeat what failed: take a different approach, and say in progress.md what was tried.',
  };
};

/** What the session itself asked for; undefined lets the run go on. */
export const heedWish = (
  ctx: RunContext,
  { wish, problems }: Pick<Metrics, 'wish' | 'problems'>,
): Next | undefined => {
  switch (wish?.kind) {
    case 'pause':
      return pause(ctx, 'blocked', ctx.deps.redact(wish.reason));
    case 'stop_failure':
      return fail(ctx, 'agent failed', ctx.deps.redact(wish.reason));
    case 'stop_success': {
      // A classic run goes by its promise: in an earlier phase this ends the session only.
      if (ctx.task.classic) return undefined;
      const why = problems.slice(0, 3).join('; ') || 'something changed after the checks';
      const text = singleLine(`stop_success was refused: ${why}`, 500);
      emit(ctx, { type: 'warning', about: 'stop_success', text });
      ctx.home.state.append('errors.log', `[iteration ${ctx.state.committed}] stop_success was refused\n`);
      return undefined;
    }
    default:
      return undefined;
  }
};
