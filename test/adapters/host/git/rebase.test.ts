import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { RunRepo } from '../../../../src/ports/run-repo.ts';
import { commitAll, git, makeRepository, writeFiles } from '../../../fakes/git-repository.ts';
import { openRunRepo } from '../../../fakes/run-repo.ts';

let root: string;
let repo: RunRepo;
let src: string;
const commit = (files: Record<string, string>): string => {
  writeFiles(src, files);
  return commitAll(src);
};
const fetched = async (...branches: string[]) => {
  for (const branch of branches) await repo.fetchBase({ url: src }, branch);
};
const show = (sha: string, path: string): string => git(repo.dir, ['show', `${sha}:${path}`]);

beforeEach(async () => {
  ({ root, repo } = await openRunRepo());
  src = join(root, 'src');
  makeRepository(src, { 'a.txt': '1\n2\n3\n4\n5\n', 'b.txt': 'b\n' });
  git(src, ['branch', '-M', 'main']);
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

describe('rebase', () => {
  it('puts each commit with its author and words on top of theirs, the same again for the same order', async () => {
    git(src, ['checkout', '-q', '-b', 'ours']);
    commit({ 'a.txt': 'one\n2\n3\n4\n5\n' });
    git(src, ['commit', '-q', '--amend', '--author', 'Ann <ann@example.com>', '-m', 'first\n\nwhy']);
    const ours = commit({ 'new.txt': 'new\n' });
    git(src, ['checkout', '-q', '-b', 'theirs', 'main']);
    const theirs = commit({ 'a.txt': '1\n2\n3\n4\nfive\n' });
    await fetched('ours', 'theirs');
    const made = await repo.rebase(ours, theirs);
    expect(await repo.rebase(ours, theirs)).toEqual(made);
    if (made.kind !== 'ok') throw new Error(made.kind);
    expect(show(made.sha, 'a.txt')).toBe('one\n2\n3\n4\nfive');
    expect(show(made.sha, 'new.txt')).toBe('new');
    const log = git(repo.dir, ['log', '--format=%an: %s', `${theirs}..${made.sha}`]);
    expect(log.trim().split('\n').at(-1)).toBe('Ann: first');
    expect(git(repo.dir, ['log', '-1', '--format=%B', `${made.sha}^`]).trim()).toBe('first\n\nwhy');
    expect(git(repo.dir, ['merge-base', made.sha, theirs]).trim()).toBe(theirs);
  });

  it('leaves out what they have already', async () => {
    git(src, ['checkout', '-q', '-b', 'ours']);
    const ours = commit({ 'a.txt': 'same\n' });
    git(src, ['checkout', '-q', '-b', 'theirs', 'main']);
    commit({ 'b.txt': 'other\n' });
    const theirs = commit({ 'a.txt': 'same\n' });
    await fetched('ours', 'theirs');
    expect(await repo.rebase(ours, theirs)).toEqual({ kind: 'ok', sha: theirs });
  });

  it('names the files where both changed the same, and the commit', async () => {
    git(src, ['checkout', '-q', '-b', 'ours']);
    const ours = commit({ 'a.txt': 'ours\n', 'b.txt': 'ours\n' });
    git(src, ['checkout', '-q', '-b', 'theirs', 'main']);
    const theirs = commit({ 'a.txt': 'theirs\n', 'b.txt': 'theirs\n' });
    await fetched('ours', 'theirs');
    expect(await repo.rebase(ours, theirs)).toEqual({
      kind: 'conflict',
      sha: ours,
      files: ['a.txt', 'b.txt'],
    });
  });

  it('carries what a merge brought in as one change', async () => {
    git(src, ['checkout', '-q', '-b', 'ours']);
    commit({ 'c.txt': 'c\n' });
    git(src, ['checkout', '-q', '-b', 'side', 'main']);
    commit({ 'side.txt': 'side\n' });
    git(src, ['checkout', '-q', 'ours']);
    git(src, ['merge', '-q', '--no-ff', '-m', 'merged', 'side']);
    const ours = git(src, ['rev-parse', 'HEAD']).trim();
    git(src, ['checkout', '-q', '-b', 'theirs', 'main']);
    const theirs = commit({ 'b.txt': 'theirs\n' });
    await fetched('ours', 'theirs');
    const made = await repo.rebase(ours, theirs);
    if (made.kind !== 'ok') throw new Error(made.kind);
    expect(['side.txt', 'c.txt', 'b.txt'].map((path) => show(made.sha, path))).toEqual([
      'side',
      'c',
      'theirs',
    ]);
  });

  it('does nothing with a history of its own', async () => {
    const ours = git(src, ['rev-parse', 'HEAD']).trim();
    git(src, ['checkout', '-q', '--orphan', 'alone']);
    const theirs = commit({ 'x.txt': 'x\n' });
    await fetched('main', 'alone');
    expect(await repo.rebase(ours, theirs)).toEqual({ kind: 'unrelated' });
  });
});
