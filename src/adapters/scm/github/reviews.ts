import { z } from 'zod';
import type { ReviewRemark, ReviewSource } from '../../../ports/reviews.ts';
import type { GithubClient } from './client.ts';
import { isInsider, loginOf, paged, user } from './pages.ts';

const MAX_BODY = 4 * 65_536;
const MAX_HUNK = 256 * 1024;
const text = z
  .string()
  .max(MAX_BODY)
  .nullish()
  .transform((found) => found ?? '');
const association = z.string().max(100).optional();

const comment = z.object({
  id: z.number().int().positive(),
  body: text,
  user,
  author_association: association,
  created_at: z.string().max(100),
  path: z.string().max(4096),
  line: z.number().int().nullish(),
  original_line: z.number().int().nullish(),
  diff_hunk: z.string().max(MAX_HUNK),
});
const review = z.object({
  id: z.number().int().positive(),
  body: text,
  user,
  author_association: association,
  state: z.string().max(100),
  submitted_at: z.string().max(100).nullish(),
});

const ofComment = (found: z.output<typeof comment>): ReviewRemark => {
  const line = found.line ?? found.original_line;
  return {
    id: `comment-${found.id}`,
    author: loginOf(found.user),
    isInsider: isInsider(found.author_association),
    body: found.body,
    at: found.created_at,
    path: found.path,
    ...(typeof line === 'number' && { line }),
    hunk: found.diff_hunk,
  };
};
const ofReview = (found: z.output<typeof review>): ReviewRemark => ({
  id: `review-${found.id}`,
  author: loginOf(found.user),
  isInsider: isInsider(found.author_association),
  body: found.body,
  at: found.submitted_at ?? '',
});

/** Reviews of GitHub: two calls, and one more per hundred. */
export const createReviewSource = (client: GithubClient): ReviewSource => ({
  remarks: (pullNumber) =>
    client.explained(`read the reviews of pull request #${pullNumber}`, async ({ rest }) => {
      const at = { owner: client.place.owner, repo: client.place.name, pull_number: pullNumber };
      const comments = await paged(
        comment,
        async (page) => (await rest.pulls.listReviewComments({ ...at, ...page })).data,
      );
      const reviews = await paged(
        review,
        async (page) => (await rest.pulls.listReviews({ ...at, ...page })).data,
      );
      const wanting = reviews.filter(
        ({ state, body }) => state === 'CHANGES_REQUESTED' && body.trim() !== '',
      );
      return [...wanting.map(ofReview), ...comments.map(ofComment)].toSorted((a, b) =>
        a.at < b.at ? -1 : Number(a.at > b.at),
      );
    }),
});
