import { describe, expect, it } from 'vitest';
import { linesOfPatch, overlapOf, rangesOf } from '../../src/domain/overlap.ts';

const patch = (path: string, hunk: string): string =>
  `diff --git a/${path} b/${path}\n--- a/${path}\n+++ b/${path}\n${hunk}\n-x\n+y\n`;

describe('overlap of two changes', () => {
  const ours = linesOfPatch(patch('a.ts', '@@ -10,7 +10,7 @@ f()') + patch('dir/b.ts', '@@ -1 +1 @@'));
  const lines = (hunk: string) => new Map([['a.ts', rangesOf(hunk)]]);

  it('tells files in common from the same lines', () => {
    expect(overlapOf(ours, { files: ['c.ts'], lines: new Map() })).toBeUndefined();
    expect(overlapOf(ours, { files: ['a.ts', 'c.ts'], lines: lines('@@ -17,7 +17,9 @@') })).toEqual({
      files: ['a.ts'],
      sameLines: [],
    });
    expect(overlapOf(ours, { files: ['a.ts'], lines: lines('@@ -16,7 +3,9 @@') })?.sameLines).toEqual([
      'a.ts',
    ]);
  });

  it('is by lines of the old file, and two new files of one name are the same lines', () => {
    expect(rangesOf('@@ -3,2 +50,9 @@\n x\n@@ -90 +99 @@\n+@@ -7,7 +1 @@')).toEqual([
      [3, 5],
      [90, 91],
    ]);
    const made = linesOfPatch(patch('new.ts', '@@ -0,0 +1,3 @@'));
    const theirs = { files: ['new.ts'], lines: new Map([['new.ts', rangesOf('@@ -0,0 +1 @@')]]) };
    expect(overlapOf(made, theirs)?.sameLines).toEqual(['new.ts']);
  });

  it('knows the file where the lines are not known', () => {
    const theirs = { files: ['dir/b.ts'], lines: new Map([['dir/b.ts', []]]) };
    expect(overlapOf(ours, theirs)).toEqual({ files: ['dir/b.ts'], sameLines: [] });
  });
});
