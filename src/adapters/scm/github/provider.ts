import { z } from 'zod';
import { RalphError } from '../../../domain/error.ts';
import type { GithubPlace } from '../../../domain/scm-url.ts';
import type { ScmProvider } from '../../../ports/scm.ts';
import type { GithubAuth } from './auth.ts';
import { checkAccess } from './check-access.ts';
import { checkLog } from './check-log.ts';
import { commitChecks, setStatus } from './checks.ts';
import { comment } from './comments.ts';
import { createGithubClient, type GithubClient } from './client.ts';
import { changedLines, openChanges } from './open-changes.ts';
import { asPullRequest, findPull, getPull, openPull, read, updatePull, type Pull } from './pulls.ts';

const repository = z.object({
  default_branch: z.string().min(1).max(255),
  archived: z.boolean().default(false),
  permissions: z.object({ push: z.boolean() }).optional(),
});

const readRepository = (client: GithubClient) =>
  client.explained('look at the repository', async ({ rest }) => {
    const { data } = await rest.repos.get({ owner: client.place.owner, repo: client.place.name });
    return read(repository, data);
  });

const validate = async (client: GithubClient): Promise<void> => {
  const { archived, permissions } = await readRepository(client);
  const repo = `${client.place.owner}/${client.place.name}`;
  if (archived) throw new RalphError('scm.failed', `${repo} is archived`, { hint: 'It takes no push.' });
  if (permissions?.push === false)
    throw new RalphError('scm.auth', `the GitHub credential may not push to ${repo}`, {
      hint: 'ralph auth github says what is missing.',
    });
};

/** Pull requests of GitHub (spec 7). Opening or updating one costs at most three API calls when nothing fails. */
export const createProvider = (place: GithubPlace, auth: GithubAuth): Required<ScmProvider> => {
  const client = createGithubClient(place, auth);
  /** What `findPr` saw a moment ago, for the `updatePr` that follows it; used once. */
  const seen = new Map<number, Pull>();
  return {
    id: 'github',
    validateAuth: () => validate(client),
    getDefaultBranch: async () => (await readRepository(client)).default_branch,
    findPr: async (headBranch) => {
      const found = await findPull(client, headBranch);
      if (found) seen.set(found.number, found);
      return found && asPullRequest(client, found);
    },
    openPr: (content) => openPull(client, content),
    updatePr: async (number, content) => {
      const known = seen.get(number);
      seen.clear();
      return updatePull(client, known ?? (await getPull(client, number)), content);
    },
    commentPr: (number, body, once) => comment(client, number, { body, once }),
    getPrChecks: async (number) =>
      (await commitChecks(client, (await getPull(client, number)).head.sha)).state,
    getChecks: (sha) => commitChecks(client, sha),
    getCheckLog: (report) => checkLog(client, report),
    openChanges: (maxAgeMs) => openChanges(client, maxAgeMs),
    changedLines: (number) => changedLines(client, number),
    setCommitStatus: (sha, state, description) => setStatus(client, sha, { state, description }),
    checkAccess: () => checkAccess(place, auth),
  };
};
