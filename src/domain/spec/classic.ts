import type { Finding } from './finding.ts';
import { splitFrontmatter } from './split.ts';

/** A task without boxes of its own: one prompt or several in turn, each until the agent gives its promise. */
export interface ClassicSpec {
  /** What ends a phase, as in `<promise>COMPLETE</promise>`. */
  readonly promise: string;
  /** At least one, in their order. */
  readonly phases: readonly { readonly name: string; readonly text: string }[];
  /** Whether the runner checks anything itself: a test_command, verify_commands or boxes with a `verify:`. */
  readonly checked: boolean;
}

/** Stands on a line of its own above the prompt of a phase, counted from 1. */
export const phaseMark = (phase: number): string => `<!-- ralph:phase ${phase} -->`;
const MARK = /^[ \t]{0,3}<!--[ \t]{0,9}ralph:phase[ \t]{1,9}(\d{1,6})[ \t]{0,9}-->[ \t]{0,9}\r?$/;

interface MarkLine {
  /** Line in the file, from 1. */
  readonly line: number;
  readonly phase: number;
}
interface Body {
  readonly lines: readonly string[];
  readonly firstLine: number;
  readonly marks: readonly MarkLine[];
}

const readBody = (text: string): Body => {
  const { bodyOffset, bodyLine } = splitFrontmatter(text);
  const lines = text.slice(bodyOffset).split('\n');
  const marks = lines.flatMap((line, index): MarkLine[] => {
    const phase = MARK.exec(line)?.[1];
    return phase === undefined ? [] : [{ line: bodyLine + index, phase: Number(phase) }];
  });
  return { lines, firstLine: bodyLine, marks };
};

/** Whether a text holds a line that would begin a phase. */
export const hasPhaseMark = (text: string): boolean => text.split('\n').some((line) => MARK.test(line));

/** The prompts of a task file's body; what stands above the first mark belongs to each of them. */
export const phaseTexts = (text: string): readonly string[] => {
  const { lines, firstLine, marks } = readBody(text);
  const between = (from: number, to: number | undefined): string => lines.slice(from, to).join('\n').trim();
  if (marks.length === 0) return [between(0, undefined)];
  const starts = marks.map(({ line }) => line - firstLine);
  const common = between(0, starts[0]);
  return starts.map((start, i) => `${common}\n\n${between(start + 1, starts[i + 1])}`.trim());
};

const finding = (code: string, line: number, rest: { message: string; fix: string }): Finding => ({
  level: 'error',
  code: `phase.${code}`,
  line,
  ...rest,
});

const markFindings = ({ marks, lines, firstLine }: Body, wanted: number): Finding[] => {
  const wrong = marks.find((mark, i) => mark.phase !== i + 1 || i >= wanted);
  if (wrong !== undefined) {
    const message = `this line begins phase ${wrong.phase}, and phase ${marks.indexOf(wrong) + 1} of ${wanted} is expected here`;
    const at = marks.indexOf(wrong) + 1;
    const fix = at > wanted ? 'one name for each phase in phases: of the front matter' : phaseMark(at);
    return [finding('order', wrong.line, { message, fix })];
  }
  if (marks.length === wanted) return [];
  const message = `${wanted} phases are named, and ${marks.length} of them stand in the text below`;
  const last = firstLine + lines.length - 1;
  return [
    finding('missing', last, { message, fix: `${phaseMark(marks.length + 1)}\nWhat this phase is to do` }),
  ];
};

/** What the front matter has of a classic task, as it was read. */
export interface ClassicKeys {
  readonly promise: unknown;
  readonly phases: unknown;
}

/** Checks the phases of a task against its text; nothing for a task without any. */
export const lintPhases = (text: string, keys: ClassicKeys, lineOf: (key: string) => number): Finding[] => {
  const body = readBody(text);
  if (keys.promise === undefined) {
    if (keys.phases === undefined) return [];
    const message = 'phases end with a promise of the agent, and completion_promise is missing';
    return [finding('no-promise', lineOf('phases'), { message, fix: 'completion_promise: "COMPLETE"' })];
  }
  const named = Array.isArray(keys.phases) ? keys.phases.length : 0;
  if (named > 0 || body.marks.length > 0) {
    const findings = markFindings(body, named);
    if (findings.length > 0) return findings;
  }
  const empty = phaseTexts(text).findIndex((prompt) => prompt === '');
  if (empty < 0) return [];
  const line = body.marks[empty]?.line ?? body.firstLine;
  return [finding('empty', line, { message: 'there is no prompt here', fix: 'What the agent is to do' })];
};
