import { readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createRunRepo } from '../../../../src/adapters/host/run-repo.ts';
import type { RunRepo } from '../../../../src/ports/run-repo.ts';
import { startGitHttpServer, type GitHttpServer } from '../../../fakes/git-http-server.ts';
import { commitAll, git, makeRepository, writeFiles } from '../../../fakes/git-repository.ts';
import { bareEnv, openRunRepo } from '../../../fakes/run-repo.ts';

let root: string;
let repo: RunRepo;
let base: string;
let next: string;
const at = (...parts: string[]): string => join(root, ...parts);
const ref = 'refs/heads/ralph/t/fix';
const standsAt = (name = ref): string => git(at('remote.git'), ['rev-parse', '--verify', '-q', name]);
const hook = (name: string, script: string): void =>
  writeFileSync(at('remote.git/hooks', name), `#!/bin/sh\n${script}\n`, { mode: 0o755 });

beforeEach(async () => {
  ({ root, repo } = await openRunRepo());
  base = makeRepository(at('src'));
  git(root, ['clone', '-q', '--bare', 'src', 'remote.git']);
  await repo.fetchBase({ url: at('remote.git') });
  next = await repo.commitFiles('refs/heads/work', {
    parent: base,
    message: 'n',
    files: new Map([['n', 'n']]),
  });
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

describe('pushing to a path', () => {
  const push = (sha: string, expect_: string | undefined, to = ref) =>
    repo.push({ url: at('remote.git') }, { sha, ref: to, expect: expect_ });

  it('makes a new branch, moves it on, and says pushed again for what is there already', async () => {
    expect(await push(base, undefined)).toEqual({ kind: 'pushed' });
    expect(await push(next, base)).toEqual({ kind: 'pushed' });
    expect(await push(next, base)).toEqual({ kind: 'pushed' });
    expect(standsAt()).toBe(next);
  });

  it('pushes the state ref too', async () => {
    expect(await push(next, undefined, 'refs/ralph/task-001')).toEqual({ kind: 'pushed' });
    expect(standsAt('refs/ralph/task-001')).toBe(next);
  });

  it('says where a branch stands that somebody else moved, and leaves it alone', async () => {
    await push(base, undefined);
    writeFiles(at('src'), { 'other.txt': 'theirs' });
    const theirs = commitAll(at('src'));
    git(at('src'), ['push', '-q', at('remote.git'), `HEAD:${ref}`]);
    expect(await push(next, base)).toEqual({ kind: 'moved', remoteSha: theirs });
    expect(await push(next, undefined)).toEqual({ kind: 'moved', remoteSha: theirs });
    expect(standsAt()).toBe(theirs);
    git(at('remote.git'), ['update-ref', '-d', ref]);
    expect(await push(next, base)).toEqual({ kind: 'moved', remoteSha: undefined });
  });

  it('passes on what a hook of the remote said, as final', async () => {
    hook('pre-receive', 'echo "Branch is protected by policy 7"; exit 1');
    expect(await push(next, undefined)).toEqual({
      kind: 'failed',
      detail: expect.stringMatching(/hook declined.*Branch is protected by policy 7/),
      retryable: false,
    });
  });

  it('works into a checkout whose branch is another one, and says why not into its own', async () => {
    const to = { url: at('src') };
    expect(await repo.push(to, { sha: next, ref, expect: undefined })).toEqual({ kind: 'pushed' });
    expect(git(at('src'), ['rev-parse', ref])).toBe(next);
    expect(await repo.push(to, { sha: next, ref: 'refs/heads/main', expect: base })).toEqual({
      kind: 'failed',
      detail: expect.stringContaining('checked out'),
      retryable: false,
    });
  });

  it('fails for good where no repository is, and may be retried where a lock is in the way', async () => {
    expect(await repo.push({ url: at('none') }, { sha: next, ref, expect: undefined })).toMatchObject({
      kind: 'failed',
      retryable: false,
    });
    writeFiles(at('remote.git'), { [`${ref}.lock`]: '' });
    expect(await push(next, undefined)).toMatchObject({ kind: 'failed', retryable: true });
  });

  it('sends no tags and takes no option for a ref', async () => {
    git(repo.dir, ['tag', 'v1', next]);
    await push(next, undefined);
    expect(git(at('remote.git'), ['tag'])).toBe('');
    await expect(push(next, undefined, '--delete')).rejects.toMatchObject({ code: 'git.failed' });
  });
});

describe('over HTTP with a token', () => {
  const token = 'ghp-very-secret-0123456789';
  const header = `Authorization: Basic ${Buffer.from(`x-access-token:${token}`).toString('base64')}`;
  let server: GitHttpServer;
  const servers: GitHttpServer[] = [];
  const start = async (redirectTo?: string): Promise<GitHttpServer> => {
    const made = await startGitHttpServer({
      root,
      authorization: header.slice('Authorization: '.length),
      ...(redirectTo !== undefined && { redirectTo }),
    });
    servers.push(made);
    return made;
  };
  const open = async (auth: (url: string) => { header: string } | undefined): Promise<RunRepo> => {
    const made = createRunRepo({ dir: at(`http-${servers.length}.git`), env: bareEnv, auth });
    await made.init();
    return made;
  };

  beforeEach(async () => {
    git(at('remote.git'), ['config', 'http.receivepack', 'true']);
    server = await start();
  });
  afterEach(async () => {
    await Promise.all(servers.splice(0).map((one) => one.close()));
  });

  it('fetches and pushes, with the token in no command line and in no file', async () => {
    // Slow enough to be seen, on the remote's side of the push.
    hook('pre-receive', 'sleep 0.3');
    const http = await open(() => ({ header }));
    const lines = new Set<string>();
    const watch = setInterval(() => {
      for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
        try {
          lines.add(readFileSync(`/proc/${pid}/cmdline`, 'latin1'));
        } catch {
          // Ended meanwhile.
        }
      }
    }, 20);
    const remote = { url: `${server.url}/remote.git` };
    try {
      expect(await http.fetchBase(remote)).toEqual({ branch: 'main', sha: base });
      const made = await http.commitFiles('refs/heads/w', { parent: base, message: 'm', files: new Map() });
      expect(await http.push(remote, { sha: made, ref, expect: undefined })).toEqual({ kind: 'pushed' });
      expect(standsAt()).toBe(made);
    } finally {
      clearInterval(watch);
    }
    const secret = new RegExp(`${token}|${header.slice(-30)}`);
    expect([...lines].some((line) => line.includes('remote-http') || line.includes('push'))).toBe(true);
    expect([...lines].filter((line) => secret.test(line))).toEqual([]);
    for (const name of ['config', 'FETCH_HEAD'])
      expect(readFileSync(join(http.dir, name), 'utf8')).not.toMatch(secret);
  });

  it('takes user and password off the address, and keeps them out of what is stored', async () => {
    const http = await open(() => undefined);
    const url = `${server.url.replace('://', `://x-access-token:${token}@`)}/remote.git`;
    expect(await http.fetchBase({ url })).toEqual({ branch: 'main', sha: base });
    expect(readFileSync(join(http.dir, 'FETCH_HEAD'), 'utf8')).not.toContain(token);
  });

  it.each([
    ['without a token', (): undefined => undefined],
    ['with a wrong one', (): { header: string } => ({ header: 'Authorization: Basic d3Jvbmc6d3Jvbmc=' })],
  ])('says that authentication failed %s, and asks nobody', async (_, auth) => {
    const http = await open(auth);
    const remote = { url: `${server.url}/remote.git` };
    await expect(http.fetchBase(remote)).rejects.toMatchObject({
      message: expect.stringContaining('authentication failed'),
      hint: expect.stringContaining('token'),
    });
    const made = await http.commitFiles('refs/heads/w', {
      parent: undefined,
      message: 'm',
      files: new Map(),
    });
    expect(await http.push(remote, { sha: made, ref, expect: undefined })).toMatchObject({
      kind: 'failed',
      detail: expect.stringContaining('authentication failed'),
      retryable: false,
    });
  });

  it('says that a repository is not there', async () => {
    const http = await open(() => ({ header }));
    await expect(http.fetchBase({ url: `${server.url}/other.git` })).rejects.toMatchObject({
      message: expect.stringContaining('not a git repository, or it is not visible'),
    });
  });

  it('never sends the token along a redirect', async () => {
    const elsewhere = await start();
    const redirecting = await start(elsewhere.url);
    const http = await open(() => ({ header }));
    await expect(http.fetchBase({ url: `${redirecting.url}/remote.git` })).rejects.toMatchObject({
      message: expect.stringContaining('another address'),
    });
    expect(redirecting.seen.length).toBeGreaterThan(0);
    expect(elsewhere.seen).toEqual([]);
  });

  it('asks the remote itself when the answer to a push is lost', async () => {
    const http = await open(() => ({ header }));
    const remote = { url: `${server.url}/remote.git` };
    await http.fetchBase(remote);
    const made = await http.commitFiles('refs/heads/w', { parent: base, message: 'm', files: new Map() });
    server.loseNextPushAnswer();
    expect(await http.push(remote, { sha: made, ref, expect: undefined })).toEqual({ kind: 'pushed' });
    expect(standsAt()).toBe(made);
  });

  it('may be retried when the server is gone', async () => {
    const http = await open(() => ({ header }));
    const made = await http.commitFiles('refs/heads/w', {
      parent: undefined,
      message: 'm',
      files: new Map(),
    });
    await server.close();
    expect(
      await http.push({ url: `${server.url}/remote.git` }, { sha: made, ref, expect: undefined }),
    ).toMatchObject({ kind: 'failed', retryable: true });
  });
});
