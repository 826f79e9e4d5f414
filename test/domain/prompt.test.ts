import { describe, expect, it } from 'vitest';
import { buildPrompt, cutMiddle, limits, type PromptParts } from '../../src/domain/prompt.ts';

const parts = (changed: Partial<PromptParts> = {}): PromptParts => ({
  system: 'SYSTEM',
  contract: 'CONTRACT',
  task: 'TASK',
  guardrails: 'GUARDRAILS',
  progress: 'PROGRESS',
  notes: 'NOTES',
  errors: 'ERRORS',
  status: 'STATUS',
  diffSummary: 'DIFF',
  commands: [{ command: 'npm test', outcome: 'exit 1', output: 'OUTPUT' }],
  outputPath: '.ralph/iterations/3/test_output.txt',
  iteration: 4,
  maxIterations: 30,
  gauges: [{ name: 'cost', used: 0.5, limit: 2, share: 0.25, unit: 'USD' }],
  scores: [0, 0.4, 0.7],
  loop: undefined,
  rotation: undefined,
  ...changed,
});
const user = (changed: Partial<PromptParts> = {}): string => buildPrompt(parts(changed)).user;
const long = (letter: string): string => `${letter.repeat(99)}\n`.repeat(1000);

describe('a prompt', () => {
  it('has the parts of the spec in their fixed order, the system text apart', () => {
    const { system, user: text } = buildPrompt(parts());
    expect(system).toBe('SYSTEM');
    expect(text).toMatchInlineSnapshot(`
      "## ralph_task.md

      TASK

      ## .ralph/guardrails.md

      GUARDRAILS

      ## .ralph/progress.md

      PROGRESS

      ## .ralph/notes.md

      NOTES

      ## .ralph/errors.log (tail)

      ERRORS

      ## Repository

      STATUS

      DIFF

      ## Commands of the last iteration

      $ npm test
      [exit 1]
      OUTPUT

      ## Budgets and progress

      Iteration: 4 of 30
      - cost: $0.5000 used of $2.0000
      - recent loop_score: 0.00 0.40 0.70 (0.7 or more means: going in circles)

      ## What to answer

      CONTRACT
      "
    `);
  });
  it('is the same text for the same parts', () => {
    const big = { guardrails: long('g'), errors: long('e'), status: long('s'), progress: long('p') };
    expect(buildPrompt(structuredClone(parts(big)))).toEqual(buildPrompt(parts(big)));
  });
  it('names what is empty, so that nothing has to be guessed', () => {
    const text = user({ notes: '', errors: ' \n', commands: [], scores: [] });
    expect(text).toContain('## .ralph/notes.md\n\n(empty)\n');
    expect(text).toContain('## .ralph/errors.log (tail)\n\n(empty)\n');
    expect(text).toContain('No command has run yet.');
    expect(text).toContain('recent loop_score: none yet');
  });
  it('shows the last eight scores, the evidence of a score, and why a session is fresh', () => {
    const text = user({
      scores: Array.from({ length: 20 }, (_, i) => i / 100),
      loop: { score: 0.8, repeatedFailure: 0.8, stagnation: 0, thrash: 0, evidence: ['it fails again'] },
      rotation: 'Take another way.',
    });
    expect(text).toContain('loop_score: 0.12 0.13 0.14 0.15 0.16 0.17 0.18 0.19 (');
    expect(text).toContain('  - it fails again');
    expect(text).toContain('Take another way.');
  });
});

describe('the limits of a prompt', () => {
  const sectionOf = (text: string, title: string): string =>
    text.split(/^(?=## )/m).find((part) => part.startsWith(`## ${title}`)) ?? '';

  it.each([
    ['guardrails', '.ralph/guardrails.md', limits.guardrails, 'end'],
    ['progress', '.ralph/progress.md', limits.progress, 'start'],
    ['notes', '.ralph/notes.md', limits.notes, 'end'],
    ['errors', '.ralph/errors.log', limits.errors, 'end'],
    ['status', 'Repository', limits.status, 'start'],
  ] as const)('hold for 100 KB of %s: one end is kept, and where the rest is', (...row) => {
    const [key, title, limit, kept] = row;
    const text = sectionOf(user({ [key]: `FIRST\n${long('x')}LAST` }), title);
    expect(text.length).toBeLessThan(limit + 200);
    expect(text.length).toBeGreaterThan(limit - 200);
    expect(text).toMatch(/\[cut: \d+ (?:more|earlier) characters in \S/);
    expect(text.includes('FIRST')).toBe(kept === 'start');
    if (key !== 'status') expect(text.includes('LAST')).toBe(kept === 'end');
  });
  it('hold for the lines of errors.log too', () => {
    const lines = Array.from({ length: 1000 }, (_, i) => `error ${i}`);
    const text = sectionOf(user({ errors: `${lines.join('\n')}\n` }), '.ralph/errors.log');
    expect(text).toContain('error 800\n');
    expect(text).not.toContain('error 799\n');
  });
  it('hold for the output of one command: both ends, and the file', () => {
    const output = `FIRST\n${long('x')}LAST`;
    const text = sectionOf(user({ commands: [{ command: 'c', outcome: 'exit 1', output }] }), 'Commands');
    expect(text.length).toBeLessThan(limits.command + 300);
    expect(text).toContain('FIRST');
    expect(text).toContain('LAST');
    expect(text).toContain('all of it in .ralph/iterations/3/test_output.txt]');
  });
  it('hold for a hundred commands together', () => {
    const commands = Array.from({ length: 100 }, () => ({ command: 'c', outcome: 'ok', output: long('x') }));
    expect(sectionOf(user({ commands }), 'Commands').length).toBeLessThan(limits.commands + 300);
  });
  it('never cut the task nor the contract', () => {
    const text = user({ task: long('t'), contract: long('c') });
    expect(text).toContain(long('t').trim());
    expect(text).toContain(long('c').trim());
  });
  it('never leave half of a character', () => {
    const faces = '😀'.repeat(50_000);
    for (const shift of ['', 'x']) {
      const big = `${faces}${shift}`;
      const commands = [{ command: 'c', outcome: 'ok', output: shift + big }];
      const text = user({
        guardrails: big,
        progress: shift + big,
        notes: big,
        errors: big,
        status: shift + big,
        commands,
      });
      expect(text.isWellFormed()).toBe(true);
    }
  });
});

describe('cutMiddle', () => {
  it('leaves what fits alone and says how much is gone', () => {
    expect(cutMiddle('abcdef', 6, 'f')).toBe('abcdef');
    expect(cutMiddle('abcdefghi', 6, 'f')).toBe('ab\n[cut: 3 characters, all of it in f]\nfghi');
  });
});
