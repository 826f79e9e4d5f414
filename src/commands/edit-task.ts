import { RalphError } from '../domain/error.ts';
import { regionDiff } from '../domain/spec-edit-preview.ts';
import { scanBoxes, setBoxes } from '../domain/spec/checkboxes.ts';
import type { Finding } from '../domain/spec/finding.ts';
import { markInvisible, singleLine } from '../domain/terminal.ts';
import type { Draft, RunInfo } from './app.ts';
import type { Choice, CommandContext } from './define.ts';

/** What came of editing: a text to send, or nothing; the draft stays until it is dropped. */
export type Edited =
  | { readonly kind: 'send'; readonly text: string; readonly draft: Draft }
  | { readonly kind: 'unchanged' }
  | { readonly kind: 'kept'; readonly draft: Draft };

interface Look {
  readonly context: CommandContext;
  readonly run: RunInfo;
  readonly draft: Draft;
  /** The task file as the person got it. */
  readonly before: string;
}
type Verdict = { readonly send: string } | 'again' | 'keep';

const MOST_LINES = 12;
const safe = (text: string): string => markInvisible(singleLine(text, 300));

/** Each finding as a line with its place and reason, and the exact text to write below it. */
export const findingLines = (findings: readonly Finding[]): readonly string[] =>
  findings.flatMap(({ level, line, message, fix }) => [
    `line ${line}: ${level}: ${safe(message)}`,
    ...fix.split('\n').map((text) => `    write: ${safe(text)}`),
  ]);

const shortened = (lines: readonly string[]): readonly string[] =>
  lines.length <= MOST_LINES
    ? lines
    : [...lines.slice(0, MOST_LINES - 1), `… and ${lines.length - MOST_LINES + 1} lines more`];

/** Asks; where nobody can answer, the lines are printed and the text is kept. */
const ask = async ({ context }: Look, choice: Choice): Promise<string | undefined> => {
  if (context.choose) return context.choose(choice);
  for (const line of [choice.title, ...choice.lines]) context.out.error(line);
  return undefined;
};
const again = { key: 'e', text: 'edit again' } as const;
const drop = { key: 'd', text: 'send nothing' } as const;

/** Boxes that the runner ticked or unticked from one text to the other; undefined when more than that differs. */
const tickedBetween = (before: string, now: string): ReadonlyMap<string, boolean> | undefined => {
  const was = new Map(scanBoxes(before).boxes.map((box) => [box.id, box.checked]));
  if (setBoxes(now, was) !== before) return undefined;
  const changed = scanBoxes(now).boxes.filter((box) => was.get(box.id) !== box.checked);
  return new Map(changed.map((box) => [box.id, box.checked]));
};

/** The task file is another one than when it was opened: what the runner ticked is taken over, anything else is asked. */
const withWhatHappened = async (look: Look, text: string): Promise<Verdict> => {
  const { context, run, before } = look;
  const now = context.app.homes.readTask(run.id) ?? '';
  if (now === before || now === text) return { send: text };
  const ticked = tickedBetween(before, now);
  if (ticked !== undefined) {
    context.out.print(`meanwhile the runner changed ${[...ticked.keys()].join(', ')}: kept in your text`);
    return { send: setBoxes(text, ticked) };
  }
  const changed = regionDiff(before, now).lines.map(({ op, text: line }) => `${op} ${safe(line)}`);
  const answer = await ask(look, {
    title: 'The task file was changed while you edited it',
    lines: [...shortened(changed), '', `yours is in ${look.draft.path}`],
    answers: [again, { key: 'o', text: 'send yours over it' }, drop],
  });
  if (answer === 'o') return { send: text };
  return answer === 'e' ? 'again' : 'keep';
};

const judge = async (look: Look, text: string, ended: boolean): Promise<Verdict> => {
  const { lintTask } = await import('../domain/spec/lint.ts');
  const { findings } = lintTask(text);
  const errors = findings.filter((finding) => finding.level === 'error');
  if (errors.length > 0) {
    const answer = await ask(look, {
      title: 'The task file does not lint: nothing was sent',
      lines: [...shortened(findingLines(errors)), '', `your text is in ${look.draft.path}`],
      answers: [again, drop],
    });
    return answer === 'e' ? 'again' : 'keep';
  }
  if (!ended) {
    const answer = await ask(look, {
      title: 'The editor failed, but had saved a changed text',
      lines: [`it is in ${look.draft.path}`],
      answers: [again, { key: 's', text: 'send what it had saved' }, drop],
    });
    if (answer !== 's') return answer === 'e' ? 'again' : 'keep';
  }
  return withWhatHappened(look, text);
};

/**
 * Opens the task file of a run in $EDITOR until it lints or the person gives up. Nothing is sent here, and the text
 * stays in its file. Throws `usage` without an editor, or when that failed and changed nothing.
 */
export const editTask = async (context: CommandContext, run: RunInfo): Promise<Edited> => {
  const before = context.app.homes.readTask(run.id) ?? '';
  const draft = context.app.files.draft('ralph_task.md', before);
  for (;;) {
    const ended = await draft.edit();
    const text = draft.read();
    if (text === before) {
      draft.drop();
      if (ended) return { kind: 'unchanged' };
      throw new RalphError('usage', 'the editor failed: nothing is changed', {
        hint: `$EDITOR is ${context.app.files.editor ?? 'not set'}`,
      });
    }
    const verdict = await judge({ context, run, draft, before }, text, ended);
    if (verdict === 'keep') return { kind: 'kept', draft };
    if (verdict !== 'again') return { kind: 'send', text: verdict.send, draft };
  }
};
