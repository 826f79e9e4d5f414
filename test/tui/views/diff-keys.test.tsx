import { beforeAll, describe, expect, it } from 'vitest';
import { diffPane } from '../../../src/tui/views/diff.tsx';
import {
  added,
  binary,
  current,
  handler,
  lines,
  openDiff,
  openPath,
  patch,
  type DiffTab,
} from '../../fakes/diff-tab.ts';

beforeAll(() => {
  process.env['COLUMNS'] = '300';
  process.env['LINES'] = '100';
});

const rowOfHit = ({ state }: DiffTab): number | undefined =>
  typeof state.hit === 'object' ? state.hit.row : undefined;

describe('keys', () => {
  it('goes through overview and files with left and right, and opens the one under the cursor with enter', () => {
    const tab = openDiff();
    tab.press('left');
    expect(openPath(tab)).toBe('overview');
    tab.press('j', 'j', 'enter');
    expect(openPath(tab)).toBe('logo.png');
    tab.press('right');
    expect(openPath(tab)).toBe('logo.png');
    tab.press('h', 'h');
    expect(openPath(tab)).toBe('src/foo/handler.ts');
    tab.press('left');
    expect(openPath(tab)).toBe('overview');
    tab.press('right');
    expect(openPath(tab)).toBe('src/foo/handler.ts');
  });
  it('scrolls to the last line and not further', () => {
    const tab = openDiff();
    tab.press('j', 'enter', 'j', 'j');
    expect(tab.frame()).toMatch(/│ +2 \+line 2 of/);
    tab.press('G', 'j');
    expect(tab.frame().split('\n').at(-1)).toMatch(/│ +60 \+line 60 of/);
    tab.press('ctrl+u');
    expect(tab.frame().split('\n').at(-1)).toMatch(/│ +51 \+line 51 of/);
    tab.press('g');
    expect(tab.frame()).toContain('@@ -0,0 +1,60 @@');
  });
  it('changes between the current diff and that of an iteration, and jumps to any', () => {
    const tab = openDiff();
    tab.press('t');
    expect(tab.frame()).toMatch(/^ iteration 4: 2a996405\.\.70b80299 {2}1 file \+2 −1/);
    tab.act({ kind: 'jump', iteration: 2 });
    expect(tab.frame()).toContain('Iteration 2 changed no file.');
    tab.act({ kind: 'jump', iteration: 5 });
    expect(tab.frame()).toContain('Iteration 5 has no patch yet.');
    tab.act({ kind: 'jump', iteration: 99 });
    expect(tab.frame()).toContain('There is no iteration 99.');
    tab.press('t');
    expect(tab.state.source).toBe('current');
    tab.act({ kind: 'jump', iteration: 2 });
    tab.press('t', 't');
    expect(tab.state.source).toBe(2);
  });
  it('wraps long lines on demand, and the end can still be reached', () => {
    const long = added('long.txt', 3).replace('line 1 of', `${'0123456789'.repeat(30)} of`);
    const tab = openDiff({ '@current-diff': current(long) }, { width: 80, height: 9 });
    tab.press('enter', 'w');
    expect(tab.frame()).toMatchInlineSnapshot(`
      " current: work tree of iteration 5 against its start 2a996405  1 file +3 −0
       long.txt  added +3 −0                                                   1 of 1
            @@ -0,0 +1,3 @@
          1 +0123456789012345678901234567890123456789012345678901234567890123456789012
            34567890123456789012345678901234567890123456789012345678901234567890123456
            78901234567890123456789012345678901234567890123456789012345678901234567890
            12345678901234567890123456789012345678901234567890123456789012345678901234
            56789 of long.txt
          2 +line 2 of long.txt"
    `);
    tab.press('G');
    expect(tab.frame()).toContain('line 3 of long.txt');
    tab.press('w');
    expect(tab.frame()).toContain('78901…');
  });
  it('searches all files, and n and N step through what was found', () => {
    const tab = openDiff();
    tab.act({ kind: 'search', text: 'LINE 4' });
    expect(openPath(tab)).toContain('components.ts');
    const seen: (number | undefined)[] = [rowOfHit(tab)];
    for (let i = 0; i < 11; i += 1) {
      tab.press('n');
      seen.push(rowOfHit(tab));
    }
    expect(seen).toEqual([4, 40, 41, 42, 43, 44, 45, 46, 47, 48, 49, 4]);
    tab.press('N', 'N');
    expect(rowOfHit(tab)).toBe(48);
    expect(tab.frame()).toContain('line 48 of');
    tab.act({ kind: 'search', text: 'return OK(' });
    expect(openPath(tab)).toBe('src/foo/handler.ts');
    tab.act({ kind: 'search', text: 'nowhere' });
    expect(tab.frame()).toContain('/nowhere not found');
    expect(openPath(tab)).toBe('src/foo/handler.ts');
  });
  it('copies what is open and writes the whole patch, as it is', () => {
    const tab = openDiff();
    expect(diffPane.copy?.(tab.state, tab.facts)).toBe(patch);
    tab.press('enter');
    expect(diffPane.copy?.(tab.state, tab.facts)).toBe(handler);
    expect(diffPane.export?.(tab.state, tab.facts)).toEqual({
      name: 'ralph-04deab-current.patch',
      text: patch,
    });
    tab.press('t');
    expect(diffPane.export?.(tab.state, tab.facts)).toEqual({
      name: 'ralph-04deab-iteration-4.patch',
      text: handler,
    });
  });
});

describe('while an agent works', () => {
  it('stays at its place when the diff is read again', () => {
    const tab = openDiff();
    const other = added('a-new-file.txt', 5);
    tab.press('j', 'enter', 'ctrl+d', 'ctrl+d');
    const place = tab.frame().split('\n').at(3);
    expect(place).toContain('line 19 of');
    tab.put(
      '@current-diff',
      current(other + handler + added('src/some/deeply/nested/folder/of/components.ts', 80) + binary),
    );
    expect(tab.frame().split('\n').at(3)?.slice(31)).toBe(place?.slice(31));
    const changed = `diff --git a/f b/f
--- a/f
+++ b/f
@@ -1,2 +1,2 @@
 one
 two
@@ -100,40 +100,40 @@
${lines(40, (i) => ` old ${i + 100}`)}`;
    const second = openDiff({ '@current-diff': current(changed) });
    second.press('enter', 'j', 'j', 'j', 'j', 'j', 'j');
    expect(second.frame().split('\n')[2]).toContain('old 102');
    second.put(
      '@current-diff',
      current(changed.replace(' two\n', `${lines(30, (i) => `+more ${i}`)} two\n`)),
    );
    expect(second.frame().split('\n')[2]).toContain('old 102');
  });
  it('falls back to the overview when the open file is not changed any more, and comes back with it', () => {
    const tab = openDiff();
    tab.press('enter');
    tab.put('@current-diff', current(binary));
    expect(tab.frame()).toContain('Overview');
    tab.put('@current-diff', current(patch));
    expect(tab.frame()).toContain('1 of 3');
  });
});

describe('a patch of 200,000 lines', () => {
  const huge = Array.from({ length: 200 }, (_, i) => added(`src/file-${i}.ts`, 1_000)).join('');
  it('is opened by file: only the open one is read, and only what is seen is made', () => {
    const tab = openDiff({ '@current-diff': current(huge) }, { width: 120, height: 40 });
    expect(tab.frame().split('\n')).toHaveLength(40);
    tab.press('G', 'enter', 'G');
    const last = tab.frame().split('\n');
    expect(last).toHaveLength(40);
    expect(last.at(-1)).toContain('+line 1000 of src/file-199.ts');
    tab.act({ kind: 'search', text: 'line 1000 of src/file-150' });
    expect(openPath(tab)).toBe('src/file-150.ts');
  });
});
