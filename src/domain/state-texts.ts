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

/** A sign as it stands in guardrails.md; a field that is not there is empty. */
export interface SignText {
  readonly name: string;
  readonly trigger: string;
  readonly instruction: string;
  readonly addedAfter: string;
  readonly evidence: string;
}
const withoutMark = (text: string): string => text.replace(/<!--[^>]*-->/g, '').trim();

/** The pieces of a Markdown text that begin with a heading which matches; what stands before them is the first. */
const pieces = (text: string, heading: RegExp): readonly string[] => {
  const starts = [...text.matchAll(heading)].map((match) => match.index);
  return [0, ...starts].map((at, i) => text.slice(at, starts[i] ?? text.length));
};

/** The signs of guardrails.md in their order, without the template that says how to write one. */
export const readSigns = (guardrails: string): readonly SignText[] =>
  pieces(guardrails, /^### sign:/gm)
    .slice(1)
    .flatMap((piece) => {
      const [head = '', ...lines] = piece.split('\n');
      const name = withoutMark(head.slice('### sign:'.length));
      const field = (key: string): string =>
        lines
          .find((line) => line.startsWith(`- ${key}:`))
          ?.slice(key.length + 3)
          .trim() ?? '';
      if (name === '<short name>') return [];
      return {
        name,
        trigger: field('trigger'),
        instruction: field('instruction'),
        addedAfter: field('added_after'),
        evidence: field('evidence'),
      };
    });

/** The notes of notes.md in their order, and what stands before the first. */
export const readNotes = (
  notes: string,
): {
  readonly preface: string;
  readonly notes: readonly { readonly at: string; readonly text: string }[];
} => {
  const [preface = '', ...found] = pieces(notes, /^### note /gm);
  return {
    preface: preface.trim(),
    notes: found.map((piece) => {
      const [head = '', ...lines] = piece.split('\n');
      return { at: withoutMark(head.slice('### note '.length)), text: lines.join('\n').trim() };
    }),
  };
};

/** The reports of diagnostics.md in their order. */
export const readReports = (diagnostics: string): readonly { readonly id: string; readonly text: string }[] =>
  pieces(diagnostics, /^## Report (?!format)/gm)
    .slice(1)
    .map((piece) => {
      const [head = '', ...lines] = piece.split('\n');
      return { id: withoutMark(head.slice('## Report '.length)), text: lines.join('\n').trim() };
    });
