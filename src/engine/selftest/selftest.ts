import { RalphError } from '../../domain/error.ts';
import type { SelftestCheck, SelftestCheckId, SelftestReport } from '../../domain/selftest.ts';
import { notHere, steps, type SelftestDeps, type Stage, type Step } from './steps.ts';

const judged = (error: unknown): Pick<SelftestCheck, 'outcome' | 'detail' | 'hint'> => {
  if (error === notHere) return { outcome: 'skipped', detail: 'this backend does not isolate' };
  if (!(error instanceof RalphError)) return { outcome: 'failed', detail: String(error) };
  return {
    outcome: 'failed',
    detail: error.message,
    ...(error.hint !== undefined && { hint: error.hint }),
  };
};

const runStep = async (
  step: Step,
  deps: SelftestDeps,
  { stage, passed }: { stage: Stage; passed: ReadonlySet<SelftestCheckId> },
): Promise<SelftestCheck> => {
  const { id, title } = step;
  const missing = step.needs.find((need) => !passed.has(need));
  if (missing !== undefined) return { id, title, outcome: 'skipped', detail: `needs ${missing}`, ms: 0 };
  const isCut = (): boolean => deps.signal.aborted && id !== 'clean-up';
  const cut = { id, title, outcome: 'skipped', detail: 'interrupted', ms: 0 } as const;
  if (isCut()) return cut;
  const { clock } = deps.host;
  const began = clock.monotonicMs();
  const ms = (): number => Math.round(clock.monotonicMs() - began);
  try {
    return { id, title, outcome: 'passed', detail: await step.run(deps, stage), ms: ms() };
  } catch (error) {
    if (isCut()) return { ...cut, ms: ms() };
    return { id, title, ...judged(error), ms: ms() };
  }
};

/**
 * Tries the whole way of an agent to its model without a task: credential, gate, image, sandbox, network, the agent
 * itself, isolation (seed: sandbox migration, 5). Never throws for what is wrong: that is in the report. What was made
 * is taken down in any case.
 */
export const selftest = async (
  deps: SelftestDeps,
  said: { readonly offline: boolean; readonly onCheck: (check: SelftestCheck) => void },
): Promise<Omit<SelftestReport, 'backend'>> => {
  const stage: Stage = { id: deps.host.newId() };
  const passed = new Set<SelftestCheckId>();
  const checks: SelftestCheck[] = [];
  for (const step of steps) {
    const check = await runStep(step, deps, { stage, passed });
    if (check.outcome === 'passed') passed.add(step.id);
    checks.push(check);
    said.onCheck(check);
  }
  const ok = !deps.signal.aborted && checks.every(({ outcome }) => outcome !== 'failed');
  return { agent: deps.agentId, offline: said.offline, ok, checks };
};
