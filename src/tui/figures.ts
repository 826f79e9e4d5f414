import type { BudgetGauge } from '../domain/budget.ts';

const BARS = '▁▂▃▄▅▆▇█';

/** Values between 0 and 1 as a line of blocks, the newest at the right. */
export const sparkline = (values: readonly number[], width: number): string =>
  values
    .slice(-width)
    .map((v) => BARS[Math.max(0, Math.min(7, Math.round(v * 7)))])
    .join('');

/** A share as a bar of `width` cells. */
export const bar = (share: number, width: number): string => {
  const full = Math.max(0, Math.min(width, Math.round(share * width)));
  return '█'.repeat(full) + '░'.repeat(width - full);
};

/** `$3.82`; four digits where two would say nothing. */
export const usd = (value: number): string =>
  value !== 0 && Math.abs(value) < 0.01 ? `$${value.toFixed(4)}` : `$${value.toFixed(2)}`;

/** `4.1M`, `812k`, `93`. */
export const compact = (value: number): string => {
  if (value >= 1e9) return `${(value / 1e9).toFixed(1)}G`;
  if (value >= 1e6) return `${(value / 1e6).toFixed(1)}M`;
  return value >= 1e3 ? `${(value / 1e3).toFixed(value >= 1e5 ? 0 : 1)}k` : String(Math.round(value));
};

/** A span of time in its two greatest units: `2 h 5 min`, `12 s`. */
export const span = (ms: number): string => {
  const seconds = Math.max(0, Math.round(ms / 1000));
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return minutes % 60 === 0 ? `${hours} h` : `${hours} h ${minutes % 60} min`;
  return `${Math.floor(hours / 24)} d`;
};

/** What is counted, as one letter behind a percentage: iterations, time, dollars, tokens. */
export const gaugeLetter: Readonly<Record<BudgetGauge['name'], string>> = {
  iterations: 'i',
  'wall time': 'm',
  cost: '$',
  tokens: 't',
};
