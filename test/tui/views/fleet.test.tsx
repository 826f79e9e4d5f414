import { Box } from 'ink';
import { render } from 'ink-testing-library';
import stringWidth from 'string-width';
import { beforeAll, describe, expect, it } from 'vitest';
import type { RunInfo } from '../../../src/commands/app.ts';
import { Footer } from '../../../src/tui/views/footer.tsx';
import { FleetView } from '../../../src/tui/views/fleet.tsx';
import { fieldOf } from '../../../src/tui/text-field.ts';
import type { Frame } from '../../../src/tui/screen-types.ts';
import { fleetFrame, runInfo } from '../../fakes/fleet-frame.ts';

beforeAll(() => {
  process.env['COLUMNS'] = '300';
  process.env['LINES'] = '100';
  process.env['TZ'] = 'UTC';
});

const linesOf = (frame: Frame): readonly string[] => {
  const { lastFrame, unmount } = render(
    <Box width={frame.size.width} flexDirection="column">
      <FleetView frame={frame} />
      <Footer frame={frame} />
    </Box>,
  );
  const lines = (lastFrame() ?? '').split('\n');
  unmount();
  return lines;
};
const drawn = (frame: Frame): string =>
  linesOf(frame)
    .map((line) => line.trimEnd())
    .join('\n');

const budgets = { maxIterations: 30, maxWallTimeMinutes: 120, maxCostUsd: 10, maxConsecutiveGutter: 3 };
const runs: readonly RunInfo[] = [
  runInfo('c5d0aa', {
    task: 'bump-deps',
    backend: 'daytona',
    status: 'waiting',
    reason: 'model',
    until: '2026-03-01T14:04:12.000Z',
    budgets,
    iteration: 6,
    committed: 5,
    loopScores: [0, 0.2, 0.2],
    profile: 'claude',
    pr: { number: 415, url: 'https://example.com/415', draft: true },
    green: true,
  }),
  runInfo('04deab', {
    task: 'api-foo-endpoint',
    title: 'The foo endpoint answers',
    backend: 'lima',
    phase: 'tests',
    budgets,
    iteration: 4,
    committed: 3,
    loopScores: [0, 0, 0.2, 0],
    diff: { files: 4, added: 112, removed: 9 },
    spent: { costUsd: 1.1, tokens: 812_000, runningMs: 360_000 },
  }),
  runInfo('7f3aff', {
    task: 'fix-login-race',
    status: 'paused',
    reason: 'human',
    budgets,
    iteration: 12,
    committed: 12,
    loopScores: [0, 0.3, 0, 0.3],
    spent: { costUsd: 9.2, tokens: 2_100_000, runningMs: 60_000 },
    pr: { number: 412, url: 'https://example.com/412', draft: true },
    testExit: { kind: 'code', code: 1 },
  }),
  runInfo('b21c00', {
    task: 'migrate-orders',
    backend: 'kubernetes',
    phase: 'diagnose',
    budgets,
    iteration: 9,
    committed: 8,
    loopScores: [0, 0.3, 0.5, 0.8, 0.8],
    profile: 'gpt-5',
  }),
  runInfo('9a7700', { task: 'docs-cleanup', backend: 'local', isolated: false, status: 'queued' }),
  runInfo('e11000', { task: 'typo-sweep', status: 'succeeded', iteration: 3, committed: 3 }),
  runInfo('dead01', { task: 'lost-runner', status: 'running', phase: 'model' }, true),
  runInfo('fa1100', {
    task: 'burnt',
    status: 'failed',
    reason: 'budget: cost',
    spent: { costUsd: 10, tokens: 5_000_000, runningMs: 1 },
  }),
];
const supervisor = {
  running: true,
  report: {
    pid: 7,
    version: '1.0.0',
    startedAt: '2026-03-01T12:00:00.000Z',
    at: '2026-03-01T14:00:00.000Z',
    concurrency: 4,
    running: ['04deab', 'b21c00'],
    queued: ['9a7700'],
    rssBytes: 1,
  },
};

describe('the fleet', () => {
  it('at 80 columns', () => {
    expect(drawn(fleetFrame({ runs, supervisor, size: { width: 80, height: 24 } }))).toMatchInlineSnapshot(`
      " ralph  ! 1  ▲ 1  ✗ 1  ◷ 2  ● 1  ○ 1  ✓ 1                     $20.30  sup ● 2/4
      ────────────────────────────────────────────────────────────────────────────────
           RUN    TASK                 STATUS                 ITER LOOP BUDGET
      ▸ !  7f3aff fix-login-race       paused · human        12/30 0.30 ██████  92 %$
        ▲  b21c00 migrate-orders       running · diagnose     9/30 0.80 ██░░░░  27 %i
        ✗  fa1100 burnt                failed · budget: co…   0/10 0.00 ██████ 100 %$
        ◷  c5d0aa bump-deps            waiting 4m 12s · mo…   6/30 0.20 █░░░░░  17 %i
        ◷  dead01 lost-runner          runner died · runni…   0/10 0.00 ░░░░░░   0 %i
        ●  04deab api-foo-endpoint     running · tests        4/30 0.00 █░░░░░  11 %$
        ○  9a7700 docs-cleanup         queued                 0/10 0.00 ░░░░░░   0 %i
        ✓  e11000 typo-sweep           succeeded              3/10 0.00 ██░░░░  30 %i
      ────────────────────────────────────────────────────────────────────────────────
       7f3aff  fix-login-race  ralph/task-7f3aff  #412 draft           log · 12:04:31









      ────────────────────────────────────────────────────────────────────────────────
      "
    `);
  });
  it('at 120 columns', () => {
    expect(drawn(fleetFrame({ runs, supervisor, size: { width: 120, height: 30 } }))).toMatchInlineSnapshot(`
      " ralph  ! 1  ▲ 1  ✗ 1  ◷ 2  ● 1  ○ 1  ✓ 1                 $20.30 of $80.00 · 7.9M tok  supervisor ● 2/4 +1 queued · 2 h
      ────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────
           RUN    TASK                 BACKEND     STATUS                 ITER LOOP        BUDGET         MODEL        PR
      ▸ !  7f3aff fix-login-race       podman box  paused · human        12/30 0.30 ▁▃▁▃   ██████░  92 %$ default-che… #412 ✗
        ▲  b21c00 migrate-orders       k8s pod     running · diagnose     9/30 0.80 ▁▃▅▇▇  ██░░░░░  27 %i gpt-5        –
        ✗  fa1100 burnt                podman box  failed · budget: co…   0/10 0.00        ███████ 100 %$ default-che… –
        ◷  c5d0aa bump-deps            daytona vm  waiting 4m 12s · mo…   6/30 0.20 ▁▂▂    █░░░░░░  17 %i claude       #415 ✓
        ◷  dead01 lost-runner          podman box  runner died · runni…   0/10 0.00        ░░░░░░░   0 %i default-che… –
        ●  04deab api-foo-endpoint     lima vm     running · tests        4/30 0.00 ▁▁▂▁   █░░░░░░  11 %$ default-che… –
        ○  9a7700 docs-cleanup         local none! queued                 0/10 0.00        ░░░░░░░   0 %i default-che… –
        ✓  e11000 typo-sweep           podman box  succeeded              3/10 0.00        ██░░░░░  30 %i default-che… –
      ────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────
       7f3aff  fix-login-race  ralph/task-7f3aff  #412 draft                                                   log · 12:04:31















      ────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────
      "
    `);
  });
  it('at 200 columns, with every column', () => {
    expect(drawn(fleetFrame({ runs, supervisor, size: { width: 200, height: 20 } }))).toMatchInlineSnapshot(`
      " ralph  1 paused · 1 gutter · 1 failed · 2 stalled · 1 running · 1 queued · 1 succeeded                                                  $20.30 of $80.00 · 7.9M tok   supervisor ● 2/4 +1 queued · 2 h
      ────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────
           RUN    TASK                           REPOSITORY             BACKEND     STATUS                           ITER LOOP                BUDGET              MODEL                  PR     LAST
      ▸ !  7f3aff fix-login-race                 shop                   podman box  paused · human                  12/30 0.30 ▁▃▁▃           ███████████░  92 %$ default-cheap          #412 ✗ 12:04:31
        ▲  b21c00 migrate-orders                 shop                   k8s pod     running · diagnose               9/30 0.80 ▁▃▅▇▇          ███░░░░░░░░░  27 %i gpt-5                  –      12:04:31
        ✗  fa1100 burnt                          shop                   podman box  failed · budget: cost            0/10 0.00                ████████████ 100 %$ default-cheap          –      12:04:31
        ◷  c5d0aa bump-deps                      shop                   daytona vm  waiting 4m 12s · model           6/30 0.20 ▁▂▂            ██░░░░░░░░░░  17 %i claude                 #415 ✓ 12:04:31
        ◷  dead01 lost-runner                    shop                   podman box  runner died · running            0/10 0.00                ░░░░░░░░░░░░   0 %i default-cheap          –      12:04:31
        ●  04deab api-foo-endpoint               shop                   lima vm     running · tests                  4/30 0.00 ▁▁▂▁           █░░░░░░░░░░░  11 %$ default-cheap          –      12:04:31
        ○  9a7700 docs-cleanup                   shop                   local none! queued                           0/10 0.00                ░░░░░░░░░░░░   0 %i default-cheap          –      12:04:31
        ✓  e11000 typo-sweep                     shop                   podman box  succeeded                        3/10 0.00                ████░░░░░░░░  30 %i default-cheap          –      12:04:31
      ────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────
       7f3aff  fix-login-race  ralph/task-7f3aff  #412 draft                                                                                                                                   log · 12:04:31





      ────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────
      "
    `);
  });
  it('at 60 columns, where only what tells runs apart is left', () => {
    expect(drawn(fleetFrame({ runs, supervisor, size: { width: 60, height: 15 } }))).toMatchInlineSnapshot(`
      " ralph  ! 1  ▲ 1  ✗ 1  ◷ 2  ● 1  ○ 1  ✓ 1         sup ● 2/4
      ────────────────────────────────────────────────────────────
           RUN    TASK                 STATUS                ITER
      ▸ !  7f3aff fix-login-race       paused · human       12/30
        ▲  b21c00 migrate-orders       running · diagnose    9/30
        ✗  fa1100 burnt                failed · budget: c…   0/10
        ◷  c5d0aa bump-deps            waiting 4m 12s · m…   6/30
        ◷  dead01 lost-runner          runner died · runn…   0/10
        ●  04deab api-foo-endpoint     running · tests       4/30
        ○  9a7700 docs-cleanup         queued                0/10
        ✓  e11000 typo-sweep           succeeded             3/10


      ────────────────────────────────────────────────────────────
      "
    `);
  });
  it('in groups with their heads, sorted and filtered, and says so', () => {
    const ui = { group: 'backend', sort: 'task', filter: 'loop>=0' } as const;
    expect(drawn(fleetFrame({ runs, supervisor, ui, size: { width: 80, height: 24 } })))
      .toMatchInlineSnapshot(`
        " ralph  ! 1  ▲ 1  ✗ 1  ◷ 2  ● 1  ○ 1  ✓ 1                     $20.30  sup ● 2/4
        ── by task · grouped by backend · /loop>=0  8 of 8 ─────────────────────────────
             RUN    TASK                 STATUS                 ITER LOOP BUDGET
         daytona  1 run
        ▸ ◷  c5d0aa bump-deps            waiting 4m 12s · mo…   6/30 0.20 █░░░░░  17 %i
         kubernetes  1 run
          ▲  b21c00 migrate-orders       running · diagnose     9/30 0.80 ██░░░░  27 %i
         lima  1 run
          ●  04deab api-foo-endpoint     running · tests        4/30 0.00 █░░░░░  11 %$
         local  1 run
          ○  9a7700 docs-cleanup         queued                 0/10 0.00 ░░░░░░   0 %i
         podman  4 runs
          ✗  fa1100 burnt                failed · budget: co…   0/10 0.00 ██████ 100 %$
          !  7f3aff fix-login-race       paused · human        12/30 0.30 ██████  92 %$
        ────────────────────────────────────────────────────────────────────────────────
         c5d0aa  bump-deps  ralph/task-c5d0aa  #415 draft                log · 12:04:31






        ────────────────────────────────────────────────────────────────────────────────
        "
      `);
  });
  it('says what to press where nothing is', () => {
    expect(drawn(fleetFrame({ runs: [], size: { width: 80, height: 15 } }))).toMatchInlineSnapshot(`
      " ralph  no runs                                $0.00 · 0 tok   supervisor ○ off
      ────────────────────────────────────────────────────────────────────────────────
           RUN    TASK                 STATUS                 ITER LOOP BUDGET
        No runs yet.
        N launches one from a task file; \`ralph init\` writes such a file;
        \`ralph demo\` shows three runs with a scripted model.







      ────────────────────────────────────────────────────────────────────────────────
      "
    `);
  });
});

describe('every size', () => {
  for (const [width, height] of [
    [60, 15],
    [80, 24],
    [120, 30],
    [200, 50],
    [300, 100],
  ] as const)
    it(`${width}×${height} is filled, and never overflows, and columns stand below their heads`, () => {
      const wide = [
        ...runs,
        runInfo('日本語日本', { task: '日本語のタスク名はとても長いです', repo: '/r/ширина' }),
      ];
      const lines = linesOf(fleetFrame({ runs: wide, supervisor, size: { width, height } }));
      expect(lines).toHaveLength(height);
      expect(lines.filter((line) => stringWidth(line) > width)).toEqual([]);
      const slash = new Set(
        lines
          .slice(3)
          .filter((line) => /\d\/\d+ /.test(`${line} `))
          .map((line) => {
            const [, before = ''] = /^(.*?\d+\/\d+)(?: |$)/.exec(line.slice(10)) ?? [];
            return stringWidth(line.slice(0, 10) + before);
          }),
      );
      expect(slash.size).toBe(1);
    });
});

describe('what is hostile in a run', () => {
  it('stays in its cell', () => {
    const evil = '\u001B]0;owned\u0007\u001B[2J\nnext\u202Eline';
    const state = { task: evil, repo: evil, profile: evil, reason: evil, title: evil, branch: evil };
    const lines = linesOf(
      fleetFrame({
        runs: [runInfo('abc123', { ...state, status: 'paused' })],
        size: { width: 200, height: 24 },
      }),
    );
    const text = lines.join('\n');
    expect(text).not.toMatch(/[\u0000-\u0009\u000B-\u001F\u202E]/);
    expect(lines).toHaveLength(24);
  });
});

describe('the bottom line', () => {
  it('says what is wrong with a filter while it is typed', () => {
    const filter = 'status=runing';
    const ui = { filter, field: { kind: 'filter', field: fieldOf(filter) } } as const;
    const frame = fleetFrame({ runs, ui, size: { width: 120, height: 24 } });
    expect(frame.order).toHaveLength(runs.length);
    expect(linesOf(frame).at(-1)).toMatchInlineSnapshot(
      `" /status=runing                                                          unknown status "runing". Did you mean running?"`,
    );
  });
  it('counts what is selected, and what of it a filter hides', () => {
    const ui = { filter: 'status=paused', selected: new Set(['7f3aff', '04deab', 'b21c00']) };
    const frame = fleetFrame({ runs, ui, size: { width: 80, height: 24 } });
    expect(linesOf(frame).at(-1)!.trim()).toBe('1 selected, 2 hidden by the filter');
  });

  it.each([
    ['green', '#7 ✓'],
    ['red', '#7 ✗'],
    ['pending', '#7 …'],
    ['unknown', '#7 ?'],
  ] as const)('shows the forge’s checks of the head: %s', (state, cell) => {
    const pr = { number: 7, url: 'https://example.com/7', draft: true };
    const checks = { n: 1, sha: 'a', state, total: 1, pending: 0, failed: [], since: undefined };
    const size = { width: 160, height: 24 };
    const of = (headSha: string) => runInfo('one', { pr, checks, headSha, green: state === 'red' });
    expect(drawn(fleetFrame({ runs: [of('a')], size }))).toContain(cell);
    // Of an older commit they say nothing: then it is the runner's own checks.
    expect(drawn(fleetFrame({ runs: [of('b')], size }))).toContain(state === 'red' ? '#7 ✓' : '#7 …');
  });
});
