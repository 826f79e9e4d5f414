import { execFileSync } from 'node:child_process';
import { sampleOf, type Json, type JsonObject } from './github-openapi.ts';
import {
  git,
  labelJson,
  NOT_FOUND,
  ROUTE,
  text,
  type Answer,
  type Call,
  type GithubState,
  type Operation,
} from './github-operations.ts';

export interface FakeComment {
  readonly id: number;
  body: string;
  readonly author: string;
  readonly createdAt: string;
  updatedAt: string;
}
export interface FakeIssue {
  readonly number: number;
  title: string;
  body: string;
  state: 'open' | 'closed';
  author: string;
  labels: string[];
  assignees: string[];
  comments: FakeComment[];
}
/** A review, or a comment of one. */
export interface FakeRemark {
  readonly id: number;
  readonly pull: number;
  readonly author: string;
  readonly body: string;
  readonly at: string;
  /** Of a review. */
  readonly state?: string;
  /** Of a comment. */
  readonly path?: string;
  readonly line?: number;
  readonly hunk?: string;
}

export const fakeIssue = (number: number, changed: Partial<FakeIssue> = {}): FakeIssue => ({
  number,
  title: `Issue ${number}`,
  body: '',
  state: 'open',
  author: 'acme',
  labels: [],
  assignees: [],
  comments: [],
  ...changed,
});

const now = (): string => new Date().toISOString().replace(/\.\d+Z$/, 'Z');
const user = (login: string): JsonObject => sampleOf('simple-user', { login });
const association = ({ insiders, owner }: GithubState, login: string): string => {
  if (login === owner) return 'OWNER';
  return insiders.has(login) ? 'COLLABORATOR' : 'NONE';
};

const issueJson = (state: GithubState, issue: FakeIssue): JsonObject => ({
  number: issue.number,
  title: issue.title,
  body: issue.body,
  state: issue.state,
  user: user(issue.author),
  author_association: association(state, issue.author),
  labels: issue.labels.map(labelJson),
  assignee: null,
  assignees: issue.assignees.map(user),
  html_url: 'https://elsewhere.example/\u001b]0;owned\u0007',
});
const commentJson = (state: GithubState, comment: FakeComment): JsonObject => ({
  id: comment.id,
  body: comment.body,
  user: user(comment.author),
  author_association: association(state, comment.author),
  created_at: comment.createdAt,
  updated_at: comment.updatedAt,
});
const remarkJson = (state: GithubState, remark: FakeRemark): JsonObject => ({
  id: remark.id,
  body: remark.body,
  user: user(remark.author),
  author_association: association(state, remark.author),
  ...(remark.state === undefined
    ? {
        path: remark.path ?? '',
        diff_hunk: remark.hunk ?? '',
        created_at: remark.at,
        updated_at: remark.at,
        ...(remark.line !== undefined && { line: remark.line }),
      }
    : { state: remark.state, submitted_at: remark.at }),
});

const page = <T>(rows: readonly T[], { query }: Call): readonly T[] => {
  const size = Number(query['per_page'] ?? 30);
  const start = (Number(query['page'] ?? 1) - 1) * size;
  return rows.slice(start, start + size);
};
const names = (value: Json | undefined): readonly string[] => (Array.isArray(value) ? value.map(text) : []);

let comments = 1000;
/** Somebody comments. */
export const addComment = (issue: FakeIssue, author: string, body: string): FakeComment => {
  comments += 1;
  const made = { id: comments, body, author, createdAt: now(), updatedAt: now() };
  issue.comments.push(made);
  return made;
};

const ofOneIssue = (state: GithubState): Readonly<Record<string, Operation>> => {
  const on =
    (act: (issue: FakeIssue, call: Call) => Answer): Operation =>
    (call) => {
      const issue = state.issues.find(({ number }) => number === Number(call.id.split(' ')[0]));
      return issue ? act(issue, call) : NOT_FOUND;
    };
  const whole = (issue: FakeIssue, status = 200): Answer => ({ status, body: issueJson(state, issue) });
  const labelled = (issue: FakeIssue): Answer => ({ status: 200, body: issue.labels.map(labelJson) });
  const at = `${ROUTE}/issues/{issue_number}`;
  return {
    [`GET ${at}`]: on((issue) => whole(issue)),
    [`PATCH ${at}`]: on((issue, { body }) => {
      if (typeof body['body'] === 'string') issue.body = body['body'];
      return whole(issue);
    }),
    [`GET ${at}/comments`]: on((issue, call) => {
      const since = call.query['since'] ?? '';
      const found = issue.comments.filter(({ updatedAt }) => updatedAt >= since.replace(/\.\d+Z$/, 'Z'));
      return { status: 200, body: page(found, call).map((one) => commentJson(state, one)) };
    }),
    [`POST ${at}/comments`]: on((issue, { body, login }) => ({
      status: 201,
      body: commentJson(state, addComment(issue, login, text(body['body']))),
    })),
    [`POST ${at}/labels`]: on((issue, { body }) => {
      issue.labels = [...new Set([...issue.labels, ...names(body['labels'])])];
      return labelled(issue);
    }),
    [`DELETE ${at}/labels/{name}`]: on((issue, { id }) => {
      const name = id.slice(id.indexOf(' ') + 1);
      if (!issue.labels.includes(name)) return NOT_FOUND;
      issue.labels = issue.labels.filter((label) => label !== name);
      return labelled(issue);
    }),
    [`POST ${at}/assignees`]: on((issue, { body }) => {
      // As GitHub does: who may not push is left out in silence.
      const wanted = names(body['assignees']).filter((login) => state.insiders.has(login));
      issue.assignees = [...new Set([...issue.assignees, ...wanted])];
      return whole(issue, 201);
    }),
    [`DELETE ${at}/assignees`]: on((issue, { body }) => {
      const gone = names(body['assignees']);
      issue.assignees = issue.assignees.filter((login) => !gone.includes(login));
      return whole(issue);
    }),
  };
};

const treeOf = (state: GithubState, { id }: Call): Answer => {
  const listed = git(state, 'ls-tree', '-l', id);
  if (listed === undefined) return NOT_FOUND;
  const tree = listed.split('\n').map((line): JsonObject => {
    const [, mode = '', type = '', sha = '', size = '', path = ''] =
      /^(\d+) (\w+) (\w+) +(\S+)\t(.*)$/.exec(line) ?? [];
    return { mode, type, sha, path, ...(size !== '-' && { size: Number(size) }) };
  });
  return { status: 200, body: { sha: '0'.repeat(40), tree, truncated: false } };
};
const blobOf = ({ bare }: GithubState, { id }: Call): Answer => {
  const bytes = execFileSync('git', ['-C', bare, 'cat-file', 'blob', id]);
  const content = bytes.toString('base64');
  return { status: 200, body: { sha: id, content, encoding: 'base64', size: bytes.length } };
};

/** Issues, their comments and claims, and reviews. */
const issueOperations = (state: GithubState): Readonly<Record<string, Operation>> => {
  const onComment =
    (act: (comment: FakeComment, issue: FakeIssue, call: Call) => Answer): Operation =>
    (call) => {
      for (const issue of state.issues) {
        const comment = issue.comments.find(({ id }) => id === Number(call.id));
        if (comment) return act(comment, issue, call);
      }
      return NOT_FOUND;
    };
  const remarks =
    (isReview: boolean): Operation =>
    (call) => {
      const all = state.remarks.filter(
        ({ pull, state: verdict }) => pull === Number(call.id) && (verdict !== undefined) === isReview,
      );
      return { status: 200, body: page(all, call).map((one) => remarkJson(state, one)) };
    };
  return {
    ...ofOneIssue(state),
    [`GET ${ROUTE}/issues`]: (call) => {
      const wanted = call.query['labels'];
      const found = state.issues
        .filter((issue) => issue.state === (call.query['state'] ?? 'open'))
        .filter((issue) => wanted === undefined || issue.labels.includes(wanted));
      return { status: 200, body: page(found, call).map((one) => issueJson(state, one)) };
    },
    [`PATCH ${ROUTE}/issues/comments/{comment_id}`]: onComment((comment, _issue, { body }) => {
      comment.body = text(body['body']);
      comment.updatedAt = now();
      return { status: 200, body: commentJson(state, comment) };
    }),
    [`DELETE ${ROUTE}/issues/comments/{comment_id}`]: onComment((comment, issue) => {
      issue.comments = issue.comments.filter((one) => one !== comment);
      return { status: 204, body: {} };
    }),
    [`GET ${ROUTE}/pulls/{pull_number}/comments`]: remarks(false),
    [`GET ${ROUTE}/pulls/{pull_number}/reviews`]: remarks(true),
    [`GET ${ROUTE}/git/trees/{tree_sha}`]: (call) => treeOf(state, call),
    [`GET ${ROUTE}/git/blobs/{file_sha}`]: (call) => blobOf(state, call),
    'GET /user': ({ login }) => ({ status: 200, body: { login } }),
  };
};

/** Both in one: numbers are of issues and of pull requests alike. */
export const withIssues = (
  state: GithubState,
  ofPulls: Readonly<Record<string, Operation>>,
): Readonly<Record<string, Operation>> => {
  const ofIssues = issueOperations(state);
  const both =
    (name: string): Operation =>
    (call) => {
      const isIssue = state.issues.some(({ number }) => String(number) === call.id);
      return ((isIssue ? ofIssues : ofPulls)[name] ?? (() => NOT_FOUND))(call);
    };
  const shared = Object.keys(ofIssues).filter((name) => Object.hasOwn(ofPulls, name));
  return { ...ofPulls, ...ofIssues, ...Object.fromEntries(shared.map((name) => [name, both(name)])) };
};
