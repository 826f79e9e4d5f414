import { existsSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { RunRepo } from '../../../src/ports/run-repo.ts';
import { commitAll, git, makeRepository, writeFiles } from '../../fakes/git-repository.ts';
import { openRunRepo } from '../../fakes/run-repo.ts';

let root: string;
let repo: RunRepo;
const at = (...parts: string[]): string => join(root, ...parts);

beforeEach(async () => {
  ({ root, repo } = await openRunRepo());
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

describe('diff', () => {
  const change = async (files: Record<string, string | Buffer>, remove: readonly string[] = []) => {
    const from = git(at('src'), ['rev-parse', 'HEAD']);
    writeFiles(at('src'), files);
    for (const name of remove) rmSync(at('src', name));
    const to = commitAll(at('src'));
    await repo.fetchBase({ url: at('src') });
    return { from, to };
  };
  beforeEach(
    () =>
      void makeRepository(at('src'), {
        'a.txt': 'one\ntwo\n',
        'gone.txt': 'x\n',
        'z.bin': Buffer.from([0, 1]),
      }),
  );

  it('gives lines, blob ids and the patch, also of odd names and of text that is not UTF-8', async () => {
    const odd = 'odd\t"näme\n.txt';
    const { from, to } = await change(
      { 'a.txt': 'one\n2\n3\n', [odd]: Buffer.from([0x61, 0xff, 0x0a]), 'z.bin': Buffer.from([0, 2]) },
      ['gone.txt'],
    );
    const diff = await repo.diff(from, to, { maxBytes: 100_000 });
    const blob = (path: string): string => git(at('src'), ['rev-parse', `HEAD:${path}`]);
    expect(diff.files).toEqual([
      { path: 'a.txt', added: 2, removed: 1, binary: false, hash: blob('a.txt') },
      { path: 'gone.txt', added: 0, removed: 1, binary: false, hash: null },
      { path: odd, added: 1, removed: 0, binary: false, hash: blob(odd) },
      { path: 'z.bin', added: 0, removed: 0, binary: true, hash: blob('z.bin') },
    ]);
    expect(diff.truncated).toBe(false);
    expect(diff.patch).toMatch(/^diff --git a\/a\.txt b\/a\.txt\n/);
    expect(diff.patch).toContain('+3\n');
    expect(diff.patch).toContain('+a\ufffd\n');
  });

  it('is empty between equal trees', async () => {
    const sha = git(at('src'), ['rev-parse', 'HEAD']);
    await repo.fetchBase({ url: at('src') });
    expect(await repo.diff(sha, sha, { maxBytes: 100 })).toEqual({ patch: '', truncated: false, files: [] });
  });

  it('cuts a large patch at the end of a line and says so, but counts all files', async () => {
    const { from, to } = await change({ 'big.txt': 'line\n'.repeat(400_000), 'other.txt': 'x\n' });
    const diff = await repo.diff(from, to, { maxBytes: 1003 });
    expect(diff.truncated).toBe(true);
    const lines = diff.patch.split('\n');
    expect(lines.at(-2)).toContain('cut at 1003 bytes');
    expect(lines.at(-3)).toBe('+line');
    expect(diff.files.map(({ path, added }) => [path, added])).toEqual([
      ['big.txt', 400_000],
      ['other.txt', 1],
    ]);
  });

  it('throws for a commit that is not there', async () => {
    await expect(repo.diff('4'.repeat(40), '5'.repeat(40), { maxBytes: 10 })).rejects.toMatchObject({
      code: 'git.failed',
    });
  });
});

describe('refs and commits', () => {
  it('sets a ref only from where it was said to be', async () => {
    const one = await repo.commitFiles('refs/ralph/a', {
      parent: undefined,
      message: '1',
      files: new Map([['x', '1']]),
    });
    const two = await repo.commitFiles('refs/ralph/b', {
      parent: one,
      message: '2',
      files: new Map([['x', '2']]),
    });
    expect(await repo.updateRef('refs/heads/r', one, undefined)).toBe(true);
    expect(await repo.updateRef('refs/heads/r', two, undefined)).toBe(false);
    expect(await repo.updateRef('refs/heads/r', one, two)).toBe(false);
    expect(await repo.updateRef('refs/heads/r', two, one)).toBe(true);
    expect(await repo.readRef('refs/heads/r')).toBe(two);
    expect(await repo.updateRef('refs/heads/none', two, one)).toBe(false);
    await expect(repo.updateRef('refs/heads/q', '6'.repeat(40), undefined)).rejects.toMatchObject({
      code: 'git.failed',
    });
    await expect(repo.updateRef('../evil', two, undefined)).rejects.toMatchObject({ code: 'git.failed' });
  });

  it('lets only one of two runners through the fence', async () => {
    const start = await repo.commitFiles('refs/ralph/a', {
      parent: undefined,
      message: '1',
      files: new Map(),
    });
    await repo.updateRef('refs/heads/r', start, undefined);
    const heads = await Promise.all(
      ['b', 'c'].map((name) =>
        repo.commitFiles(`refs/ralph/${name}`, { parent: start, message: name, files: new Map() }),
      ),
    );
    const outcomes = await Promise.allSettled(
      heads.map((head) => repo.updateRef('refs/heads/r', head, start)),
    );
    expect(outcomes.filter((one) => one.status === 'fulfilled' && one.value)).toHaveLength(1);
  });

  it('writes, keeps and removes files by plumbing, with any name and content', async () => {
    const odd = 'ö "quoted" \\ back\nline.txt';
    const one = await repo.commitFiles('refs/ralph/s', {
      parent: undefined,
      message: 'first\n\nbody',
      files: new Map([
        ['keep.txt', 'kept'],
        ['dir/old.txt', 'old\n'],
        [odd, 'data 5\ndone\n'],
      ]),
    });
    expect(await repo.readRef('refs/ralph/s')).toBe(one);
    const two = await repo.commitFiles('refs/ralph/s', {
      parent: one,
      message: 'second',
      files: new Map([
        ['dir/old.txt', null],
        ['new.txt', ''],
      ]),
    });
    expect(await repo.readTree(two)).toEqual(
      new Map([
        ['keep.txt', 'kept'],
        ['new.txt', ''],
        [odd, 'data 5\ndone\n'],
      ]),
    );
    expect(git(repo.dir, ['show', '-s', '--format=%an <%ae>|%P|%B', two])).toBe(
      `Ralph <ralph@localhost>|${one}|second`,
    );
    expect(git(repo.dir, ['fsck', '--strict'])).toBe('');
  });

  it('does not write on a ref that somebody else moved', async () => {
    const one = await repo.commitFiles('refs/ralph/s', { parent: undefined, message: '1', files: new Map() });
    await repo.commitFiles('refs/ralph/s', { parent: one, message: '2', files: new Map([['x', '2']]) });
    await expect(
      repo.commitFiles('refs/ralph/s', { parent: one, message: '3', files: new Map([['x', '3']]) }),
    ).rejects.toMatchObject({ message: expect.stringContaining('has moved') });
  });

  it.each(['../x', '/etc/x', 'a//b', '.git/config', 'a/.GIT/x', ''])(
    'refuses to write the path %j',
    async (path) => {
      await expect(
        repo.commitFiles('refs/ralph/s', { parent: undefined, message: '1', files: new Map([[path, 'x']]) }),
      ).rejects.toMatchObject({ code: 'git.failed' });
    },
  );

  it('gets over the locks and temporary files of a killed process when it is opened again', async () => {
    const one = await repo.commitFiles('refs/heads/r', { parent: undefined, message: '1', files: new Map() });
    writeFiles(repo.dir, {
      'refs/heads/r.lock': '',
      'packed-refs.lock': '',
      'quarantine-x/pack/p': '',
      'objects/pack/tmp_pack_1': '',
    });
    writeFileSync(at('repo.git/config'), '[core]\n\thooksPath = /evil\n');
    await expect(repo.updateRef('refs/heads/r', one, one)).rejects.toMatchObject({
      hint: expect.stringContaining('killed'),
    });
    await repo.init();
    expect(await repo.updateRef('refs/heads/r', one, one)).toBe(true);
    expect(readFileSync(at('repo.git/config'), 'utf8')).not.toContain('evil');
    expect(existsSync(at('repo.git/quarantine-x'))).toBe(false);
    expect(readdirSync(at('repo.git/objects/pack')).filter((name) => name.startsWith('tmp'))).toEqual([]);
  });

  it('reads a ref that is packed', async () => {
    const one = await repo.commitFiles('refs/heads/r', { parent: undefined, message: '1', files: new Map() });
    git(repo.dir, ['pack-refs', '--all']);
    expect(await repo.readRef('refs/heads/r')).toBe(one);
  });
});
