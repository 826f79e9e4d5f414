import { describe, expect, it } from 'vitest';
import { countdown, leftText, untilWords, waitingText } from '../../src/domain/countdown.ts';

const now = Date.parse('2026-03-01T12:00:00.000Z');
const at = (seconds: number): string => new Date(now + seconds * 1000).toISOString();

describe('a countdown', () => {
  it.each([
    [0, '0s'],
    [59, '59s'],
    [60, '1m 00s'],
    [252, '4m 12s'],
    [3599, '59m 59s'],
    [3600, '1h 00m'],
    [7500, '2h 05m'],
    [86_400, '1d 00h'],
    [277_200, '3d 05h'],
  ])('of %i s is %s', (seconds, text) => expect(leftText(seconds)).toBe(text));

  it('has whole seconds, and never fewer than none', () => {
    expect([at(4.2), at(0.1), at(-9)].map((until) => countdown(until, now))).toEqual(['4s', '0s', '0s']);
  });

  it('changes at the full second, whatever it counts to: many of them are one frame', () => {
    const untils = [at(30.1), at(30.5), at(30.9)];
    const texts = (ms: number) => untils.map((until) => countdown(until, now + ms));
    expect(texts(0)).toEqual(texts(999));
    expect(texts(1000)).toEqual(['29s', '29s', '29s']);
  });

  it('does not name its end twice', () => {
    expect(untilWords({ until: at(9), detail: `host: rate limit until ${at(9)}` })).toBe('');
    expect(untilWords({ until: at(9), detail: 'limit' })).toBe(`until ${at(9)}`);
    expect(untilWords({ detail: 'limit' })).toBe('');
  });

  it('is none where no time is named', () => {
    expect([countdown(undefined, now), countdown('12:30', now)]).toEqual([undefined, undefined]);
  });
});

describe('a run that waits', () => {
  const waits = (reason: string | undefined, seconds: number) =>
    waitingText({ status: 'waiting', reason, until: at(seconds) }, now);

  it('says how long, and for what', () => {
    expect(waits('rate limit of the forge', 252)).toBe('waiting 4m 12s · rate limit of the forge');
    expect(waits(undefined, 12)).toBe('waiting 12s');
  });
  it('for checks says how long at most: they end when they end', () => {
    expect([waits('checks', 4800), waits('checks', 252), waits('checks', 9)]).toEqual([
      'waiting · checks (at most 1h 20m)',
      'waiting · checks (at most 4m)',
      'waiting · checks (at most 9s)',
    ]);
  });
  it('says that it is over, and that others are at work in its place', () => {
    expect([waits('model', -4), waits('model', -6)]).toEqual([
      'waiting 0s · model',
      'waiting for a slot · model',
    ]);
  });
  it('counts nothing where it waits for no time, or does not wait', () => {
    expect(waitingText({ status: 'waiting', reason: 'model', until: undefined }, now)).toBeUndefined();
    expect(waitingText({ status: 'running', reason: undefined, until: at(9) }, now)).toBeUndefined();
  });
});
