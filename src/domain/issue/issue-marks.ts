import { readIssueLines, type IssueLine } from './issue-lines.ts';

/** A box of the task, as the issue should show it. */
export interface IssueMark {
  readonly text: string;
  readonly isDone: boolean;
}

interface Edit {
  readonly at: number;
  readonly length: number;
  readonly put: string;
}
const DONE = ' [DONE]';

const editOf = ({ step, box, start, end, text }: IssueLine, isDone: boolean): Edit | undefined => {
  if (box)
    return box.isDone === isDone ? undefined : { at: box.markOffset, length: 1, put: isDone ? 'x' : ' ' };
  if (!step || step.isDone === isDone) return undefined;
  // Behind the words, before blanks and comments that end the line.
  if (isDone) return { at: start + text.trimEnd().length, length: 0, put: DONE };
  const mark = /[ \t]*\[DONE\]/i;
  const found = [...text.matchAll(new RegExp(mark, 'gi'))].at(-1);
  return found && start + found.index < end
    ? { at: start + found.index, length: found[0].length, put: '' }
    : undefined;
};

/**
 * The body with these steps marked `[DONE]` and these boxes ticked, or no longer so; no other character changes.
 * A text that stands there twice, or no more, is left alone.
 */
export const markIssue = (body: string, marks: readonly IssueMark[]): string => {
  const lines = new Map<string, IssueLine[]>();
  for (const line of readIssueLines(body).lines) {
    const title = line.step?.title ?? line.box?.title;
    if (title !== undefined) lines.set(title, [...(lines.get(title) ?? []), line]);
  }
  const edits = marks.flatMap(({ text, isDone }): readonly Edit[] => {
    const found = lines.get(text) ?? [];
    const edit = found.length === 1 ? editOf(found[0]!, isDone) : undefined;
    return edit ? [edit] : [];
  });
  let done = body;
  for (const { at, length, put } of edits.toSorted((a, b) => b.at - a.at))
    done = done.slice(0, at) + put + done.slice(at + length);
  return done;
};
