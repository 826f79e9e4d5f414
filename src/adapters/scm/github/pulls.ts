import { z } from 'zod';
import { RalphError } from '../../../domain/error.ts';
import { mergeBody } from '../../../domain/pull-request.ts';
import type { PullRequest, PullRequestContent } from '../../../ports/scm.ts';
import type { GithubClient } from './client.ts';
import { githubError, isUnsettled, says, statusOf } from './errors.ts';

const PAGE = 100;
const MAX_PAGES = 10;
const MAX_TITLE = 256;
/** Characters that GitHub takes. */
export const MAX_BODY = 65_536;
const MAX_LABEL = 50;

const id = z.union([z.number(), z.bigint()]).transform(String);
/** What is used of a pull request; sizes are bounded, whatever stands there. */
const pull = z.object({
  number: z.number().int().positive(),
  node_id: z.string().max(400),
  state: z.enum(['open', 'closed']),
  merged_at: z.string().nullish(),
  draft: z.boolean().default(false),
  title: z.string().max(4096),
  body: z
    .string()
    .max(4 * MAX_BODY)
    .nullish()
    .transform((text) => text ?? ''),
  labels: z.array(z.object({ name: z.string().max(400) })).max(1000),
  head: z.object({
    ref: z.string().max(1000),
    sha: z.string().regex(/^[0-9a-f]{40,64}$/),
    repo: z.object({ id }).nullish(),
  }),
  base: z.object({ ref: z.string().max(1000), repo: z.object({ id }) }),
});
export type Pull = z.output<typeof pull>;

/** What GitHub sent, checked. Throws `scm.failed`. */
export const read = <T>(schema: z.ZodType<T>, data: unknown): T => {
  const found = schema.safeParse(data);
  if (found.success) return found.data;
  const at = found.error.issues[0]?.path.join('.') ?? '';
  throw new RalphError('scm.failed', `GitHub sent something else than expected${at && ` at ${at}`}`, {
    hint: 'Is there a proxy in between? Check github_api_url, then try again.',
    cause: found.error,
  });
};

export const repoOf = ({ place }: GithubClient) => ({ owner: place.owner, repo: place.name });

/** As the port has it. The address is made here: one that came over the network is shown to people. */
export const asPullRequest = (
  client: GithubClient,
  found: Pull,
  notes: readonly string[] = [],
): PullRequest => {
  const { web, owner, name } = client.place;
  const closed = typeof found.merged_at === 'string' ? 'merged' : 'closed';
  return {
    number: found.number,
    url: `${web}/${owner}/${name}/pull/${found.number}`,
    draft: found.draft,
    state: found.state === 'open' ? 'open' : closed,
    headSha: found.head.sha,
    baseBranch: found.base.ref,
    ...(notes.length > 0 && { notes }),
  };
};

/** The open pull request of a branch of this very repository, else the newest one. One call, or one per 100 found. */
export const findPull = (client: GithubClient, branch: string): Promise<Pull | undefined> =>
  client.explained('look for the pull request', async ({ rest }) => {
    let newest: Pull | undefined;
    for (let page = 1; page <= MAX_PAGES; page += 1) {
      const { data } = await rest.pulls.list({
        ...repoOf(client),
        // Without its owner GitHub would drop the filter; forks may have a branch of that name too.
        head: `${client.place.owner}:${branch}`,
        state: 'all',
        sort: 'created',
        direction: 'desc',
        per_page: PAGE,
        page,
      });
      const all = read(z.array(pull).max(PAGE), data);
      const own = all.filter(({ head, base }) => head.ref === branch && head.repo?.id === base.repo.id);
      const open = own.find(({ state }) => state === 'open');
      if (open) return open;
      newest ??= own[0];
      if (all.length < PAGE) break;
    }
    return newest;
  });

export const getPull = (client: GithubClient, number: number): Promise<Pull> =>
  client.explained(`read pull request #${number}`, async ({ rest }) => {
    const { data } = await rest.pulls.get({ ...repoOf(client), pull_number: number });
    return read(pull, data);
  });

const labelsOf = (labels: readonly string[]): string[] => [
  ...new Set(labels.map((name) => name.trim().slice(0, MAX_LABEL)).filter((name) => name !== '')),
];

/** Labels that are wished for and not there; GitHub does not tell upper from lower case. */
const missingLabels = (found: Pull, wanted: readonly string[]): string[] => {
  const there = new Set(found.labels.map(({ name }) => name.toLowerCase()));
  return labelsOf(wanted).filter((name) => !there.has(name.toLowerCase()));
};

const markReady = (client: GithubClient, found: Pull): Promise<unknown> =>
  client.explained(`mark pull request #${found.number} as ready`, ({ graphql }) =>
    // The REST API has no word for it.
    graphql(
      'mutation($id: ID!) { markPullRequestReadyForReview(input: { pullRequestId: $id }) { pullRequest { isDraft } } }',
      { id: found.node_id },
    ),
  );

const write = async (client: GithubClient, found: Pull, content: Partial<PullRequestContent>) => {
  const title = (content.title ?? found.title).slice(0, MAX_TITLE);
  const body =
    content.body === undefined ? found.body : mergeBody(found.body, content.body).slice(0, MAX_BODY);
  const base = content.baseBranch ?? found.base.ref;
  const labels = missingLabels(found, content.labels ?? []);
  const isSame = title === found.title && body === found.body;
  if (isSame && base === found.base.ref && labels.length === 0) return;
  await client.explained(`update pull request #${found.number}`, async ({ rest }) => {
    const at = { ...repoOf(client), title, body };
    if (base !== found.base.ref) await rest.pulls.update({ ...at, pull_number: found.number, base });
    else if (labels.length === 0) await rest.pulls.update({ ...at, pull_number: found.number });
    // As an issue, which it also is: labels and text in one call. Those of others stay.
    else
      await rest.issues.update({
        ...at,
        issue_number: found.number,
        labels: [...found.labels.map(({ name }) => name), ...labels],
      });
  });
};

/** One that is not open stays as it is. Ready stays ready: a human may have said so. At most two calls. */
export const updatePull = async (
  client: GithubClient,
  found: Pull,
  content: Partial<PullRequestContent>,
): Promise<PullRequest> => {
  if (found.state !== 'open') return asPullRequest(client, found);
  await write(client, found, content);
  const becomesReady = found.draft && content.draft === false;
  if (becomesReady) await markReady(client, found);
  const ref = content.baseBranch ?? found.base.ref;
  return asPullRequest(client, {
    ...found,
    draft: found.draft && !becomesReady,
    base: { ...found.base, ref },
  });
};

/** A pull request that could not be labelled is one nevertheless; the next update tries again. */
const addLabels = async (client: GithubClient, made: Pull, wanted: readonly string[]): Promise<string[]> => {
  const labels = missingLabels(made, wanted);
  if (labels.length === 0) return [];
  try {
    await client.explained(`label pull request #${made.number}`, ({ rest }) =>
      rest.issues.addLabels({ ...repoOf(client), issue_number: made.number, labels }),
    );
    return [];
  } catch (error) {
    if (!(error instanceof RalphError)) throw error;
    return [`the labels are not set: ${error.message}`];
  }
};

const create = async (client: GithubClient, content: PullRequestContent, draft: boolean): Promise<Pull> => {
  const { data } = await client.octokit.rest.pulls.create({
    ...repoOf(client),
    title: content.title.slice(0, MAX_TITLE),
    body: content.body.slice(0, MAX_BODY),
    head: content.headBranch,
    base: content.baseBranch,
    draft,
  });
  return read(pull, data);
};

const NO_DRAFTS = /draft pull requests are not supported/i;
const EXISTS = /pull request already exists/i;

/** Repositories that have no drafts: each of them is asked for one once only. */
const withoutDrafts = new Set<string>();

const createAsWished = async (client: GithubClient, content: PullRequestContent): Promise<Pull> => {
  const { api, owner, name } = client.place;
  const key = `${api} ${owner}/${name}`;
  const draft = content.draft && !withoutDrafts.has(key);
  try {
    return await create(client, content, draft);
  } catch (error) {
    if (!draft || statusOf(error) !== 422 || !says(error, NO_DRAFTS)) throw error;
    withoutDrafts.add(key);
    return create(client, content, false);
  }
};

/** One that is there keeps its base: who changed it knew why. */
const adopt = (client: GithubClient, found: Pull, content: PullRequestContent): Promise<PullRequest> =>
  updatePull(client, found, { ...content, baseBranch: found.base.ref });

/** Find or create. GitHub itself refuses a second open one for a branch, and a lost answer is looked up. */
export const openPull = async (client: GithubClient, content: PullRequestContent): Promise<PullRequest> => {
  const before = await findPull(client, content.headBranch);
  if (before) return adopt(client, before, content);
  const notes: string[] = [];
  const asked = { doing: 'open the pull request', place: client.place, from: 'the GitHub credential' };
  try {
    const made = await createAsWished(client, content);
    if (content.draft && !made.draft) notes.push('it is no draft: this repository has none');
    notes.push(...(await addLabels(client, made, content.labels)));
    return asPullRequest(client, made, notes);
  } catch (error) {
    const mayBeThere = isUnsettled(error) || (statusOf(error) === 422 && says(error, EXISTS));
    const found = mayBeThere ? await findPull(client, content.headBranch) : undefined;
    if (found?.state === 'open') return adopt(client, found, content);
    throw githubError(error, asked);
  }
};
