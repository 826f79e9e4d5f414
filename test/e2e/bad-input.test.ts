import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { startGitHttpServer } from '../fakes/git-http-server.ts';
import { answer, answers, makeWorld, taskFile, type World } from '../fakes/world.ts';

let world: World;
afterEach(() => world.destroy());

const test = 'grep -q good file.txt';
const finish = { type: 'write', path: 'file.txt', content: 'good\n' };
const write = (path: string, content: string) => ({ type: 'write', path, content });
const script = answers(answer([finish], ['M1.1', 'M1.2']));
const branch = 'ralph/task-1/make-it-so';

/** `ralph run` on a task file without repo_url, from a folder. */
const runIn = (cwd: string, options: { task?: string; env?: Record<string, string> } = {}) => {
  const file = join(world.dir, 'task.md');
  writeFileSync(file, options.task ?? taskFile({ test }));
  writeFileSync(join(cwd, 'ralph_task.md'), options.task ?? taskFile({ test }));
  return world.cli(['run', 'ralph_task.md', '--backend', 'local'], { cwd, env: options.env ?? {} });
};
const repoUrl = (url: string, task = taskFile({ test })) =>
  task.replace(/^---\n/, `---\nrepo_url: ${JSON.stringify(url)}\n`);

describe('places where no run can start: one clear error, nothing left behind', () => {
  it.each<readonly [name: string, expected: RegExp, prepare: () => Parameters<typeof runIn>]>([
    [
      'no git on the PATH',
      /git was not found|git is not installed/,
      () => [world.repo, { env: { PATH: join(world.dir, 'empty') } }],
    ],
    [
      'an empty repository',
      /is an empty repository/,
      () => {
        const empty = join(world.dir, 'empty');
        mkdirSync(empty);
        world.git(empty, 'init', '-q', '-b', 'main');
        return [empty, {}];
      },
    ],
    [
      'a missing base branch',
      /has no branch nowhere/,
      () => [world.repo, { task: taskFile({ test }).replace('base_branch: main', 'base_branch: nowhere') }],
    ],
    [
      'limits of a sandbox where there is none',
      /local backend has no isolation, so no sandbox_preset, no sandbox_network/,
      () => [
        world.repo,
        {
          task: taskFile({ test }).replace(
            'base_branch: main',
            'base_branch: main\nsandbox_preset: light\nsandbox_network: none',
          ),
        },
      ],
    ],
    [
      'no repository at all',
      /repo_url|not in one|repository/,
      () => {
        mkdirSync(join(world.dir, 'plain'));
        return [join(world.dir, 'plain'), {}];
      },
    ],
    [
      'a repository that is not there',
      /not a git repository|not visible|does not exist/,
      () => [world.repo, { task: repoUrl('/nowhere/at/all') }],
    ],
    [
      'a repository address that starts a program',
      /not a usable repository address|repo_url/,
      () => [world.repo, { task: repoUrl('ext::sh -c touch% /tmp/ralph-pwned') }],
    ],
    ['a task file that is no task file', /problem|line/, () => [world.repo, { task: 'hello' }]],
    [
      'a profile that is not there',
      /no model profile/,
      () => [world.repo, { task: taskFile({ test, extra: 'model_profile_default: nothing' }) }],
    ],
  ])('%s', async (_, expected, prepare) => {
    world = await makeWorld({ script });
    const { code, stdout, stderr } = await runIn(...prepare());
    expect([1, 2]).toContain(code);
    expect(stderr).toMatch(/^ralph: \S/m);
    expect(stderr).toMatch(expected);
    expect(stderr).not.toMatch(/^ {4}at /m);
    expect(stdout).toBe('');
    expect(world.app.homes.list()).toEqual([]);
    expect(existsSync('/tmp/ralph-pwned')).toBe(false);
  });
});

describe('a checkout that one stands in', () => {
  it('with changes of its own and a detached HEAD is never touched', async () => {
    world = await makeWorld({ script, files: { 'README.md': 'hello\n', 'src/a.txt': 'a\n' } });
    world.git(world.repo, 'checkout', '-q', '--detach');
    writeFileSync(join(world.repo, 'README.md'), 'changed\n');
    writeFileSync(join(world.repo, 'staged.txt'), 'staged\n');
    world.git(world.repo, 'add', 'staged.txt');
    writeFileSync(join(world.repo, 'untracked.txt'), 'untracked\n');
    const seen = () => [
      world.git(world.repo, 'status', '--porcelain', '--ignored'),
      world.git(world.repo, 'stash', 'create').length,
      world.git(world.repo, 'rev-parse', 'HEAD'),
      readFileSync(join(world.repo, 'README.md'), 'utf8'),
      readdirSync(world.repo),
    ];
    writeFileSync(join(world.repo, 'ralph_task.md'), taskFile({ test }));
    const before = seen();
    const { code, stderr } = await runIn(world.repo);
    expect([code, stderr.split('\n').length]).toEqual([0, 2]);
    expect(seen()).toEqual(before);
    const id = world.app.homes.list()[0]!;
    const { headSha } = world.app.replay(id);
    expect(world.git(world.repo, 'rev-parse', branch).trim()).toBe(headSha);
    expect(world.git(world.repo, 'log', '-1', '--format=%an <%ae>', branch).trim()).toMatch(
      /^\S.* <\S+@\S+>$/,
    );
    expect(world.git(world.repo, 'ls-tree', '-r', '--name-only', branch)).not.toContain('untracked');
  });

  it('that tracks .ralph/ and ralph_task.md keeps both as they are on the branch', async () => {
    world = await makeWorld({
      script: answers(
        answer(
          [{ type: 'run', command: 'echo agent >> ralph_task.md; echo agent > .ralph/theirs.md' }, finish],
          ['M1.1', 'M1.2'],
        ),
      ),
      files: {
        'README.md': 'x',
        '.ralph/theirs.md': 'of another tool\n',
        '.ralph/progress.md': 'tracked\n',
        'ralph_task.md': 'tracked task\n',
      },
    });
    const { state } = await world.run(taskFile({ test }));
    expect([state.status, state.detail]).toEqual(['succeeded', expect.any(String)]);
    expect(world.git(world.remote, 'diff', '--name-only', 'main', branch).trim()).not.toContain('.ralph/');
    expect(world.git(world.remote, 'show', `${branch}:.ralph/theirs.md`)).toBe('of another tool\n');
    expect(world.git(world.remote, 'show', `${branch}:.ralph/progress.md`)).toBe('tracked\n');
  });
});

describe('a remote that is not as it was', () => {
  it('takes the next free branch name where the branch exists', async () => {
    world = await makeWorld({ script });
    world.git(world.remote, 'branch', branch, 'main');
    const { state } = await world.run(taskFile({ test }));
    expect([state.status, state.branch]).toEqual(['succeeded', `${branch}-v2`]);
    expect(world.git(world.remote, 'rev-parse', branch)).toBe(world.git(world.remote, 'rev-parse', 'main'));
  });

  const two = answers(answer([write('a.txt', 'a')]), answer([finish], ['M1.1', 'M1.2']));

  it('pauses when somebody else moved the branch, naming both commits, and overwrites nothing', async () => {
    world = await makeWorld({ script: two });
    let theirs = '';
    const { state, entries } = await world.run(taskFile({ test }), {
      onEntry: (entry) => {
        if (entry.type !== 'branch.pushed' || theirs !== '') return;
        const tree = world.git(world.remote, 'rev-parse', `${entry.sha}^{tree}`).trim();
        theirs = world.git(world.remote, 'commit-tree', '-p', entry.sha, '-m', 'theirs', tree).trim();
        world.git(world.remote, 'update-ref', `refs/heads/${branch}`, theirs);
      },
    });
    const ours = entries.find((e) => e.type === 'branch.pushed')?.sha ?? 'none';
    expect([state.status, state.reason]).toEqual(['paused', 'branch moved']);
    expect(state.detail).toContain(theirs);
    expect(state.detail).toContain(ours);
    expect(world.git(world.remote, 'rev-parse', branch).trim()).toBe(theirs);
    world.git(world.remote, 'update-ref', `refs/heads/${branch}`, ours);
    await world.app.steer(state.id, { kind: 'resume' });
    expect((await world.resume(state.id)).state.status).toBe('succeeded');
  });

  it('pauses when a human closed the pull request, and does not open it again', async () => {
    world = await makeWorld({ script: two });
    let file = '';
    const { state } = await world.run(taskFile({ test }), {
      onEntry: (entry) => {
        if (entry.type !== 'pr.updated' || file !== '') return;
        file = entry.url.replace('file://', '');
        const record = JSON.parse(readFileSync(file, 'utf8')) as object;
        writeFileSync(file, JSON.stringify({ ...record, state: 'closed' }));
      },
    });
    expect([state.status, state.reason]).toEqual(['paused', 'human']);
    expect(state.detail).toMatch(/#1 is closed/);
    expect(JSON.parse(readFileSync(file, 'utf8'))).toMatchObject({ state: 'closed' });
  });

  it('keeps the work when a hook rejects the push, says what the hook said, and publishes on resume', async () => {
    world = await makeWorld({ script });
    const hook = join(world.remote, 'hooks/pre-receive');
    mkdirSync(join(world.remote, 'hooks'), { recursive: true });
    writeFileSync(
      hook,
      '#!/bin/sh\nwhile read -r _ _ ref; do case $ref in refs/heads/*) echo "policy: not on a Friday" >&2; exit 1;; esac; done\n',
    );
    chmodSync(hook, 0o755);
    const { state, entries } = await world.run(taskFile({ test }));
    expect([state.status, state.green]).toEqual(['paused', true]);
    expect(state.detail).toMatch(/could not be published/);
    expect(JSON.stringify(entries.filter((e) => e.type === 'push.failed'))).toContain('not on a Friday');
    rmSync(hook);
    await world.app.steer(state.id, { kind: 'resume' });
    const after = await world.resume(state.id);
    expect([after.state.status, after.state.committed]).toEqual(['succeeded', 1]);
  });

  it('works over http with a token that stands nowhere, and says so where the token is wrong', async () => {
    world = await makeWorld({ script });
    const token = 'Gt5xP0kLm3QwZr8vBn2c';
    const authorization = `Basic ${Buffer.from(`x-access-token:${token}`).toString('base64')}`;
    world.git(world.remote, 'config', 'http.receivepack', 'true');
    const server = await startGitHttpServer({ root: world.dir, authorization });
    try {
      const file = join(world.dir, 'task.md');
      writeFileSync(file, repoUrl(`${server.url}/remote.git`));
      const env = { RALPH_GIT_ORIGIN: server.url, RALPH_GIT_TOKEN: token };
      const wrong = await world.cli(['run', file, '--backend', 'local'], {
        env: { ...env, RALPH_GIT_TOKEN: 'wrong-token-wrong' },
      });
      expect([wrong.code, wrong.stderr]).toEqual([
        1,
        expect.stringMatching(/^ralph: .*authentication failed/m),
      ]);
      expect(world.app.homes.list()).toEqual([]);
      const { code, stdout, stderr } = await world.cli(['run', file, '--backend', 'local'], { env });
      expect([code, stderr.split('\n').length]).toEqual([0, 2]);
      const { headSha, pr } = world.app.replay(world.app.homes.list()[0]!);
      expect(world.git(world.remote, 'rev-parse', branch).trim()).toBe(headSha);
      expect(pr?.number).toBe(1);
      expect(stdout + stderr).not.toContain(token);
      const found = readdirSync(join(world.dir, 'state'), { recursive: true, withFileTypes: true })
        .filter((item) => item.isFile())
        .map((item) => join(item.parentPath, item.name))
        .filter((path) => readFileSync(path).includes(token));
      expect(found).toEqual([]);
    } finally {
      await server.close();
    }
  });
});
