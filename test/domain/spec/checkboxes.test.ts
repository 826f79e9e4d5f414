import { describe, expect, it } from 'vitest';

import { scanBoxes, setBoxes } from '../../../src/domain/spec/checkboxes.ts';

const ids = (text: string): string[] => scanBoxes(text).boxes.map((box) => box.id);

describe('scanBoxes', () => {
  it('reads id, text, milestone, verify, state and line', () => {
    const text =
      '---\na: 1\n---\n\n### Milestone M1 — Behavior\n- [x] M1.1 Foo works  \n  - verify: `npm test` (all of it)\n';
    expect(scanBoxes(text).boxes).toMatchObject([
      {
        id: 'M1.1',
        text: 'Foo works',
        milestone: 'M1 — Behavior',
        checked: true,
        verify: 'npm test',
        line: 6,
        verifyLine: 7,
      },
    ]);
  });

  it.each([
    '- [ ] A',
    '* [ ] A',
    '+ [ ] A',
    '1. [ ] A',
    '12) [ ] A',
    '    - [ ] A',
    '\t- [X] A',
    '- [ ]   A  \r',
  ])('takes %j for a box', (line) => {
    expect(scanBoxes(line).boxes).toMatchObject([{ id: 'B1', text: 'A' }]);
  });

  it.each(['- [] A', '-[ ] A', '- [y] A', '[ ] A', '- [ ](http://x)', 'text - [ ] A', '- [x]A'])(
    'takes %j for text',
    (line) => {
      expect(ids(line)).toEqual([]);
    },
  );

  it.each([
    ['- [ ] M1.1 a', 'M1.1', 'a'],
    ['- [ ] **M1.1** a', 'M1.1', 'a'],
    ['- [ ] M1.1: a', 'M1.1', 'a'],
    ['- [ ] AC-3: a', 'AC-3', 'a'],
    ['- [ ] M10.2.3 a', 'M10.2.3', 'a'],
    ['- [ ] S3 upload works', 'B1', 'S3 upload works'],
    ['- [ ] v1.2 is out', 'B1', 'v1.2 is out'],
  ])('reads the id of %j as %s', (line, id, text) => {
    expect(scanBoxes(line).boxes).toMatchObject([{ id, text }]);
  });

  it('numbers boxes without an id around the ids that are taken', () => {
    expect(ids('- [ ] a\n- [ ] B2: b\n- [ ] c\n- [ ] M1.1 d\n- [ ] e')).toEqual([
      'B1',
      'B2',
      'B3',
      'M1.1',
      'B4',
    ]);
  });

  it('sees no boxes in code fences, comments and front matter', () => {
    const hidden = [
      '---\nx: |\n  - [ ] front\n---',
      '```md\n- [ ] fenced\n~~~\n- [ ] still\n```',
      '~~~~\n- [ ] tilde\n~~~\n- [ ] still\n~~~~~',
      '<!-- - [ ] one line -->',
      '<!--\n- [ ] many\n```\n-->',
      '- text\n  ```\n  - [ ] in a list\n  ```',
      '- [ ] A <!-- note --> b',
      'a `<!--` in code',
      '- [ ] C',
    ].join('\n');
    expect(scanBoxes(hidden).boxes.map((box) => box.text.slice(0, 1))).toEqual(['A', 'C']);
    expect(scanBoxes(hidden).unclosed).toBeUndefined();
  });

  it('names the line of a fence or comment that is never closed', () => {
    expect(scanBoxes('a\n```\n- [ ] x').unclosed).toEqual({ what: 'code fence', line: 2 });
    expect(scanBoxes('a\n\n<!-- x\n- [ ] x').unclosed).toEqual({ what: 'comment', line: 3 });
  });

  it.each([
    ['  - verify: `npm test` (or more)', 'npm test'],
    ['  verify: npm run x (really)', 'npm run x (really)'],
    ['  - **verify:** `a`', 'a'],
    ['  * Verify: ``echo `date` ``', 'echo `date`'],
    ['- verify: `same indent`', 'same indent'],
    ['\n  - verify: `after a blank line`', 'after a blank line'],
    ['  - verify: `a`\n  - verify: `b || c`', '(a) && (b || c)'],
    ['  - verify: `a # x`\n  - verify: `b`', '(a # x\n) && (b)'],
    ['  - verified: `no`', undefined],
    ['## Notes\n  - verify: `of nobody`', undefined],
  ])('reads %j as the command %j', (line, verify) => {
    expect(scanBoxes(`- [ ] A\n${line}\n`).boxes[0]?.verify).toBe(verify);
  });

  it('gives a verify line to the box it is indented under', () => {
    const text = '- [ ] A\n  - [ ] B\n    - verify: `b`\n  - verify: `a`\n';
    expect(scanBoxes(text).boxes.map((box) => box.verify)).toEqual(['a', 'b']);
  });

  it('ends a milestone at the next heading of its level, not at a deeper one', () => {
    const text = '## Milestone M1\n### Part\n- [ ] a\n## Notes\n- [ ] b\n';
    expect(scanBoxes(text).boxes.map((box) => box.milestone)).toEqual(['M1', undefined]);
  });

  it('reads a megabyte on one line and 40,000 boxes', () => {
    expect(scanBoxes(`- [ ] ${'x'.repeat(1 << 20)}`).boxes[0]?.text).toHaveLength(1 << 20);
    expect(ids('`<!--'.repeat(200_000))).toEqual([]);
    expect(ids('- [ ] a\n'.repeat(40_000))).toHaveLength(40_000);
  });
});

describe('setBoxes', () => {
  const text =
    '\uFEFF---\r\na: 1\r\n---\r\n- [ ] M1.1 a\t \r\n\r\n  * [X] b \uD800\r\n```\n- [ ] M1.1 c\n```\n1. [x] d';

  it('flips the named boxes and not one other character', () => {
    const changed = setBoxes(
      text,
      new Map([
        ['M1.1', true],
        ['B2', false],
      ]),
    );
    expect(changed).toBe(text.replace('[ ] M1.1 a', '[x] M1.1 a').replace('[x] d', '[ ] d'));
  });

  it('leaves a box that already is as wanted, and unknown ids', () => {
    expect(
      setBoxes(
        text,
        new Map([
          ['B1', true],
          ['M1.1', false],
          ['M9.9', true],
        ]),
      ),
    ).toBe(text);
    expect(setBoxes('', new Map([['B1', true]]))).toBe('');
  });

  it('comes back to the same text after a tick and its undoing, for every box', () => {
    for (const box of scanBoxes(text).boxes) {
      const there = setBoxes(text, new Map([[box.id, !box.checked]]));
      expect(there).not.toBe(text);
      expect(setBoxes(there, new Map([[box.id, box.checked]])).toLowerCase()).toBe(text.toLowerCase());
    }
  });
});
