import { execFileSync } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Entry } from '../../src/domain/event.ts';
import { startGithub, type GithubServer } from '../fakes/github-server.ts';
import { answer, answers, makeWorld, taskFile, type World } from '../fakes/world.ts';

const TOKEN = 'ghp_0123456789abcdefghijABCDEFGHIJ';
const LIST = 'GET /repos/{owner}/{repo}/pulls';
const CREATE = 'POST /repos/{owner}/{repo}/pulls';
const LABELS = 'POST /repos/{owner}/{repo}/issues/{issue_number}/labels';
const PATCH = 'PATCH /repos/{owner}/{repo}/pulls/{pull_number}';
const STATUS = 'POST /repos/{owner}/{repo}/statuses/{sha}';
const PUBLISHED = ['M1.1', 'M1.2'];
const write = (path: string, content: string) => ({ type: 'write', path, content });
const twoSteps = answers(answer([write('a.txt', 'a\n')]), answer([write('file.txt', 'good\n')], PUBLISHED));

let root: string;
let github: GithubServer;
let world: World;

/** Made when a run is created, to see whether the credential will do. */
const ASKED = 'GET /repos/{owner}/{repo}';
const makeRun = async (
  script: string,
  env: Record<string, string> = { GITHUB_PAT: TOKEN },
): Promise<string> => {
  world = await makeWorld({ script, env: { ...github.env, ...env } });
  mkdirSync(join(root, 'acme'));
  world.git(root, 'clone', '-q', '--bare', world.remote, 'acme/widget.git');
  const extra = 'pr:\n  labels: ["ralph"]';
  const task = taskFile({ test: 'grep -q good file.txt || test -e gone', extra });
  const taskText = task.replace(/^---\n/, `---\nrepo_url: ${github.repoUrl}\n`);
  return (await (await world.app.engine()).createRun({ taskText, folder: world.repo, backend: 'local' })).id;
};
const once = (type: Entry['type'], act: () => void) => {
  let done = false;
  return (entry: Entry): void => {
    if (entry.type !== type || done) return;
    done = true;
    act();
  };
};
const statuses = (entries: readonly Entry[]) =>
  entries.flatMap((e) => (e.type === 'run.status' ? [e.status] : []));

beforeEach(async () => {
  root = mkdtempSync(join(tmpdir(), 'ralph-github-'));
  github = await startGithub({ root, owner: 'acme', name: 'widget', tokens: [TOKEN] });
});
afterEach(async () => {
  await github.close();
  world.destroy();
  rmSync(root, { recursive: true, force: true });
  if (github.violations.length > 0) throw new Error(github.violations.join('\n'));
});

describe('a whole run on GitHub', () => {
  it('opens a draft with the first push, keeps it up to date, and makes it ready when all is verified', async () => {
    const id = await makeRun(twoSteps);
    const { state, entries } = await world.resume(id);
    expect(state.status).toBe('succeeded');
    const updates = entries.flatMap((e) => (e.type === 'pr.updated' ? [[e.number, e.created, e.draft]] : []));
    expect(updates).toEqual([
      [1, true, true],
      [1, false, false],
    ]);
    // Three for opening, three for updating; the commit status stands beside them, once an iteration.
    expect(github.calls).toEqual(
      // The other open pull requests are looked at once a minute, for all runs together.
      [ASKED, LIST, CREATE, LABELS, STATUS, 'POST /graphql', LIST, PATCH, 'POST /graphql', STATUS],
    );
    expect(github.statuses.map((one) => [one.state, one.description])).toEqual([
      ['pending', 'iteration 1: 0 of 2 criteria verified'],
      ['success', 'iteration 2: 2 of 2 criteria verified'],
    ]);
    expect(github.pulls).toMatchObject([
      { head: state.branch, base: 'main', state: 'open', draft: false, labels: ['ralph'] },
    ]);
    expect(github.pulls[0]!.body).toContain('- [x] M1.1');
    expect(world.git(github.bare, 'rev-parse', state.branch).trim()).toBe(state.headSha);
    expect(world.git(github.bare, 'show', `${state.branch}:file.txt`)).toBe('good\n');
    expect(state.pr?.url).toBe(`${github.origin}/acme/widget/pull/1`);
  });

  it('leaves its token in no file: not in the state, the logs, the sandbox', async () => {
    const id = await makeRun(
      answers(
        answer(
          [
            {
              type: 'run',
              command: 'env; git config --list; cat .git/config; env | grep -c ghp_ > count.txt; true',
            },
            write('file.txt', 'good\n'),
          ],
          PUBLISHED,
        ),
      ),
    );
    const { state } = await world.resume(id);
    expect(state.status).toBe('succeeded');
    // The logs would not show it: the redactor is in front of them.
    expect(world.git(github.bare, 'show', `${state.branch}:count.txt`)).toBe('0\n');
    const basic = Buffer.from(`x-access-token:${TOKEN}`).toString('base64');
    expect(github.seen).toContain(`Basic ${basic}`);
    const files = readdirSync(world.dir, { recursive: true, withFileTypes: true }).filter((one) =>
      one.isFile(),
    );
    expect(files.length).toBeGreaterThan(50);
    const holding = files
      .map((one) => join(one.parentPath, one.name))
      .filter((path) => [TOKEN, basic].some((secret) => readFileSync(path, 'latin1').includes(secret)));
    expect(holding).toEqual([]);
  });

  it('finds its pull request again after a kill -9 right after it was opened', async () => {
    const id = await makeRun(twoSteps);
    const first = await world.cli(['resume', id, '-f'], { env: { RALPH_FAILPOINT: 'pr.opened:1' } });
    expect([first.signal, github.pulls.length]).toEqual(['SIGKILL', 1]);
    const { state } = await world.resume(id);
    expect([state.status, state.pr?.number]).toEqual(['succeeded', 1]);
    expect(github.pulls).toMatchObject([{ draft: false, labels: ['ralph'] }]);
    expect(github.calls.filter((call) => call === CREATE)).toHaveLength(1);
  });

  it('pauses when a human closed the pull request, and goes on when it is open again', async () => {
    const id = await makeRun(twoSteps);
    const { state } = await world.resume(id, {
      onEntry: once('pr.updated', () => {
        github.pulls[0]!.state = 'closed';
      }),
    });
    expect([state.status, state.reason, state.detail]).toEqual([
      'paused',
      'human',
      'pull request #1 is closed; it is not reopened',
    ]);
    expect(github.pulls).toMatchObject([{ state: 'closed', draft: true }]);
    github.pulls[0]!.state = 'open';
    await world.app.steer(id, { kind: 'resume' });
    expect((await world.resume(id)).state.status).toBe('succeeded');
    expect(github.pulls).toHaveLength(1);
  });

  it('makes no pull request of work that was undone again', async () => {
    const id = await makeRun(
      answers(answer([write('a.txt', 'a\n')]), answer([{ type: 'run', command: 'rm a.txt' }])),
    );
    github.fault(LIST, { status: 422, message: 'not now' });
    const { state } = await world.resume(id, {
      onEntry: (entry) => {
        if (entry.type === 'iteration.ended' && entry.n === 2) void world.app.steer(id, { kind: 'pause' });
      },
    });
    expect(state.committed).toBeGreaterThanOrEqual(2);
    expect(github.pulls).toEqual([]);
    expect(github.calls).toEqual([ASKED, LIST]);
    expect(world.git(github.bare, 'rev-parse', state.branch).trim()).toBe(state.headSha);
  });
});

describe('a run on a GitHub that refuses', () => {
  it('pauses at the end when the token was taken back in mid-run, and ends well with a good one', async () => {
    const id = await makeRun(twoSteps);
    const { state, entries } = await world.resume(id, {
      onEntry: once('pr.updated', () => github.tokens.clear()),
    });
    expect([state.status, state.reason]).toEqual(['paused', 'token expired']);
    expect([state.committed, state.green]).toEqual([2, true]);
    expect(JSON.stringify(entries)).not.toContain(TOKEN);
    github.tokens.add(TOKEN);
    await world.app.steer(id, { kind: 'resume' });
    expect((await world.resume(id)).state.status).toBe('succeeded');
    expect(github.pulls).toMatchObject([{ draft: false }]);
  });

  it('is not held back by a rate limit while there is work, and shows until when it waits at the end', async () => {
    const id = await makeRun(twoSteps);
    github.fault(LIST, {
      status: 403,
      message: 'You have exceeded a secondary rate limit.',
      headers: { 'retry-after': '2' },
      times: 2,
    });
    const { state, entries } = await world.resume(id);
    expect(state.status).toBe('succeeded');
    expect(statuses(entries).slice(0, 3)).toEqual(['starting', 'running', 'waiting']);
    expect(statuses(entries).slice(-3)).toEqual(['waiting', 'running', 'succeeded']);
    const waiting = entries.findIndex((e) => e.type === 'run.status' && e.status === 'waiting');
    expect(entries[waiting]).toMatchObject({ reason: 'rate limit of the forge', until: expect.any(String) });
    expect(entries.slice(0, waiting).filter((e) => e.type === 'iteration.ended')).toHaveLength(2);
    expect(github.calls.slice(1, 4)).toEqual([LIST, LIST, LIST]);
  });

  it('says what a protected branch answered, and keeps the work', async () => {
    const id = await makeRun(twoSteps);
    const allow = github.declinePush('GH006: Protected branch update failed for refs/heads/x.');
    const { state } = await world.resume(id);
    expect([state.status, state.reason]).toEqual(['paused', 'blocked']);
    expect(state.detail).toContain('GH006: Protected branch update failed');
    expect(github.calls).toEqual([ASKED]);
    allow();
    await world.app.steer(id, { kind: 'resume' });
    expect((await world.resume(id)).state.status).toBe('succeeded');
    expect(github.pulls).toMatchObject([{ draft: false }]);
  });
});

describe('a run that GitHub would take nothing from', () => {
  it.each([
    ['no credential', {}, ['there is no credential for', 'Set GITHUB_PAT, or: gh auth login']],
    [
      'a refused one',
      { GITHUB_PAT: 'ghp_wrongwrongwrong' },
      ['is refused: Bad credentials', 'make a new one'],
    ],
  ] as const)(
    'is refused at once with %s, says what to do, and leaves nothing behind',
    async (_what, env, [message, hint]) => {
      const refused = makeRun(twoSteps, env);
      await expect(refused).rejects.toMatchObject({
        code: 'scm.auth',
        message: expect.stringContaining(message),
        hint: expect.stringContaining(hint),
      });
      expect(world.app.runs()).toEqual([]);
    },
  );

  it('is refused where the credential may not push', async () => {
    github.repository.push = false;
    await expect(makeRun(twoSteps)).rejects.toMatchObject({
      message: 'the GitHub credential may not push to acme/widget',
    });
  });

  it('is made when GitHub’s API is away, as long as git can be reached', async () => {
    github.fault(ASKED, { status: 502, times: 9 });
    expect(await makeRun(answers(answer([])))).toMatch(/^\w+$/);
  });
});

describe('a run as a GitHub App', () => {
  it('pushes and writes with tokens of its own, and outlives the end of one', async () => {
    const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const keyFile = join(root, 'app.pem');
    writeFileSync(keyFile, privateKey.export({ type: 'pkcs1', format: 'pem' }), { mode: 0o600 });
    const permissions = { contents: 'write', pull_requests: 'write' };
    github.app = { id: '4711', key: publicKey, permissions, installed: true, installation: 4711 };
    github.tokens.clear();
    const id = await makeRun(twoSteps, { RALPH_GITHUB_APP_ID: '4711', RALPH_GITHUB_KEY_FILE: keyFile });
    const before = [...github.tokens];
    expect(before).toHaveLength(1);
    const { state } = await world.resume(id, { onEntry: once('pr.updated', () => github.tokens.clear()) });
    expect([state.status, state.reason]).toEqual(['succeeded', undefined]);
    expect([...github.tokens]).not.toEqual(before);
    const grep = (where: string) =>
      execFileSync('sh', ['-c', 'grep -rlaE "ghs_x|PRIVATE KEY" "$0" || true', where], { encoding: 'utf8' });
    expect(grep(world.dir)).toBe('');
  });
});

describe('ralph auth github', () => {
  it('says what is there, what is missing, and how to mend it', async () => {
    await makeRun(twoSteps);
    github.headers['x-oauth-scopes'] = 'public_repo';
    const poor = await world.cli(['auth', 'github', 'acme/widget']);
    expect(poor.stdout.split('\n')).toEqual([
      `ok    the token in GITHUB_PAT is used for ${github.api}`,
      'ok    acme/widget is there, private',
      'ok    its user may push there',
      'fail  scope repo is missing: no push, no pull request',
      `      Edit the token at ${github.origin}/settings/tokens and tick repo.`,
      'warn  scope workflow is missing: no push that changes .github/workflows',
      `      Edit the token at ${github.origin}/settings/tokens and tick workflow.`,
      'ok    4990 of 5000 API calls are left in this hour',
      '',
    ]);
    expect([poor.code, poor.stderr]).toEqual([1, '']);
    github.headers['x-oauth-scopes'] = 'repo, workflow';
    expect((await world.cli(['auth', 'github', github.repoUrl])).code).toBe(0);
    const elsewhere = await world.cli(['auth', 'github', 'https://gitlab.example/a/b']);
    expect([elsewhere.code, elsewhere.stderr]).toEqual([2, expect.stringContaining('not on GitHub')]);
    const none = await world.cli(['auth', 'github', 'acme/widget'], { env: { GITHUB_PAT: '' } });
    expect([none.code, none.stdout]).toEqual([
      1,
      expect.stringContaining('fail  there is no credential for'),
    ]);
  });
});
