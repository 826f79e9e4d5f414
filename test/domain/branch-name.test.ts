import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';

import { branchName, isValidRef, slugOf } from '../../src/domain/branch-name.ts';
import { RalphError } from '../../src/domain/error.ts';
import { nearestWord } from '../../src/domain/nearest.ts';

const task = { targetBranchPrefix: 'ralph/task-001/', targetBranchSlug: 'implement-foo' };

describe('branchName', () => {
  it('is ralph/<task_id>/<slug> while that is free', () => {
    expect(branchName(task, () => false)).toBe('ralph/task-001/implement-foo');
  });

  it('adds -v2, then -v3, for reruns', () => {
    const taken = new Set(['ralph/task-001/implement-foo']);
    expect(branchName(task, (name) => taken.has(name))).toBe('ralph/task-001/implement-foo-v2');
    taken.add('ralph/task-001/implement-foo-v2');
    expect(branchName(task, (name) => taken.has(name))).toBe('ralph/task-001/implement-foo-v3');
  });

  it('takes the prefix as it is written', () => {
    expect(branchName({ ...task, targetBranchPrefix: 'bots/x-' }, () => false)).toBe('bots/x-implement-foo');
  });

  it('ends with an error when every name is taken, instead of looping', () => {
    expect(() => branchName(task, () => true)).toThrow(RalphError);
  });

  it('refuses to make a name that git would not take', () => {
    expect(() => branchName({ ...task, targetBranchSlug: 'a..b' }, () => false)).toThrow(
      /not a valid branch name/,
    );
  });
});

const names = [
  'main',
  'ralph/task-001/foo',
  'a.b',
  'a@b',
  'a{b',
  'ü/ß',
  'feature/é',
  'a-',
  'x.lock.y',
  '日本',
  '',
  '@',
  '-x',
  '.x',
  'a/.x',
  'a..b',
  'a//b',
  '/a',
  'a/',
  'a.',
  'a.lock',
  'a.lock/b',
  'a b',
  'a~b',
  'a^b',
  'a:b',
  'a?b',
  'a*b',
  'a[b',
  'a\\b',
  'a@{b',
  'a\tb',
  'a\u007fb',
  'HEAD',
  'a\nb',
];

describe('isValidRef', () => {
  it.each(names)('says of %j what git says', (name) => {
    const git = spawnSync('git', ['check-ref-format', '--branch', name], { encoding: 'utf8' });
    // `--branch @` is expanded to HEAD's branch by git; as a name to create it is refused.
    const wanted = name !== '@' && git.status === 0;
    expect(isValidRef(name)).toBe(wanted);
  });

  it('refuses what is too long for a file name, holds NUL or is no Unicode', () => {
    expect(isValidRef('a'.repeat(200))).toBe(true);
    expect(isValidRef('a'.repeat(201))).toBe(false);
    expect(isValidRef('a\u0000b')).toBe(false);
    expect(isValidRef('a\uD800b')).toBe(false);
  });
});

describe('slugOf', () => {
  it.each([
    ['Implement Foo', 'implement-foo'],
    ['  Über-Größe: für alle!  ', 'uber-gro-e-fur-alle'],
    ['../../etc/passwd', 'etc-passwd'],
    ['日本語', 'task'],
    ['', 'task'],
    ['a'.repeat(100), 'a'.repeat(48)],
    [`${'word '.repeat(20)}`, 'word-word-word-word-word-word-word-word-word'],
  ])('makes %j to %j', (title, slug) => {
    expect(slugOf(title)).toBe(slug);
  });

  it('is always a valid end of a branch name', () => {
    for (const title of ['x.lock', '-', '---a---', '@{', '\u0000', 'é'.repeat(300), '-'.repeat(5000)]) {
      expect(isValidRef(`ralph/t/${slugOf(title)}`)).toBe(true);
    }
  });
});

describe('nearestWord', () => {
  const known = ['test_command', 'max_iterations', 'max_cost_usd_estimate', 'agent', 'pr'];
  it.each([
    ['test_comand', 'test_command'],
    ['tset_command', 'test_command'],
    ['maxIterations', 'max_iterations'],
    ['max-iterations', 'max_iterations'],
    ['max_cost_usd', 'max_cost_usd_estimate'],
    ['agnet', 'agent'],
    ['colour', undefined],
    ['', undefined],
    ['x'.repeat(100_000), undefined],
  ])('takes %s for %s', (word, wanted) => {
    expect(nearestWord(word, known)).toBe(wanted);
  });
});
