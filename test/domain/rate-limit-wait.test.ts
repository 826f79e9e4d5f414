import { expect, it } from 'vitest';

import { rateLimitWaitMs } from '../../src/domain/rate-limit-wait.ts';

const NOW = Date.parse('2026-03-01T00:00:00Z');
const wait = (headers: Record<string, string>): number | undefined =>
  rateLimitWaitMs(new Headers(headers), NOW);

it.each([
  [{ 'retry-after': '1.5' }, 1500],
  [{ 'retry-after': 'Sun, 01 Mar 2026 00:01:00 GMT' }, 60_000],
  [{ 'retry-after': 'Sat, 28 Feb 2026 00:00:00 GMT' }, 0],
  [{ 'retry-after': '-5' }, 0],
  [{ 'retry-after': 'soon' }, undefined],
  [{ 'retry-after': '99999999999' }, 32 * 24 * 3_600_000],
  [{ 'x-ratelimit-reset-tokens': '20ms' }, 20],
  [{ 'x-ratelimit-reset-requests': '1s', 'x-ratelimit-reset-tokens': '1m30s' }, 90_000],
  [{ 'x-ratelimit-reset': String(NOW + 5000) }, 5000],
  [{ 'x-ratelimit-reset': String(NOW / 1000 + 7) }, 7000],
  [{ 'x-ratelimit-reset': '30' }, 30_000],
  [{ 'anthropic-ratelimit-requests-reset': '2026-03-01T00:00:10Z' }, 10_000],
  [{ 'x-ratelimit-reset-requests': 'x'.repeat(10_000) }, undefined],
])('%o', (headers, ms) => {
  expect(wait(headers as Record<string, string>)).toBe(ms);
});
