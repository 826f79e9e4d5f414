import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { createTicker } from '../../src/tui/ticker.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

it('ticks once for many requests, and never without one', () => {
  const tick = vi.fn(() => true);
  const ticker = createTicker(() => 33, tick);
  vi.advanceTimersByTime(1000);
  expect(tick).not.toHaveBeenCalled();
  for (let i = 0; i < 100; i += 1) ticker.ask();
  vi.advanceTimersByTime(1000);
  expect(tick).toHaveBeenCalledTimes(1);
});

it('keeps the interval between two ticks, and what was asked for in a tick', () => {
  const times: number[] = [];
  const ticker = createTicker(
    () => 33,
    () => {
      times.push(performance.now());
      if (times.length < 4) ticker.ask();
      return true;
    },
  );
  ticker.ask();
  vi.advanceTimersByTime(1000);
  expect(times).toHaveLength(4);
  expect(times.slice(1).every((time, i) => time - times[i]! >= 33)).toBe(true);
});

it('does not tick after it was stopped', () => {
  const tick = vi.fn(() => true);
  const ticker = createTicker(() => 33, tick);
  ticker.ask();
  ticker.stop();
  vi.advanceTimersByTime(1000);
  expect(tick).not.toHaveBeenCalled();
});

it('looks again after a third of the interval where there was nothing to draw', () => {
  const times: number[] = [];
  const ticker = createTicker(
    () => 33,
    () => {
      times.push(performance.now());
      if (times.length < 4) ticker.ask();
      return times.length === 3;
    },
  );
  ticker.ask();
  vi.advanceTimersByTime(1000);
  const waits = times.slice(1).map((time, i) => Math.round(time - times[i]!));
  expect(waits).toEqual([11, 11, 33]);
});

it('counts a frame that was drawn without it as one of the grid', () => {
  const tick = vi.fn(() => true);
  const ticker = createTicker(() => 33, tick);
  vi.advanceTimersByTime(1000);
  ticker.ask();
  ticker.drew();
  vi.advanceTimersByTime(32);
  expect(tick).not.toHaveBeenCalled();
  vi.advanceTimersByTime(2);
  expect(tick).toHaveBeenCalledTimes(1);
});
