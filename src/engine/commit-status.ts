import { RalphError } from '../domain/error.ts';
import { checksAreFine } from './await-checks.ts';
import { emit, type RunContext } from './run-context.ts';

const ABOUT = 'commit status';

const wasRefused = (ctx: RunContext): boolean =>
  ctx.home.journal.replayed.some((entry) => entry.type === 'warning' && entry.about === ABOUT);

const describe = (ctx: RunContext): string => {
  const boxes = Object.values(ctx.state.boxes);
  const verified = boxes.filter(({ checked }) => checked).length;
  return `iteration ${ctx.state.committed}: ${verified} of ${boxes.length} criteria verified`;
};

/** Says at the pushed commit how far the run is, where that is allowed; a refusal is noted once, and it is left at that. */
export const setCommitStatus = async (ctx: RunContext, sha: string): Promise<void> => {
  const state = ctx.state.green && checksAreFine(ctx) ? 'success' : 'pending';
  const said = `${sha} ${state} ${ctx.state.committed}`;
  if (ctx.commitStatus === 'refused' || ctx.commitStatus === said) return;
  if (ctx.commitStatus === undefined && wasRefused(ctx)) {
    ctx.commitStatus = 'refused';
    return;
  }
  try {
    const scm = await ctx.deps.scm({ url: ctx.state.repo });
    await scm.setCommitStatus?.(sha, state, describe(ctx));
    ctx.commitStatus = said;
  } catch (error) {
    if (!(error instanceof RalphError)) throw error;
    // Whoever is at a limit now may be allowed to at the next commit.
    if (error.code === 'scm.limited') return;
    ctx.commitStatus = 'refused';
    emit(ctx, { type: 'warning', about: ABOUT, text: ctx.deps.redact(error.message) });
  }
};
