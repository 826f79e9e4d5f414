import type { RunState } from '../domain/run-state.ts';
import { isEnded } from '../domain/run-status.ts';
import type { RunHome } from '../ports/run-home.ts';
import { commentOwed } from './comment.ts';
import { takeControls } from './control.ts';
import type { EngineDeps } from './deps.ts';
import { diagnose } from './diagnose.ts';
import { openContext, type RunContext } from './run-context.ts';
import { readRunJson, writeRunJson } from './run-json.ts';
import { attachBox } from './prepare.ts';
import { pushStateRef } from './state-ref.ts';
import type { Steer } from './steer.ts';

/** What a runner still owed when it died: the word at the pull request, and of a run that has ended its last state. */
export const payOwed = async (ctx: RunContext): Promise<void> => {
  await commentOwed(ctx);
  const hasDied = readRunJson(ctx.home)?.owner !== 'none';
  if (hasDied && isEnded(ctx.state.status)) await pushStateRef(ctx);
};

/**
 * Takes the waiting controls of a run that nobody works on (paused, or its runner died), so that a note or a new
 * model need not wait for a runner. The home is locked by the caller.
 */
export const settleControls = async (deps: EngineDeps, home: RunHome, steer: Steer): Promise<RunState> => {
  const ctx = await openContext(deps, home, { steer });
  await payOwed(ctx);
  if (home.inbox.pending().some(({ control }) => control?.order.kind === 'debug')) await attachBox(ctx);
  await takeControls(ctx);
  if (ctx.steer.diagnose) await diagnose(ctx);
  writeRunJson(ctx);
  return ctx.state;
};
