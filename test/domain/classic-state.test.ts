import { describe, expect, it } from 'vitest';
import { classicPrompt, phaseOf, phaseText, successText, WORD_ONLY } from '../../src/domain/classic-state.ts';
import type { RunEvent } from '../../src/domain/event.ts';
import { foldRunEntries } from '../../src/domain/run-state.ts';
import { entriesOf } from '../fakes/entry.ts';
import { eventSamples } from '../fakes/event-samples.ts';

const fold = (...events: readonly RunEvent[]) => foldRunEntries('run-1', entriesOf(...events));
const created = eventSamples['run.created'];
const started = (n: number): RunEvent => ({
  type: 'iteration.started',
  n,
  startSha: `s${n}`,
  profile: 'fast',
});

describe('the phases of a run that goes by promises', () => {
  const classic = { phases: ['a', 'b', 'c'], checked: false };
  const made: RunEvent = { ...created, classic };
  const phase = (n: number, at: number): RunEvent => ({ type: 'phase.ended', n, phase: at, of: 3 });

  it('end one after the other, once each, however often it is entered', () => {
    const state = fold(made, started(1), phase(1, 1), phase(1, 1), started(2), phase(2, 3), phase(2, 2));
    expect(state.classic?.ended).toEqual([1, 2]);
    expect([phaseOf(state), phaseText(state)]).toEqual([3, 'phase 3/3']);
  });

  it('are open again when the iteration that ended them is rolled back', () => {
    const undone: RunEvent = { type: 'run.recovered', how: 'rolled-back', n: 2, detail: '' };
    const state = fold(made, started(1), phase(1, 1), started(2), phase(2, 2), undone);
    expect(state.classic?.ended).toEqual([1]);
  });

  it('stay ended when the task changes, but for one to go on with', () => {
    const { budgets, steering, boxes } = fold(made);
    const texts = Object.entries(boxes).map(([id, { text }]) => ({ id, text }));
    const changed = (phases: readonly string[]): RunEvent => ({
      type: 'spec.changed',
      budgets,
      steering,
      boxes: texts,
      by: 'ann',
      classic: { phases, checked: true },
    });
    const done = [made, started(1), phase(1, 1), started(2), phase(2, 2)];
    expect(fold(...done, changed(['a', 'b', 'c', 'd'])).classic?.ended).toEqual([1, 2]);
    expect(fold(...done, changed(['a', 'b'])).classic?.ended).toEqual([1]);
    expect(phaseOf(fold(...done, changed(['a'])))).toBe(1);
    // The promise was given for the task as it was.
    expect(fold(made, started(1), changed(['a', 'b']), phase(1, 1)).classic?.ended).toEqual([]);
    expect(fold(made, changed(['a', 'b']), started(1), phase(1, 1)).classic?.ended).toEqual([1]);
  });

  it('are nothing of an ordinary run', () => {
    const state = fold(created, started(1), phase(1, 1));
    expect([state.classic, phaseText(state)]).toEqual([undefined, '']);
  });
});

describe('what is said of a classic run', () => {
  const one = { promise: 'DONE', phases: [{ name: '', text: 'Do it.' }], checked: false };
  const box = { id: 'M1.1', text: 'it holds', checked: false, line: 1 };

  it('names all that stands behind its success, and what does not', () => {
    expect(successText({ classic: one, boxes: [] }, 3)).toBe(`${WORD_ONLY}; pushed, pull request #3`);
    expect(successText({ classic: one, boxes: [] }, undefined)).toBe(
      `${WORD_ONLY}; nothing had to be changed`,
    );
    const checked = { ...one, checked: true };
    expect(successText({ classic: checked, boxes: [box], testCommand: 'npm test' }, 3)).toBe(
      "the agent's promise, all boxes verified, test_command green, pushed, pull request #3",
    );
    expect(successText({ boxes: [box], testCommand: 'npm test' }, 3)).toBe(
      'all boxes verified, test_command green, pushed, pull request #3',
    );
  });

  it('tells the agent how to give the promise, and in a prompt of its own only', () => {
    const plain = classicPrompt({ classic: one }, 1, 'your last message');
    expect(plain).toMatch(/^Do it\.\n\n---\n/);
    expect(plain).toContain('end your last message with this line');
    expect(plain).toContain('\n<promise>DONE</promise>\n');
    const two = { ...one, phases: [...one.phases, { name: 'b.md', text: 'Then this.' }] };
    const second = classicPrompt({ classic: two, testCommand: 'npm test' }, 2, '`summary`');
    expect(second).toMatch(/^Phase 2 of 2 \(b\.md\)/);
    expect(second).toContain('`npm test`');
    expect(second).not.toContain('Do it.');
  });
});
