import { execFileSync } from 'node:child_process';
import type { FakeIssue, FakeRemark } from './github-issues.ts';
import type { Json, JsonObject } from './github-openapi.ts';

export interface FakePull {
  readonly number: number;
  title: string;
  body: string | null;
  readonly head: string;
  /** Owner of the repository that its branch lies in. */
  readonly from: string;
  /** In another repository of that owner. */
  readonly elsewhere?: true;
  base: string;
  draft: boolean;
  state: 'open' | 'closed';
  merged: boolean;
  labels: string[];
  readonly comments: string[];
}
export interface FakeStatus {
  readonly sha: string;
  readonly state: string;
  readonly description: string;
  readonly context: string;
}
/** What GitHub knows of one repository; its commits are in a real one. */
export interface GithubState {
  readonly owner: string;
  readonly name: string;
  readonly origin: string;
  readonly bare: string;
  readonly pulls: FakePull[];
  /** Of every commit where `head_sha` is empty. */
  readonly checkRuns: JsonObject[];
  /** Of GitHub Actions, likewise. */
  readonly workflowRuns: JsonObject[];
  /** By number of the job, which is that of its check run. */
  readonly logs: Map<number, string>;
  readonly statuses: FakeStatus[];
  readonly repository: {
    private: boolean;
    archived: boolean;
    push: boolean;
    drafts: boolean;
    /** Whether the token may read check runs. */
    checks: boolean;
  };
  readonly issues: FakeIssue[];
  readonly remarks: FakeRemark[];
  /** Who may push, by login name. */
  readonly insiders: Set<string>;
}
export interface Call {
  /** As in `POST /repos/{owner}/{repo}/pulls`. */
  readonly name: string;
  /** What stands in the last braces. */
  readonly id: string;
  readonly query: Readonly<Record<string, string>>;
  readonly body: JsonObject;
  /** Whose token it is. */
  readonly login: string;
}
export interface Answer {
  readonly status: number;
  readonly body: JsonObject | JsonObject[];
  readonly headers?: Readonly<Record<string, string>>;
}
export type Operation = (call: Call) => Answer;

export const text = (value: Json | undefined): string =>
  typeof value === 'string' ? value : JSON.stringify(value ?? '');

export const refusal = (status: number, message: string, errors?: JsonObject[]): Answer => ({
  status,
  body: { message, documentation_url: 'https://docs.github.com/rest', ...(errors && { errors }) },
});
export const NOT_FOUND = refusal(404, 'Not Found');
const invalid = (error: JsonObject | string): Answer =>
  refusal(422, 'Validation Failed', [
    typeof error === 'string' ? { resource: 'PullRequest', code: 'custom', message: error } : error,
  ]);

export const git = ({ bare }: GithubState, ...args: string[]): string | undefined => {
  try {
    const stdio = ['ignore', 'pipe', 'ignore'] as const;
    return execFileSync('git', ['-C', bare, ...args], { encoding: 'utf8', stdio: [...stdio] }).trim();
  } catch {
    return undefined;
  }
};

export const labelJson = (name: string, id: number): JsonObject => ({
  id,
  node_id: 'L',
  url: '',
  name,
  description: '',
  color: '',
  default: false,
});

const pullJson = (state: GithubState, pull: FakePull): JsonObject => {
  const { owner, name, origin } = state;
  const repo = (login: string): JsonObject => ({
    id: login === owner ? 7 : 8,
    name,
    full_name: `${login}/${name}`,
  });
  const at = (branch: string): string => git(state, 'rev-parse', `refs/heads/${branch}`) ?? '0'.repeat(40);
  const { number, title, body, draft } = pull;
  return {
    number,
    node_id: `PR_${number}`,
    state: pull.state,
    merged_at: pull.merged ? '2026-01-01T00:00:00Z' : null,
    draft,
    title,
    body,
    html_url: `${origin}/${owner}/${name}/pull/${number}\u001b]0;owned\u0007`,
    labels: pull.labels.map(labelJson),
    head: {
      ref: pull.head,
      sha: at(pull.head),
      label: `${pull.from}:${pull.head}`,
      repo: { ...repo(pull.from), ...(pull.elsewhere && { id: 9 }) },
    },
    base: { ref: pull.base, sha: at(pull.base), label: pull.base, repo: repo(owner) },
  };
};

const patch = (pull: FakePull, { title, body, base, labels, state }: JsonObject): void => {
  if (typeof title === 'string') pull.title = title;
  if (typeof body === 'string') pull.body = body;
  if (typeof base === 'string') pull.base = base;
  if (Array.isArray(labels)) pull.labels = labels.map(text);
  if (state === 'open' || state === 'closed') pull.state = state;
};

const list = (state: GithubState, { query }: Call): Answer => {
  const { head = '', state: wanted = 'open', per_page: size = '30', page = '1' } = query;
  // As GitHub does: a filter without an owner is no filter.
  const found = state.pulls
    .filter((pull) => !head.includes(':') || head === `${pull.from}:${pull.head}`)
    .filter((pull) => wanted === 'all' || pull.state === wanted)
    .toReversed();
  const start = (Number(page) - 1) * Number(size);
  return { status: 200, body: found.slice(start, start + Number(size)).map((pull) => pullJson(state, pull)) };
};

const open = (state: GithubState, { body }: Call): Answer => {
  const { owner, pulls } = state;
  const [head, base] = [text(body['head']), text(body['base'])];
  const isSame = (pull: FakePull): boolean =>
    pull.head === head && pull.from === owner && !pull.elsewhere && pull.base === base;
  if (pulls.some((pull) => isSame(pull) && pull.state === 'open'))
    return invalid(`A pull request already exists for ${owner}:${head}.`);
  if (git(state, 'rev-parse', '--verify', `refs/heads/${head}`) === undefined)
    return invalid({ resource: 'PullRequest', field: 'head', code: 'invalid' });
  if (git(state, 'rev-parse', '--verify', `refs/heads/${base}`) === undefined)
    return invalid({ resource: 'PullRequest', field: 'base', code: 'invalid' });
  if (git(state, 'rev-list', '--count', `refs/heads/${base}..refs/heads/${head}`) === '0')
    return invalid(`No commits between ${base} and ${head}`);
  if (body['draft'] === true && !state.repository.drafts)
    return refusal(422, 'Draft pull requests are not supported in this repository.');
  const pull: FakePull = {
    number: pulls.length + 1,
    title: text(body['title']),
    body: text(body['body']),
    head,
    from: owner,
    base,
    draft: body['draft'] === true,
    state: 'open',
    merged: false,
    labels: [],
    comments: [],
  };
  pulls.push(pull);
  return { status: 201, body: pullJson(state, pull) };
};

/** The latest status of each context. */
export const latestStatuses = ({ statuses }: GithubState, sha: string): FakeStatus[] => [
  ...new Map(statuses.filter((one) => one.sha === sha).map((one) => [one.context, one])).values(),
];

const statusOf = (state: GithubState, { id: sha, query }: Call): Answer => {
  const latest = latestStatuses(state, sha);
  const isGreen = latest.length > 0 && latest.every((one) => one.state === 'success');
  const isRed = latest.some((one) => one.state === 'failure' || one.state === 'error');
  const size = Number(query['per_page'] ?? 30);
  const start = (Number(query['page'] ?? 1) - 1) * size;
  const statuses = latest
    .slice(start, start + size)
    .map(({ context, state: said }) => ({ context, state: said }));
  const word = isRed ? 'failure' : isGreen ? 'success' : 'pending';
  return { status: 200, body: { state: word, total_count: latest.length, sha, statuses } };
};

const setStatus = ({ statuses }: GithubState, { id: sha, body }: Call): Answer => {
  const [state, description, context] = [body['state'], body['description'], body['context']].map(text);
  statuses.push({ sha, state: state!, description: description!, context: context! });
  return { status: 201, body: { state: state! } };
};

/** What its branch changes against its base, of real commits. */
export const filesOf = (state: GithubState, { base, head }: FakePull): JsonObject[] => {
  const range = `refs/heads/${base}...refs/heads/${head}`;
  const names = (git(state, 'diff', '--name-only', range) ?? '').split('\n').filter((name) => name !== '');
  return names.map((filename) => {
    const whole = git(state, 'diff', range, '--', filename) ?? '';
    return { filename, status: 'modified', patch: whole.slice(whole.indexOf('@@')) };
  });
};

const FORBIDDEN = refusal(403, 'Resource not accessible by personal access token');

export const ofCommit = (all: readonly JsonObject[], sha: string): JsonObject[] =>
  all.filter(({ head_sha: at }) => at === '' || at === sha);

const page = (all: JsonObject[], { query }: Call): JsonObject[] => {
  const size = Number(query['per_page'] ?? 30);
  const start = (Number(query['page'] ?? 1) - 1) * size;
  return all.slice(start, start + size);
};

const checkRuns = (state: GithubState, call: Call): Answer => {
  if (!state.repository.checks) return FORBIDDEN;
  const found = ofCommit(state.checkRuns, call.id);
  return { status: 200, body: { total_count: found.length, check_runs: page(found, call) } };
};

const checkRunOf = (state: GithubState, { id }: Call): Answer => {
  const found = state.checkRuns.find((run) => run['id'] === Number(id));
  if (!state.repository.checks) return FORBIDDEN;
  return found ? { status: 200, body: found } : NOT_FOUND;
};

const workflowRuns = (state: GithubState, call: Call): Answer => {
  const found = ofCommit(state.workflowRuns, call.query['head_sha'] ?? '');
  return { status: 200, body: { total_count: found.length, workflow_runs: page(found, call) } };
};

/** A workflow's run of that number has one job, of the same number. */
const jobsOf = (state: GithubState, { id }: Call): Answer => {
  const jobs = state.workflowRuns
    .filter((run) => run['id'] === Number(id))
    .map(({ id: job, status, conclusion }) => ({ id: job!, status: status!, conclusion: conclusion! }));
  return { status: 200, body: { total_count: jobs.length, jobs } };
};

const repositoryOf = ({ owner, name, repository }: GithubState): Answer => ({
  status: 200,
  body: {
    name,
    full_name: `${owner}/${name}`,
    default_branch: 'main',
    private: repository.private,
    archived: repository.archived,
    permissions: { admin: false, pull: true, push: repository.push },
  },
});

export const ROUTE = '/repos/{owner}/{repo}';

/** The REST operations on that state. */
export const createOperations = (state: GithubState): Readonly<Record<string, Operation>> => {
  const onPull =
    (act: (pull: FakePull, call: Call) => Answer): Operation =>
    (call) => {
      const pull = state.pulls.find(({ number }) => number === Number(call.id));
      return pull ? act(pull, call) : NOT_FOUND;
    };
  return {
    [`GET ${ROUTE}`]: () => repositoryOf(state),
    [`GET ${ROUTE}/pulls`]: (call) => list(state, call),
    [`POST ${ROUTE}/pulls`]: (call) => open(state, call),
    [`GET ${ROUTE}/pulls/{pull_number}`]: onPull((pull) => ({ status: 200, body: pullJson(state, pull) })),
    [`GET ${ROUTE}/pulls/{pull_number}/files`]: onPull((pull) => ({
      status: 200,
      body: filesOf(state, pull),
    })),
    [`PATCH ${ROUTE}/pulls/{pull_number}`]: onPull((pull, { body }) => {
      patch(pull, body);
      return { status: 200, body: pullJson(state, pull) };
    }),
    [`PATCH ${ROUTE}/issues/{issue_number}`]: onPull((pull, { body }) => {
      patch(pull, body);
      return { status: 200, body: { number: pull.number, title: pull.title, state: pull.state } };
    }),
    [`POST ${ROUTE}/issues/{issue_number}/labels`]: onPull((pull, { body }) => {
      const labels = Array.isArray(body['labels']) ? body['labels'].map(text) : [];
      pull.labels = [...new Set([...pull.labels, ...labels])];
      return { status: 200, body: pull.labels.map((name) => ({ name })) };
    }),
    [`GET ${ROUTE}/issues/{issue_number}/comments`]: onPull((pull, call) => ({
      status: 200,
      body: page(
        pull.comments.map((body) => ({ body })),
        call,
      ),
    })),
    [`POST ${ROUTE}/issues/{issue_number}/comments`]: onPull((pull, { body }) => {
      pull.comments.push(text(body['body']));
      return { status: 201, body: { body: text(body['body']) } };
    }),
    [`GET ${ROUTE}/check-runs/{check_run_id}`]: (call) => checkRunOf(state, call),
    [`GET ${ROUTE}/actions/runs`]: (call) => workflowRuns(state, call),
    [`GET ${ROUTE}/actions/runs/{run_id}/jobs`]: (call) => jobsOf(state, call),
    [`GET ${ROUTE}/actions/jobs/{job_id}/logs`]: ({ id }) =>
      state.logs.has(Number(id))
        ? { status: 302, body: {}, headers: { location: `${state.origin}/signed/${id}?sig=abc` } }
        : NOT_FOUND,
    [`GET ${ROUTE}/commits/{ref}/check-runs`]: (call) => checkRuns(state, call),
    [`GET ${ROUTE}/commits/{ref}/status`]: (call) => statusOf(state, call),
    [`POST ${ROUTE}/statuses/{sha}`]: (call) => setStatus(state, call),
  };
};
