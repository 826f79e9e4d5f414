import type * as GenaiPrices from '@pydantic/genai-prices';

import type { Profile } from '../../domain/models.ts';
import { providerOf } from '../../domain/models-providers.ts';
import { KNOWN_PRICES } from '../../domain/pricing.ts';
import type { Prices } from '../../domain/pricing.ts';

type Catalogue = typeof GenaiPrices;
type Price = Readonly<Record<string, unknown>>;

const baseOf = (value: unknown): number | undefined => {
  if (typeof value === 'number') return value;
  const base: unknown =
    typeof value === 'object' && value !== null && 'base' in value ? value.base : undefined;
  return typeof base === 'number' ? base : undefined;
};

interface Tier {
  readonly start: number;
  readonly price: number;
}
const tiersOf = (value: unknown): readonly Tier[] => {
  const tiers: unknown =
    typeof value === 'object' && value !== null && 'tiers' in value ? value.tiers : undefined;
  return Array.isArray(tiers)
    ? tiers.filter(
        (tier: Partial<Tier>): tier is Tier =>
          typeof tier.start === 'number' && typeof tier.price === 'number',
      )
    : [];
};

const priceAbove = (value: unknown, above: number): number | undefined =>
  tiersOf(value).findLast((tier) => tier.start <= above)?.price ?? baseOf(value);

const rateAbove = (price: Price, above: number) => {
  const cached = priceAbove(price['cache_read_mtok'], above);
  return {
    inputPerMtok: priceAbove(price['input_mtok'], above) ?? 0,
    outputPerMtok: priceAbove(price['output_mtok'], above) ?? 0,
    ...(cached !== undefined && { cachedInputPerMtok: cached }),
  };
};

const toPrices = (price: Price): Prices => {
  const kinds = [price['input_mtok'], price['output_mtok'], price['cache_read_mtok']];
  const starts = [...new Set(kinds.flatMap((kind) => tiersOf(kind).map((tier) => tier.start)))].toSorted(
    (a, b) => a - b,
  );
  const tiers = starts.map((above) => ({ above, ...rateAbove(price, above) }));
  return { ...rateAbove(price, -1), ...(tiers.length > 0 && { tiers }) };
};

const lookUp = (catalogue: Catalogue, profile: Profile, now: Date): Prices | undefined => {
  const providerId =
    providerOf(profile.provider)?.catalogue ??
    (profile.baseUrl === undefined
      ? undefined
      : catalogue.findProvider({ providerApiUrl: profile.baseUrl })?.id);
  if (providerId === undefined) return undefined;
  const found = catalogue.calcPrice({ input_tokens: 1, output_tokens: 1 }, profile.model, {
    providerId,
    timestamp: now,
  });
  return found === null ? undefined : toPrices(found.model_price);
};

/**
 * The profiles with their prices: explicit ones, then the catalogue (loaded only when one is missing), then the list
 * prices it lacks. Where none is known a profile stays without.
 */
export const withPrices = async (profiles: readonly Profile[], now: Date): Promise<readonly Profile[]> => {
  const isOpen = (profile: Profile): boolean =>
    profile.prices === undefined &&
    (providerOf(profile.provider)?.catalogue !== undefined || profile.baseUrl !== undefined);
  if (!profiles.some(isOpen)) return profiles;
  const catalogue = await import('@pydantic/genai-prices');
  return profiles.map((profile) => {
    if (!isOpen(profile)) return profile;
    const prices = lookUp(catalogue, profile, now) ?? KNOWN_PRICES[`${profile.provider}/${profile.model}`];
    return prices === undefined ? profile : { ...profile, prices };
  });
};
