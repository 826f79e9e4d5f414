import { expect, it } from 'vitest';

import { backoffMs } from '../../src/domain/retry.ts';

it('waits between 1 s and a limit that doubles up to 60 s', () => {
  expect([1, 2, 3, 4, 5, 6, 50, 5000].map((attempt) => backoffMs(attempt, 0))).toEqual(Array(8).fill(1000));
  expect([1, 2, 3, 4, 5, 6, 50, 5000].map((attempt) => backoffMs(attempt, 1))).toEqual([
    2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000, 60_000,
  ]);
});
it('spreads the waits over the whole range', () => {
  expect(backoffMs(3, 0.5)).toBe(4500);
});
