import { beforeAll, describe, expect, it } from 'vitest';
import { writeCurrentDiff } from '../../../src/domain/current-diff.ts';
import { viewPatch } from '../../../src/domain/patch-view.ts';
import { themeOf } from '../../../src/tui/theme.ts';
import { hunksText } from '../../../src/tui/views/diff-text.ts';
import { added, binary, current, from, handler, openDiff, to } from '../../fakes/diff-tab.ts';

beforeAll(() => {
  process.env['COLUMNS'] = '300';
  process.env['LINES'] = '100';
});

describe('what is seen', () => {
  it('begins with the overview: every file with what it gained and lost', () => {
    expect(openDiff().frame()).toMatchInlineSnapshot(`
      " current: work tree of iteration 5 against its start 2a996405  3 files +62 −1                 t an iteration’s · i jump
       Overview                      │  Overview
       M src/foo/handler.ts    +2 −1 │  M src/foo/handler.ts                                      +2 −1  +
       A …er/of/components.ts +60 −0 │  A src/some/deeply/nested/folder/of/components.ts         +60 −0  ++++++++++
       M logo.png             binary │  M logo.png                                               binary
                                     │
                                     │
                                     │
                                     │
                                     │
                                     │
                                     │
                                     │
                                     │
                                     │
                                     │
                                     │
                                     │
                                     │
                                     │"
    `);
    expect(openDiff({}, { width: 80, height: 12 }).frame()).toMatchInlineSnapshot(`
      " current: work tree of iteration 5 against its start 2a996405  3 files +62 −1
       Overview
       M src/foo/handler.ts                                      +2 −1  +
       A src/some/deeply/nested/folder/of/components.ts         +60 −0  ++++++++++
       M logo.png                                               binary"
    `);
  });
  it('shows the hunks of a file beside the list, below 90 columns without it', () => {
    const wide = openDiff();
    wide.press('enter');
    expect(wide.frame()).toMatchInlineSnapshot(`
      " current: work tree of iteration 5 against its start 2a996405  3 files +62 −1                 t an iteration’s · i jump
       Overview                      │  src/foo/handler.ts  modified +2 −1                                             1 of 3
       M src/foo/handler.ts    +2 −1 │       @@ -10,4 +10,5 @@ export const handle = (request) => {
       A …er/of/components.ts +60 −0 │    10  const body = read(request);
       M logo.png             binary │    11 -if (body === null) return fail(500);
                                     │    11 +if (body === null) return fail(400);
                                     │    12 +log('bad request');
                                     │    13  return ok(body);
                                     │    14  }
                                     │
                                     │
                                     │
                                     │
                                     │
                                     │
                                     │
                                     │
                                     │
                                     │
                                     │"
    `);
    const narrow = openDiff({}, { width: 80, height: 12 });
    narrow.press('enter', 'right');
    expect(narrow.frame()).toMatchInlineSnapshot(`
      " current: work tree of iteration 5 against its start 2a996405  3 files +62 −1
       src/some/deeply/nested/folder/of/components.ts  added +60 −0            2 of 3
            @@ -0,0 +1,60 @@
          1 +line 1 of src/some/deeply/nested/folder/of/components.ts
          2 +line 2 of src/some/deeply/nested/folder/of/components.ts
          3 +line 3 of src/some/deeply/nested/folder/of/components.ts
          4 +line 4 of src/some/deeply/nested/folder/of/components.ts
          5 +line 5 of src/some/deeply/nested/folder/of/components.ts
          6 +line 6 of src/some/deeply/nested/folder/of/components.ts
          7 +line 7 of src/some/deeply/nested/folder/of/components.ts
          8 +line 8 of src/some/deeply/nested/folder/of/components.ts
          9 +line 9 of src/some/deeply/nested/folder/of/components.ts"
    `);
  });
  it('names a binary and a huge file, and prints neither', () => {
    const tab = openDiff(
      { '@current-diff': current(binary + added('big.txt', 60_000)) },
      { width: 100, height: 8 },
    );
    expect(tab.frame()).toMatchInlineSnapshot(`
      " current: work tree of iteration 5 against its start 2a996405  2 files +60000 −0
       Overview                      │  Overview
       M logo.png             binary │  M logo.png                               binary
       A big.txt           +60000 −0 │  A big.txt                             +60000 −0  not shown
                                     │
                                     │
                                     │
                                     │"
    `);
    tab.press('enter');
    expect(tab.frame()).toContain('A binary file: not printed.');
    tab.press('right');
    expect(tab.frame()).toContain('Too large to be printed: 60,001 lines, 1.3 MiB. E writes it.');
  });
  it('says what there is instead of a diff', () => {
    const said = (text: string | undefined): string => {
      const tab = openDiff();
      tab.put('@current-diff', text);
      return tab.frame();
    };
    expect(said(undefined)).toContain('Looking at the work tree…');
    expect(said(current(''))).toContain('The iteration has changed no file so far.');
    expect(said(writeCurrentDiff({ kind: 'none', why: 'git is not there' }))).toContain('git is not there');
    expect(said('cannot be read: EIO')).toContain('cannot be read: EIO');
    const branch = { kind: 'branch', from, to, iteration: undefined, patch: handler, cut: true } as const;
    expect(said(writeCurrentDiff({ ...branch, note: undefined }))).toMatch(
      /current: ralph\/foo, 2a996405\.\.70b80299.* · it goes on: the rest was cut/,
    );
    expect(said(writeCurrentDiff({ ...branch, note: 'the sandbox is gone' }))).toContain(
      'the sandbox is gone',
    );
  });
  it('lets nothing of a hostile patch reach the terminal', () => {
    const evil = added('a\u001B]0;title\u0007.txt', 1).replaceAll(
      'line 1',
      'x\u001B]52;c;aGk=\u0007\u001B[2J\u202Ey\tz\r',
    );
    const tab = openDiff({ '@current-diff': current(evil) });
    const overview = tab.frame();
    tab.press('enter');
    for (const text of [overview, tab.frame()])
      expect(text).not.toMatch(/[\u0000-\u0009\u000B-\u001F\u007F-\u009F\u202E]/);
    expect(tab.frame()).toContain('x<U+202E>y    z␍');
  });
  it('marks the words that changed within a line', () => {
    const theme = themeOf('colour-blind');
    const view = viewPatch(handler);
    const text = hunksText(view, view.files[0]!, { theme });
    const words = (i: number) =>
      text.line(i).body.filter((s) => s.look === theme.addedWord || s.look === theme.removedWord);
    expect([words(2), words(3), words(4)].map((spans) => spans.map((s) => s.text))).toEqual([
      ['500'],
      ['400'],
      [],
    ]);
    expect(text.line(4).body[0]!.look).toBe(theme.added);
  });
});
