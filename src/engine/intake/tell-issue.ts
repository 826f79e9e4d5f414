import { RalphError } from '../../domain/error.ts';
import type { Entry } from '../../domain/event.ts';
import { progressComment } from '../../domain/issue/issue-comment.ts';
import { markIssue, type IssueMark } from '../../domain/issue/issue-marks.ts';
import type { IssuePlace } from '../../ports/issues.ts';
import { emit, type RunContext } from '../run-context.ts';
import { findComment } from './find-comment.ts';

const BODY_TRIES = 3;
/** How long the end of a run waits for its last words to arrive. */
const LAST_WORDS_MS = 30_000;

interface Telling {
  readonly ctx: RunContext;
  readonly place: IssuePlace;
  /** What the comment says, as far as we know. */
  said: string | undefined;
  /** A human took the comment away: nobody wants it. */
  isUnwanted: boolean;
  /** Boxes that the issue could not be marked for; once is enough. */
  readonly unmarkable: Set<string>;
  readonly warned: Set<string>;
}

const markerOf = (ctx: RunContext): string => {
  const known = ctx.state.issueComment?.marker;
  if (known !== undefined) return known;
  const { newId } = ctx.deps.host;
  const marker = `${newId()}${newId()}${newId()}`;
  emit(ctx, { type: 'issue.comment', marker }, { sync: true });
  return marker;
};

/** Find or create. A lost answer is looked up; an answer that we never got to note is found by its marker. */
const findOrAdd = async ({ ctx, place }: Telling, marker: string, text: string): Promise<string> => {
  const since = new Date(ctx.home.journal.replayed[0]?.at ?? ctx.deps.host.clock.now());
  const before = await findComment(place, marker, since);
  if (before) {
    await place.tracker.editComment(before.id, text);
    return before.id;
  }
  try {
    return (await place.tracker.addComment(place.number, text)).id;
  } catch (error) {
    const found = await findComment(place, marker, since).catch(() => undefined);
    if (found) return found.id;
    throw error;
  }
};

const tellComment = async (telling: Telling): Promise<void> => {
  const { ctx, place } = telling;
  if (telling.isUnwanted) return;
  const marker = markerOf(ctx);
  const text = ctx.deps.redact(progressComment(ctx.state, marker));
  if (text === telling.said) return;
  const known = ctx.state.issueComment?.comment;
  if (known === undefined) {
    const comment = await findOrAdd(telling, marker, text);
    ctx.deps.host.failpoint('issue.commented');
    emit(ctx, { type: 'issue.comment', marker, comment }, { sync: true });
  } else if (!(await place.tracker.editComment(known, text))) {
    telling.isUnwanted = true;
    warn(telling, 'its comment was deleted: progress is told there no more');
  }
  telling.said = text;
};

/** Boxes whose mark in the issue has to change, by id. */
const changesOf = ({ ctx, unmarkable }: Telling): ReadonlyMap<string, IssueMark> => {
  const ours = new Set(ctx.state.issueMarked);
  return new Map(
    Object.entries(ctx.state.boxes)
      .filter(([id, { checked }]) => checked !== ours.has(id) && !unmarkable.has(id))
      .map(([id, { text, checked }]) => [id, { text, isDone: checked }]),
  );
};

/** Compare first, then write: what others write meanwhile stays. Only our own marks are ever taken back. */
const tellBody = async (telling: Telling): Promise<void> => {
  const { ctx, place } = telling;
  const changes = changesOf(telling);
  if (changes.size === 0) return;
  for (let tries = 0; tries < BODY_TRIES; tries += 1) {
    const issue = await place.tracker.get(place.number);
    if (!issue) return;
    const { body } = issue;
    const fitting = [...changes].filter(([, mark]) => markIssue(body, [mark]) !== body);
    for (const [id] of changes) if (!fitting.some(([other]) => other === id)) telling.unmarkable.add(id);
    const marked = markIssue(
      body,
      fitting.map(([, mark]) => mark),
    );
    const wasWritten =
      fitting.length === 0 || (await place.tracker.setBody(place.number, { expected: body, body: marked }));
    if (!wasWritten) continue;
    const ids = new Set(ctx.state.issueMarked);
    for (const [id, { isDone }] of changes) {
      if (!isDone) ids.delete(id);
      else if (fitting.some(([other]) => other === id)) ids.add(id);
    }
    emit(ctx, { type: 'issue.marked', boxes: [...ids] }, { sync: true });
    return;
  }
  warn(telling, 'it was edited again and again meanwhile: its steps are not marked');
};

const warn = ({ ctx, warned }: Telling, text: string): void => {
  if (warned.has(text)) return;
  warned.add(text);
  emit(ctx, { type: 'warning', about: 'issue', text: ctx.deps.redact(text) });
};

const worthTelling = ({ type }: Entry): boolean =>
  type === 'run.status' || type === 'iteration.ended' || type === 'pr.updated' || type === 'spec.changed';

const nothing = { stop: () => Promise.resolve() };

/**
 * Tells the run's issue how it gets on, beside the work and never in its way: one comment that is edited, and marks on
 * the steps that were verified. What cannot be told is a warning. `stop` waits a little for the last words.
 */
export const tellIssue = async (ctx: RunContext): Promise<{ stop(): Promise<void> }> => {
  const { issue } = ctx.state;
  if (issue === undefined) return nothing;
  const place = await ctx.deps.issues(issue).catch(() => undefined);
  const telling = {
    ctx,
    said: undefined,
    isUnwanted: false,
    unmarkable: new Set<string>(),
    warned: new Set<string>(),
  };
  if (!place) {
    emit(ctx, { type: 'warning', about: 'issue', text: `${issue} is on no forge that is known here` });
    return nothing;
  }
  const told: Telling = { ...telling, place };
  let wanted = true;
  let isClosed = false;
  let busy: Promise<void> | undefined;
  const work = async (): Promise<void> => {
    while (wanted && !isClosed) {
      wanted = false;
      try {
        await tellComment(told);
        await tellBody(told);
      } catch (error) {
        if (isClosed) return;
        warn(told, error instanceof RalphError ? error.message : String(error));
      }
    }
  };
  const pump = (): void => {
    busy ??= work().finally(() => {
      busy = undefined;
      if (wanted && !isClosed) pump();
    });
  };
  const unsubscribe = ctx.home.journal.subscribe((entry) => {
    if (!worthTelling(entry)) return;
    wanted = true;
    pump();
  });
  pump();
  return {
    stop: async () => {
      const done = new AbortController();
      const late = ctx.deps.host.clock.sleep(LAST_WORDS_MS, done.signal).then(() => (isClosed = true));
      while (busy && !isClosed) await Promise.race([busy, late]);
      isClosed = true;
      done.abort();
      unsubscribe();
    },
  };
};
