import { describe, expect, it } from 'vitest';
import { createGithubAuth } from '../../../../src/adapters/scm/github/auth.ts';
import { createGithubIntake } from '../../../../src/adapters/scm/github/intake.ts';
import { addComment, fakeIssue } from '../../../fakes/github-issues.ts';
import { bareEnv } from '../../../fakes/run-repo.ts';
import { makeForge, TOKEN, type Forge } from './github-fixture.ts';

const intakeOf = ({ github }: Forge) => {
  const auth = createGithubAuth({
    env: { ...bareEnv, GITHUB_PAT: TOKEN },
    apiUrl: github.api,
    writePauseMs: 20,
  });
  return createGithubIntake(auth.place(github.repoUrl)!, auth);
};

describe('issues of GitHub', () => {
  it('are read with what counts, and with an address of our own making', async (test) => {
    const forge = await makeForge(test);
    const issues = intakeOf(forge);
    forge.github.issues.push(
      fakeIssue(42, { title: 'T', body: 'B', author: 'mallory', labels: ['ralph'], assignees: ['acme'] }),
    );
    expect(await issues.get(42)).toEqual({
      number: 42,
      url: `${forge.github.origin}/acme/widget/issues/42`,
      title: 'T',
      body: 'B',
      isOpen: true,
      labels: ['ralph'],
      assignees: ['acme'],
      author: 'mallory',
      isInsider: false,
    });
    expect(await issues.get(43)).toBeUndefined();
    expect(await issues.whoAmI()).toBe('ralph-bot');
  });

  it('are listed by label over several pages', async (test) => {
    const forge = await makeForge(test);
    for (let n = 1; n <= 230; n += 1)
      forge.github.issues.push(fakeIssue(n + 1000, { labels: n % 2 === 0 ? ['ralph'] : [] }));
    const found = await intakeOf(forge).list('ralph');
    expect([found.length, found[0]?.number, found.at(-1)?.number]).toEqual([115, 1002, 1230]);
    expect(forge.github.calls).toHaveLength(2);
  });

  it('are written: comments, labels, assignees, text; what is gone is gone', async (test) => {
    const forge = await makeForge(test);
    const issue = fakeIssue(42);
    forge.github.issues.push(issue);
    const issues = intakeOf(forge);
    const made = await issues.addComment(42, 'hello');
    expect(await issues.editComment(made.id, 'bye')).toBe(true);
    addComment(issue, 'mallory', 'me too');
    expect((await issues.comments(42, made.createdAt)).map((c) => [c.author, c.body, c.isInsider])).toEqual([
      ['ralph-bot', 'bye', true],
      ['mallory', 'me too', false],
    ]);
    await issues.deleteComment(made.id);
    await issues.deleteComment(made.id);
    expect(await issues.editComment(made.id, 'again')).toBe(false);
    await issues.addLabel(42, 'a b');
    await issues.assign(42, 'ralph-bot');
    expect(await issues.setBody(42, { expected: '', body: 'new' })).toBe(true);
    expect(await issues.setBody(42, { expected: '', body: 'newer' })).toBe(false);
    expect([issue.labels, issue.assignees, issue.body]).toEqual([['a b'], ['ralph-bot'], 'new']);
    await issues.removeLabel(42, 'a b');
    await issues.removeLabel(42, 'a b');
    await issues.unassign(42, 'ralph-bot');
    expect([issue.labels, issue.assignees]).toEqual([[], []]);
  });

  it('show the files that tell how a repository is tested', async (test) => {
    const forge = await makeForge(test);
    const files = await intakeOf(forge).rootFiles(['file.txt', 'package.json']);
    expect([...files.keys()].every((name) => name === 'file.txt')).toBe(true);
    expect(forge.github.calls).toEqual(['GET /repos/{owner}/{repo}/git/trees/{tree_sha}']);
  });

  it('say what went wrong as everything else of GitHub does', async (test) => {
    const forge = await makeForge(test);
    forge.github.fault('GET /repos/{owner}/{repo}/issues', {
      status: 403,
      message: 'You have exceeded a secondary rate limit.',
      headers: { 'retry-after': '1' },
    });
    await expect(intakeOf(forge).list('ralph')).rejects.toMatchObject({ code: 'scm.limited' });
  });
});

describe('reviews of GitHub', () => {
  it('are the comments on lines, and the words of those that request changes', async (test) => {
    const forge = await makeForge(test);
    forge.github.remarks.push(
      {
        id: 1,
        pull: 7,
        author: 'acme',
        body: 'use a map',
        at: '2026-01-01T00:00:02Z',
        path: 'a.ts',
        line: 3,
        hunk: '@@\n+x',
      },
      {
        id: 2,
        pull: 7,
        author: 'mallory',
        body: 'hm',
        at: '2026-01-01T00:00:01Z',
        state: 'CHANGES_REQUESTED',
      },
      { id: 3, pull: 7, author: 'acme', body: 'fine', at: '2026-01-01T00:00:03Z', state: 'APPROVED' },
      { id: 4, pull: 7, author: 'acme', body: '', at: '2026-01-01T00:00:04Z', state: 'CHANGES_REQUESTED' },
      { id: 5, pull: 8, author: 'acme', body: 'other', at: '2026-01-01T00:00:05Z', path: 'b.ts' },
    );
    expect(await intakeOf(forge).remarks(7)).toEqual([
      { id: 'review-2', author: 'mallory', isInsider: false, body: 'hm', at: '2026-01-01T00:00:01Z' },
      {
        id: 'comment-1',
        author: 'acme',
        isInsider: true,
        body: 'use a map',
        at: '2026-01-01T00:00:02Z',
        path: 'a.ts',
        line: 3,
        hunk: '@@\n+x',
      },
    ]);
  });
});
