import { readMarker } from '../../domain/issue/issue-comment.ts';
import type { IssueComment, IssuePlace } from '../../ports/issues.ts';

/** The server's clock may be another than ours. */
const SKEW_MS = 24 * 3600_000;

/** The comment with the marker: of several the first, for before it was there nobody knew the marker. */
export const findComment = async (
  { tracker, number }: IssuePlace,
  marker: string,
  since: Date,
): Promise<IssueComment | undefined> => {
  const from = new Date(since.getTime() - SKEW_MS).toISOString();
  const all = await tracker.comments(number, from);
  return all
    .filter(({ body }) => readMarker(body)?.marker === marker)
    .toSorted((a, b) => Number(a.id) - Number(b.id))[0];
};
