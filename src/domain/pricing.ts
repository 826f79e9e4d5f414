import type { Usage } from './event.ts';

/** US dollars for a million tokens. */
export interface Rate {
  readonly inputPerMtok: number;
  readonly outputPerMtok: number;
  /** Price of input that the provider read from its cache; the full input price when left out. */
  readonly cachedInputPerMtok?: number;
}
export interface Prices extends Rate {
  /** Dearer rates for whole calls with more input tokens than `above`, in rising order. */
  readonly tiers?: readonly (Rate & { readonly above: number })[];
}

/**
 * List prices that the price catalogue lacks, by `provider/model`.
 * Source: the provider's own pricing page (docs.z.ai/guides/overview/pricing).
 */
export const KNOWN_PRICES: Readonly<Record<string, Prices>> = {
  'zai/glm-4.7': { inputPerMtok: 0.6, outputPerMtok: 2.2, cachedInputPerMtok: 0.11 },
};

/** False for unknown and for zero prices: a budget in dollars then cannot stop a run. */
export const isPriced = (prices: Prices | undefined): prices is Prices =>
  prices !== undefined && prices.inputPerMtok + prices.outputPerMtok > 0;

const rateFor = (prices: Prices, inputTokens: number): Rate =>
  prices.tiers?.findLast((tier) => inputTokens > tier.above) ?? prices;

/** What a call with this usage costs in US dollars; 0 when the price is unknown. */
export const costUsd = (prices: Prices | undefined, usage: Usage): number => {
  if (!isPriced(prices)) return 0;
  const rate = rateFor(prices, usage.inputTokens);
  const cached = Math.min(usage.cachedTokens ?? 0, usage.inputTokens);
  const input =
    (usage.inputTokens - cached) * rate.inputPerMtok +
    cached * (rate.cachedInputPerMtok ?? rate.inputPerMtok);
  return (input + usage.outputTokens * rate.outputPerMtok) / 1e6;
};
