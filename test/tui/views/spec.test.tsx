import { describe, expect, it } from 'vitest';
import type { PaneFacts } from '../../../src/tui/pane.ts';
import { panes } from '../../../src/tui/panes.ts';
import { type PanePlan, frameAfter, paneFacts, paneFrame } from '../../fakes/pane-frame.tsx';
import { files, lintOf, steeredRun, taskText } from '../../fakes/steered-run.ts';

const at = (width: 80 | 120, more: Partial<PanePlan> = {}): PaneFacts =>
  paneFacts({ run: steeredRun(), width, height: width === 80 ? 20 : 26, files, ...more });

describe('the Spec tab', () => {
  it('shows the file at 120 columns with boxes by their verified state, and findings beside it', () => {
    expect(paneFrame(panes.spec, at(120))).toMatchInlineSnapshot(`
      " 1   ---                                                                 1 warning  ← → goes through them
       2   repo_url: https://example.com/org/shop.git                          warning · line 22
       3   task_id: api-foo                                                      box M1.2 is ticked already: the run
       4   base_branch: main                                                     verifies it again
       5   model_profile_fallback: strong                                        write  - [ ] M1.2 Foo endpoint returns 400
       6   max_iterations: 30                                                           for invalid input
       7   max_wall_time_minutes: 120
       8   max_cost_usd_estimate: 10
       9   max_tokens_total: 2000000
      10   test_command: npm test
      11   sandbox_image: node:24
      12   sandbox_resources:
      13     vcpu: 2
      14     memory_gib: 4
      15   ---
      16
      17   # Task: The foo endpoint answers
      18
      19   ## Success criteria
      20 ✓ - [x] M1.1 Foo endpoint returns 200 for valid input
      21     - verify: \`node scripts/verify-foo.js\`
      22 ? - [x] M1.2 Foo endpoint returns 400 for invalid input
      23     - verify: \`node scripts/verify-foo-invalid.js\`
      24 · - [ ] M2.1 Unit tests were added for Foo
      25     - verify: \`npm test\`"
    `);
  });

  it('shows the findings below the text at 80 columns', () => {
    expect(paneFrame(panes.spec, at(80))).toMatchInlineSnapshot(`
      " 1   ---
       2   repo_url: https://example.com/org/shop.git
       3   task_id: api-foo
       4   base_branch: main
       5   model_profile_fallback: strong
       6   max_iterations: 30
       7   max_wall_time_minutes: 120
       8   max_cost_usd_estimate: 10
       9   max_tokens_total: 2000000
      10   test_command: npm test
      11   sandbox_image: node:24
      12   sandbox_resources:
      13     vcpu: 2
      14     memory_gib: 4
      15   ---
      ────────────────────────────────────────────────────────────────────────────────
       1 warning  ← → goes through them
       warning · line 22
         box M1.2 is ticked already: the run verifies it again
         write  - [ ] M1.2 Foo endpoint returns 400 for invalid input"
    `);
  });

  it('goes through the findings and to their lines', () => {
    const broken = taskText.replace('max_iterations: 30\n', '').replace('test_command: npm test\n', '');
    const facts = at(120, { height: 8, files: { ...files, '@task': broken, '@lint': lintOf(broken) } });
    const first = frameAfter(panes.spec, facts, { kind: 'side', by: 1 });
    expect(first).toMatch(/2 errors, 1 warning {2}1 of 3/);
    const last = frameAfter(panes.spec, facts, { kind: 'side', by: 1 }, { kind: 'side', by: -1 });
    expect(last).toMatch(/3 of 3/);
    expect(last).toContain('? - [x] M1.2');
  });

  it('finds, steps and wraps', () => {
    const facts = at(80, { height: 10 });
    const found = frameAfter(panes.spec, facts, { kind: 'search', text: 'verify-foo-invalid' });
    expect(found).toContain('verify-foo-invalid');
    const state = panes.spec.reduce(panes.spec.initial, { kind: 'search', text: 'x' }, facts);
    expect(panes.spec.isSearching?.(state)).toBe(true);
    const long = at(80, { files: { '@task': `# T\n${'word '.repeat(40)}end\n` } });
    expect(paneFrame(panes.spec, long)).toContain('end');
    expect(frameAfter(panes.spec, long, { kind: 'toggle', what: 'wrap' })).not.toContain('end');
  });

  it('copies and writes the file as it is', () => {
    expect(panes.spec.copy?.(panes.spec.initial, at(80))).toBe(taskText);
    expect(panes.spec.export?.(panes.spec.initial, at(80))).toEqual({
      name: 'ralph-04deab-task.md',
      text: taskText,
    });
  });
});
