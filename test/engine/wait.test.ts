import { describe, expect, it } from 'vitest';
import { parseRunJson } from '../../src/engine/run-json.ts';
import { fallbackOf, sitOut, waitForModel } from '../../src/engine/wait.ts';
import { memoryRun, type MemoryRun } from '../fakes/engine-context.ts';

const limit = (attempt: number, waitMs?: number, limited = new Set<string>()) => ({
  attempt,
  waitMs,
  detail: 'limit',
  limited,
});
/** How long the run was shown as waiting, in seconds. */
const waits = ({ entries }: MemoryRun): readonly number[] =>
  entries.flatMap((e) =>
    e.type === 'run.status' && e.until !== undefined ? [(Date.parse(e.until) - Date.parse(e.at)) / 1000] : [],
  );

/** Status and owner as lists read them. */
const listed = ({ files }: MemoryRun): unknown => {
  const { owner, state } = parseRunJson(JSON.parse(files.get('run.json')!))!;
  return [owner, state.status, state.reason];
};

describe('a wait for the model', () => {
  it('can be read off run.json as long as it lasts: lists read nothing else', async () => {
    const seen: unknown[] = [];
    const run: MemoryRun = memoryRun({ onSleep: () => seen.push(listed(run)) });
    await waitForModel(run.ctx, limit(0, 400));
    expect([seen, listed(run)]).toEqual([
      [['supervisor', 'waiting', 'model']],
      ['supervisor', 'running', undefined],
    ]);
  });

  it('lasts as long as the provider says, and is not running time', async () => {
    const seen: boolean[] = [];
    const run: MemoryRun = memoryRun({ onSleep: () => seen.push(run.clockRuns) });
    expect(await waitForModel(run.ctx, limit(0, 2000))).toBe('again');
    expect([waits(run), run.ctx.state.status, run.clockRuns]).toEqual([[2], 'running', true]);
    expect(new Set(seen)).toEqual(new Set([false]));
  });

  it.each([
    [0, undefined, 30],
    [3, undefined, 240],
    [15, undefined, 900],
    [0, 99 * 3_600_000, 6 * 3600],
    [4, 0, 4],
    [30, 0, 60],
  ])('at attempt %s, told %s ms, lasts %s s', async (attempt, waitMs, expected) => {
    const run = memoryRun();
    expect(await waitForModel(run.ctx, limit(attempt, waitMs))).toBe('again');
    expect(waits(run)).toEqual([expected]);
  });

  it('is given up after many tries that nobody told the end of', async () => {
    expect(await waitForModel(memoryRun().ctx, limit(16))).toBe('give-up');
  });

  it('goes to the fallback instead of a long wait, and waits when that is at its limit too', async () => {
    const run = memoryRun({ others: [{ name: 'slow', priced: true }] });
    expect(await waitForModel(run.ctx, limit(0, 3_600_000))).toBe('again');
    expect([run.ctx.state.profile, waits(run)]).toEqual(['slow', []]);
    const limited = new Set(['fast']);
    const both = memoryRun({ others: [{ name: 'fast', priced: true }], state: { profile: 'slow' } });
    expect(await waitForModel(both.ctx, limit(0, 3_600_000, limited))).toBe('again');
    expect([both.ctx.state.profile, waits(both), limited.size]).toEqual(['slow', [3600], 0]);
  });

  it.each([
    ['pause', 'cut'],
    ['stop', 'cut'],
    ['rotate', 'again'],
  ] as const)('ends early when a %s is asked: %s', async (kind, outcome) => {
    let naps = 0;
    const run = memoryRun({
      onSleep: (ctx) => {
        naps += 1;
        ctx.steer.ask({ kind, reason: 'now' });
      },
    });
    const until = '2026-01-01T13:00:00.000Z';
    expect(await sitOut(run.ctx, { reason: 'model', detail: '', until })).toBe(outcome);
    expect(naps).toBe(1);
  });
});

describe('the fallback', () => {
  it('is none that is the same, is not there, or could run up a bill that nothing stops', () => {
    const slow = { name: 'slow', priced: false };
    expect(fallbackOf(memoryRun().ctx)).toBeUndefined();
    expect(fallbackOf(memoryRun({ others: [slow] }).ctx)).toBeUndefined();
    expect(fallbackOf(memoryRun({ others: [{ ...slow, priced: true }] }).ctx)).toBe('slow');
    expect(fallbackOf(memoryRun({ others: [slow], state: { profile: 'slow' } }).ctx)).toBeUndefined();
    const budgets = { maxIterations: 5, maxWallTimeMinutes: 10, maxConsecutiveGutter: 3, maxTokensTotal: 9 };
    expect(fallbackOf(memoryRun({ others: [slow], state: { budgets } }).ctx)).toBe('slow');
  });
});
