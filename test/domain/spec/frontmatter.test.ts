import { describe, expect, it } from 'vitest';

import { parseFrontmatter, utf8Length } from '../../../src/domain/spec/frontmatter.ts';

const codes = (text: string): string[] => parseFrontmatter(text).findings.map((finding) => finding.code);
const front = (yaml: string): string => `---\n${yaml}\n---\nbody\n`;

describe('parseFrontmatter', () => {
  it('gives values and the real lines of keys and list items', () => {
    const read = parseFrontmatter(front('# note\na: 1\n\npr:\n  draft: true\nlist:\n  - x\n  - y'));
    expect(read.data).toEqual({ a: 1, pr: { draft: true }, list: ['x', 'y'] });
    expect(read.findings).toEqual([]);
    expect(
      [['a'], ['pr', 'draft'], ['list', 1], ['pr', 'gone'], ['gone']].map((path) => read.lineOf(path)),
    ).toEqual([3, 6, 9, 5, 10]);
  });

  it('reads CRLF, a byte order mark and `---yaml` alike', () => {
    const plain = parseFrontmatter('---\na: 1\nb: |\n  x\n  y\nc: 2\n---\n');
    for (const text of [
      '\uFEFF---\na: 1\nb: |\n  x\n  y\nc: 2\n---\n',
      '---\r\na: 1\r\nb: |\r\n  x\r\n  y\r\nc: 2\r\n---\r\n',
      '--- yaml\na: 1\nb: |\n  x\n  y\nc: 2\n---',
    ]) {
      const read = parseFrontmatter(text);
      expect(read.data).toEqual(plain.data);
      expect(read.lineOf(['c'])).toBe(6);
      expect(read.endLine).toBe(7);
    }
  });

  it.each(['js', 'javascript', 'json', 'coffee', 'toml', ' JS ', '__proto__', 'constructor'])(
    'refuses front matter in %j and evaluates nothing',
    (language) => {
      const code = '{ a: (globalThis.ralphEvaluated = true) }';
      expect(codes(`---${language}\n${code}\n---\n`)).toEqual(['frontmatter.language']);
      expect(globalThis).not.toHaveProperty('ralphEvaluated');
    },
  );

  it.each([
    ['no front matter', '# Title\n', 'frontmatter.missing'],
    ['a blank line first', '\n---\na: 1\n---\n', 'frontmatter.missing'],
    ['a longer rule', '-----\na: 1\n---\n', 'frontmatter.missing'],
    ['no end', '---\na: 1\n', 'frontmatter.unclosed'],
    ['text behind the end', '---\na: 1\n--- x\n', 'frontmatter.fence'],
    ['a list', front('- a'), 'frontmatter.not-a-map'],
    ['a word', front('word'), 'frontmatter.not-a-map'],
    ['broken YAML', front('a: "x'), 'frontmatter.yaml'],
    ['a tab for indentation', front('a:\n\tb: 1'), 'frontmatter.yaml'],
    ['an unknown tag', front('a: !!js/function "x"'), 'frontmatter.yaml'],
    ['an unknown alias', front('a: *x'), 'frontmatter.yaml'],
    ['a key twice', front('a: 1\na: 2'), 'frontmatter.key'],
    ['a key twice below', front('pr: {a: 1, a: 2}'), 'frontmatter.key'],
    ['a map as a key', front('? {a: 1}\n: 2'), 'frontmatter.key'],
    ['a prototype', front('__proto__: {draft: true}'), 'frontmatter.key'],
    ['a prototype below', front('pr:\n  __proto__: {draft: true}'), 'frontmatter.key'],
    ['too many lines', front('\n'.repeat(2000)), 'frontmatter.too-large'],
    ['too much text', front(`a: ${'x'.repeat(70_000)}`), 'frontmatter.too-large'],
    ['a huge file', `${front('a: 1')}${'x'.repeat(1 << 20)}`, 'file.too-large'],
    ['a file huge only in bytes', `${front('a: 1')}${'日'.repeat(100_000)}`, 'file.too-large'],
  ])('says what is wrong with %s', (_what, text, code) => {
    expect(codes(text)[0]).toBe(code);
    expect(parseFrontmatter(text).readable).toBe(false);
  });

  it('gives the line of a YAML error and of a repeated key', () => {
    expect(parseFrontmatter(front('a: 1\nb: [1\nc: 2')).findings[0]?.line).toBeGreaterThanOrEqual(3);
    expect(parseFrontmatter(front('a: 1\n\na: 2')).findings[0]?.line).toBe(4);
  });

  it('stops at a bomb of aliases and at deep nesting', () => {
    const names = 'abcdefghij'.split('');
    const level = (name: string, index: number): string =>
      `${name}: &${name} [${Array(9)
        .fill(index === 0 ? 'x' : `*${names[index - 1]}`)
        .join(',')}]`;
    expect(codes(front(names.map(level).join('\n')))).toEqual(['frontmatter.yaml']);
    expect(codes(front(`a: ${'['.repeat(30_000)}`))[0]).toBe('frontmatter.yaml');
    expect(codes(front(`a: ${'{b: '.repeat(8000)}${'}'.repeat(8000)}`))[0]).toBe('frontmatter.yaml');
  });

  it('gives each caller its own object', () => {
    const text = front('pr: {labels: [a]}');
    const first = parseFrontmatter(text).data as { pr: { labels: string[] } };
    first.pr.labels.push('leaked');
    expect(parseFrontmatter(text).data).toEqual({ pr: { labels: ['a'] } });
    expect({}).not.toHaveProperty('draft');
  });

  it('takes front matter of comments or nothing as no keys', () => {
    for (const text of ['---\n---\n', '---\n# only a comment\n---\n', '---\n\n\n---']) {
      expect(parseFrontmatter(text)).toMatchObject({ readable: true, data: {} });
    }
  });

  it('counts bytes as UTF-8 does', () => {
    for (const text of ['', 'abc', 'ü€', '😀x', '\uFEFF']) {
      expect(utf8Length(text)).toBe(Buffer.byteLength(text, 'utf8'));
    }
  });
});
