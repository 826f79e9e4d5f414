import { parseJson, strictJsonSchema } from '../domain/answer.ts';
import { diagnosisSchema, renderDiagnosis, type Diagnosis } from '../domain/diagnosis.ts';
import { cutMiddle } from '../domain/prompt.ts';
import { withReport } from '../domain/state-texts.ts';
import { singleLine } from '../domain/terminal.ts';
import { ask } from './agent/ask.ts';
import { applyReport, saveReport } from './apply-report.ts';
import { createMeter } from './meter.ts';
import { emit, type RunContext } from './run-context.ts';
import { callProblem } from './usable-profile.ts';

/** The profile for diagnosis: the one that is named, else the one tagged `doctor`, else the run's; or why it cannot be called. It is never another's bill. */
export const chooseDiagnoseProfile = (
  ctx: RunContext,
): { readonly profile: string } | { readonly problem: string } => {
  const { profiles } = ctx.models;
  const name = ctx.task.modelProfileDiagnose ?? ctx.deps.defaults.diagnose ?? ctx.task.modelProfileFallback;
  const tagged = profiles.find((p) => p.tags.includes('doctor'));
  const wanted = name === undefined ? [...(tagged ? [tagged.name] : []), ctx.state.profile] : [name];
  const usable = wanted.find((one) => callProblem(ctx, one) === undefined);
  if (usable !== undefined) return { profile: usable };
  // An agent that calls the model itself may work with a profile that the runner has no key for.
  const why = callProblem(ctx, wanted[0]!);
  return {
    problem: `the runner makes this pass itself and cannot call ${wanted[0]}: ${why}. Another profile can be named by model_profile_diagnose`,
  };
};

const material = (ctx: RunContext): string => {
  const { state } = ctx.home;
  const n = ctx.state.committed;
  const part = (title: string, text: string | undefined, max: number) =>
    `## ${title}\n\n${cutMiddle(text?.trim() || '(empty)', max, title)}\n`;
  const recent = [n, n - 1, n - 2].filter((i) => i > 0);
  return [
    `Iteration: ${n} of ${ctx.state.budgets.maxIterations}`,
    part('ralph_task.md', ctx.home.readTask(), 64_000),
    part('.ralph/guardrails.md', state.readText('guardrails.md'), 12_000),
    part('.ralph/progress.md', state.readText('progress.md'), 8_000),
    part('.ralph/errors.log', state.readText('errors.log')?.slice(-16_000), 16_000),
    `## Loop signals\n\nscores ${ctx.state.loopScores.slice(-10).join(' ')}; repeated failure ${ctx.state.loop.repeatedFailure}, stagnation ${ctx.state.loop.stagnation}, thrash ${ctx.state.loop.thrash}\n`,
    ...recent.flatMap((i) => [
      part(`iterations/${i}/git_diff.patch`, state.readText(`iterations/${i}/git_diff.patch`), 10_000),
      part(`iterations/${i}/test_output.txt`, state.readText(`iterations/${i}/test_output.txt`), 10_000),
    ]),
    `## Model profiles\n\n${ctx.models.profiles.map((p) => p.name).join(', ')}; now: ${ctx.state.profile}\n`,
    `## What to answer\n\nOne JSON object that follows this schema:\n\n${JSON.stringify(strictJsonSchema(diagnosisSchema))}`,
  ].join('\n');
};

const record = (ctx: RunContext, report: Diagnosis, profile: string): void => {
  const n = ctx.state.committed;
  const id = `d${n}-${ctx.deps.host.newId()}`;
  const safe = JSON.parse(ctx.deps.redact(JSON.stringify(report))) as Diagnosis;
  saveReport(ctx, id, safe);
  const before = ctx.home.state.readText('diagnostics.md') ?? '# Diagnostics\n';
  const text = renderDiagnosis(safe, { iteration: n, profile });
  ctx.home.state.write('diagnostics.md', withReport(before, id, text));
  emit(
    ctx,
    {
      type: 'diagnose.report',
      id,
      n,
      summary: singleLine(safe.pattern, 300),
      guardrails: safe.guardrails.length,
      specEdits: safe.spec_edits.length,
      ...(safe.model_profile !== null && { profile: safe.model_profile }),
    },
    { sync: true },
  );
  if (ctx.task.diagnose.apply === 'auto') applyReport(ctx, { report: id, by: 'auto' });
};

/** The diagnose pass (spec 13.3): one call of a strong model; its report lands in diagnostics.md. Never throws for the model's sake. */
export const diagnose = async (ctx: RunContext): Promise<void> => {
  const warn = (text: string) =>
    emit(ctx, { type: 'warning', about: 'diagnose', text: singleLine(text, 500) });
  const choice = chooseDiagnoseProfile(ctx);
  if ('problem' in choice) return void warn(choice.problem);
  const { profile } = choice;
  const { host, random } = ctx.deps;
  const asked = await ask(
    { model: ctx.models, clock: host.clock, random },
    {
      profile,
      purpose: 'diagnose',
      messages: [
        { role: 'system', content: host.prompt('diagnose-system') },
        { role: 'user', content: material(ctx) },
      ],
      schema: { name: 'diagnose', json: strictJsonSchema(diagnosisSchema) },
      meter: createMeter(ctx),
      signal: ctx.steer.signal,
    },
  );
  if (asked.kind !== 'ok') {
    warn(`the diagnose pass got no answer: ${'detail' in asked ? asked.detail : asked.kind}`);
    return;
  }
  const parsed = parseJson(asked.text, asked.finish, diagnosisSchema);
  if (parsed.kind === 'invalid') warn(`the diagnose pass answered nothing usable: ${parsed.problem}`);
  else record(ctx, parsed.value, profile);
};
