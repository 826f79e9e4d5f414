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
interface FakeStatus {
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
  readonly checkRuns: JsonObject[];
  readonly statuses: FakeStatus[];
  readonly repository: { private: boolean; archived: boolean; push: boolean; drafts: boolean };
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

const patch = (pull: FakePull, { title, body, base, labels }: JsonObject): void => {
  if (typeof title === 'string') pull.title = title;
  if (typeof body === 'string') pull.body = body;
  if (typeof base === 'string') pull.base = base;
  if (Array.isArray(labels)) pull.labels = labels.map(text);
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

const statusOf = ({ statuses }: GithubState, { id: sha }: Call): Answer => {
  const latest = new Map(statuses.filter((one) => one.sha === sha).map((one) => [one.context, one.state]));
  const states = [...latest.values()];
  const isGreen = states.length > 0 && states.every((state) => state === 'success');
  const isRed = states.some((state) => state === 'failure' || state === 'error');
  const state = isRed ? 'failure' : isGreen ? 'success' : 'pending';
  return { status: 200, body: { state, total_count: states.length, sha } };
};

const setStatus = ({ statuses }: GithubState, { id: sha, body }: Call): Answer => {
  const [state, description, context] = [body['state'], body['description'], body['context']].map(text);
  statuses.push({ sha, state: state!, description: description!, context: context! });
  return { status: 201, body: { state: state! } };
};

const checkRuns = (state: GithubState, { query }: Call): Answer => {
  const size = Number(query['per_page'] ?? 30);
  const start = (Number(query['page'] ?? 1) - 1) * size;
  const runs = state.checkRuns.slice(start, start + size);
  return { status: 200, body: { total_count: state.checkRuns.length, check_runs: runs } };
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
    [`POST ${ROUTE}/issues/{issue_number}/comments`]: onPull((pull, { body }) => {
      pull.comments.push(text(body['body']));
      return { status: 201, body: { body: text(body['body']) } };
    }),
    [`GET ${ROUTE}/commits/{ref}/check-runs`]: (call) => checkRuns(state, call),
    [`GET ${ROUTE}/commits/{ref}/status`]: (call) => statusOf(state, call),
    [`POST ${ROUTE}/statuses/{sha}`]: (call) => setStatus(state, call),
  };
};

/** The one mutation that the adapter uses. */
export const graphql = ({ pulls }: GithubState, body: JsonObject): Answer => {
  const variables = body['variables'] as JsonObject;
  const pull = pulls.find(({ number }) => `PR_${number}` === variables['id']);
  if (!text(body['query']).includes('markPullRequestReadyForReview') || !pull)
    return { status: 200, body: { errors: [{ type: 'NOT_FOUND', message: 'Could not resolve to a node' }] } };
  pull.draft = false;
  const data = { markPullRequestReadyForReview: { pullRequest: { isDraft: false } } };
  return { status: 200, body: { data } };
};
