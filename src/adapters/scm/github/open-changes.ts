import { z } from 'zod';
import { rangesOf, type ChangedLines } from '../../../domain/overlap.ts';
import type { OpenChange } from '../../../ports/scm.ts';
import type { GithubClient } from './client.ts';
import { read, repoOf } from './pulls.ts';

/** So long the answer holds for all runs of this process. */
const KEPT_MS = 60_000;
const PATH_LENGTH = 4096;

const QUERY = `query($owner: String!, $repo: String!) { repository(owner: $owner, name: $repo) {
  pullRequests(states: OPEN, first: 100, orderBy: { field: UPDATED_AT, direction: DESC }) { nodes {
    number headRefName isCrossRepository files(first: 100) { nodes { path } }
  } }
} }`;

const path = z.string().max(PATH_LENGTH);
const answer = z.object({
  repository: z.object({
    pullRequests: z.object({
      nodes: z
        .array(
          z.object({
            number: z.number().int().positive(),
            headRefName: z.string().max(1000),
            isCrossRepository: z.boolean(),
            files: z.object({ nodes: z.array(z.object({ path }).nullable()).max(100) }).nullish(),
          }),
        )
        .max(100),
    }),
  }),
});
const fileList = z.array(z.object({ filename: path, patch: z.string().optional() })).max(100);

interface Kept {
  readonly at: number;
  readonly changes: Promise<readonly OpenChange[]>;
}
const kept = new Map<string, Kept>();

const ask = (client: GithubClient): Promise<readonly OpenChange[]> =>
  client.explained('look at the open pull requests', async ({ graphql }) => {
    const { web, owner, name } = client.place;
    const found = read(answer, await graphql(QUERY, { owner, repo: name }));
    return found.repository.pullRequests.nodes.map((one) => ({
      number: one.number,
      url: `${web}/${owner}/${name}/pull/${one.number}`,
      files: (one.files?.nodes ?? []).flatMap((file) => (file === null ? [] : [file.path])),
      // A branch of that name in a fork is another one.
      ...(!one.isCrossRepository && { headBranch: one.headRefName }),
    }));
  });

/** The newest 100 open ones with up to 100 files each: one call a minute for all runs on a repository. */
export const openChanges = async (
  client: GithubClient,
  maxAgeMs = KEPT_MS,
): Promise<readonly OpenChange[]> => {
  const { api, owner, name } = client.place;
  const key = `${api} ${owner}/${name} ${await client.whose()}`;
  const before = kept.get(key);
  if (before !== undefined && performance.now() - before.at < maxAgeMs) return before.changes;
  const changes = ask(client);
  kept.set(key, { at: performance.now(), changes });
  changes.catch(() => kept.delete(key));
  return changes;
};

/** The lines that a pull request touches in its first 100 files. One call. */
export const changedLines = (client: GithubClient, number: number): Promise<ChangedLines> =>
  client.explained(`read the files of pull request #${number}`, async ({ rest }) => {
    const { data } = await rest.pulls.listFiles({ ...repoOf(client), pull_number: number, per_page: 100 });
    return new Map(read(fileList, data).map((file) => [file.filename, rangesOf(file.patch ?? '')]));
  });
