import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Octokit } from '@octokit/rest';
import { expect, type TestContext } from 'vitest';
import { createRunRepo } from '../../../../src/adapters/host/run-repo.ts';
import { createGithubAuth } from '../../../../src/adapters/scm/github/auth.ts';
import { createScm } from '../../../../src/adapters/scm/registry.ts';
import { authFor } from '../../../../src/compose/scm.ts';

export interface SmokePlace {
  readonly api: string;
  /** Origin of git over https. */
  readonly web: string;
  readonly owner: string;
  readonly repo: string;
  readonly token: string;
  readonly writePauseMs?: number;
}

/**
 * The way of a run's work to a forge and back, by the code that a run uses: one commit on a throw-away branch is pushed,
 * its pull request opened, updated, found, told, checked and closed. Whatever it makes goes away with the branch.
 */
export const smokeTest = async (
  test: Pick<TestContext, 'onTestFinished'>,
  { api, web, owner, repo, token, writePauseMs }: SmokePlace,
): Promise<void> => {
  const url = `${web}/${owner}/${repo}.git`;
  const branch = `ralph-smoke/${randomBytes(6).toString('hex')}`;
  const ref = `refs/heads/${branch}`;
  const env = { PATH: process.env['PATH'] ?? '', GITHUB_PAT: token };
  const github = createGithubAuth({ env, apiUrl: api, writePauseMs });
  const auth = authFor(env, () => Promise.resolve(github));
  const scm = createScm({ url, env, github });
  const root = mkdtempSync(join(tmpdir(), 'ralph-smoke-'));
  test.onTestFinished(() => rmSync(root, { recursive: true, force: true }));
  const own = createRunRepo({ dir: join(root, 'repo.git'), env, auth });
  await own.init();
  await scm.validateAuth();
  const baseBranch = await scm.getDefaultBranch();
  const base = await own.fetchBase({ url }, baseBranch);
  const files = new Map([[`${branch.replace('/', '-')}.txt`, 'smoke\n']]);
  const headSha = await own.commitFiles(ref, { parent: base.sha, message: 'Smoke test', files });
  expect(await own.push({ url }, { sha: headSha, ref, expect: undefined })).toEqual({ kind: 'pushed' });
  const { header } = (await github.header(url))!;
  // In the environment: arguments of a process are for everybody to read.
  const config = { GIT_CONFIG_COUNT: '1', GIT_CONFIG_KEY_0: 'http.extraHeader', GIT_CONFIG_VALUE_0: header };
  // Not in step with us: the server may be in this very process.
  const git = promisify(execFile);
  test.onTestFinished(async () => {
    const how = { cwd: own.dir, env: { ...env, ...config }, timeout: 60_000 };
    await git('git', ['push', '-q', url, `:${ref}`], how);
  });
  const content = { headBranch: branch, baseBranch, headSha, draft: true, labels: [] };
  const opened = await scm.openPr({ ...content, title: 'Smoke test', body: 'Goes away by itself.' });
  const { rest } = new Octokit({ auth: token, baseUrl: api });
  const pull = { owner, repo, pull_number: opened.number };
  test.onTestFinished(async () => void (await rest.pulls.update({ ...pull, state: 'closed' })));
  expect(opened).toMatchObject({ state: 'open', headSha, baseBranch });
  expect((await scm.findPr(branch))?.number).toBe(opened.number);
  const updated = { ...content, title: 'Smoke test, done', body: 'Was updated.', draft: false };
  expect(await scm.updatePr(opened.number, updated)).toMatchObject({ state: 'open', draft: false });
  await scm.commentPr!(opened.number, 'A comment.');
  await scm.setCommitStatus!(headSha, 'success', 'smoke test');
  // Its own status never counts, and other checks depend on the repository.
  expect(['green', 'red', 'pending', 'unknown']).toContain((await scm.getChecks!(headSha)).state);
  expect((await scm.openChanges!(0)).map(({ number }) => number)).toContain(opened.number);
  const { data: seen } = await rest.pulls.get(pull);
  expect([seen.title, seen.draft]).toEqual(['Smoke test, done', false]);
  await rest.pulls.update({ ...pull, state: 'closed' });
  expect(await scm.findPr(branch)).toMatchObject({ number: opened.number, state: 'closed' });
};
