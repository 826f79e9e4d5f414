import { z } from 'zod';
import { scanBoxes } from './spec/checkboxes.ts';

const short = z.string().min(1).max(2000);

/** What the diagnose pass answers (spec 13.3). */
export const diagnosisSchema = z.object({
  pattern: short,
  evidence: z.array(short).max(20),
  cause: short,
  guardrails: z
    .array(
      z.object({ name: z.string().min(1).max(120), trigger: short, instruction: short, evidence: short }),
    )
    .min(1)
    .max(3),
  spec_edits: z
    .array(z.object({ old: z.string().min(1).max(8000), new: z.string().max(8000), reason: short }))
    .max(10),
  model_profile: z.string().max(128).nullable(),
});
export type Diagnosis = z.output<typeof diagnosisSchema>;

/** A report as it was kept in `diagnostics/ID.json`; undefined when it is none. */
export const parseDiagnosis = (json: string): Diagnosis | undefined => {
  try {
    return diagnosisSchema.safeParse(JSON.parse(json)).data;
  } catch {
    return undefined;
  }
};

const bullets = (lines: readonly string[]): string =>
  lines.map((l) => `- ${l.replace(/\s+/g, ' ')}`).join('\n') || '- (none)';

/** The report as it stands in diagnostics.md (template E). */
export const renderDiagnosis = (
  d: Diagnosis,
  about: { readonly iteration: number; readonly profile: string },
): string =>
  [
    `After iteration ${about.iteration}, by ${about.profile}.`,
    `### Observed failure patterns\n${bullets([d.pattern, ...d.evidence])}`,
    `### Likely root causes\n${bullets([d.cause])}`,
    `### Suggested guardrails (signs)\n${bullets(d.guardrails.map((g) => `${g.name}: ${g.trigger} -> ${g.instruction}`))}`,
    `### Suggested spec edits\n${bullets(d.spec_edits.map((e) => `"${e.old}" -> "${e.new}" (${e.reason})`))}`,
    `### Suggested model profile change\n${bullets(d.model_profile ? [d.model_profile] : [])}`,
  ].join('\n\n');

/** Frontmatter keys that decide what "done" means: no model may loosen them through a spec edit. */
const guarded =
  /^\s*(test_command|completion_promise|phases|verify_commands|max_[a-z_]+|setup_commands|debug_commands|copy|repo_url|sandbox_\w+|agent|steering_mode)\s*:/m;

type SpecEdit = Diagnosis['spec_edits'][number];

/** The task file after one spec edit, or why it may not be made. */
export const applySpecEdit = (
  task: string,
  edit: SpecEdit,
): { readonly text: string } | { readonly refused: string } => {
  const at = task.indexOf(edit.old);
  const text = task.slice(0, at) + edit.new + task.slice(at + edit.old.length);
  const problem = problemOf(task, edit) ?? loosened(task, text);
  return problem === undefined ? { text } : { refused: problem };
};

/**
 * Applies spec edits to the task file: each old text must stand there exactly once, in the Markdown body, and no edit
 * may touch the front matter, a `verify:` line, remove or tick a box.
 */
export const applySpecEdits = (
  task: string,
  edits: readonly SpecEdit[],
): { readonly text: string; readonly applied: number; readonly refused: readonly string[] } => {
  const refused: string[] = [];
  let text = task;
  let applied = 0;
  for (const edit of edits) {
    const outcome = applySpecEdit(text, edit);
    if ('refused' in outcome) refused.push(`${outcome.refused}: ${edit.old.slice(0, 80)}`);
    else {
      ({ text } = outcome);
      applied += 1;
    }
  }
  return { text, applied, refused };
};

const bodyStart = (text: string): number => {
  const end = /^---\r?\n[\s\S]*?\n---\r?\n/.exec(text);
  return end ? end[0].length : 0;
};
const boxes = (text: string): number => (text.match(/^\s*(?:[-*+]|\d+\.)\s+\[[ xX]\]/gm) ?? []).length;

const problemOf = (text: string, edit: SpecEdit): string | undefined => {
  const at = text.indexOf(edit.old);
  if (at < 0) return 'its old text is not in the task file';
  if (text.indexOf(edit.old, at + 1) >= 0) return 'its old text stands there more than once';
  if (at < bodyStart(text) || guarded.test(edit.new) || /^---/m.test(edit.new))
    return 'it touches the front matter';
  if (/verify:/i.test(edit.old)) return 'it changes a verification';
  if (boxes(edit.new) < boxes(edit.old)) return 'it removes a box';
  return undefined;
};

/** What the runner will read in the edited file: a part of a line, or a comment around it, can change a verification. */
const loosened = (before: string, after: string): string | undefined => {
  const [was, is] = [scanBoxes(before).boxes, scanBoxes(after).boxes];
  if (is.filter((box) => box.checked).length > was.filter((box) => box.checked).length)
    return 'it ticks a box';
  if (is.length < was.length) return 'it removes a box';
  let next = 0;
  for (const box of is) if (next < was.length && box.verify === was[next]?.verify) next += 1;
  return next < was.length ? 'it changes a verification' : undefined;
};
