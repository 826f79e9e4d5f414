import { z } from 'zod';
import { combineChecks, type CheckReport, type Checks } from '../../../domain/check-report.ts';
import type { GithubClient } from './client.ts';
import { isRateLimit, statusOf } from './errors.ts';
import { read } from './pulls.ts';
import { ofCheckRun, ofStatus, OWN_CONTEXT } from './report-state.ts';
import { askRollup } from './rollup.ts';

const PAGE = 100;
const MAX_PAGES = 10;
const MAX_DESCRIPTION = 140;
/** So long a refusal is remembered: a token's permissions seldom change. */
const REFUSED_MS = 10 * 60_000;

const text = z.string().max(1000);
const checkRuns = z.object({
  check_runs: z
    .array(z.object({ id: z.number(), name: text, status: text, conclusion: text.nullable() }))
    .max(PAGE),
});
const combined = z.object({ statuses: z.array(z.object({ context: text, state: text })).max(PAGE) });
const workflowRuns = z.object({
  workflow_runs: z
    .array(
      z.object({
        id: z.number(),
        name: text.nullish(),
        status: text.nullable(),
        conclusion: text.nullable(),
      }),
    )
    .max(PAGE),
});

/** Undefined where the credential may not look. */
const readable = async <T>(task: Promise<T>): Promise<T | undefined> => {
  try {
    return await task;
  } catch (error) {
    const status = statusOf(error);
    if ((status === 403 || status === 404) && !isRateLimit(error)) return undefined;
    throw error;
  }
};

/** There are more than were looked at. */
const more: CheckReport = { name: `more than ${PAGE * MAX_PAGES}`, state: 'unknown' };

const paged = async (page: (n: number) => Promise<readonly CheckReport[]>): Promise<CheckReport[]> => {
  const all: CheckReport[] = [];
  for (let n = 1; n <= MAX_PAGES; n += 1) {
    const found = await page(n);
    all.push(...found);
    if (found.length < PAGE) return all;
  }
  return [...all, more];
};

const restCheckRuns = ({ octokit, place }: GithubClient, ref: string) =>
  paged(async (page) => {
    const { owner, name: repo } = place;
    const { data } = await octokit.rest.checks.listForRef({ owner, repo, ref, per_page: PAGE, page });
    return read(checkRuns, data).check_runs.map((run) => ({
      name: run.name,
      state: ofCheckRun(run.status, run.conclusion),
      log: `check:${run.id}`,
    }));
  });

const restStatuses = async (client: GithubClient, ref: string) => {
  const all = await paged(async (page) => {
    const { owner, name: repo } = client.place;
    const at = { owner, repo, ref, per_page: PAGE, page };
    const { data } = await client.octokit.rest.repos.getCombinedStatusForRef(at);
    const found = read(combined, data).statuses;
    return found.map(({ context, state }) => ({ name: context, state: ofStatus(state) }));
  });
  return all.filter(({ name }) => name !== OWN_CONTEXT);
};

const workflows = ({ octokit, place }: GithubClient, sha: string) =>
  paged(async (page) => {
    const { owner, name: repo } = place;
    const at = { owner, repo, head_sha: sha, per_page: PAGE, page };
    const { data } = await octokit.rest.actions.listWorkflowRunsForRepo(at);
    return read(workflowRuns, data).workflow_runs.map((run) => ({
      name: run.name ?? 'workflow',
      state: ofCheckRun(run.status ?? '', run.conclusion),
      log: `run:${run.id}`,
    }));
  });

const refusedAt = new Map<string, number>();

/** Fine-grained tokens cannot read check runs: they are not asked for at each look. */
const checkRunsOf = async (client: GithubClient, sha: string): Promise<CheckReport[] | undefined> => {
  const { api, owner, name } = client.place;
  const key = `${api} ${owner}/${name} ${await client.whose()}`;
  if (performance.now() - (refusedAt.get(key) ?? -REFUSED_MS) < REFUSED_MS) return undefined;
  const found = await readable(restCheckRuns(client, sha));
  if (found === undefined) refusedAt.set(key, performance.now());
  return found;
};

const asChecks = (parts: readonly (readonly CheckReport[] | undefined)[], note?: string): Checks => ({
  state: combineChecks(parts),
  reports: parts.flatMap((part) => part ?? []),
  ...(note !== undefined && { note }),
});

/**
 * The checks of one commit by the ladder (reliability.md, SCM): GraphQL's rollup, for 50 commits at once; REST's check
 * runs and statuses; GitHub Actions; `unknown`.
 */
export const commitChecks = async (client: GithubClient, sha: string): Promise<Checks> => {
  const rollup = await askRollup(client, sha);
  if (rollup.all !== undefined) return asChecks([rollup.all]);
  return client.explained('read the checks', async () => {
    const statuses = rollup.statuses ?? (await readable(restStatuses(client, sha)));
    const runs = await checkRunsOf(client, sha);
    if (runs !== undefined) return asChecks([runs, statuses]);
    const actions = (await readable(workflows(client, sha))) ?? [];
    // Where Actions says nothing, it may be others that check, and those are not seen.
    return actions.length > 0
      ? asChecks([actions, statuses], 'of GitHub Actions and commit statuses: check runs may not be read')
      : asChecks([undefined, statuses], 'the credential may not read check runs');
  });
};

export const setStatus = (
  client: GithubClient,
  sha: string,
  status: { readonly state: 'pending' | 'success' | 'failure'; readonly description: string },
): Promise<void> =>
  client.explained('set the commit status', async ({ rest }) => {
    const { owner, name: repo } = client.place;
    const description = status.description.slice(0, MAX_DESCRIPTION);
    const { state } = status;
    await rest.repos.createCommitStatus({ owner, repo, sha, state, description, context: OWN_CONTEXT });
  });
