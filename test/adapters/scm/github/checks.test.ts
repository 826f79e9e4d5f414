import { describe, expect, it } from 'vitest';
import { combine, ofCheckRun, ofStatuses } from '../../../../src/adapters/scm/github/checks.ts';
import type { JsonObject } from '../../../fakes/github-openapi.ts';
import { makeForge } from './github-fixture.ts';

const RUNS = 'GET /repos/{owner}/{repo}/commits/{ref}/check-runs';
const STATUS = 'GET /repos/{owner}/{repo}/commits/{ref}/status';
const checkRun = (status: string, conclusion: string | null): JsonObject => ({
  id: 1,
  head_sha: '',
  node_id: '',
  external_id: null,
  url: '',
  html_url: null,
  details_url: null,
  status,
  conclusion,
  started_at: null,
  completed_at: null,
  name: 'build',
  output: { title: null, summary: null, text: null, annotations_count: 0, annotations_url: '' },
  check_suite: null,
  app: null,
  pull_requests: [],
});
const green = checkRun('completed', 'success');

describe('checks as one', () => {
  it.each([
    [[['green'], ['green']], 'green'],
    [[['green'], []], 'green'],
    [[['green', 'red'], ['pending']], 'red'],
    [[['pending'], undefined], 'pending'],
    [[['green'], undefined], 'unknown'],
    [[undefined, undefined], 'unknown'],
    [[[], []], 'unknown'],
    [[['green', 'unknown'], []], 'unknown'],
  ] as const)('%j is %s', (parts, state) => expect(combine(parts)).toBe(state));

  it('take no word they do not know for green', () => {
    expect(ofCheckRun('completed', 'splendid')).toBe('unknown');
    expect(ofCheckRun('completed', 'constructor')).toBe('unknown');
    expect(ofCheckRun('completed', null)).toBe('unknown');
    expect(ofCheckRun('waiting', null)).toBe('pending');
    expect(ofStatuses('weird', 1)).toEqual(['unknown']);
  });

  it('do not wait for statuses that nobody sets', () => expect(ofStatuses('pending', 0)).toEqual([]));
});

describe.concurrent('checks of a pull request', () => {
  it('are check runs and commit statuses together', async (test) => {
    const { github, scm, content, sha } = await makeForge(test);
    await scm().openPr(content({ labels: [] }));
    const state = () => scm().getPrChecks!(1);
    expect(await state()).toBe('unknown');
    github.checkRuns.push(green);
    expect(await state()).toBe('green');
    github.statuses.push({ sha, state: 'pending', description: '', context: 'ci' });
    expect(await state()).toBe('pending');
    github.statuses.push({ sha, state: 'success', description: '', context: 'ci' });
    expect(await state()).toBe('green');
    github.checkRuns.push(checkRun('completed', 'timed_out'));
    expect(await state()).toBe('red');
  });

  it('are all looked at, also beyond the first hundred', async (test) => {
    const { github, scm, content } = await makeForge(test);
    await scm().openPr(content({ labels: [] }));
    for (let n = 0; n < 120; n += 1) github.checkRuns.push(green);
    github.checkRuns.push(checkRun('completed', 'failure'));
    expect(await scm().getPrChecks!(1)).toBe('red');
  });

  it('are unknown, never green, where they may not be read', async (test) => {
    const { github, scm, content, sha } = await makeForge(test);
    await scm().openPr(content({ labels: [] }));
    github.statuses.push({ sha, state: 'success', description: '', context: 'ci' });
    github.fault(RUNS, {
      status: 403,
      message: 'Resource not accessible by personal access token',
      times: 9,
    });
    expect(await scm().getPrChecks!(1)).toBe('unknown');
    github.statuses.push({ sha, state: 'failure', description: '', context: 'ci' });
    expect(await scm().getPrChecks!(1)).toBe('red');
    github.fault(STATUS, { status: 403, message: 'Resource not accessible by personal access token' });
    expect(await scm().getPrChecks!(1)).toBe('unknown');
  });

  it('are not called unknown when it is a rate limit that is in the way', async (test) => {
    const { github, scm, content } = await makeForge(test);
    await scm().openPr(content({ labels: [] }));
    github.fault(RUNS, {
      status: 403,
      message: 'You have exceeded a secondary rate limit.',
      headers: { 'retry-after': '9' },
    });
    await expect(scm().getPrChecks!(1)).rejects.toMatchObject({ code: 'scm.limited' });
  });

  it('can be added to: a commit status by the runner, its words cut to what GitHub takes', async (test) => {
    const { github, scm, sha } = await makeForge(test);
    await scm().setCommitStatus!(sha, 'success', 'x'.repeat(500));
    expect(github.statuses).toEqual([
      { sha, state: 'success', description: 'x'.repeat(140), context: 'ralph' },
    ]);
  });
});
