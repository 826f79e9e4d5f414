import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createScm } from '../../../src/adapters/scm/registry.ts';
import type { PullRequestContent, ScmProvider } from '../../../src/ports/scm.ts';
import { startGitHttpServer } from '../../fakes/git-http-server.ts';
import { commitAll, git, makeRepository, writeFiles } from '../../fakes/git-repository.ts';
import { bareEnv } from '../../fakes/run-repo.ts';

let root: string;
let sha: string;
let scm: ScmProvider;
const at = (...parts: string[]): string => join(root, ...parts);
const content = (changed: Partial<PullRequestContent> = {}): PullRequestContent => ({
  headBranch: 'ralph/t/fix',
  baseBranch: 'main',
  headSha: sha,
  title: 'Fix',
  body: 'Body',
  draft: true,
  labels: ['ralph'],
  ...changed,
});
const record = (url: string): Record<string, unknown> =>
  JSON.parse(readFileSync(fileURLToPath(url), 'utf8')) as Record<string, unknown>;
const close = (url: string): void =>
  writeFileSync(fileURLToPath(url), JSON.stringify({ ...record(url), state: 'closed' }));

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'local-scm-'));
  sha = makeRepository(at('src'));
  git(at('src'), ['branch', 'ralph/t/fix']);
  git(root, ['clone', '-q', '--bare', 'src', 'remote.git']);
  scm = createScm({ url: at('remote.git'), env: bareEnv });
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

describe('pull request records', () => {
  it('are made beside a bare repository, whole, and found by their branch', async () => {
    expect(await scm.findPr('ralph/t/fix')).toBeUndefined();
    const made = await scm.openPr(content());
    expect(made).toEqual({
      number: 1,
      url: expect.stringMatching(/^file:.*remote\.git\/ralph\/pulls\/1\.json$/),
      draft: true,
      state: 'open',
      headSha: sha,
      baseBranch: 'main',
    });
    expect(record(made.url)).toMatchObject({
      title: 'Fix',
      body: 'Body',
      head: 'ralph/t/fix',
      base: 'main',
      labels: ['ralph'],
      comments: [],
    });
    expect(await scm.findPr('ralph/t/fix')).toEqual(made);
    expect(await scm.findPr('ralph/t')).toBeUndefined();
  });

  it('are never two for one branch, also when two processes open one at once', async () => {
    const made = await Promise.all(Array.from({ length: 8 }, () => scm.openPr(content())));
    expect(new Set(made.map(({ number }) => number))).toEqual(new Set([1]));
    expect(readdirSync(at('remote.git/ralph/pulls'))).toEqual(['1.json']);
  });

  it('get the next number for another branch', async () => {
    git(at('remote.git'), ['branch', 'ralph/t/other', sha]);
    await scm.openPr(content());
    expect(await scm.openPr(content({ headBranch: 'ralph/t/other' }))).toMatchObject({ number: 2 });
  });

  it('are updated, and keep what a human wrote around the section of the runner', async () => {
    const section = (text: string): string => `<!-- ralph:begin -->${text}<!-- ralph:end -->`;
    const made = await scm.openPr(content({ body: `T\n${section('old')}` }));
    const edited = { ...record(made.url), body: `Human\n${section('old')}\nmore` };
    writeFileSync(fileURLToPath(made.url), JSON.stringify(edited));
    expect(await scm.updatePr(1, { title: 'New', body: `T\n${section('new')}`, draft: false })).toMatchObject(
      {
        number: 1,
        draft: false,
      },
    );
    expect(record(made.url)).toMatchObject({ title: 'New', body: `Human\n${section('new')}\nmore` });
    await scm.commentPr?.(1, 'a word');
    expect(record(made.url)).toMatchObject({ comments: [{ body: 'a word' }] });
  });

  it('are not written unless the remote branch stands at the named commit', async () => {
    const wrong = { code: 'scm.failed', message: expect.stringContaining('not at 7777') };
    await expect(scm.openPr(content({ headSha: '7'.repeat(40) }))).rejects.toMatchObject(wrong);
    await expect(scm.openPr(content({ headBranch: 'nowhere' }))).rejects.toMatchObject({
      message: expect.stringContaining('is not there'),
    });
    expect(await scm.findPr('ralph/t/fix')).toBeUndefined();
    await scm.openPr(content());
    await expect(scm.updatePr(1, { headSha: '7'.repeat(40) })).rejects.toMatchObject(wrong);
    writeFiles(at('src'), { b: 'b' });
    const moved = commitAll(at('src'));
    git(at('src'), ['push', '-q', at('remote.git'), 'HEAD:ralph/t/fix']);
    await expect(scm.updatePr(1, { title: 'late' })).rejects.toMatchObject({ code: 'scm.failed' });
    expect(await scm.updatePr(1, { headSha: moved })).toMatchObject({ headSha: moved });
  });

  it('stay closed when a human closed them', async () => {
    const { url } = await scm.openPr(content());
    close(url);
    expect(await scm.findPr('ralph/t/fix')).toMatchObject({ number: 1, state: 'closed' });
    expect(await scm.openPr(content({ title: 'again' }))).toMatchObject({ number: 1, state: 'closed' });
    expect(await scm.updatePr(1, { title: 'again' })).toMatchObject({ state: 'closed' });
    expect(record(url)).toMatchObject({ state: 'closed', title: 'Fix' });
  });

  it('that are damaged are named, not overwritten', async () => {
    const { url } = await scm.openPr(content());
    writeFileSync(fileURLToPath(url), '{"number": 1,');
    await expect(scm.openPr(content())).rejects.toMatchObject({ message: expect.stringContaining('1.json') });
    expect(readFileSync(fileURLToPath(url), 'utf8')).toBe('{"number": 1,');
  });

  it('of a checkout and of its worktrees are the same ones', async () => {
    git(at('src'), ['worktree', 'add', '-q', '-b', 'side', at('tree')]);
    const made = await createScm({ url: at('src'), env: bareEnv }).openPr(content());
    expect(made.url).toContain('/src/.git/ralph/pulls/1.json');
    expect(await createScm({ url: at('tree'), env: bareEnv }).findPr('ralph/t/fix')).toEqual(made);
    expect(await createScm({ url: `file://${at('src')}`, env: bareEnv }).findPr('ralph/t/fix')).toEqual(made);
  });

  it('of a remote over HTTP go to the given folder, apart for each remote, with the token asked for', async () => {
    const server = await startGitHttpServer({ root, authorization: 'Basic abc' });
    try {
      const options = { url: `${server.url}/remote.git`, recordDir: at('records'), env: bareEnv };
      const other = createScm({ ...options, auth: () => ({ header: 'Authorization: Basic abc' }) });
      await other.validateAuth();
      expect(await other.getDefaultBranch()).toBe('main');
      expect((await other.openPr(content())).url).toMatch(
        /\/records\/http-127-0-0-1-\d+-remote-[0-9a-f]{12}\/1\.json$/,
      );
      await expect(createScm(options).validateAuth()).rejects.toMatchObject({ code: 'scm.failed' });
      await expect(createScm({ url: options.url, env: bareEnv }).findPr('x')).rejects.toMatchObject({
        message: expect.stringContaining('no place'),
      });
    } finally {
      await server.close();
    }
  });

  it('cannot be had of a folder that is no repository', async () => {
    await expect(createScm({ url: root, env: bareEnv }).findPr('x')).rejects.toMatchObject({
      message: expect.stringContaining('not a git repository'),
    });
    await expect(createScm({ url: root, env: bareEnv }).validateAuth()).rejects.toMatchObject({
      code: 'scm.failed',
    });
  });
});
