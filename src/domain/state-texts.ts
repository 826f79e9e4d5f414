/** Pure edits of the Markdown files under `.ralph/` (spec 8, templates B to E). */

const LAST_STATUS = '## Last known status';

/** Replaces the body of the "Last known status" section, or adds the section at the end. */
export const withLastStatus = (progress: string, lines: readonly string[]): string => {
  const body = `${LAST_STATUS}\n${lines.map((l) => `- ${l}`).join('\n')}\n`;
  const at = progress.search(/^## Last known status[ \t\r]*$/m);
  if (at < 0) return `${progress.trimEnd()}\n\n${body}`.trimStart();
  const rest = progress.slice(at + LAST_STATUS.length);
  const next = rest.search(/^## /m);
  return `${progress.slice(0, at)}${body}${next < 0 ? '' : `\n${rest.slice(next)}`}`;
};

export interface Sign {
  readonly name: string;
  readonly trigger: string;
  readonly instruction: string;
  readonly evidence: string;
  readonly iteration: number;
  /** Makes adding the same sign twice a no-op (a control may be applied again after a crash). */
  readonly id: string;
}

const oneLine = (text: string): string => text.replace(/\s+/g, ' ').trim();
// Two ids never give the same mark, and none ends the comment.
const mark = (id: string): string =>
  `<!-- ${id.replace(/[^A-Za-z0-9._-]/g, (char) => `%${char.charCodeAt(0).toString(16)}`)} -->`;

/** Appends a sign to guardrails.md (template B) unless the one with this id is there. */
export const withSign = (guardrails: string, sign: Sign): string => {
  if (guardrails.includes(mark(sign.id))) return guardrails;
  return `${guardrails.trimEnd()}\n\n### sign: ${oneLine(sign.name)} ${mark(sign.id)}\n- trigger: ${oneLine(sign.trigger)}\n- instruction: ${oneLine(sign.instruction)}\n- added_after: iteration ${sign.iteration}\n- evidence: ${oneLine(sign.evidence)}\n`;
};

const NO_NOTE = /^## Latest note\n\(none\)\n?/m;

/** Appends a note to notes.md (template D) unless the one with this id is there. */
export const withNote = (
  notes: string,
  note: { readonly id: string; readonly at: string; readonly text: string },
): string => {
  if (notes.includes(mark(note.id))) return notes;
  const base = notes.replace(NO_NOTE, '').trimEnd();
  return `${base}\n\n### note ${note.at} ${mark(note.id)}\n${note.text.trim()}\n`;
};

/** What `withNote` appended to `was` until it became `now`; empty where nothing was. */
export const notesSince = (was: string, now: string): string => {
  const base = was.replace(NO_NOTE, '').trimEnd();
  return now !== was && now.startsWith(base) ? now.slice(base.length) : '';
};

/** Appends a report to diagnostics.md, newest last, unless the one with this id is there. */
export const withReport = (diagnostics: string, id: string, report: string): string => {
  if (diagnostics.includes(mark(id))) return diagnostics;
  const base = diagnostics.replace(/^## Latest report\n\(none\)\n?/m, '').trimEnd();
  return `${base}\n\n## Report ${id} ${mark(id)}\n\n${report.trim()}\n`;
};
