import { describe, expect, it } from 'vitest';
import { createHeadTail } from '../../src/domain/head-tail.ts';

const fill = (sizes: readonly [number, number], chunks: readonly string[]) => {
  const kept = createHeadTail(...sizes);
  for (const chunk of chunks) kept.push(chunk);
  return kept;
};

describe('createHeadTail', () => {
  it('keeps a short text whole', () => {
    const kept = fill([4, 4], ['abc', 'de', 'fgh']);
    expect(kept.text()).toBe('abcdefgh');
    expect(kept.truncated).toBe(false);
    expect(kept.totalBytes).toBe(8);
  });

  it('names how much it cut on a line of its own', () => {
    const kept = fill([4, 4], ['abcdefghijkl']);
    expect(kept.text()).toBe('abcd\n[... 4 characters cut ...]\nijkl');
    expect(kept.truncated).toBe(true);
  });

  it.each([1, 3, 1000, 5000, 70_000])('keeps the same whatever the chunks are (%i)', (size) => {
    const text = Array.from({ length: 20_000 }, (_, at) => `line ${at}\n`).join('');
    const chunks = [];
    for (let at = 0; at < text.length; at += size) chunks.push(text.slice(at, at + size));
    expect(fill([1000, 10_000], chunks).text()).toBe(fill([1000, 10_000], [text]).text());
    expect(fill([1000, 10_000], chunks).text().endsWith(text.slice(-10_000))).toBe(true);
    expect(fill([1000, 10_000], chunks).text().startsWith(text.slice(0, 1000))).toBe(true);
  });

  it('can be read in mid-stream and goes on', () => {
    const kept = fill([2, 2], ['abc']);
    expect(kept.text()).toBe('abc');
    kept.push('def');
    expect(kept.text()).toBe('ab\n[... 2 characters cut ...]\nef');
    kept.push('g');
    expect(kept.text()).toBe('ab\n[... 3 characters cut ...]\nfg');
  });

  it('never splits a surrogate pair', () => {
    const text = fill([3, 3], ['ab\u{1f600}cccccc\u{1f600}de']).text();
    expect(text).toBe('ab\n[... 10 characters cut ...]\nde');
  });

  it('works without a head, without a tail and without both', () => {
    expect(fill([0, 3], ['abcdef']).text()).toBe('[... 3 characters cut ...]\ndef');
    expect(fill([3, 0], ['abc', 'def']).text()).toBe('abc\n[... 3 characters cut ...]\n');
    expect(fill([0, 0], ['abc']).text()).toBe('[... 3 characters cut ...]\n');
  });

  it('does not keep an endless stream in memory', () => {
    const kept = createHeadTail(1000, 1000);
    const chunk = 'x'.repeat(1 << 20);
    const before = process.memoryUsage().heapUsed;
    for (let at = 0; at < 2000; at += 1) kept.push(`${at}${chunk}`);
    expect(process.memoryUsage().heapUsed - before).toBeLessThan(200 << 20);
    expect(kept.totalBytes).toBeGreaterThan(2000 * chunk.length);
    expect(kept.text().length).toBeLessThan(2100);
  });
});
