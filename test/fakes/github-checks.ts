import type { JsonObject } from './github-openapi.ts';

/** A check run as GitHub tells it; of every commit where no `sha` is said. */
export const checkRun = (said: {
  readonly conclusion: string | null;
  readonly status?: string;
  readonly id?: number;
  readonly name?: string;
  readonly sha?: string;
  readonly summary?: string;
}): JsonObject => ({
  id: said.id ?? 1,
  head_sha: said.sha ?? '',
  node_id: '',
  external_id: null,
  url: '',
  html_url: null,
  details_url: null,
  status: said.status ?? 'completed',
  conclusion: said.conclusion,
  started_at: null,
  completed_at: null,
  name: said.name ?? 'build',
  output: {
    title: null,
    summary: said.summary ?? null,
    text: null,
    annotations_count: 0,
    annotations_url: '',
  },
  check_suite: null,
  app: null,
  pull_requests: [],
});

/** A run of a workflow of GitHub Actions. */
export const workflowRun = (said: {
  readonly conclusion: string | null;
  readonly id?: number;
}): JsonObject => ({
  id: said.id ?? 1,
  name: 'CI',
  head_sha: '',
  status: said.conclusion === null ? 'in_progress' : 'completed',
  conclusion: said.conclusion,
});
