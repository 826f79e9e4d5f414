import type { GithubPlace } from '../../../domain/scm-url.ts';
import type { IssueTracker } from '../../../ports/issues.ts';
import type { ReviewSource } from '../../../ports/reviews.ts';
import type { GithubAuth } from './auth.ts';
import { createGithubClient } from './client.ts';
import { createIssueTracker } from './issues.ts';
import { createReviewSource } from './reviews.ts';

/** What comes in from GitHub, by one client; imported only when it is asked for. */
export const createGithubIntake = (place: GithubPlace, auth: GithubAuth): IssueTracker & ReviewSource => {
  const client = createGithubClient(place, auth);
  return { ...createIssueTracker(client), ...createReviewSource(client) };
};
