import type { Json, JsonObject } from './github-openapi.ts';
import {
  filesOf,
  latestStatuses,
  ofCommit,
  text,
  type Answer,
  type GithubState,
} from './github-operations.ts';

const markReady = ({ pulls }: GithubState, variables: JsonObject): Answer => {
  const pull = pulls.find(({ number }) => `PR_${number}` === variables['id']);
  if (!pull)
    return { status: 200, body: { errors: [{ type: 'NOT_FOUND', message: 'Could not resolve to a node' }] } };
  pull.draft = false;
  const data = { markPullRequestReadyForReview: { pullRequest: { isDraft: false } } };
  return { status: 200, body: { data } };
};

const upper = (value: Json | undefined): Json => (typeof value === 'string' ? value.toUpperCase() : null);

const rollupOf = (state: GithubState, sha: string): JsonObject => {
  const runs = ofCommit(state.checkRuns, sha).map(({ id, name, status, conclusion }) => ({
    __typename: 'CheckRun',
    name: name!,
    databaseId: id!,
    status: upper(status),
    conclusion: upper(conclusion),
  }));
  const contexts = latestStatuses(state, sha).map(({ context, state: said }) => ({
    context,
    state: said.toUpperCase(),
  }));
  const nodes = [...runs, ...contexts.map((one) => ({ __typename: 'StatusContext', ...one }))];
  const shown = { pageInfo: { hasNextPage: nodes.length > 100 }, nodes: nodes.slice(0, 100) };
  const rollup = nodes.length === 0 || !state.repository.checks ? null : { contexts: shown };
  return {
    object: { statusCheckRollup: rollup, status: contexts.length === 0 ? null : { contexts } },
  };
};

/** `c0`, `c1`, … for `s0`, `s1`, …: what GitHub does not let the token see is null, with an error beside it. */
const checks = (state: GithubState, variables: JsonObject): Answer => {
  const data: JsonObject = {};
  const errors: JsonObject[] = [];
  for (let i = 0; `s${i}` in variables; i += 1) {
    data[`c${i}`] = rollupOf(state, text(variables[`s${i}`]));
    if (state.repository.checks) continue;
    const path = [`c${i}`, 'object', 'statusCheckRollup'];
    errors.push({ type: 'FORBIDDEN', path, message: 'Resource not accessible by personal access token' });
  }
  return { status: 200, body: { data, ...(errors.length > 0 && { errors }) } };
};

const openPulls = (state: GithubState): Answer => {
  const nodes = state.pulls
    .filter((pull) => pull.state === 'open')
    .map((pull) => ({
      number: pull.number,
      headRefName: pull.head,
      isCrossRepository: pull.from !== state.owner,
      files: { nodes: filesOf(state, pull).map(({ filename }) => ({ path: filename! })) },
    }));
  return { status: 200, body: { data: { repository: { pullRequests: { nodes } } } } };
};

/** The few queries and mutations that the adapter uses. */
export const graphql = (state: GithubState, body: JsonObject): Answer => {
  const query = text(body['query']);
  const variables = body['variables'] as JsonObject;
  if (query.includes('markPullRequestReadyForReview')) return markReady(state, variables);
  if (query.includes('statusCheckRollup')) return checks(state, variables);
  if (query.includes('pullRequests(states: OPEN')) return openPulls(state);
  return { status: 200, body: { errors: [{ type: 'undefinedField', message: 'unknown query' }] } };
};
