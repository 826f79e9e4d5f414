import { applySpecEdits, parseDiagnosis, type Diagnosis } from '../domain/diagnosis.ts';
import { withSign } from '../domain/state-texts.ts';
import { changeSpec } from './change-spec.ts';
import { emit, type RunContext } from './run-context.ts';
import { profileProblem } from './usable-profile.ts';

const pathOf = (id: string): string => `diagnostics/${id}.json`;

/** Keeps a report so that it can be applied later, also by another process. */
export const saveReport = (ctx: RunContext, id: string, report: Diagnosis): void =>
  ctx.home.state.write(pathOf(id), `${JSON.stringify(report, undefined, 2)}\n`);

const loadReport = (ctx: RunContext, id: string): Diagnosis | undefined => {
  if (!/^[a-z0-9-]{1,64}$/i.test(id)) return undefined;
  const text = ctx.home.state.readText(pathOf(id));
  return text === undefined ? undefined : parseDiagnosis(text);
};

const addSigns = (ctx: RunContext, id: string, report: Diagnosis): string => {
  const before = ctx.home.state.readText('guardrails.md') ?? '# Ralph Guardrails (append-only)\n';
  const after = report.guardrails.reduce(
    (text, sign, i) => withSign(text, { ...sign, iteration: ctx.state.iteration, id: `${id}-${i}` }),
    before,
  );
  ctx.home.state.write('guardrails.md', ctx.deps.redact(after));
  return `${report.guardrails.length} sign(s)`;
};

const editSpec = (ctx: RunContext, id: string, report: Diagnosis): readonly string[] => {
  const edits = applySpecEdits(ctx.home.readTask() ?? '', report.spec_edits);
  const refused = edits.refused.map((reason) => `spec edit refused: ${reason}`);
  if (edits.applied === 0) return refused;
  const outcome = changeSpec(ctx, edits.text, `diagnose ${id}`);
  const did =
    'refused' in outcome ? `spec edits refused: ${outcome.refused}` : `${edits.applied} spec edit(s)`;
  return [did, ...refused];
};

const swapProfile = (ctx: RunContext, id: string, profile: string | null): readonly string[] => {
  if (profile === null) return [];
  const problem = profileProblem(ctx, profile);
  if (problem !== undefined) return [`profile ${profile} refused: ${problem}`];
  emit(ctx, { type: 'model.changed', profile, by: `diagnose ${id}` });
  return [`profile ${profile}`];
};

/** Applies the proposals of a report: signs, spec edits that loosen nothing, and the suggested profile (spec 13.3). */
export const applyReport = (
  ctx: RunContext,
  order: { readonly report: string | undefined; readonly by: string },
): { readonly refused: string } | { readonly done: string } => {
  const id = order.report ?? ctx.state.report?.id;
  const report = id === undefined ? undefined : loadReport(ctx, id);
  if (id === undefined || !report)
    return { refused: 'there is no diagnose report to apply: ralph diagnose makes one' };
  const did = [
    addSigns(ctx, id, report),
    ...editSpec(ctx, id, report),
    ...swapProfile(ctx, id, report.model_profile),
  ];
  const detail = did.join('; ');
  emit(ctx, { type: 'diagnose.applied', id, by: order.by, detail }, { sync: true });
  return { done: detail };
};
