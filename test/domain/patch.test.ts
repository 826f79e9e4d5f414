import { createTwoFilesPatch } from 'diff';
import { describe, expect, it } from 'vitest';
import { applyUnifiedDiff, MAX_PATCH, MAX_PATCH_SOURCE } from '../../src/domain/patch.ts';

const source = ['one', 'two', 'three', '  four', 'five', '', 'six', 'seven', 'eight', 'nine', 'ten', ''].join(
  '\n',
);
const changed = source.replace('  four', '  FOUR');
const head = '--- a/f.txt\n+++ b/f.txt\n';
const body = ' two\n three\n-  four\n+  FOUR\n five\n';
const crlf = (text: string): string => text.replaceAll('\n', '\r\n');
const twice = source.replace('nine', 'NINE').replace('  four', '  FOUR');
const second = ' seven\n eight\n-nine\n+NINE\n ten\n';

interface Case {
  readonly name: string;
  readonly from?: string;
  readonly patch: string;
  readonly to?: string;
}

const applies: readonly Case[] = [
  { name: 'a clean patch', patch: `${head}@@ -2,4 +2,4 @@\n${body}` },
  { name: 'wrong counts', patch: `${head}@@ -2,9 +2,1 @@\n${body}` },
  { name: 'wrong line numbers', patch: `${head}@@ -40,4 +40,4 @@\n${body}` },
  { name: 'line numbers of zero', patch: `${head}@@ -0,0 +0,0 @@\n${body}` },
  { name: 'no line numbers', patch: `${head}@@ @@\n${body}` },
  { name: 'dots for line numbers', patch: `${head}@@ ... @@\n${body}` },
  { name: 'a hunk header cut short', patch: `${head}@@ -2,4 +2,4\n${body}` },
  { name: 'no hunk header at all', patch: head + body },
  { name: 'no file header', patch: `@@ -2,4 +2,4 @@\n${body}` },
  { name: 'no prefixes in the paths', patch: `--- f.txt\n+++ f.txt\n@@ -2,4 +2,4 @@\n${body}` },
  {
    name: 'git headers',
    patch: `diff --git a/f.txt b/f.txt\nindex 1234567..89abcde 100644\n${head}@@ -2,4 +2,4 @@ fn\n${body}`,
  },
  { name: 'a markdown fence', patch: `\`\`\`diff\n${head}@@ -2,4 +2,4 @@\n${body}\`\`\`\n` },
  {
    name: 'prose and a fence',
    patch: `Here is the fix:\n\n\`\`\`diff\n${head}@@ -2,4 +2,4 @@\n${body}\`\`\`\nThis works.\n`,
  },
  { name: 'only a closing fence', patch: `${head}@@ -2,4 +2,4 @@\n${body}\`\`\`\n` },
  { name: 'prose before the header', patch: `I change four.\n${head}@@ -2,4 +2,4 @@\n${body}` },
  { name: 'prose after the hunk', patch: `${head}@@ -2,4 +2,4 @@\n${body}This makes four louder.\n` },
  { name: 'a mail signature', patch: `${head}@@ -2,4 +2,4 @@\n${body}-- \n2.39.2\n\n` },
  { name: 'no newline at the end of the patch', patch: `${head}@@ -2,4 +2,4 @@\n${body.trimEnd()}` },
  { name: 'blank lines after the hunk', patch: `${head}@@ -2,4 +2,4 @@\n${body}\n\n\n` },
  { name: 'Windows line ends in the patch only', patch: crlf(`${head}@@ -2,4 +2,4 @@\n${body}`) },
  {
    name: 'Windows line ends in the file only',
    from: crlf(source),
    patch: `${head}@@ -2,4 +2,4 @@\n${body}`,
    to: crlf(changed),
  },
  {
    name: 'Windows line ends in both',
    from: crlf(source),
    patch: crlf(`${head}@@ -2,4 +2,4 @@\n${body}`),
    to: crlf(changed),
  },
  {
    name: 'context lines that lost their space',
    patch: `${head}@@ -2,4 +2,4 @@\ntwo\nthree\n-  four\n+  FOUR\nfive\n`,
  },
  {
    name: 'an indented context line that lost its space',
    patch: `${head}@@ -3,3 +3,3 @@\n three\n  four\n-five\n+FIVE\n`,
    to: source.replace('five', 'FIVE'),
  },
  {
    name: 'a blank context line without its space',
    patch: `${head}@@ -5,3 +5,3 @@\n five\n\n-six\n+SIX\n seven\n`,
    to: source.replace('six', 'SIX'),
  },
  {
    name: 'a blank added line without its plus',
    patch: `${head}@@ -2,2 +2,5 @@\n two\n+a\n\n+b\n three\n`,
    to: source.replace('two\n', 'two\na\n\nb\n'),
  },
  {
    name: 'trailing white space that differs',
    from: source.replace('three', 'three  '),
    patch: `${head}@@ -2,4 +2,4 @@\n${body}`,
    to: changed.replace('three', 'three  '),
  },
  { name: 'one context line that differs', patch: `${head}@@ -1,5 +1,5 @@\n uno\n${body}` },
  { name: 'a context line that is not in the file', patch: `${head}@@ -1,6 +1,6 @@\n one\n extra\n${body}` },
  {
    name: 'a file without a last newline',
    from: source.trimEnd(),
    patch: `${head}@@ -10,2 +10,2 @@\n nine\n-ten\n+TEN\n`,
    to: source.trimEnd().replace('ten', 'TEN'),
  },
  {
    name: 'a last newline added',
    from: 'a\nb',
    patch: '@@ -1,2 +1,2 @@\n a\n-b\n\\ No newline at end of file\n+b\n',
    to: 'a\nb\n',
  },
  {
    name: 'a last newline removed',
    from: 'a\nb\n',
    patch: '@@ -1,2 +1,2 @@\n a\n-b\n+b\n\\ No newline at end of file\n',
    to: 'a\nb',
  },
  {
    name: 'lines added after a last line without newline',
    from: 'a\r\nb',
    patch: '@@ -1,2 +1,3 @@\n a\n b\n+c\n',
    to: 'a\r\nb\r\nc',
  },
  { name: 'two hunks', patch: `${head}@@ -2,4 +2,4 @@\n${body}@@ -8,4 +8,4 @@\n${second}`, to: twice },
  {
    name: 'two hunks in the wrong order',
    patch: `${head}@@ -8,4 +8,4 @@\n${second}@@ -2,4 +2,4 @@\n${body}`,
    to: twice,
  },
  {
    name: 'a file header for each hunk',
    patch: `${head}@@ -2,4 +2,4 @@\n${body}${head}@@ -8,4 +8,4 @@\n${second}`,
    to: twice,
  },
  {
    name: 'hunks that share context',
    patch: `${head}@@ -1,3 +1,3 @@\n one\n-two\n+TWO\n three\n@@ -3,2 +3,2 @@\n three\n-  four\n+  FOUR\n`,
    to: changed.replace('two', 'TWO'),
  },
  {
    name: 'a removed line that looks like a header',
    from: 'a\n-- x\nb\n',
    patch: '@@ -1,3 +1,2 @@\n a\n--- x\n b\n',
    to: 'a\nb\n',
  },
  { name: 'a new file', from: '', patch: '--- /dev/null\n+++ b/f\n@@ -0,0 +1,2 @@\n+a\n+b\n', to: 'a\nb\n' },
  {
    name: 'a new file with Windows line ends',
    from: '',
    patch: '@@ -0,0 +1,2 @@\n+a\r\n+b\r\n',
    to: 'a\r\nb\r\n',
  },
  {
    name: 'a new file from a patch with Windows line ends',
    from: '',
    patch: '@@ -0,0 +1 @@\r\n+a\r\n',
    to: 'a\n',
  },
  {
    name: 'a new file without header',
    from: '',
    patch: '@@ -0,0 +1 @@\n+a\n\\ No newline at end of file\n',
    to: 'a',
  },
  {
    name: 'an insertion without context at a stated line',
    patch: '@@ -2,0 +3 @@\n+new\n',
    to: source.replace('two\n', 'two\nnew\n'),
  },
  {
    name: 'a byte order mark',
    from: `\uFEFF${source}`,
    patch: '@@ -1,2 +1,2 @@\n-one\n+ONE\n two\n',
    to: `\uFEFF${source.replace('one', 'ONE')}`,
  },
  { name: 'a file that becomes empty', from: 'a\n', patch: '@@ -1 +0,0 @@\n-a\n', to: '' },
];

describe('applyUnifiedDiff', () => {
  it.each(applies)('applies $name', ({ from = source, patch, to = changed }) => {
    expect(applyUnifiedDiff(from, patch)).toMatchObject({ kind: 'applied', text: to });
  });

  it.each([
    ['nothing', '', /no hunk/],
    ['prose', 'please change four to FOUR\n- really\n', /no hunk/],
    ['binary patches', 'diff --git a/x b/x\nGIT binary patch\nliteral 3\n', /binary/],
    ['binary remarks', 'Binary files a/x and b/x differ\n', /binary/],
    [
      'apply_patch format',
      '*** Begin Patch\n*** Update File: f\n@@\n-a\n+b\n*** End Patch\n',
      /unified diff of one file/,
    ],
    ['search and replace blocks', '<<<<<<< SEARCH\none\n=======\nuno\n>>>>>>> REPLACE\n', /unified diff/],
    ['context diffs', '*** a\n--- b\n***************\n*** 1 ****\n', /context diff/],
    ['renames', 'diff --git a/x b/y\nrename from x\nrename to y\n', /rename/],
    ['several files', `${head}@@ -2,4 +2,4 @@\n${body}--- a/g\n+++ b/g\n@@ -1 +1 @@\n-x\n+y\n`, /2 files/],
    ['a patch without change', `${head}@@ -1,2 +1,2 @@\n one\n two\n`, /adds and removes nothing/],
    ['a change to the same', `${head}@@ -1,2 +1,2 @@\n-one\n+one\n two\n`, /changes nothing/],
    ['lines that are not there', `${head}@@ -1,2 +1,2 @@\n-uno\n+eins\n dos\n`, /not in the file/],
    ['a change that is there already', `${head}@@ -1,2 +1,2 @@\n-zero\n+one\n two\n`, /already/],
    ['an insertion without place', '@@ @@\n+new\n', /place is unknown/],
    ['a new file over an old one', '--- /dev/null\n+++ b/f\n@@ -0,0 +1 @@\n+a\n', /exists/],
    ['a deletion of a part', '--- a/f\n+++ /dev/null\n@@ -1,2 +0,0 @@\n-one\n-two\n', /whole content/],
    ['NUL bytes', '@@ -1 +1 @@\n-one\n+o\0e\n', /binary/],
  ])('rejects %s with the reason', (_name, patch, reason) => {
    expect(applyUnifiedDiff(source, patch)).toMatchObject({
      kind: 'rejected',
      reason: expect.stringMatching(reason),
    });
  });

  const repeated = 'x\nend\nx\nend\nx\nend\n';

  it('rejects a hunk that fits at several places and names them', () => {
    const outcome = applyUnifiedDiff(repeated, '@@ -2,2 +2,2 @@\n-x\n+y\n end\n');
    expect(outcome).toMatchObject({ kind: 'rejected', candidates: [1, 3, 5] });
  });

  it('lets an exact line number decide between several places', () => {
    const outcome = applyUnifiedDiff(repeated, '@@ -3,2 +3,2 @@\n-x\n+y\n end\n');
    expect(outcome).toMatchObject({ kind: 'applied', text: 'x\nend\ny\nend\nx\nend\n' });
  });

  it('rejects a place that only fuzz finds, where there are two of them', () => {
    const from = 'a\nb\nx\nc\n--\na\nb\nx\nc\n';
    const outcome = applyUnifiedDiff(from, '@@ -1,4 +1,4 @@\n Q\n b\n-x\n+y\n c\n');
    expect(outcome).toMatchObject({ kind: 'rejected', candidates: [3, 8] });
  });

  it('does not use fuzz when told so', () => {
    const outcome = applyUnifiedDiff(source, `@@ -1,5 +1,5 @@\n uno\n${body}`, { fuzz: 0 });
    expect(outcome.kind).toBe('rejected');
  });

  it('never removes a line that differs from the one the patch names', () => {
    const outcome = applyUnifiedDiff(source, '@@ -1,4 +1,3 @@\n one\n two\n-trois\n   four\n');
    expect(outcome.kind).toBe('rejected');
  });

  it('says that a file is deleted only when the patch holds all of it', () => {
    expect(applyUnifiedDiff('a\nb\n', '--- a/f\n+++ /dev/null\n@@ -1,2 +0,0 @@\n-a\n-b\n')).toMatchObject({
      kind: 'deleted',
    });
    expect(applyUnifiedDiff('', 'diff --git a/f b/f\ndeleted file mode 100644\n')).toMatchObject({
      kind: 'deleted',
    });
  });

  it('keeps each line end of a file that mixes them', () => {
    const outcome = applyUnifiedDiff('a\r\nb\nc\r\nd\r\n', '@@ -1,3 +1,3 @@\n a\n b\n-c\n+C\n d\n');
    expect(outcome).toMatchObject({ kind: 'applied', text: 'a\r\nb\nC\r\nd\r\n' });
  });

  it('refuses what is larger than its limits', () => {
    expect(applyUnifiedDiff('a', 'x'.repeat(MAX_PATCH + 1)).kind).toBe('rejected');
    expect(applyUnifiedDiff('x'.repeat(MAX_PATCH_SOURCE + 1), '@@ -1 +1 @@\n-a\n+b\n').kind).toBe('rejected');
    expect(applyUnifiedDiff('a\n', '@@ -1 +1 @@\n-a\n+b\n'.repeat(501)).kind).toBe('rejected');
  });

  it('gives up on a patch that is made to be slow', () => {
    const from = 'a\n'.repeat(500_000);
    const slow = `@@ @@\n${' a\n'.repeat(5000)}-b\n+c\n`;
    expect(applyUnifiedDiff(from, slow)).toMatchObject({
      kind: 'rejected',
      reason: expect.stringContaining('too long'),
    });
  });

  it('applies what a real diff says, and without its numbers never applies something else', () => {
    let seed = 3;
    const random = (below: number): number => {
      seed = (seed * 1103515245 + 12345) % 2147483648;
      return (seed >> 8) % below;
    };
    const line = (): string => ['  ', '', '\t', '- ', '+ ', '-- '][random(6)] + 'w'.repeat(random(4));
    for (let round = 0; round < 2000; round += 1) {
      const before = Array.from({ length: random(30) }, line);
      const after = [...before];
      for (let edit = 0; edit <= random(4); edit += 1) {
        after.splice(random(after.length + 1), random(2), ...(random(3) > 0 ? [line()] : []));
      }
      const eol = random(3) > 0 ? '\n' : '\r\n';
      const [from, to] = [before, after].map((lines) => lines.map((one) => one + eol).join('')) as [
        string,
        string,
      ];
      if (from === to) continue;
      const patch = createTwoFilesPatch('a/f', 'b/f', from, to, '', '', { context: random(4) });
      expect(applyUnifiedDiff(from, patch)).toMatchObject({ kind: 'applied', text: to });
      const blind = applyUnifiedDiff(from, patch.replace(/^@@.*@@$/gm, '@@ @@'));
      if (blind.kind === 'applied') expect(blind.text).toBe(to);
    }
  });

  it('says what it repaired', () => {
    const outcome = applyUnifiedDiff(source, `\`\`\`\n${head}@@ -9,9 +9,9 @@\n${body}\`\`\``);
    expect(outcome).toMatchObject({
      notes: [
        'took the patch out of its markdown fence',
        'hunk 1: line counts corrected',
        'hunk 1: found at line 2',
      ],
    });
  });
});
