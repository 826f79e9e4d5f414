import { applySpecEdit, type Diagnosis } from './diagnosis.ts';

/** A line of a small diff: kept, added or removed. */
export interface DiffLine {
  readonly op: ' ' | '+' | '-';
  readonly text: string;
}
/** What one proposed edit would do to the task file as it now is. */
export interface EditPreview {
  readonly reason: string;
  /** Why the runner will not make it. */
  readonly refused: string | undefined;
  /** First line of `lines` in the file, from 1; 0 when its place is not there. */
  readonly line: number;
  readonly lines: readonly DiffLine[];
}

const CONTEXT = 2;
const asLines = (op: DiffLine['op'], lines: readonly string[]): readonly DiffLine[] =>
  lines.map((text) => ({ op, text }));

/** Two texts that differ in one region, as that region with the lines around it. */
export const regionDiff = (before: string, after: string): Pick<EditPreview, 'line' | 'lines'> => {
  const [was, is] = [before.split('\n'), after.split('\n')];
  const shorter = Math.min(was.length, is.length);
  let head = 0;
  while (head < shorter && was[head] === is[head]) head += 1;
  let tail = 0;
  while (tail < shorter - head && was[was.length - 1 - tail] === is[is.length - 1 - tail]) tail += 1;
  const from = Math.max(0, head - CONTEXT);
  const end = was.length - tail;
  return {
    line: from + 1,
    lines: [
      ...asLines(' ', was.slice(from, head)),
      ...asLines('-', was.slice(head, end)),
      ...asLines('+', is.slice(head, is.length - tail)),
      ...asLines(' ', was.slice(end, end + CONTEXT)),
    ],
  };
};

/** The proposed edits one after the other, each as a diff against the file that it would find. */
export const previewSpecEdits = (task: string, edits: Diagnosis['spec_edits']): readonly EditPreview[] => {
  let text = task;
  return edits.map((edit) => {
    const outcome = applySpecEdit(text, edit);
    if ('refused' in outcome) {
      const lines = [...asLines('-', edit.old.split('\n')), ...asLines('+', edit.new.split('\n'))];
      return { reason: edit.reason, refused: outcome.refused, line: 0, lines };
    }
    const preview = { reason: edit.reason, refused: undefined, ...regionDiff(text, outcome.text) };
    ({ text } = outcome);
    return preview;
  });
};
