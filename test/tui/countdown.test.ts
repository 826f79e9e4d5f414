import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { RunInfo } from '../../src/commands/app.ts';
import type { Screen } from '../../src/tui/screen-types.ts';
import { fleetText } from '../../src/tui/views/fleet-text.ts';
import { runInfo } from '../fakes/fleet-frame.ts';
import { faceOf, screenOf } from '../fakes/screen-in-memory.ts';

const START = Date.parse('2026-03-01T12:00:00.400Z');
const in_ = (seconds: number): string => new Date(START + seconds * 1000).toISOString();
const waits = (id: string, seconds: number): RunInfo =>
  runInfo(id, { status: 'waiting', reason: 'rate limit of the forge', until: in_(seconds) });
let screen: Screen | undefined;

beforeEach(() => {
  vi.useFakeTimers({ now: START });
});
afterEach(() => {
  screen?.stop();
  vi.useRealTimers();
});

/** A screen that was drawn once, and how many frames came after that. */
const open = (runs: readonly RunInfo[]) => {
  const shown = screenOf(faceOf(runs, { now: () => Date.now() }));
  screen = shown;
  let frames = 0;
  shown.subscribe(() => {
    frames += 1;
    shown.frame();
  });
  shown.frame();
  // What is looked at once, right after the start.
  vi.advanceTimersByTime(3000);
  frames = 0;
  return { screen: shown, frames: () => frames };
};
const statuses = ({ store, frame }: Screen): readonly string[] => {
  const { order, supervisor, now } = frame();
  return fleetText({
    runs: order.flatMap((id) => store.get(id) ?? []),
    supervisor: supervisor!,
    now,
    width: 120,
  })
    .map((line) => /(?:waiting|running)[^·]*/.exec(line)?.[0].trim() ?? '')
    .filter(Boolean);
};

describe('a screen with runs that wait', () => {
  it('counts down, one frame a second for all of them', () => {
    const { screen: shown, frames } = open([
      waits('aaaaaa', 252),
      waits('bbbbbb', 90.3),
      waits('cccccc', 45.7),
    ]);
    const before = statuses(shown);
    vi.advanceTimersByTime(10_000);
    expect(frames()).toBe(10);
    expect(statuses(shown)).not.toEqual(before);
    expect(statuses(shown)).toEqual(['waiting 3m 59s', 'waiting 1m 17s', 'waiting 33s']);
  });
  it('draws once a minute what is hours away', () => {
    const { frames } = open([waits('aaaaaa', 7500)]);
    vi.advanceTimersByTime(120_000);
    expect(frames()).toBe(2);
  });
  it('stands still where none of them is in sight, or none waits', () => {
    const many = Array.from({ length: 60 }, (_, i) =>
      runInfo(`run${String(i).padStart(3, '0')}`, { status: 'paused' }),
    );
    const idle = open([...many, waits('zzzzzz', 7000)]);
    vi.advanceTimersByTime(10_000);
    expect([idle.screen.frame().order.at(-1), idle.frames()]).toEqual(['zzzzzz', 0]);
    idle.screen.stop();
    const busy = open([runInfo('aaaaaa')]);
    vi.advanceTimersByTime(10_000);
    expect(busy.frames()).toBe(0);
  });
  it('counts in the overview of a run, and on no other tab', () => {
    const { screen: shown, frames } = open([waits('aaaaaa', 252)]);
    shown.act({ kind: 'open' });
    expect(shown.frame().ui).toMatchObject({ screen: 'run', tab: 'overview' });
    let before = frames();
    vi.advanceTimersByTime(5000);
    expect(frames() - before).toBe(5);
    shown.act({ kind: 'tab', to: 'notes' });
    vi.advanceTimersByTime(2000);
    before = frames();
    vi.advanceTimersByTime(5000);
    expect(frames() - before).toBe(0);
  });
});
