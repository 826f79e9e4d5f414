import { describe, expect, it } from 'vitest';
import { applySpecEdits, diagnosisSchema, renderDiagnosis } from '../../src/domain/diagnosis.ts';

const task = `---
task_id: t
test_command: npm test
---

# Task: T

Build the thing, with care.
Twice said. Twice said.

- [ ] M1.1 It holds
  - verify: \`node check.js one\`
- [x] M1.2 It lasts
  - verify: \`node check.js two\`
`;
const edit = (old: string, to: string) => applySpecEdits(task, [{ old, new: to, reason: 'r' }]);
const problem = (old: string, to: string): string => {
  const { text, applied, refused } = edit(old, to);
  expect({ text, applied }).toEqual({ text: task, applied: 0 });
  return refused.join().replace(/: .*/s, '');
};

describe('an edit of the task file', () => {
  it('may clarify the text and a criterion', () => {
    expect(edit('with care.', 'in src/thing.ts.')).toMatchObject({ applied: 1, refused: [] });
    expect(edit('It holds', 'It holds under load').text).toContain(
      '- [ ] M1.1 It holds under load\n  - verify',
    );
  });
  it('may add a criterion, above others too', () => {
    const { text, applied } = edit('- [ ] M1.1', '- [ ] M1.0 First\n  - verify: `true`\n- [ ] M1.1');
    expect(applied).toBe(1);
    expect(text).toContain('M1.0 First');
  });
  it('is taken as it stands, whatever looks like a pattern in it', () => {
    expect(edit('with care.', "costs $& and $1 $' $$.").text).toContain("costs $& and $1 $' $$.");
  });
  it('may untick a criterion that does not hold', () => {
    expect(edit('- [x] M1.2', '- [ ] M1.2').applied).toBe(1);
  });
  it.each([
    ['is not there', 'nowhere to be found', 'x', 'its old text is not in the task file'],
    ['stands there twice', 'Twice said.', 'x', 'its old text stands there more than once'],
  ])('whose old text %s is refused', (...[, old, to, expected]) => {
    expect(problem(old, to)).toBe(expected);
  });
  it.each([
    ['changes a value there', 'npm test', 'true'],
    ['starts in it', '---\n\n# Task: T', '# Task: T'],
    ['brings a key that decides what done means', 'with care.', 'with care.\ntest_command: true'],
    ['brings a limit', 'with care.', 'max_cost_usd_estimate: 1000'],
    ['opens another one', 'with care.', '---\nagent: command\n---'],
  ])('is refused where it %s', (_, old, to) => {
    expect(problem(old, to)).toBe('it touches the front matter');
  });
  it.each([
    ['as a whole line', '  - verify: `node check.js one`', '  - verify: `true`'],
    ['by a part of its line', 'node check.js one', 'true'],
    ['by its end', ' one`', ' one || true`'],
    ['by another one put above it', 'It holds', 'It holds\n  - verify: `true`'],
  ])('never changes a verification, %s', (_, old, to) => {
    expect(problem(old, to)).toBe('it changes a verification');
  });
  it.each([
    ['takes one out', '- [ ] M1.1 It holds', 'gone', 'it removes a box'],
    ['hides one in a comment', 'with care.', 'with care. <!--\n', 'it removes a box'],
    ['hides one in a code fence', 'with care.', 'with care.\n\n```', 'it removes a box'],
    ['makes one a plain line', '- [ ]', '-', 'it removes a box'],
    ['ticks one', '[ ]', '[x]', 'it ticks a box'],
  ])('that %s is refused', (...[, old, to, expected]) => {
    expect(problem(old, to)).toBe(expected);
  });
  it('that was refused does not keep the others from being made', () => {
    const { text, applied, refused } = applySpecEdits(task, [
      { old: 'npm test', new: 'true', reason: 'r' },
      { old: 'with care', new: 'slowly', reason: 'r' },
      { old: 'slowly', new: 'quickly', reason: 'r' },
    ]);
    expect(applied).toBe(2);
    expect(refused).toHaveLength(1);
    expect(text).toBe(task.replace('with care', 'quickly'));
  });
  it('is looked up in linear time', () => {
    const long = `${task}${'- [ '.repeat(60_000)}`;
    const edits = Array.from({ length: 10 }, (_, i) => ({
      old: `no ${i}`,
      new: '-'.repeat(8000),
      reason: 'r',
    }));
    expect(applySpecEdits(long, edits).refused).toHaveLength(10);
  });
});

describe('a diagnosis', () => {
  const sign = { name: 'n', trigger: 't', instruction: 'i', evidence: 'e' };
  const good = {
    pattern: 'the same\nfailure',
    evidence: ['test 3\n## not a heading'],
    cause: 'a typo',
    guardrails: [sign],
    spec_edits: [{ old: 'a', new: 'b', reason: 'r' }],
    model_profile: null,
  };
  const ok = (changed: object): boolean => diagnosisSchema.safeParse({ ...good, ...changed }).success;

  it('has one to three signs, and bounded texts', () => {
    expect(ok({})).toBe(true);
    expect(ok({ guardrails: [] })).toBe(false);
    expect(ok({ guardrails: [sign, sign, sign, sign] })).toBe(false);
    expect(ok({ cause: 'x'.repeat(2001) })).toBe(false);
    expect(ok({ spec_edits: [{ old: '', new: 'b', reason: 'r' }] })).toBe(false);
    expect(ok({ spec_edits: Array.from({ length: 11 }, () => good.spec_edits[0]) })).toBe(false);
  });
  it('is written with the headings of the template, each text on one line', () => {
    const text = renderDiagnosis(diagnosisSchema.parse(good), { iteration: 4, profile: 'slow' });
    expect(text).toMatchInlineSnapshot(`
      "After iteration 4, by slow.

      ### Observed failure patterns
      - the same failure
      - test 3 ## not a heading

      ### Likely root causes
      - a typo

      ### Suggested guardrails (signs)
      - n: t -> i

      ### Suggested spec edits
      - "a" -> "b" (r)

      ### Suggested model profile change
      - (none)"
    `);
  });
});
