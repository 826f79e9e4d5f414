import { textOf } from '../domain/entry-text.ts';
import { RalphError } from '../domain/error.ts';
import type { Entry } from '../domain/event.ts';
import { commentMarker, pullComment } from '../domain/pull-comment.ts';
import { emit, type RunContext } from './run-context.ts';

const LOG_BYTES = 128 * 1024;
const LOG_LINES = 40;

const asEntry = (line: string): Entry | undefined => {
  try {
    return JSON.parse(line) as Entry;
  } catch {
    // The first one is cut, as a rule.
    return undefined;
  }
};

/** The last lines of the log as people read it; already redacted when it was written. */
const logTail = (ctx: RunContext): string => {
  const { journal } = ctx.home;
  const lines = journal.slice(Math.max(0, journal.bytes - LOG_BYTES)).split('\n');
  const entries = lines.flatMap((line) => asEntry(line) ?? []);
  return entries
    .flatMap((entry) => textOf(entry, { colour: false }))
    .slice(-LOG_LINES)
    .join('\n');
};

/**
 * Tells the pull request why its run has failed or is paused for a human: once for each time, also when a crash came
 * in between. That it cannot be told is a warning. `later`: the forge takes no calls just now, so it is still owed.
 */
export const commentOwed = async (ctx: RunContext): Promise<'done' | 'later'> => {
  const { pr, owed, status, reason = '', detail = '' } = ctx.state;
  if (!pr || owed === undefined || (status !== 'paused' && status !== 'failed')) return 'done';
  const runId = ctx.home.id;
  const marker = commentMarker(runId, owed.seq);
  const body = pullComment({ runId, status, reason, detail, log: logTail(ctx), marker });
  try {
    const scm = await ctx.deps.scm({ url: ctx.state.repo });
    if (!scm.commentPr) return 'done';
    await scm.commentPr(pr.number, ctx.deps.redact(body), { marker, since: owed.at });
    ctx.deps.host.failpoint('pr.commented');
    emit(ctx, { type: 'pr.commented', number: pr.number, about: owed.seq }, { sync: true });
    return 'done';
  } catch (error) {
    if (!(error instanceof RalphError)) throw error;
    return notTold(ctx, error);
  }
};

const notTold = (ctx: RunContext, { code, message }: RalphError): 'done' | 'later' => {
  const text = ctx.deps.redact(message);
  if (code !== 'scm.limited') emit(ctx, { type: 'warning', about: 'comment', text });
  // Said once, by the runner; who tries again later need not.
  else if (ctx.active) emit(ctx, { type: 'warning', about: 'comment to come', text });
  return code === 'scm.limited' ? 'later' : 'done';
};
