import type { MitigationStep } from './event.ts';

export interface LadderSituation {
  /** Steps taken since the run last moved. */
  readonly taken: readonly MitigationStep[];
  readonly consecutive: number;
  readonly maxConsecutive: number;
  readonly profile: string;
  readonly fallback: string | undefined;
  readonly canDiagnose: boolean;
}
export type Mitigation =
  | { readonly kind: 'step'; readonly step: MitigationStep; readonly profile?: string }
  /** Circling on with nothing left to try (spec 11, stop failure). */
  | { readonly kind: 'give-up' };

/** The ladder of spec 12: rotate, fallback model, diagnose, pause; each rung once until the run moves again. */
export const nextMitigation = (s: LadderSituation): Mitigation => {
  const canFallBack = s.fallback !== undefined && s.fallback !== s.profile;
  const rungs: readonly (MitigationStep | false)[] = [
    'rotate',
    canFallBack && 'fallback-model',
    s.canDiagnose && 'diagnose',
    'pause',
  ];
  const step = rungs.find((rung) => rung !== false && !s.taken.includes(rung));
  if (step === 'fallback-model') return { kind: 'step', step, profile: s.fallback! };
  if (step) return { kind: 'step', step };
  return s.consecutive > s.maxConsecutive ? { kind: 'give-up' } : { kind: 'step', step: 'rotate' };
};
