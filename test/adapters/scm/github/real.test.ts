import { randomBytes } from 'node:crypto';
import { Octokit } from '@octokit/rest';
import { expect, it } from 'vitest';
import { createGithubAuth } from '../../../../src/adapters/scm/github/auth.ts';
import { createScm } from '../../../../src/adapters/scm/registry.ts';

const { GITHUB_PAT: token = '', RALPH_SMOKE_REPO: place = '' } = process.env;
const isGiven = token !== '' && place !== '';
const isRequired = process.env['RALPH_REQUIRE_GITHUB'] !== undefined;

it('the real GitHub is there where it is required', () => {
  expect(!isRequired || isGiven).toBe(true);
});

// Whatever it makes is on one throw-away branch, and goes away with it.
it.skipIf(!isGiven)(
  'a pull request of a throw-away branch is opened, updated, found, told, checked and closed (GITHUB_PAT, RALPH_SMOKE_REPO)',
  { timeout: 120_000 },
  async (test) => {
    const [owner = '', repo = ''] = place.split('/');
    const { rest } = new Octokit({ auth: token });
    const branch = `ralph-smoke/${randomBytes(6).toString('hex')}`;
    const env = { PATH: process.env['PATH'], GITHUB_PAT: token };
    const scm = createScm({
      url: `https://github.com/${owner}/${repo}.git`,
      env,
      github: createGithubAuth({ env, apiUrl: 'https://api.github.com' }),
    });
    await scm.validateAuth();
    const baseBranch = await scm.getDefaultBranch();
    const at = { owner, repo };
    const { data: base } = await rest.git.getRef({ ...at, ref: `heads/${baseBranch}` });
    await rest.git.createRef({ ...at, ref: `refs/heads/${branch}`, sha: base.object.sha });
    test.onTestFinished(async () => {
      await rest.git.deleteRef({ ...at, ref: `heads/${branch}` });
    });
    const { data: made } = await rest.repos.createOrUpdateFileContents({
      ...at,
      path: `${branch.replace('/', '-')}.txt`,
      branch,
      message: 'Smoke test',
      content: Buffer.from('smoke\n').toString('base64'),
    });
    const headSha = made.commit.sha!;
    const content = { headBranch: branch, baseBranch, headSha, draft: true, labels: [] };
    const opened = await scm.openPr({ ...content, title: 'Smoke test', body: 'Goes away by itself.' });
    test.onTestFinished(async () => {
      await rest.pulls.update({ ...at, pull_number: opened.number, state: 'closed' });
    });
    expect(opened).toMatchObject({ state: 'open', headSha, baseBranch });
    const found = await scm.findPr(branch);
    expect(found?.number).toBe(opened.number);
    const updated = { ...content, title: 'Smoke test, done', body: 'Was updated.', draft: false };
    expect(await scm.updatePr(opened.number, updated)).toMatchObject({ state: 'open', draft: false });
    await scm.commentPr!(opened.number, 'A comment.');
    await scm.setCommitStatus!(headSha, 'success', 'smoke test');
    // Its own status never counts, and other checks depend on the repository.
    expect(['green', 'red', 'pending', 'unknown']).toContain((await scm.getChecks!(headSha)).state);
    expect((await scm.openChanges!(0)).map(({ number }) => number)).toContain(opened.number);
    const { data: seen } = await rest.pulls.get({ ...at, pull_number: opened.number });
    expect([seen.title, seen.draft]).toEqual(['Smoke test, done', false]);
    await rest.pulls.update({ ...at, pull_number: opened.number, state: 'closed' });
    expect(await scm.findPr(branch)).toMatchObject({ number: opened.number, state: 'closed' });
  },
);
