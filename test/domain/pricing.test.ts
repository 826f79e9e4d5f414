import { expect, it } from 'vitest';

import { costUsd, isPriced } from '../../src/domain/pricing.ts';

const prices = { inputPerMtok: 2, outputPerMtok: 10, cachedInputPerMtok: 0.5 };

it('charges input, cached input and output at their own price', () => {
  expect(
    costUsd(prices, { inputTokens: 1_000_000, cachedTokens: 400_000, outputTokens: 100_000 }),
  ).toBeCloseTo(2.4, 10);
});
it('charges cached input in full where no price for it is known', () => {
  expect(
    costUsd({ inputPerMtok: 2, outputPerMtok: 10 }, { inputTokens: 1e6, cachedTokens: 1e6, outputTokens: 0 }),
  ).toBe(2);
});
it('never charges less than nothing for more cached than read tokens', () => {
  expect(costUsd(prices, { inputTokens: 10, cachedTokens: 1e9, outputTokens: 0 })).toBeCloseTo(0.000005, 12);
});
it('charges a whole long call at the dearer rate', () => {
  const tiered = { ...prices, tiers: [{ above: 200_000, inputPerMtok: 4, outputPerMtok: 20 }] };
  expect(costUsd(tiered, { inputTokens: 200_000, outputTokens: 0 })).toBeCloseTo(0.4, 10);
  expect(costUsd(tiered, { inputTokens: 300_000, outputTokens: 0 })).toBeCloseTo(1.2, 10);
});
it('takes an unknown price and a price of 0 for no price', () => {
  expect(isPriced(undefined)).toBe(false);
  expect(isPriced({ inputPerMtok: 0, outputPerMtok: 0 })).toBe(false);
  expect(costUsd(undefined, { inputTokens: 5, outputTokens: 5 })).toBe(0);
});
