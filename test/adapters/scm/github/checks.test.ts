import { describe, expect, it } from 'vitest';
import { ofCheckRun, ofStatus } from '../../../../src/adapters/scm/github/report-state.ts';
import { endOfJobLog } from '../../../../src/adapters/scm/github/check-log.ts';
import { combineChecks, type ChecksState } from '../../../../src/domain/check-report.ts';
import { checkRun, workflowRun } from '../../../fakes/github-checks.ts';
import { makeForge } from './github-fixture.ts';

const RUNS = 'GET /repos/{owner}/{repo}/commits/{ref}/check-runs';
const ACTIONS = 'GET /repos/{owner}/{repo}/actions/runs';
const STATUS = 'GET /repos/{owner}/{repo}/commits/{ref}/status';
const green = checkRun({ conclusion: 'success' });
const GRAPHQL = 'POST /graphql';

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
  ] as const)('%j is %s', (parts: readonly (readonly ChecksState[] | undefined)[], wanted) => {
    const reports = parts.map((part) => part?.map((state) => ({ name: 'x', state })));
    expect(combineChecks(reports)).toBe(wanted);
  });

  it('take no word they do not know for green', () => {
    expect(ofCheckRun('completed', 'splendid')).toBe('unknown');
    expect(ofCheckRun('completed', 'constructor')).toBe('unknown');
    expect(ofCheckRun('completed', null)).toBe('unknown');
    expect(ofCheckRun('waiting', null)).toBe('pending');
    expect(ofStatus('weird')).toBe('unknown');
    expect(ofCheckRun('COMPLETED', 'SUCCESS')).toBe('green');
  });
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
    github.checkRuns.push(checkRun({ conclusion: 'timed_out' }));
    expect(await state()).toBe('red');
  });

  it('are all looked at, also beyond the first hundred', async (test) => {
    const { github, scm, content } = await makeForge(test);
    await scm().openPr(content({ labels: [] }));
    for (let n = 0; n < 120; n += 1) github.checkRuns.push(green);
    github.checkRuns.push(checkRun({ conclusion: 'failure' }));
    expect(await scm().getPrChecks!(1)).toBe('red');
  });

  it('are unknown, never green, where they may not be read', async (test) => {
    const { github, scm, content, sha } = await makeForge(test);
    await scm().openPr(content({ labels: [] }));
    github.repository.checks = false;
    github.statuses.push({ sha, state: 'success', description: '', context: 'ci' });
    expect(await scm().getChecks!(sha)).toEqual({
      state: 'unknown',
      reports: [{ name: 'ci', state: 'green' }],
      note: 'the credential may not read check runs',
    });
    github.statuses.push({ sha, state: 'failure', description: '', context: 'ci' });
    expect(await scm().getPrChecks!(1)).toBe('red');
    github.fault(GRAPHQL, { status: 403, message: 'Resource not accessible by personal access token' });
    github.fault(STATUS, { status: 403, message: 'Resource not accessible by personal access token' });
    expect(await scm().getPrChecks!(1)).toBe('unknown');
  });

  it('are those of GitHub Actions where check runs may not be read, and those are not asked for again', async (test) => {
    const { github, scm, sha } = await makeForge(test);
    github.repository.checks = false;
    github.workflowRuns.push(workflowRun({ conclusion: null }));
    expect((await scm().getChecks!(sha)).state).toBe('pending');
    github.workflowRuns[0] = workflowRun({ conclusion: 'success' });
    expect(await scm().getChecks!(sha)).toMatchObject({ state: 'green', note: /GitHub Actions/ });
    expect(github.calls).toEqual([GRAPHQL, RUNS, ACTIONS, GRAPHQL, ACTIONS]);
    github.statuses.push({ sha, state: 'error', description: '', context: 'ci' });
    expect((await scm().getChecks!(sha)).state).toBe('red');
  });

  it('are read one by one where the server does not know the query', async (test) => {
    const { github, scm, sha } = await makeForge(test);
    github.checkRuns.push(green);
    github.fault(GRAPHQL, { status: 404, message: 'Not Found' });
    expect((await scm().getChecks!(sha)).state).toBe('green');
    expect(github.calls).toEqual([GRAPHQL, STATUS, RUNS]);
  });

  it('do not count the status that the runner itself sets', async (test) => {
    const { github, scm, sha } = await makeForge(test);
    await scm().setCommitStatus!(sha, 'success', 'iteration 1');
    expect(await scm().getChecks!(sha)).toEqual({ state: 'unknown', reports: [] });
    github.fault(GRAPHQL, { status: 404, message: 'Not Found' });
    expect(await scm().getChecks!(sha)).toEqual({ state: 'unknown', reports: [] });
  });

  it('cost one call for 50 runs that look at the same time, and each run gets its own', async (test) => {
    const { github, scm } = await makeForge(test);
    const shas = Array.from({ length: 100 }, (_, i) => String(i).padStart(40, '0'));
    for (const [i, sha] of shas.entries())
      github.checkRuns.push(checkRun({ sha, conclusion: i % 2 === 0 ? 'success' : 'failure' }));
    const found = await Promise.all(shas.map((sha) => scm().getChecks!(sha)));
    expect(found.map(({ state }) => state)).toEqual(shas.map((_, i) => (i % 2 === 0 ? 'green' : 'red')));
    expect(github.calls).toEqual([GRAPHQL, GRAPHQL]);
  });

  it('are not called unknown when it is a rate limit that is in the way', async (test) => {
    const { github, scm, sha } = await makeForge(test);
    const limit = { status: 403, message: 'You have exceeded a secondary rate limit.' };
    github.fault(GRAPHQL, { ...limit, headers: { 'retry-after': '9' } });
    await expect(scm().getChecks!(sha)).rejects.toMatchObject({ code: 'scm.limited' });
  });

  it('can be added to: a commit status by the runner, its words cut to what GitHub takes', async (test) => {
    const { github, scm, sha } = await makeForge(test);
    await scm().setCommitStatus!(sha, 'success', 'x'.repeat(500));
    expect(github.statuses).toEqual([
      { sha, state: 'success', description: 'x'.repeat(140), context: 'ralph' },
    ]);
  });
});

describe.concurrent('the log of a check', () => {
  it('is the end of its job, fetched from where GitHub points without any credential', async (test) => {
    const { github, scm } = await makeForge(test);
    const stamp = '2026-01-01T00:00:00.1234567Z ';
    const filler = `${stamp}filler\n`.repeat(20_000);
    github.logs.set(7, `${filler}${stamp}expected 1, got 2\n${stamp}##[error]exit 1\n${stamp}cleaning up\n`);
    const log = await scm().getCheckLog!({ name: 'build', state: 'red', log: 'check:7' });
    expect(log?.endsWith('filler\nexpected 1, got 2\n##[error]exit 1')).toBe(true);
    expect(log!.length).toBeLessThan(128 * 1024);
    expect(github.seen.at(-1)).toBe('');
  });

  it('is what the check itself reports, where it is no job', async (test) => {
    const { github, scm } = await makeForge(test);
    github.checkRuns.push(checkRun({ id: 8, conclusion: 'failure', summary: 'two lines are not covered' }));
    const log = await scm().getCheckLog!({ name: 'coverage', state: 'red', log: 'check:8' });
    expect(log).toBe('two lines are not covered');
  });

  it('is that of the job that failed, for a workflow', async (test) => {
    const { github, scm } = await makeForge(test);
    github.workflowRuns.push(workflowRun({ id: 9, conclusion: 'failure' }));
    github.logs.set(9, 'boom\n');
    expect(await scm().getCheckLog!({ name: 'CI', state: 'red', log: 'run:9' })).toBe('boom\n');
  });

  it('is missing where it may not be read, and for what has none', async (test) => {
    const { github, scm } = await makeForge(test);
    github.repository.checks = false;
    expect(await scm().getCheckLog!({ name: 'build', state: 'red', log: 'check:7' })).toBeUndefined();
    expect(await scm().getCheckLog!({ name: 'ci', state: 'red' })).toBeUndefined();
    expect(endOfJobLog('a\nb')).toBe('a\nb');
  });
});
