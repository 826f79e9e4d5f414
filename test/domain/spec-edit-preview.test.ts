import { describe, expect, it } from 'vitest';
import { applySpecEdits } from '../../src/domain/diagnosis.ts';
import { previewSpecEdits, regionDiff } from '../../src/domain/spec-edit-preview.ts';

const task = ['---', 'task_id: t', '---', '# T', 'one', 'two', 'three', 'four', 'five', ''].join('\n');
const edit = (old: string, text: string) => ({ old, new: text, reason: `because of ${old}` });

describe('the preview of spec edits', () => {
  it('shows each edit as a diff with two lines around it', () => {
    const [preview] = previewSpecEdits(task, [edit('three', '3\n3b')]);
    expect(preview).toMatchObject({ refused: undefined, line: 5, reason: 'because of three' });
    expect(preview?.lines.map(({ op, text }) => op + text)).toEqual([
      ' one',
      ' two',
      '-three',
      '+3',
      '+3b',
      ' four',
      ' five',
    ]);
  });

  it('shows a later edit against what the earlier ones leave', () => {
    const previews = previewSpecEdits(task, [edit('two', 'zwei'), edit('zwei', 'deux')]);
    expect(previews[1]?.lines.map(({ op, text }) => op + text)).toContain('-zwei');
    expect(previews[1]?.refused).toBeUndefined();
  });

  it('refuses what applying refuses, for the same reason, and goes on with the next', () => {
    const edits = [edit('task_id: t', 'task_id: u'), edit('not there', 'x'), edit('four', 'vier')];
    const previews = previewSpecEdits(task, edits);
    const { refused, applied } = applySpecEdits(task, edits);
    expect(previews.map((preview) => preview.refused !== undefined)).toEqual([true, true, false]);
    expect(refused.map((reason) => reason.split(':')[0])).toEqual(
      previews.flatMap((preview) => preview.refused ?? []),
    );
    expect(applied).toBe(1);
  });
});

it('finds the region in which two texts differ also where lines repeat', () => {
  const lines = (before: string, after: string) =>
    regionDiff(before, after).lines.map(({ op, text }) => op + text);
  expect(lines('a\na\na', 'a\na\na\na')).toEqual([' a', ' a', '+a']);
  expect(lines('a\nb', 'b')).toEqual(['-a', ' b']);
});
