import { describe, expect, it } from 'vitest';
import { exceededBefore, exceededBy, gauges, newWarnings, tightest } from '../../src/domain/budget.ts';

const budgets = {
  maxIterations: 3,
  maxWallTimeMinutes: 10,
  maxCostUsd: 1,
  maxTokensTotal: 1000,
  maxConsecutiveGutter: 3,
};
const bare = { maxIterations: 3, maxWallTimeMinutes: 10, maxConsecutiveGutter: 3 };
const spent = (changed = {}) => ({ runningMs: 0, costUsd: 0, tokens: 0, ...changed });

describe('before an iteration', () => {
  it.each([
    ['budget: iterations', spent(), 4],
    ['budget: wall time', spent({ runningMs: 600_000 }), 1],
    ['budget: cost', spent({ costUsd: 1 }), 1],
    ['budget: tokens', spent({ tokens: 1000 }), 1],
  ] as const)('%s is named once nothing of it is left', (name, is, next) => {
    expect(exceededBefore(budgets, is, next)).toBe(name);
  });
  it('the last bit of every budget may still be used', () => {
    expect(
      exceededBefore(budgets, spent({ runningMs: 599_999, costUsd: 0.99, tokens: 999 }), 3),
    ).toBeUndefined();
  });
  it('what has no limit is never used up', () => {
    expect(exceededBefore(bare, spent({ costUsd: 1e9, tokens: 1e12 }), 1)).toBeUndefined();
  });
});

describe('before a model call', () => {
  it.each([
    ['cost', spent({ costUsd: 0.6 }), { tokens: 1, costUsd: 0.41 }],
    ['tokens', spent({ tokens: 600 }), { tokens: 401, costUsd: 0 }],
    ['wall time', spent({ runningMs: 600_000 }), { tokens: 1, costUsd: 0 }],
  ] as const)('%s is refused before it is passed, not after', (name, is, most) => {
    expect(exceededBy(budgets, is, most)).toBe(name);
  });
  it('a call whose worst case just fits goes out', () => {
    expect(
      exceededBy(budgets, spent({ costUsd: 0.5, tokens: 600 }), { tokens: 400, costUsd: 0.5 }),
    ).toBeUndefined();
  });
  it('a call is never refused for a limit that there is not', () => {
    expect(exceededBy(bare, spent(), { tokens: 1e12, costUsd: 1e9 })).toBeUndefined();
  });
});

describe('gauges', () => {
  const of = (changed = {}) => gauges(budgets, { ...spent(changed), iterations: 1 });

  it('stand for every budget with a limit, in units that people read', () => {
    expect(of({ runningMs: 150_000, costUsd: 0.25, tokens: 10 })).toEqual([
      { name: 'iterations', used: 1, limit: 3, share: 1 / 3, unit: 'iterations' },
      { name: 'wall time', used: 2.5, limit: 10, share: 0.25, unit: 'min' },
      { name: 'cost', used: 0.25, limit: 1, share: 0.25, unit: 'USD' },
      { name: 'tokens', used: 10, limit: 1000, share: 0.01, unit: 'tokens' },
    ]);
    expect(gauges(bare, { ...spent(), iterations: 0 }).map((g) => g.name)).toEqual([
      'iterations',
      'wall time',
    ]);
  });
  it('with a limit of nothing are full, not infinite', () => {
    const rows = gauges({ ...budgets, maxCostUsd: 0 }, { ...spent(), iterations: 0 });
    expect(rows.find((row) => row.name === 'cost')?.share).toBe(1);
  });
  it('name the one that stops the run first', () => {
    expect(tightest(of({ tokens: 900 }))?.name).toBe('tokens');
    expect(tightest([])).toBeUndefined();
  });
  it('warn from four fifths on, each once', () => {
    const rows = of({ costUsd: 0.8, tokens: 799, runningMs: 599_000 });
    expect(newWarnings(rows, []).map((row) => row.name)).toEqual(['wall time', 'cost']);
    expect(newWarnings(rows, ['wall time']).map((row) => row.name)).toEqual(['cost']);
    expect(newWarnings(rows, ['cost', 'wall time'])).toEqual([]);
  });
});
