import { chmodSync, existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createRunRepo } from '../../../../src/adapters/host/run-repo.ts';
import type { RunRepo } from '../../../../src/ports/run-repo.ts';
import { commitAll, git, makeRepository, writeFiles } from '../../../fakes/git-repository.ts';
import { bareEnv, openRunRepo } from '../../../fakes/run-repo.ts';

let root: string;
let repo: RunRepo;
const at = (...parts: string[]): string => join(root, ...parts);

beforeEach(async () => {
  ({ root, repo } = await openRunRepo());
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

describe('fetching the base', () => {
  it('takes the committed state of a dirty checkout, on the branch its HEAD names', async () => {
    const sha = makeRepository(at('src'));
    writeFiles(at('src'), { 'a.txt': 'not committed\n', 'new.txt': 'x' });
    expect(await repo.fetchBase({ url: at('src') })).toEqual({ branch: 'main', sha });
    expect(await repo.readTree(sha)).toEqual(new Map([['a.txt', 'a\n']]));
  });

  it('takes a bare repository, a linked worktree and a file URL', async () => {
    const sha = makeRepository(at('src'));
    git(at('src'), ['clone', '-q', '--bare', '.', at('bare.git')]);
    git(at('src'), ['worktree', 'add', '-q', '-b', 'side', at('tree')]);
    expect(await repo.fetchBase({ url: at('bare.git') })).toEqual({ branch: 'main', sha });
    expect(await repo.fetchBase({ url: at('tree') })).toEqual({ branch: 'side', sha });
    expect(await repo.fetchBase({ url: `file://${at('src')}` }, 'side')).toEqual({ branch: 'side', sha });
  });

  it('asks for a branch when HEAD is detached, and takes it then', async () => {
    const sha = makeRepository(at('src'));
    git(at('src'), ['checkout', '-q', '--detach']);
    await expect(repo.fetchBase({ url: at('src') })).rejects.toMatchObject({
      code: 'git.failed',
      hint: expect.stringContaining('main'),
    });
    expect(await repo.fetchBase({ url: at('src') }, 'main')).toEqual({ branch: 'main', sha });
  });

  it('names the near branch when the wanted one is missing', async () => {
    makeRepository(at('src'));
    await expect(repo.fetchBase({ url: at('src') }, 'mian')).rejects.toMatchObject({
      message: expect.stringContaining('no branch mian'),
      hint: expect.stringContaining('Did you mean main?'),
    });
  });

  it('says that a repository is empty', async () => {
    git(root, ['init', '-q', '--bare', 'empty.git']);
    const empty = { message: expect.stringContaining('empty repository') };
    await expect(repo.fetchBase({ url: at('empty.git') })).rejects.toMatchObject(empty);
    await expect(repo.fetchBase({ url: at('empty.git') }, 'main')).rejects.toMatchObject(empty);
  });

  it.each([
    ['a folder that is no repository', (): string => root],
    ['a path that is not there', (): string => at('nowhere')],
  ])('explains %s', async (_, url) => {
    await expect(repo.fetchBase({ url: url() })).rejects.toMatchObject({
      message: expect.stringContaining('not a git repository'),
      hint: expect.stringContaining('repo_url'),
    });
  });

  it('explains a host that does not answer, without the password of the address', async () => {
    const error = await repo
      .fetchBase({ url: 'http://user:s3cret@127.0.0.1:1/x.git' })
      .catch((e: unknown) => e);
    expect(error).toMatchObject({ message: expect.stringContaining('could not be reached') });
    expect(JSON.stringify([String(error), error])).not.toContain('s3cret');
  });

  it('explains a shallow clone instead of making a broken base', async () => {
    makeRepository(at('src'));
    commitAll(at('src'), 'second');
    git(root, ['clone', '-q', '--depth=1', `file://${at('src')}`, 'shallow']);
    await expect(repo.fetchBase({ url: at('shallow') })).rejects.toMatchObject({
      hint: expect.stringContaining('unshallow'),
    });
  });

  it.each(['ext::sh -c "touch pwned"', '--upload-pack=touch pwned', ''])(
    'refuses the address %j',
    async (url) => {
      await expect(repo.fetchBase({ url })).rejects.toMatchObject({ code: 'git.failed' });
    },
  );

  it('runs no hook of the source or of the user, and lets no GIT_ variable of the caller in', async () => {
    const sha = makeRepository(at('src'));
    const hook = `#!/bin/sh\ntouch ${at('pwned')}\n`;
    writeFiles(root, { 'hooks/reference-transaction': hook, 'hooks/post-checkout': hook });
    writeFiles(at('src'), { '.git/hooks/reference-transaction': hook });
    git(root, ['config', '--file', at('user.config'), 'core.hooksPath', at('hooks')]);
    for (const file of [at('hooks/reference-transaction'), at('src/.git/hooks/reference-transaction')])
      chmodSync(file, 0o755);
    const other = createRunRepo({
      dir: at('other.git'),
      env: {
        ...bareEnv,
        GIT_CONFIG_GLOBAL: at('user.config'),
        GIT_DIR: at('src/.git'),
        GIT_INDEX_FILE: at('index'),
        GIT_OBJECT_DIRECTORY: at('objects'),
        GIT_WORK_TREE: root,
      },
    });
    await other.init();
    await other.fetchBase({ url: at('src') });
    expect(await other.updateRef('refs/heads/x', sha, undefined)).toBe(true);
    expect(git(at('src'), ['branch', '--list', 'x'])).toBe('');
    expect(existsSync(at('pwned'))).toBe(false);
    expect(existsSync(at('objects'))).toBe(false);
  });

  it('fetches any ref, and says undefined for one that is not there', async () => {
    const sha = makeRepository(at('src'));
    git(at('src'), ['update-ref', 'refs/ralph/task-1', sha]);
    expect(await repo.fetchRef({ url: at('src') }, 'refs/ralph/task-1')).toBe(sha);
    expect(await repo.fetchRef({ url: at('src') }, 'refs/ralph/task-2')).toBeUndefined();
    expect(await repo.readRef('refs/ralph/task-1')).toBeUndefined();
  });

  it('lists the remote branches below a prefix only', async () => {
    makeRepository(at('src'));
    for (const name of ['ralph/t/fix', 'ralph/t/fix-v2', 'other/ralph/t/fix'])
      git(at('src'), ['branch', name]);
    expect(await repo.remoteBranches({ url: at('src') }, 'ralph/t/')).toEqual([
      'ralph/t/fix',
      'ralph/t/fix-v2',
    ]);
  });
});
