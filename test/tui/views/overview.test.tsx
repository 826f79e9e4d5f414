import { describe, expect, it } from 'vitest';
import type { PaneFacts } from '../../../src/tui/pane.ts';
import { panes } from '../../../src/tui/panes.ts';
import { type PanePlan, frameAfter, paneFacts, paneFrame } from '../../fakes/pane-frame.tsx';
import { files, steeredRun } from '../../fakes/steered-run.ts';

const at = (width: 80 | 120, more: Partial<PanePlan> = {}): PaneFacts =>
  paneFacts({ run: steeredRun(), width, height: width === 80 ? 20 : 26, files, ...more });

describe('the Overview', () => {
  it('shows at 120 columns what the run takes, every budget, the parts of loop_score and what verifies each box', () => {
    expect(paneFrame(panes.overview, at(120, { pending: ['pausing'] }))).toMatchInlineSnapshot(`
      " ▲ running · tests · iteration 4 of 30 · 6 min of 120 min · last entry 29 s ago
       The foo endpoint answers  lima · actions · default-cheap · autonomous
       ralph/api-foo/endpoint → main at 2a996405e · last iteration 4 files +112 −9 · pushed 07014eb41
       pull request #412 (draft) https://example.com/org/shop/pull/412
       diagnosis (a applies it): The same assertion fails in three iterations
       asked   pausing…
       takes   pause, rotate, model, note, guardrail, edit, diagnose, apply, stop
       not now resume: it is running, not paused

       Budgets  *API-equivalent price                              loop_score 0.80  in the gutter
       iterations ██░░░░░░░░░░░░░░░░  10 %  3 / 30                 repeated failure  0.50  ▁▁█           same failure 3× in 5
       wall time  █░░░░░░░░░░░░░░░░░   5 %  6.0 / 120 min          stagnation        0.30  ▁▁█           3 without a change
       cost*      ░░░░░░░░░░░░░░░░░░   0 %  $0.03 / $10.00         thrash            0.00  ▁█▁           a file flips A-B-A-B
       tokens     ███████░░░░░░░░░░░  41 %  812k / 2.0M            history           0.80  ▁▂▇           0.0 0.2 0.8
       gutter     ██████░░░░░░░░░░░░  33 %  1 / 3 in a row         if it circles: fallback-model (another model: strong);
                                                                   tried: rotate

       Done when  1 of 3 verified by the runner
       ✓ M1.1  Foo endpoint returns 200 for valid input      node scripts/verify-foo.js              exit 0, iteration 3
       ✗ M1.2  Foo endpoint returns 400 for invalid input    node scripts/verify-foo-invalid.js      exit 1, iteration 3
       · M2.1  Unit tests were added for Foo                 npm test                                not run yet
       ✗ test  test_command                                  npm test                                exit 1, iteration 3"
    `);
  });

  it('fits 80 columns, and says how much is below', () => {
    expect(paneFrame(panes.overview, at(80))).toMatchInlineSnapshot(`
      " ▲ running · tests · iteration 4 of 30 · 6 min of 120 min · last entry 29 s ago
       The foo endpoint answers  lima · actions · default-cheap · autonomous
       ralph/api-foo/endpoint → main at 2a996405e · last iteration 4 files +112 −9 ·
       pushed 07014eb41
       pull request #412 (draft) https://example.com/org/shop/pull/412
       diagnosis (a applies it): The same assertion fails in three iterations
       takes   pause, rotate, model, note, guardrail, edit, diagnose, apply, stop
       Budgets  *API-equivalent price          loop_score 0.80  in the gutter
       iterations █░░░░░  10 %  3 / 30         repeated failure  0.50  ▁▁█
       wall time  ░░░░░░   5 %  6.0 / 120 min  stagnation        0.30  ▁▁█
       cost*      ░░░░░░   0 %  $0.03 / $10.00 thrash            0.00  ▁█▁
       tokens     ██░░░░  41 %  812k / 2.0M    history           0.80  ▁▂▇
       gutter     ██░░░░  33 %  1 / 3 in a row if it circles: fallback-model (another
                                               model: strong); tried: rotate
       Done when  1 of 3 verified by the runner
       ✓ M1.1  Foo endpoint returns 200 for valid input
       ✗ M1.2  Foo endpoint returns 400 for invalid input
               exit 1, iteration 3: node scripts/verify-foo-invalid.js
       · M2.1  Unit tests were added for Foo
       ▼ 2 more lines"
    `);
    expect(paneFrame(panes.overview, at(80, { height: 10 }))).toMatch(/▼ \d+ more lines$/);
  });

  it('scrolls to its end and not beyond', () => {
    const short = at(80, { height: 10 });
    const end = frameAfter(panes.overview, short, { kind: 'move', step: 'bottom' });
    expect(end).toContain('test_command');
    expect(end).not.toContain('more lines');
    expect(
      frameAfter(panes.overview, short, { kind: 'move', step: 'bottom' }, { kind: 'move', step: 'down' }),
    ).toBe(end);
  });

  it('says for a run that has ended that it takes nothing any more', () => {
    const run = steeredRun({ status: 'succeeded', detail: 'all boxes verified', green: true });
    const frame = paneFrame(panes.overview, at(120, { run }));
    expect(frame).toContain('not now the run has succeeded');
    expect(frame).not.toContain('takes ');
    expect(frame).not.toContain('if it circles');
  });

  it('shows the phases of a classic run, and that nothing is checked', () => {
    const classic = { phases: ['plan.md', '\u001b[2Jbuild.md'], checked: false, ended: [2] };
    const run = steeredRun({ classic, boxes: {}, testExit: undefined });
    const lint = JSON.stringify({ findings: [], verifyCommands: [] });
    const frame = paneFrame(panes.overview, at(120, { run, files: { ...files, '@lint': lint } }));
    expect(frame).toContain('running · phase 2/2 · tests');
    expect(frame.slice(frame.indexOf(' Done when'))).toMatchInlineSnapshot(`
      " Done when  by the agent's word only: the runner checks nothing
       ✓ 1/2   phase plan.md                                 the agent's promise                     iteration 2
       · 2/2   phase build.md                                the agent's promise                     not given yet"
    `);
  });

  it.each([
    [[], 'rotate (a fresh session)'],
    [['rotate'], 'fallback-model (another model: strong); tried: rotate'],
    [['rotate', 'fallback-model', 'diagnose'], 'pause (a pause for a human)'],
  ] as const)('names the next step of the ladder after %j', (ladder, words) => {
    const frame = paneFrame(panes.overview, at(120, { run: steeredRun({ ladder }) }));
    expect(frame.replace(/\s+/g, ' ')).toContain(`if it circles: ${words.split(';')[0]}`);
  });

  it('does not name a step of the ladder before it knows the fallback', () => {
    const { '@lint': _lint, ...unlinted } = files;
    expect(paneFrame(panes.overview, at(120, { files: unlinted }))).toContain('if it circles: …');
  });

  it('says what the checks of the forge say, and of which commit when that is not the head', () => {
    const pr = { number: 412, url: 'https://example.com/412', draft: true };
    const seen = { n: 3, sha: 'a'.repeat(40), total: 4, since: undefined };
    const red = { ...seen, state: 'red', pending: 1, failed: ['build\u001b[2J'] } as const;
    const first = steeredRun({ pr, checks: red, headSha: red.sha });
    expect(paneFrame(panes.overview, at(120, { run: first }))).toContain(
      'pull request #412 (draft, checks red (failed: build; 1 of 4 not done)) https://example.com/412',
    );
    const checks = { ...seen, state: 'green', pending: 0, failed: [] } as const;
    expect(paneFrame(panes.overview, at(120, { run: steeredRun({ pr, checks }) }))).toContain(
      '(draft, checks green (at aaaaaaaaa))',
    );
  });
});
