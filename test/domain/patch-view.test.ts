import { expect, it } from 'vitest';
import {
  anchorOf,
  changedWords,
  firstAnchor,
  MAX_FILE_LINES,
  rowOf,
  viewPatch,
  type PatchView,
} from '../../src/domain/patch-view.ts';

const patch = `diff --git a/src/a.ts b/src/a.ts
index 1111111..2222222 100644
--- a/src/a.ts
+++ b/src/a.ts
@@ -1,4 +1,5 @@ head
 one
-two old
-gone
+two new
+three
+four
 five
@@ -20 +22,2 @@
 twenty
+++ looks like a head
diff --git a/my file.txt b/my file.txt
new file mode 100644
index 0000000..3333333
--- /dev/null
+++ b/my file.txt\t
@@ -0,0 +1 @@
+diff --git a/x b/x
\\ No newline at end of file
diff --git a/old.ts b/old.ts
deleted file mode 100644
index 4444444..0000000
--- a/old.ts
+++ /dev/null
@@ -1,2 +0,0 @@
--- a comment in SQL
-bye
diff --git a/was.ts b/is.ts
similarity index 100%
rename from was.ts
rename to is.ts
diff --git a/logo.png b/logo.png
index 5555555..6666666 100644
Binary files a/logo.png and b/logo.png differ
diff --git a/run me.sh b/run me.sh
old mode 100644
new mode 100755
`;
const rowsOf = (view: PatchView, path: string) => view.rows(view.files.find((file) => file.path === path)!);

it('cuts a patch of git into files with what each gained and lost', () => {
  const view = viewPatch(patch);
  expect(
    view.files.map((f) => [f.path, f.oldPath, f.change, f.added, f.removed, f.binary].join(' ')),
  ).toEqual([
    'src/a.ts  modified 4 2 false',
    'my file.txt  added 1 0 false',
    'old.ts  deleted 0 2 false',
    'is.ts was.ts renamed 0 0 false',
    'logo.png  modified 0 0 true',
    'run me.sh  modified 0 0 false',
  ]);
  expect([view.added, view.removed, view.cut]).toEqual([5, 4, false]);
  expect(view.files.map((f) => patch.slice(f.from, f.to)).join('')).toBe(patch);
});

it('reads hunks as rows with line numbers, and pairs what was changed', () => {
  const rows = rowsOf(viewPatch(patch), 'src/a.ts');
  expect(rows.map((r) => `${r.kind} ${r.number ?? ''} ${r.text} ${r.pair ?? ''}`.trim())).toEqual([
    'hunk  @@ -1,4 +1,5 @@ head',
    'context 1 one',
    'removed 2 two old 4',
    'removed 3 gone 5',
    'added 2 two new 2',
    'added 3 three 3',
    'added 4 four',
    'context 5 five',
    'hunk  @@ -20 +22,2 @@',
    'context 22 twenty',
    'added 23 ++ looks like a head',
  ]);
});

it('keeps content that looks like a head of the patch as content', () => {
  const view = viewPatch(patch);
  expect(rowsOf(view, 'my file.txt').map((r) => `${r.kind} ${r.text}`)).toEqual([
    'hunk @@ -0,0 +1 @@',
    'added diff --git a/x b/x',
    'note No newline at end of file',
  ]);
  expect(rowsOf(view, 'old.ts').map((r) => r.text)).toContain('-- a comment in SQL');
});

it('names binary and huge files and prints no row of them', () => {
  const huge = `diff --git a/h b/h\n--- a/h\n+++ b/h\n@@ -0,0 +1,${MAX_FILE_LINES + 1} @@\n${'+x\n'.repeat(MAX_FILE_LINES + 1)}`;
  const view = viewPatch(huge);
  expect(view.files[0]).toMatchObject({ huge: true, added: MAX_FILE_LINES + 1 });
  expect(view.rows(view.files[0]!)).toEqual([]);
  expect(rowsOf(viewPatch(patch), 'logo.png')).toEqual([]);
});

it('tells two entries of one path apart: a file that became a link', () => {
  const twice = `diff --git a/x b/x\ndeleted file mode 100644\n--- a/x\n+++ /dev/null\n@@ -1 +0,0 @@\n-a\ndiff --git a/x b/x\nnew file mode 120000\n--- /dev/null\n+++ b/x\n@@ -0,0 +1 @@\n+b\n`;
  const { files } = viewPatch(twice);
  expect(files.map((f) => f.path)).toEqual(['x', 'x']);
  expect(new Set(files.map((f) => f.key)).size).toBe(2);
});

it('sees that a patch was cut, and takes any text without failing', () => {
  const cut = `${patch.slice(0, 190)}\n... the diff goes on, cut at 190 bytes\n`;
  expect(viewPatch(cut).cut).toBe(true);
  for (const text of [
    '',
    'cannot be read: no',
    'diff --git ',
    'diff --git a/x\n@@ nonsense\n+a',
    '@@ -1 +1 @@\n+a\n',
  ]) {
    const view = viewPatch(text);
    for (const file of view.files) view.rows(file);
    expect(view.files.length).toBe(text.startsWith('diff --git') ? 1 : 0);
  }
});

it('marks the words that changed, and none where the lines are other ones', () => {
  expect(changedWords('const a = first(1);', 'const a = second(1);')).toEqual({
    before: [
      { text: 'const a = ', changed: false },
      { text: 'first', changed: true },
      { text: '(1);', changed: false },
    ],
    after: [
      { text: 'const a = ', changed: false },
      { text: 'second', changed: true },
      { text: '(1);', changed: false },
    ],
  });
  expect(changedWords('completely different', 'nothing alike at all')).toBeUndefined();
  expect(changedWords('a'.repeat(10_000), 'b')).toBeUndefined();
});

it('finds the same place again after lines were added above it', () => {
  const body = (extra: string): string =>
    `diff --git a/f b/f\n--- a/f\n+++ b/f\n@@ -1,2 +1,3 @@\n one\n${extra}+new\n two\n@@ -50,2 +51,3 @@\n fifty\n+added\n+here\n fifty-one\n`;
  const before = viewPatch(body(''));
  const after = viewPatch(body('+more\n+and more\n'));
  const [rows, later] = [before.rows(before.files[0]!), after.rows(after.files[0]!)];
  rows.forEach((row, i) => {
    expect(rowOf(rows, anchorOf(rows, i))).toBe(i);
    if (row.text !== 'new') expect(later[rowOf(later, anchorOf(rows, i))]!.text).toBe(row.text);
  });
  expect(rowOf(later, firstAnchor)).toBe(0);
  expect(rowOf([], { old: 4, plus: 2 })).toBe(0);
});
