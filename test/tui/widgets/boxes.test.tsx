import { describe, expect, it } from 'vitest';
import { confirmOverlay } from '../../../src/tui/widgets/confirm.tsx';
import { promptOverlay } from '../../../src/tui/widgets/prompt.tsx';
import { boxFrame, pressBox } from '../../fakes/box-frame.tsx';

const narrow = { width: 80, height: 24 };
const wide = { width: 120, height: 30 };
const least = { width: 60, height: 15 };
const runs = Array.from({ length: 12 }, (_, i) => `run-${i}  Task ${i}  running`);

describe('the question', () => {
  it('shows the runs that are meant, as many as fit', () => {
    expect(boxFrame(confirmOverlay, { question: 'Stop 12 runs for good?', runs }, least))
      .toMatchInlineSnapshot(`
      " ╭────────────────────────────────────────────────────────╮
       │ Are you sure?                                          │
       │ Stop 12 runs for good?                                 │
       │                                                        │
       │   run-0  Task 0  running                               │
       │   run-1  Task 1  running                               │
       │   run-2  Task 2  running                               │
       │   run-3  Task 3  running                               │
       │   run-4  Task 4  running                               │
       │   run-5  Task 5  running                               │
       │   run-6  Task 6  running                               │
       │   and 5 more                                           │
       │ y yes   n no                                           │
       ╰────────────────────────────────────────────────────────╯"
    `);
    expect(boxFrame(confirmOverlay, { question: 'Stop 2 runs for good?', runs: runs.slice(0, 2) }, wide))
      .toMatchInlineSnapshot(`
      "                           ╭────────────────────────────────────────────────────────────────╮
                                 │ Are you sure?                                                  │
                                 │ Stop 2 runs for good?                                          │
                                 │                                                                │
                                 │   run-0  Task 0  running                                       │
                                 │   run-1  Task 1  running                                       │
                                 │ y yes   n no                                                   │
                                 ╰────────────────────────────────────────────────────────────────╯"
    `);
  });

  it('names no list where it is about one run', () => {
    expect(boxFrame(confirmOverlay, { question: 'Stop 7f3a for good?', runs: ['7f3a'] }, narrow))
      .toMatchInlineSnapshot(`
      "       ╭────────────────────────────────────────────────────────────────╮
             │ Are you sure?                                                  │
             │ Stop 7f3a for good?                                            │
             │ y yes   n no                                                   │
             ╰────────────────────────────────────────────────────────────────╯"
    `);
  });

  it.each([
    ['y', true],
    ['Y', true],
    ['n', false],
    ['enter', false],
    ['esc', false],
    ['ctrl+c', false],
  ])('takes %s for %s', (key, result) => {
    expect(pressBox(confirmOverlay, { question: '?' }, { keys: [key] }).closed).toEqual({ result });
  });

  it('takes no other key for an answer', () => {
    expect(
      pressBox(confirmOverlay, { question: '?' }, { keys: ['x', 'space', 'tab'] }).closed,
    ).toBeUndefined();
  });
});

describe('the prompt', () => {
  const asked = {
    title: 'Add a note',
    label: 'the note',
    runs: runs.slice(0, 6),
    hint: 'Sent as a control: each of these runs says when it was taken.',
  };

  it('says where it goes and what happens', () => {
    expect(boxFrame(promptOverlay, promptOverlay.begin(asked, 'see src/'), narrow)).toMatchInlineSnapshot(`
      "   ╭────────────────────────────────────────────────────────────────────────╮
         │ Add a note                                                             │
         │ to run-0  Task 0  running                                              │
         │    run-1  Task 1  running                                              │
         │    run-2  Task 2  running                                              │
         │    and 3 more                                                          │
         │ the note                                                               │
         │                                                                        │
         │ > see src/                                                             │
         │                                                                        │
         │ Sent as a control: each of these runs says when it was taken.          │
         │ ⏎ send   esc leave                                                     │
         ╰────────────────────────────────────────────────────────────────────────╯"
    `);
    expect(boxFrame(promptOverlay, promptOverlay.begin({ title: 'Debug', label: 'a command' }), wide))
      .toMatchInlineSnapshot(`
      "                       ╭────────────────────────────────────────────────────────────────────────╮
                             │ Debug                                                                  │
                             │ a command                                                              │
                             │                                                                        │
                             │ >                                                                      │
                             │                                                                        │
                             │ ⏎ send   esc leave                                                     │
                             ╰────────────────────────────────────────────────────────────────────────╯"
    `);
  });

  it('shows the end of a text that is longer than its field, with wide characters whole', () => {
    const frame = boxFrame(
      promptOverlay,
      promptOverlay.begin({ title: 'T', label: 'l' }, `${'x'.repeat(80)}世界`),
      least,
    );
    expect(frame).toMatch(/ > x+世界 +│/);
  });

  it('closes with the text, with nothing on Esc, and stays while there is nothing to send', () => {
    const begin = promptOverlay.begin(asked);
    expect(pressBox(promptOverlay, begin, { keys: ['hi there', 'enter'] }).closed).toEqual({
      result: 'hi there',
    });
    expect(pressBox(promptOverlay, begin, { keys: ['hi', 'esc'] }).closed).toEqual({ result: undefined });
    expect(pressBox(promptOverlay, begin, { keys: ['space', 'enter'] }).closed).toBeUndefined();
  });
});
