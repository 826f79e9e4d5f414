import { z } from 'zod';
import type { ChecksState } from '../../../ports/scm.ts';
import type { GithubClient } from './client.ts';
import { limitedUntil, statusOf } from './errors.ts';
import { getPull, read } from './pulls.ts';

const PAGE = 100;
const MAX_PAGES = 10;
const MAX_DESCRIPTION = 140;
const CONTEXT = 'ralph';

const checkRuns = z.object({
  check_runs: z
    .array(z.object({ status: z.string().max(100), conclusion: z.string().max(100).nullable() }))
    .max(PAGE),
});
const combined = z.object({ state: z.string().max(100), total_count: z.number() });

/** One report of a check. */
export type Report = 'green' | 'red' | 'pending' | 'unknown';

const conclusions: Readonly<Record<string, Report>> = {
  success: 'green',
  neutral: 'green',
  skipped: 'green',
  failure: 'red',
  timed_out: 'red',
  cancelled: 'red',
  action_required: 'red',
  startup_failure: 'red',
  stale: 'pending',
};
const states: Readonly<Record<string, Report>> = {
  success: 'green',
  failure: 'red',
  error: 'red',
  pending: 'pending',
};
const known = (rows: Readonly<Record<string, Report>>, key: string): Report =>
  Object.hasOwn(rows, key) ? rows[key]! : 'unknown';

export const ofCheckRun = (status: string, conclusion: string | null): Report =>
  status === 'completed' ? known(conclusions, conclusion ?? '') : 'pending';
/** Without any status GitHub says `pending`, which is nothing to wait for. */
export const ofStatuses = (state: string, count: number): readonly Report[] =>
  count === 0 ? [] : [known(states, state)];

/** All reports as one. Undefined: that part may not be read. Nothing at all is not green. */
export const combine = (parts: readonly (readonly Report[] | undefined)[]): ChecksState => {
  const reports = parts.flatMap((part) => part ?? []);
  if (reports.includes('red')) return 'red';
  if (reports.includes('pending')) return 'pending';
  const isWhole = reports.length > 0 && parts.every((part) => part !== undefined);
  return isWhole && reports.every((report) => report === 'green') ? 'green' : 'unknown';
};

/** Undefined where the credential may not look. */
const readable = async <T>(task: Promise<T>): Promise<T | undefined> => {
  try {
    return await task;
  } catch (error) {
    const status = statusOf(error);
    const isForbidden = (status === 403 || status === 404) && limitedUntil(error, Date.now()) === undefined;
    if (isForbidden) return undefined;
    throw error;
  }
};

/** Check runs and commit statuses of the pull request's head together. Three calls, one more per 100 check runs. */
export const pullChecks = async (client: GithubClient, number: number): Promise<ChecksState> => {
  const { head } = await getPull(client, number);
  const { owner, name: repo } = client.place;
  return client.explained('read the checks', async ({ rest }) => {
    const at = { owner, repo, ref: head.sha, per_page: PAGE };
    const runs = async (): Promise<Report[]> => {
      const all: Report[] = [];
      for (let page = 1; page <= MAX_PAGES; page += 1) {
        const { data } = await rest.checks.listForRef({ ...at, page });
        const found = read(checkRuns, data).check_runs;
        all.push(...found.map((run) => ofCheckRun(run.status, run.conclusion)));
        if (found.length < PAGE) return all;
      }
      // There are more than were looked at.
      return [...all, 'unknown'];
    };
    const statuses = async (): Promise<readonly Report[]> => {
      const { data } = await rest.repos.getCombinedStatusForRef({ ...at, per_page: 1 });
      const { state, total_count } = read(combined, data);
      return ofStatuses(state, total_count);
    };
    return combine([await readable(runs()), await readable(statuses())]);
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
    await rest.repos.createCommitStatus({
      owner,
      repo,
      sha,
      state: status.state,
      description,
      context: CONTEXT,
    });
  });
