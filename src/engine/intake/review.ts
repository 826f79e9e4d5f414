import { RalphError } from '../../domain/error.ts';
import type { Control, Order } from '../../domain/control.ts';
import type { Entry, RunId } from '../../domain/event.ts';
import { isRemarkControl, remarkControl, remarkNote } from '../../domain/review-note.ts';
import { foldRunEntries, type RunState } from '../../domain/run-state.ts';
import { isEnded } from '../../domain/run-status.ts';
import { markInvisible, singleLine } from '../../domain/terminal.ts';
import type { ReviewRemark, ReviewSource } from '../../ports/reviews.ts';
import type { Acknowledged } from '../send-control.ts';

export interface ReviewDeps {
  readonly source: ReviewSource;
  readonly entries: () => readonly Entry[];
  readonly newControl: (order: Order) => Control;
  readonly send: (control: Control) => Promise<Acknowledged>;
}
export interface ReviewOptions {
  /** Strangers' remarks too. */
  readonly anyone: boolean;
  /** Wakes a paused run, and one that had succeeded. */
  readonly resume: boolean;
}
export interface ReviewReport {
  readonly taken: readonly { readonly id: string; readonly author: string; readonly path?: string }[];
  /** By people who may not push; they count with `anyone`. */
  readonly strangers: number;
  /** More than one look takes: the next one goes on. */
  readonly left: number;
  /** Taken, and no session has read them yet. */
  readonly unread: number;
  /** It is queued: the supervisor has to know. */
  readonly wakes: boolean;
}

/** Notes of one look. */
const MOST = 50;

const takenIds = (entries: readonly Entry[]): ReadonlySet<string> =>
  new Set(entries.flatMap((e) => (e.type === 'control.taken' && e.outcome === 'accepted' ? [e.id] : [])));

/** Remarks that were taken after the last prompt was built. */
const unreadOf = (entries: readonly Entry[]): number => {
  const from = entries.findLastIndex(({ type }) => type === 'prompt.built') + 1;
  return entries
    .slice(from)
    .filter((e) => e.type === 'control.taken' && e.outcome === 'accepted' && isRemarkControl(e.id)).length;
};

/** `isSo` says that what was wanted is so already: another look may have been faster. */
const need = async (
  deps: ReviewDeps,
  control: Control,
  { isSo, otherwise }: { readonly isSo: () => boolean; readonly otherwise: string },
): Promise<void> => {
  const ack = await deps.send(control);
  if (ack.kind === 'accepted' || isSo()) return;
  const why =
    ack.kind === 'refused' ? ack.detail : 'the runner does not answer; what was sent waits in its inbox';
  throw new RalphError('control.refused', `${otherwise}: ${why}`, {
    hint: 'ralph show says how the run stands',
  });
};

const controlOf = (deps: ReviewDeps, remark: ReviewRemark): Control => ({
  ...deps.newControl({ kind: 'note', text: remarkNote(remark) }),
  id: remarkControl(remark.id),
  by: `${markInvisible(singleLine(remark.author, 60))}, by review`,
});

const stateOf = (id: RunId, deps: ReviewDeps): RunState => foldRunEntries(id, deps.entries());

/** What was verified is not enough any more; the run is paused then, until `resume`. */
const reopen = (deps: ReviewDeps, id: RunId, count: number): Promise<void> => {
  const control = deps.newControl({ kind: 'reopen', reason: `${count} review comment(s)` });
  const isSo = (): boolean => !isEnded(stateOf(id, deps).status);
  return need(deps, control, { isSo, otherwise: 'it was not opened again' });
};

/**
 * New remarks on the run's pull request become notes, each once, whoever else looks at the same time. Those of
 * strangers do not, unless it is said: a note is read by a model that has commands. Throws RalphError.
 */
export const takeReview = async (
  id: RunId,
  deps: ReviewDeps,
  { anyone, resume }: ReviewOptions,
): Promise<ReviewReport> => {
  const { pr } = stateOf(id, deps);
  if (!pr)
    throw new RalphError('usage', `run ${id} has no pull request yet`, { hint: `ralph logs ${id} -f` });
  const found = await newRemarks(deps, { pull: pr.number, anyone });
  const { wanted, strangers } = found;
  const state = stateOf(id, deps);
  const hasEnded = isEnded(state.status);
  if (hasEnded && (state.status !== 'succeeded' || !resume)) {
    const unread = unreadOf(deps.entries());
    return { taken: [], strangers, left: wanted.length, unread, wakes: false };
  }
  const now = wanted.slice(0, MOST);
  if (resume) await openForNotes(deps, state, now.length);
  for (const remark of now) {
    const control = controlOf(deps, remark);
    const isSo = (): boolean => takenIds(deps.entries()).has(control.id);
    await need(deps, control, { isSo, otherwise: `${remark.id} was not taken` });
  }
  const unread = unreadOf(deps.entries());
  const isDue = resume && unread > 0;
  if (isDue && stateOf(id, deps).status === 'paused') {
    const isSo = (): boolean => stateOf(id, deps).status !== 'paused';
    await need(deps, deps.newControl({ kind: 'resume' }), { isSo, otherwise: 'it was not woken' });
  }
  // Queued already: whoever did that may have been ended before the supervisor heard of it.
  const wakes = isDue && stateOf(id, deps).status === 'queued';
  return { taken: now.map(briefly), strangers, left: wanted.length - now.length, unread, wakes };
};

/** What is verified would be published at once, without a session that reads the notes. */
const openForNotes = async (deps: ReviewDeps, state: RunState, fresh: number): Promise<void> => {
  const due = fresh + unreadOf(deps.entries());
  const isDone = isEnded(state.status) || (state.status === 'paused' && state.green);
  if (due > 0 && isDone) await reopen(deps, state.id, due);
};

const newRemarks = async (
  { source, entries }: ReviewDeps,
  { pull, anyone }: { readonly pull: number; readonly anyone: boolean },
) => {
  const all = await source.remarks(pull);
  const known = takenIds(entries());
  const fresh = all.filter((one) => !known.has(remarkControl(one.id)) && one.body.trim() !== '');
  const wanted = fresh.filter(({ isInsider }) => anyone || isInsider);
  return { wanted, strangers: fresh.length - wanted.length };
};

const briefly = ({ id, author, path }: ReviewRemark): ReviewReport['taken'][number] => ({
  id,
  author,
  ...(path !== undefined && { path }),
});
