interface HeaderSource {
  get(name: string): string | null;
}
const LONGEST_WAIT_MS = 32 * 24 * 3600_000;
const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

const bounded = (ms: number): number | undefined =>
  Number.isFinite(ms) ? Math.min(LONGEST_WAIT_MS, Math.max(0, Math.ceil(ms))) : undefined;

const number = (text: string | null): number | undefined =>
  text !== null && /^\d{1,15}(?:\.\d{1,9})?$/.test(text.trim()) ? Number(text) : undefined;

const untilDate = (text: string, now: number): number | undefined => {
  const at = text.length > 60 ? Number.NaN : Date.parse(text);
  return Number.isNaN(at) ? undefined : at - now;
};

/** `6m0s`, `20ms`, seconds, a Unix time in seconds or ms, or a date. */
const resetIn = (text: string | null, now: number): number | undefined => {
  if (text === null) return undefined;
  const value = number(text);
  if (value !== undefined) {
    if (value > 1e12) return value - now;
    return value > 1e9 ? value * 1000 - now : value * 1000;
  }
  const parts = [...text.slice(0, 40).matchAll(/(\d{1,12}(?:\.\d{1,9})?)(ms|s|m|h|d)/g)];
  if (parts.length > 0 && parts.map(([part]) => part).join('') === text.trim()) {
    return parts.reduce((sum, [, amount, unit]) => sum + Number(amount) * (UNITS[unit ?? ''] ?? 0), 0);
  }
  return untilDate(text, now);
};

const retryAfter = (headers: HeaderSource, now: number): number | undefined => {
  const exact = number(headers.get('retry-after-ms'));
  if (exact !== undefined) return exact;
  const text = headers.get('retry-after');
  if (text === null) return undefined;
  const seconds = number(text);
  return seconds === undefined ? untilDate(text, now) : seconds * 1000;
};

const FAMILIES = [
  ['x-ratelimit-remaining-requests', 'x-ratelimit-reset-requests'],
  ['x-ratelimit-remaining-tokens', 'x-ratelimit-reset-tokens'],
  ['x-ratelimit-remaining', 'x-ratelimit-reset'],
  ['anthropic-ratelimit-requests-remaining', 'anthropic-ratelimit-requests-reset'],
  ['anthropic-ratelimit-tokens-remaining', 'anthropic-ratelimit-tokens-reset'],
  // Of a subscription, which has windows of its own.
  ['anthropic-ratelimit-unified-remaining', 'anthropic-ratelimit-unified-reset'],
] as const;

/**
 * How long a 429 asks to wait, in ms: retry-after-ms, retry-after (seconds or HTTP date), then the reset of the limit
 * that is used up, else the latest reset. Undefined when no header says so; the text of the body is never read.
 */
export const rateLimitWaitMs = (headers: HeaderSource, now: number): number | undefined => {
  const asked = retryAfter(headers, now);
  if (asked !== undefined) return bounded(asked);
  const limits = FAMILIES.flatMap(([remaining, reset]) => {
    const ms = resetIn(headers.get(reset), now);
    return ms === undefined ? [] : [{ ms, usedUp: number(headers.get(remaining)) === 0 }];
  });
  const usedUp = limits.filter((limit) => limit.usedUp);
  const waits = (usedUp.length > 0 ? usedUp : limits).map((limit) => limit.ms);
  return waits.length === 0 ? undefined : bounded(Math.max(...waits));
};
