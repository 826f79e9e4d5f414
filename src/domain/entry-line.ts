import type { Entry } from './event.ts';

export type Tone = 'plain' | 'good' | 'bad' | 'warn' | 'dim';
/** One entry, before it is made safe and cut. */
export interface Line {
  readonly kind: string;
  readonly text: string;
  readonly tone?: Tone;
}
/** Undefined for what the entry beside it says already. */
export type Render = {
  readonly [T in Entry['type']]: (entry: Extract<Entry, { readonly type: T }>) => Line | undefined;
};

export const seconds = (ms: number): string =>
  ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`;
export const dollars = (usd: number): string =>
  usd === 0 ? 'no cost' : `$${usd < 0.01 ? usd.toFixed(4) : usd.toFixed(2)}`;
export const joined = (...parts: readonly (string | undefined | false)[]): string =>
  parts.filter((part) => typeof part === 'string' && part !== '').join(' · ');
export const count = (n: number, word: string): string =>
  `${n.toLocaleString('en')} ${word}${n === 1 ? '' : 's'}`;
