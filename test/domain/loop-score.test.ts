import { describe, expect, it } from 'vitest';
import { failureSignature, GUTTER, loopScore } from '../../src/domain/loop-score.ts';
import type { IterationFacts } from '../../src/domain/loop-score.ts';

const facts = (n: number, more: Partial<IterationFacts> = {}): IterationFacts => ({
  n,
  failures: [],
  linesAdded: 5,
  linesRemoved: 5,
  fileHashes: {},
  ...more,
});

const failing = (...iterations: readonly (readonly string[])[]) =>
  iterations.map((failures, index) => facts(index + 1, { failures }));
const sized = (...lines: readonly number[]) =>
  lines.map((linesAdded, index) => facts(index + 1, { linesAdded, linesRemoved: 0 }));
const states = (...hashes: readonly (string | null | undefined)[]) =>
  hashes.map((hash, index) =>
    facts(index + 1, hash === undefined ? {} : { fileHashes: { 'src/a.ts': hash } }),
  );

const code = (value: number) => ({ kind: 'code', code: value }) as const;

describe('loopScore', () => {
  it('is 0 for a new run and for a run that moves', () => {
    expect(loopScore([])).toEqual({ score: 0, repeatedFailure: 0, stagnation: 0, thrash: 0, evidence: [] });
    expect(loopScore([facts(1), facts(2), facts(3), facts(4)]).score).toBe(0);
  });

  it.each([
    ['two iterations', failing(['a'], ['a']), 0],
    ['three in a row', failing(['a'], ['a'], ['a']), 0.5],
    ['three of five', failing(['a'], [], ['a'], [], ['a']), 0.5],
    ['three of six', failing(['a'], ['a'], [], [], [], ['a']), 0],
    ['many within two iterations', failing(['a', 'a', 'a'], ['a', 'a']), 0],
    ['three different ones', failing(['a'], ['b'], ['c']), 0],
    ['one among others', failing(['a', 'b'], ['c', 'a'], ['a']), 0.5],
  ])('counts a failure by iterations: %s', (_name, history, part) => {
    expect(loopScore(history)).toMatchObject({ repeatedFailure: part, score: part });
  });

  it.each([
    ['two empty diffs', sized(9, 0, 0), {}, 0],
    ['three empty diffs', sized(9, 0, 0, 0), {}, 0.3],
    ['only empty diffs from the start', sized(0, 0, 0), {}, 0.3],
    ['a change that ends the row', sized(0, 0, 0, 1), {}, 0],
    ['three small diffs below the limit', sized(9, 2, 2, 2), { minNetChange: 3 }, 0.3],
    ['a diff at the limit', sized(9, 2, 3, 2), { minNetChange: 3 }, 0],
    ['empty diffs where the limit is 0', sized(0, 0, 0), { minNetChange: 0 }, 0.3],
  ])('sees stagnation: %s', (...[, history, options, part]) => {
    expect(loopScore(history, options)).toMatchObject({ stagnation: part, score: part });
  });

  it('counts removed lines as change', () => {
    const history = [1, 2, 3].map((n) => facts(n, { linesAdded: 0, linesRemoved: 4 }));
    expect(loopScore(history).stagnation).toBe(0);
  });

  it.each([
    ['A B A B', states('a', 'b', 'a', 'b'), 0.2],
    ['A B A', states('a', 'b', 'a'), 0],
    ['A B A C', states('a', 'b', 'a', 'c'), 0],
    ['A A A A', states('a', 'a', 'a', 'a'), 0],
    ['C A B A B', states('c', 'a', 'b', 'a', 'b'), 0.2],
    ['A B A B C', states('a', 'b', 'a', 'b', 'c'), 0],
    ['with other iterations between', states('a', undefined, 'b', undefined, 'a', undefined, 'b'), 0.2],
    ['a file made and deleted', states('a', null, 'a', null), 0.2],
    ['long past', states('a', 'b', 'a', 'b', undefined, undefined, undefined, undefined, undefined), 0],
  ])('sees thrash: %s', (_name, history, part) => {
    expect(loopScore(history)).toMatchObject({ thrash: part, score: part });
  });

  it('follows each file by itself, whatever its name', () => {
    const history = ['a', 'b', 'a', 'b'].map((hash, index) =>
      facts(index + 1, {
        fileHashes: JSON.parse(`{"__proto__":"${hash}","x${index}":"${hash}"}`) as Record<string, string>,
      }),
    );
    expect(loopScore(history)).toMatchObject({
      thrash: 0.2,
      evidence: ['__proto__ flips between two contents'],
    });
  });

  it('reaches the gutter by a repeated failure with one more sign, and 1 by all three', () => {
    const two = ['a', 'b', 'a', 'b'].map((hash, n) => facts(n, { failures: ['f'], fileHashes: { x: hash } }));
    expect(loopScore(two).score).toBe(GUTTER);
    const all = two.map((one) => ({ ...one, linesAdded: 0, linesRemoved: 0 }));
    expect(loopScore(all).score).toBe(1);
    expect(loopScore(all).evidence).toHaveLength(3);
    const still = sized(0, 0, 0).map((one, n) => facts(n, { ...one, fileHashes: {} }));
    expect(loopScore(still).score).toBeLessThan(GUTTER);
  });

  it('does not depend on the order in which iterations are given', () => {
    const history = states('a', 'b', 'a', 'b');
    expect(loopScore(history.toReversed())).toEqual(loopScore(history));
  });

  it('shows no escape sequence of a hostile file name', () => {
    const name = 'x\u001b]0;t\u0007\ny';
    const history = ['a', 'b', 'a', 'b'].map((hash, n) => facts(n, { fileHashes: { [name]: hash } }));
    expect(loopScore(history).evidence).toEqual(['x y flips between two contents']);
  });
});

describe('failureSignature', () => {
  const sign = (stderr: string) => failureSignature('npm test', code(1), stderr);

  it.each([
    ['durations', 'failed in 12ms (3.5s)', 'failed in 7 ms (11.25s)'],
    ['dates', 'at 2026-01-02T03:04:05.678Z x', 'at 2027-11-12T13:14:15.1Z x'],
    ['clock times', '[09:10:11] x', '[22:01:59.123] x'],
    ['epoch times', 'now 1767323045123', 'now 1767323999999'],
    ['addresses', 'at 0x7ffe12ab', 'at 0x55deadbeef'],
    ['uuids', 'id 123e4567-e89b-12d3-a456-426614174000', 'id 00000000-e89b-12d3-a456-426614174fff'],
    ['commit hashes', 'HEAD 8d3f6a5b7c8d', 'HEAD 0123456789abcdef0123456789abcdef01234567'],
    ['temporary folders', 'open /tmp/ralph-Ab12/x.ts', 'open /tmp/ralph-Zz99/x.ts'],
    ['macOS temporary folders', 'open /var/folders/ab/cd/T/x-1/f', 'open /private/var/folders/zz/yy/T/x-2/f'],
    ['colours', '\u001b[31mError\u001b[0m: x', 'Error: x'],
    ['white space', 'a\r\n\n   b', 'a\n b  '],
    ['process ids', '(node:4242) Warning, pid 17', '(node:99) Warning, pid 31337'],
    ['ports', 'connect 127.0.0.1:43211', 'connect 127.0.0.1:51000'],
  ])('is the same for a re-run that differs in %s', (_name, first, again) => {
    expect(sign(first)).toBe(sign(again));
  });

  it.each([
    ['line numbers', 'src/a.ts:10:5 error', 'src/a.ts:11:5 error'],
    ['counts', '3 failed', '4 failed'],
    ['file names in a temporary folder', '/tmp/x1/a.ts failed', '/tmp/x1/b.ts failed'],
    ['text', 'expected 1', 'expected 2'],
  ])('differs by %s', (_name, first, other) => {
    expect(sign(first)).not.toBe(sign(other));
  });

  it('differs by command and by the way the process ended', () => {
    const all = [
      failureSignature('npm test', code(1), 'x'),
      failureSignature('npm run test', code(1), 'x'),
      failureSignature('npm test', code(2), 'x'),
      failureSignature('npm test', { kind: 'signal', signal: 'SIGKILL' }, 'x'),
      failureSignature('npm test', { kind: 'timeout' }, 'x'),
      failureSignature('npm test', { kind: 'cancelled' }, 'x'),
    ];
    expect(new Set(all).size).toBe(all.length);
    for (const one of all) expect(one).toMatch(/^[0-9a-f]{16}$/);
  });

  it('looks at the first 2000 characters of what is left', () => {
    const start = 'x '.repeat(1000);
    expect(sign(`${start} one`)).toBe(sign(`${start} two`));
    expect(sign(`${'x'.repeat(1990)} one`)).not.toBe(sign(`${'x'.repeat(1990)} two`));
  });

  it('takes hostile output of any size', () => {
    for (const unit of ['0', 'a1', '/tmp/', '1:', '0x', ' ', "thread '"]) {
      expect(sign(unit.repeat(1_000_000))).toMatch(/^[0-9a-f]{16}$/);
    }
  });
});
