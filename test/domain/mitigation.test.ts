import { describe, expect, it } from 'vitest';
import type { MitigationStep } from '../../src/domain/event.ts';
import { nextMitigation, type LadderSituation } from '../../src/domain/mitigation.ts';

const situation = (changed: Partial<LadderSituation> = {}): LadderSituation => ({
  taken: [],
  consecutive: 1,
  maxConsecutive: 3,
  profile: 'fast',
  fallback: 'slow',
  canDiagnose: true,
  ...changed,
});

/** The steps that a run takes which circles on and on. */
const ladder = (changed: Partial<LadderSituation>, length: number): readonly string[] => {
  const taken: MitigationStep[] = [];
  let profile = 'fast';
  return Array.from({ length }, (_, i) => {
    const next = nextMitigation(situation({ ...changed, profile, taken, consecutive: i + 1 }));
    if (next.kind === 'give-up') return 'give-up';
    taken.push(next.step);
    profile = next.profile ?? profile;
    return next.step;
  });
};

describe('the mitigation ladder', () => {
  it('takes each rung once, in order, and gives up only beyond the maximum', () => {
    expect(ladder({ maxConsecutive: 5 }, 6)).toEqual([
      'rotate',
      'fallback-model',
      'diagnose',
      'pause',
      'rotate',
      'give-up',
    ]);
  });
  it('is climbed to its end even when that is beyond the maximum', () => {
    expect(ladder({ maxConsecutive: 1 }, 5)).toEqual([
      'rotate',
      'fallback-model',
      'diagnose',
      'pause',
      'give-up',
    ]);
  });
  it('does not give up at the maximum itself', () => {
    const all = { taken: ['rotate', 'fallback-model', 'diagnose', 'pause'], maxConsecutive: 3 } as const;
    expect(nextMitigation(situation({ ...all, consecutive: 3 }))).toEqual({ kind: 'step', step: 'rotate' });
    expect(nextMitigation(situation({ ...all, consecutive: 4 }))).toEqual({ kind: 'give-up' });
  });
  it('names the profile to fall back to', () => {
    expect(nextMitigation(situation({ taken: ['rotate'] }))).toEqual({
      kind: 'step',
      step: 'fallback-model',
      profile: 'slow',
    });
  });
  it.each([
    ['there is none', undefined],
    ['it is the same profile', 'fast'],
  ])('leaves the fallback out where %s', (_, fallback) => {
    expect(nextMitigation(situation({ taken: ['rotate'], fallback }))).toEqual({
      kind: 'step',
      step: 'diagnose',
    });
  });
  it('goes straight to a human where nothing can diagnose', () => {
    expect(ladder({ canDiagnose: false, fallback: undefined }, 2)).toEqual(['rotate', 'pause']);
  });
});
