import { claimComment, readMarker } from '../../domain/issue/issue-comment.ts';
import type { Issue, IssueComment, IssuePlace } from '../../ports/issues.ts';
import { findComment } from './find-comment.ts';

export interface ClaimWords {
  /** Nobody knows it before the claim is written. */
  readonly marker: string;
  /** The label that says that somebody works on it. */
  readonly takenLabel: string;
  readonly now: Date;
}
/** How far a claim has come. Only what it has written itself is taken back. */
export interface ClaimStage {
  readonly comment?: string;
  /** It was first, and is about to set label and assignee, or has. */
  readonly isMarked: boolean;
}
export type Claimed =
  { readonly kind: 'won'; readonly comment: string } | { readonly kind: 'lost'; readonly why: string };

/** Claims that were written longer before ours have their label by now, or will never have it. */
const RACE_MS = 10 * 60_000;

/** Why it is not to be had; undefined when it is. */
const obstacle = (issue: Issue | undefined, takenLabel: string, me?: string): string | undefined => {
  if (!issue?.isOpen) return 'it is closed';
  if (me === undefined && issue.labels.includes(takenLabel)) return `it has the label ${takenLabel}`;
  const other = issue.assignees.find((login) => login !== me);
  return other === undefined ? undefined : `it is assigned to ${other}`;
};

/** Of all who claim it now, the one whose comment the forge took first. Strangers cannot claim. */
const isFirst = async (place: IssuePlace, own: IssueComment): Promise<boolean> => {
  const since = new Date(Date.parse(own.createdAt) - RACE_MS).toISOString();
  const all = await place.tracker.comments(place.number, since);
  const rivals = all.filter(
    (one) =>
      Number(one.id) < Number(own.id) &&
      one.createdAt >= since.slice(0, 19) &&
      readMarker(one.body)?.isClaim === true &&
      (one.isInsider || one.author === own.author),
  );
  return rivals.length === 0;
};

const addOwn = async (place: IssuePlace, { marker, now }: ClaimWords): Promise<IssueComment> => {
  try {
    return await place.tracker.addComment(place.number, claimComment(marker));
  } catch (error) {
    const found = await findComment(place, marker, now).catch(() => undefined);
    if (found) return found;
    throw error;
  }
};

/**
 * Takes an issue for one run: comment, then label and assignee. The label and the assignee tell people and later
 * pollers; between pollers that come at the same time, even with the same account, the first comment decides. What was
 * lost leaves nothing behind. Throws RalphError; then `releaseIssue` clears up.
 */
export const claimIssue = async (
  place: IssuePlace,
  words: ClaimWords,
  onMarking: () => void,
): Promise<Claimed> => {
  const { tracker, number } = place;
  const { takenLabel } = words;
  const before = obstacle(await tracker.get(number), takenLabel);
  if (before !== undefined) return { kind: 'lost', why: before };
  const own = await addOwn(place, words);
  const lose = async (why: string): Promise<Claimed> => {
    await tracker.deleteComment(own.id);
    return { kind: 'lost', why };
  };
  if (!(await isFirst(place, own))) return lose('somebody else was first');
  // Whoever came so early that their comment is progress by now has set the label before.
  const meanwhile = obstacle(await tracker.get(number), takenLabel);
  if (meanwhile !== undefined) return lose(meanwhile);
  const me = await tracker.whoAmI();
  onMarking();
  await tracker.addLabel(number, takenLabel);
  if (me !== undefined) await tracker.assign(number, me);
  const after = await tracker.get(number);
  const problem = obstacle(after, takenLabel, me ?? '');
  if (problem === undefined && after?.labels.includes(takenLabel)) return { kind: 'won', comment: own.id };
  await releaseIssue(place, words, { comment: own.id, isMarked: true });
  return { kind: 'lost', why: problem ?? 'its label was taken off again' };
};

/** Gives an issue back that no run was made for. `comment` is looked up where it is not known. */
export const releaseIssue = async (
  place: IssuePlace,
  { marker, takenLabel, now }: ClaimWords,
  { comment, isMarked }: ClaimStage,
): Promise<void> => {
  const { tracker, number } = place;
  const id = comment ?? (await findComment(place, marker, now))?.id;
  const me = isMarked ? await tracker.whoAmI() : undefined;
  if (isMarked) await tracker.removeLabel(number, takenLabel);
  if (me !== undefined) await tracker.unassign(number, me);
  if (id !== undefined) await tracker.deleteComment(id);
};
