import { describe, expect, it } from 'vitest';
import { parseFrontmatter } from '../../../src/domain/spec/frontmatter.ts';

const file = (yaml: string): string => `---\n${yaml}\n---\n\n# Task\n`;
/** The file with the first finding's line written anew, as a user would. */
const withFix = (text: string): string => {
  const [finding] = parseFrontmatter(text).findings;
  const lines = text.split('\n');
  const fix = finding!.fix.split('\n');
  lines.splice(finding!.line - 1, fix.length, ...fix);
  return lines.join('\n');
};

describe('the fix of broken YAML', () => {
  it.each([
    ['a quote that is not closed', 'a: "x\nb: 1', 2, 'a: "x"'],
    ['one in a list', 'verify_commands:\n  - "npm test\n  - "npm run lint"', 3, '  - "npm test"'],
    ['a list that is not closed', 'a: [1, 2\nb: 1', 2, 'a: [1, 2]'],
    ['a mapping that is not closed', 'a: {b: 1\nc: 2', 2, 'a: {b: 1}'],
    ['a colon in a value', 'title: Fix: the bug\nb: 1', 2, 'title: "Fix: the bug"'],
    ['a tab for indentation', 'a:\n\tb: 1', 3, '  b: 1'],
    ['a backtick', 'test_command: `npm test`', 2, 'test_command: "`npm test`"'],
    ['an apostrophe within apostrophes', "a: 'it's'", 2, 'a: "it\'s"'],
    ['text behind quotes', 'a: "x" y', 2, 'a: "\\"x\\" y"'],
    ['an escape that YAML does not know', 'a: "\\d+"', 2, 'a: "\\\\d+"'],
    ['a word without a value', 'a: 1\nbroken\nc: 1', 3, 'broken: ""'],
    ['a line too far to the right', 'a: 1\n b: 2', 2, 'a: 1\nb: 2'],
    ['an unknown tag', 'a: !!js/function x', 2, 'a: x'],
  ])('is the whole line for %s, and the file can be read with it', (...[, yaml, line, fix]) => {
    const text = file(yaml);
    const { findings } = parseFrontmatter(text);
    expect(findings[0]).toMatchObject({ line, fix });
    expect(findings[0]!.message).not.toMatch(/at line/);
    expect(parseFrontmatter(withFix(text)).findings).toEqual([]);
  });
});
