import { z } from 'zod';
import type { ScmProvider } from '../../../ports/scm.ts';
import type { GithubClient } from './client.ts';
import { isUnsettled } from './errors.ts';
import { MAX_BODY, read, repoOf } from './pulls.ts';

const PAGE = 100;
const MAX_PAGES = 5;
/** GitHub's clock and ours differ. */
const SKEW_MS = 3600_000;

const comments = z
  .array(
    z.object({
      body: z
        .string()
        .max(4 * MAX_BODY)
        .nullish(),
    }),
  )
  .max(PAGE);

type Once = Parameters<NonNullable<ScmProvider['commentPr']>>[2];

const isThere = async (
  client: GithubClient,
  issue_number: number,
  once: NonNullable<Once>,
): Promise<boolean> => {
  const since = new Date(Date.parse(once.since) - SKEW_MS).toISOString();
  for (let page = 1; page <= MAX_PAGES; page += 1) {
    const at = { ...repoOf(client), issue_number, since, per_page: PAGE, page };
    const { data } = await client.octokit.rest.issues.listComments(at);
    const found = read(comments, data);
    if (found.some(({ body }) => body?.includes(once.marker))) return true;
    if (found.length < PAGE) return false;
  }
  return false;
};

/** Cut to what GitHub takes, the marker kept; where the answer got lost, its marker is looked for. */
export const comment = (
  client: GithubClient,
  number: number,
  { body, once }: { readonly body: string; readonly once: Once },
): Promise<void> =>
  client.explained(`comment on pull request #${number}`, async ({ rest }) => {
    if (once && (await isThere(client, number, once))) return;
    const end = once && body.endsWith(once.marker) ? `\n\n${once.marker}` : '';
    const text = body.length > MAX_BODY ? body.slice(0, MAX_BODY - end.length) + end : body;
    try {
      await rest.issues.createComment({ ...repoOf(client), issue_number: number, body: text });
    } catch (error) {
      if (!once || !isUnsettled(error) || !(await isThere(client, number, once))) throw error;
    }
  });
