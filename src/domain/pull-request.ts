import { markInvisible, sanitize, singleLine } from './terminal.ts';

export const SECTION_BEGIN = '<!-- ralph:begin -->';
export const SECTION_END = '<!-- ralph:end -->';
/** Forges take 65,536 characters; this is counted in UTF-8 bytes, and leaves room for a human's additions. */
export const MAX_BODY_BYTES = 60 * 1024;
const MAX_TEMPLATE_BYTES = 32 * 1024;
const MAX_TITLE = 200;
const MAX_SUMMARY = 4000;
const MAX_LINE = 400;

export interface PullRequestInput {
  readonly task: {
    readonly taskId: string;
    readonly title: string;
    readonly pr: { readonly titleTemplate?: string; readonly bodyTemplate?: string };
  };
  /** `checked` is what the runner verified, not what was claimed. */
  readonly boxes: readonly { readonly id: string; readonly text: string; readonly checked: boolean }[];
  readonly iterations: number;
  readonly costUsd: number;
  readonly verification: readonly {
    readonly command: string;
    readonly outcome: string;
    readonly ok: boolean;
  }[];
  readonly runId: string;
  readonly done: boolean;
  /** By what a run without criteria is done; stands in place of their number. */
  readonly remark?: string;
  /** Words of the model. */
  readonly summary?: string;
}

/** Title and body of the run's pull request (spec 9.3): the task's templates, then a section the runner owns. */
export const pullRequestContent = (
  input: PullRequestInput,
): { readonly title: string; readonly body: string } => {
  const { task } = input;
  const title = singleLine(
    markInvisible(task.pr.titleTemplate ?? `[Ralph] ${task.title}: ${task.taskId}`),
    MAX_TITLE,
  );
  const template = cutBytes(withoutMarkers(sanitize(task.pr.bodyTemplate ?? '')).trim(), MAX_TEMPLATE_BYTES);
  const lead = template === '' ? '' : `${template}\n\n`;
  const room = MAX_BODY_BYTES - byteLength(lead);
  return { title: title === '' ? task.taskId : title, body: `${lead}${section(input, room)}\n` };
};

/**
 * The body a pull request gets on an update: only the section between the markers is replaced, so that what a
 * human wrote around it stays. Where the markers are gone, the generated body is taken whole.
 */
export const mergeBody = (existing: string, generated: string): string => {
  const [old, fresh] = [sectionSpan(existing), sectionSpan(generated)];
  if (!old || !fresh) return generated;
  return existing.slice(0, old.start) + generated.slice(fresh.start, fresh.end) + existing.slice(old.end);
};

const sectionSpan = (body: string): { readonly start: number; readonly end: number } | undefined => {
  const start = body.indexOf(SECTION_BEGIN);
  const end = body.indexOf(SECTION_END, start);
  return start < 0 || end < 0 ? undefined : { start, end: end + SECTION_END.length };
};

const section = (input: PullRequestInput, room: number): string => {
  const verified = input.boxes.filter((box) => box.checked).length;
  const head = [
    SECTION_BEGIN,
    '## Ralph',
    '',
    standing(input, `${verified} of ${input.boxes.length} criteria verified by the runner`),
    '',
    `- Run: ${code(input.runId)}`,
    `- Iterations: ${input.iterations}`,
    `- Cost: $${Math.max(0, input.costUsd).toFixed(2)} (API-equivalent estimate)`,
  ];
  const blocks = [
    listed('### Verification', input.verification.map(verificationLine)),
    listed('### Success criteria', input.boxes.map(boxLine)),
    listed('### Last summary (by the model, not verified)', summaryLines(input.summary ?? '')),
  ];
  return bounded(head, blocks.flat(), room);
};

const standing = ({ done, remark }: PullRequestInput, criteria: string): string => {
  if (remark === undefined) return `${done ? 'Done' : 'In progress'}: ${criteria}`;
  return done ? `Done ${remark}` : `In progress; it ends ${remark}`;
};

const listed = (heading: string, lines: readonly string[]): readonly string[] =>
  lines.length === 0 ? [] : ['', heading, '', ...lines];

const verificationLine = (one: PullRequestInput['verification'][number]): string =>
  `- ${one.ok ? '✅' : '❌'} ${code(one.command)}: ${harmless(singleLine(one.outcome, 80))}`;

const boxLine = (box: PullRequestInput['boxes'][number]): string =>
  `- [${box.checked ? 'x' : ' '}] ${harmless(singleLine(`${box.id} ${box.text}`, MAX_LINE))}`;

const summaryLines = (summary: string): readonly string[] =>
  sanitize(summary)
    .slice(0, MAX_SUMMARY)
    .trim()
    .split('\n')
    .filter((line, _, all) => line !== '' || all.length > 1)
    .map((line) => `> ${harmless(singleLine(line, MAX_LINE))}`.trimEnd());

/** Lines up to the room that is left, then one that says how many there were more. */
const bounded = (head: readonly string[], lines: readonly string[], room: number): string => {
  const out = [...head];
  let left = room - byteLength(head.join('\n')) - byteLength(SECTION_END) - 100;
  let taken = 0;
  for (const line of lines) {
    left -= byteLength(line) + 1;
    if (left < 0) break;
    out.push(line);
    taken += 1;
  }
  if (taken < lines.length) out.push('', `… ${lines.length - taken} more lines are left out here`);
  return [...out, '', SECTION_END].join('\n');
};

// A word joiner that is not seen keeps a forge from finding what it would act on.
const BREAK = '\u200b';
const CLOSING =
  /\b(clos|fix|resolv)(e[sd]?|ing|es|ed|)(?=[ \t:]{1,8}(?:#|gh-|https?:|[\w.-]{1,100}\/[\w.-]{1,100}#))/gi;

/** Text of models and files in a body: no HTML, no mentions, no closing of issues, no links or images. */
export const harmless = (text: string): string =>
  markInvisible(text)
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replace(CLOSING, `$1${BREAK}$2`)
    .replace(/@(?=[\w-])/g, `@${BREAK}`)
    .replace(/#(?=\d)/g, `#${BREAK}`)
    .replace(/\bgh-(?=\d)/gi, (found) => found + BREAK)
    .replaceAll('](', ']\\(')
    .replaceAll('][', ']\\[')
    .replace(/:\/\//g, `:${BREAK}//`);

/** A code span that its content cannot end. */
export const code = (text: string): string => {
  const line = withoutMarkers(markInvisible(singleLine(text, MAX_LINE)));
  const longest = Math.max(0, ...(line.match(/`+/g) ?? []).map((ticks) => ticks.length));
  const fence = '`'.repeat(longest + 1);
  const pad = line.startsWith('`') || line.endsWith('`') || line === '' ? ' ' : '';
  return `${fence}${pad}${line}${pad}${fence}`;
};

const withoutMarkers = (text: string): string => text.replace(/<!--(?=\s{0,9}ralph:)/gi, '<! --');

const encoder = new TextEncoder();
const byteLength = (text: string): number => encoder.encode(text).length;

const cutBytes = (text: string, max: number): string => {
  if (byteLength(text) <= max) return text;
  const head = new TextDecoder().decode(encoder.encode(text).subarray(0, max)).replace(/\ufffd$/, '');
  return `${head}…`;
};
