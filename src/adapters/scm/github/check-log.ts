import { z } from 'zod';
import type { CheckReport } from '../../../domain/check-report.ts';
import { RalphError } from '../../../domain/error.ts';
import type { GithubClient } from './client.ts';
import { isRateLimit, statusOf } from './errors.ts';
import { fetchEnd } from './fetch.ts';
import { read } from './pulls.ts';
import { ofCheckRun } from './report-state.ts';

/** Of a log's end as it came. */
const MAX_LOG_BYTES = 128 * 1024;
const MAX_OUTPUT = 70_000;

const jobs = z.object({
  jobs: z
    .array(
      z.object({ id: z.number(), status: z.string().max(100), conclusion: z.string().max(100).nullable() }),
    )
    .max(100),
});
const part = z
  .string()
  .nullish()
  .transform((said) => (said ?? '').slice(0, MAX_OUTPUT));
const outputOf = z.object({ output: z.object({ title: part, summary: part, text: part }) });

/** Undefined for whatever GitHub does not give: a log is a help, not a need. */
const ifThere = async <T>(task: () => Promise<T | undefined>): Promise<T | undefined> => {
  try {
    return await task();
  } catch (error) {
    if (isRateLimit(error) || (statusOf(error) === undefined && !(error instanceof RalphError))) throw error;
    return undefined;
  }
};

const STAMP = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{1,9}Z /gm;
const FAILED = '##[error]';

/** Without the time before each line, and without what the job did after it had failed. */
export const endOfJobLog = (log: string): string => {
  const plain = log.replace(STAMP, '');
  const at = plain.lastIndexOf(FAILED);
  const end = at < 0 ? -1 : plain.indexOf('\n', at);
  return end < 0 ? plain : plain.slice(0, end);
};

const jobLog = async ({ octokit, place }: GithubClient, job: number): Promise<string | undefined> => {
  const { owner, name: repo } = place;
  const { headers } = await octokit.rest.actions.downloadJobLogsForWorkflowRun({
    owner,
    repo,
    job_id: job,
    // It answers with an address elsewhere, which is good for a minute and needs no credential.
    request: { takesRedirect: true },
  });
  const { location } = headers;
  if (typeof location !== 'string') return undefined;
  const end = await fetchEnd(place.api, location, MAX_LOG_BYTES);
  return end === undefined ? undefined : endOfJobLog(end);
};

const checkOutput = async ({ octokit, place }: GithubClient, id: number): Promise<string | undefined> => {
  const { owner, name: repo } = place;
  const { data } = await octokit.rest.checks.get({ owner, repo, check_run_id: id });
  const { title, summary, text } = read(outputOf, data).output;
  const said = [title, summary, text].filter((one) => one !== '').join('\n\n');
  return said === '' ? undefined : said;
};

const failedJob = async ({ octokit, place }: GithubClient, run: number): Promise<number | undefined> => {
  const { owner, name: repo } = place;
  const { data } = await octokit.rest.actions.listJobsForWorkflowRun({
    owner,
    repo,
    run_id: run,
    per_page: 100,
  });
  return read(jobs, data).jobs.find((job) => ofCheckRun(job.status, job.conclusion) === 'red')?.id;
};

/** The end of what a check wrote: the log of its job, else its own report. At most four calls. */
export const checkLog = (client: GithubClient, report: CheckReport): Promise<string | undefined> =>
  client.explained('read the log of a check', async () => {
    const [, kind, digits] = /^(check|run):(\d{1,15})$/.exec(report.log ?? '') ?? [];
    if (kind === undefined) return undefined;
    const id = Number(digits);
    const job = kind === 'check' ? id : await ifThere(() => failedJob(client, id));
    // The check run of a job of GitHub Actions has the job's number.
    const log = job === undefined ? undefined : await ifThere(() => jobLog(client, job));
    if (log !== undefined || job === undefined) return log;
    return ifThere(() => checkOutput(client, job));
  });
