import type { RunInfo } from '../../src/commands/app.ts';
import { renderDiagnosis, type Diagnosis } from '../../src/domain/diagnosis.ts';
import type { RunState } from '../../src/domain/run-state.ts';
import { lintTask } from '../../src/domain/spec/lint.ts';
import { withNote, withReport, withSign } from '../../src/domain/state-texts.ts';
import { runInfo } from './fleet-frame.ts';

/** A task file with three boxes; the second is ticked in the text only. */
export const taskText = `---
repo_url: https://example.com/org/shop.git
task_id: api-foo
base_branch: main
model_profile_fallback: strong
max_iterations: 30
max_wall_time_minutes: 120
max_cost_usd_estimate: 10
max_tokens_total: 2000000
test_command: npm test
sandbox_image: node:24
sandbox_resources:
  vcpu: 2
  memory_gib: 4
---

# Task: The foo endpoint answers

## Success criteria
- [x] M1.1 Foo endpoint returns 200 for valid input
  - verify: \`node scripts/verify-foo.js\`
- [x] M1.2 Foo endpoint returns 400 for invalid input
  - verify: \`node scripts/verify-foo-invalid.js\`
- [ ] M2.1 Unit tests were added for Foo
  - verify: \`npm test\`
`;
export const lintOf = (text: string): string => {
  const { findings, task } = lintTask(text);
  return JSON.stringify({
    findings,
    ...(task?.modelProfileFallback !== undefined && { fallback: task.modelProfileFallback }),
    ...(task && { testCommand: task.testCommand, verifyCommands: task.verifyCommands }),
  });
};

export const metricsText = JSON.stringify({
  n: 3,
  start_sha: 'a',
  head_sha: 'b',
  green: false,
  loop_score: 0.2,
  facts: { n: 3, failures: [], linesAdded: 1, linesRemoved: 1, fileHashes: {} },
  commands: [
    { command: 'node scripts/verify-foo.js', exit: { kind: 'code', code: 0 }, ms: 9, from: 0, to: 9 },
    {
      command: 'node scripts/verify-foo-invalid.js',
      exit: { kind: 'code', code: 1 },
      ms: 9,
      from: 9,
      to: 18,
    },
  ],
  ms: { total: 1, model: 1, commands: 1, runner: 1 },
  problems: [],
});

export const report: Diagnosis = {
  pattern: 'The same assertion fails in three iterations',
  evidence: ['verify-foo-invalid.js exits 1', 'src/foo/handler.ts flips between two versions'],
  cause: 'The box does not say which body a 400 has to carry',
  guardrails: [
    {
      name: 'look at the verifier first',
      trigger: 'a verify command fails twice',
      instruction: 'read scripts/verify-foo-invalid.js before changing the handler',
      evidence: 'iterations 2 and 3',
    },
  ],
  spec_edits: [
    {
      old: 'returns 400 for invalid input',
      new: 'returns 400 with { "error": string } for invalid input',
      reason: 'says what the verifier wants',
    },
    { old: 'a sentence that is not there', new: 'another', reason: 'clearer' },
  ],
  model_profile: 'strong',
};

/** A run in the middle of its work that was diagnosed. */
export const steeredRun = (state: Partial<RunState> = {}): RunInfo =>
  runInfo('04deab', {
    task: 'api-foo',
    title: 'The foo endpoint answers',
    backend: 'lima',
    branch: 'ralph/api-foo/endpoint',
    baseBranch: 'main',
    baseSha: '2a996405ea5ad3b3',
    status: 'running',
    phase: 'tests',
    iteration: 4,
    committed: 3,
    budgets: {
      maxIterations: 30,
      maxWallTimeMinutes: 120,
      maxCostUsd: 10,
      maxTokensTotal: 2e6,
      maxConsecutiveGutter: 3,
    },
    spent: { costUsd: 0.03, tokens: 812_000, runningMs: 360_000 },
    loopScores: [0, 0.2, 0.8],
    loop: { repeatedFailure: 0.5, stagnation: 0.3, thrash: 0 },
    loopHistory: { repeatedFailure: [0, 0, 0.5], stagnation: [0, 0, 0.3], thrash: [0, 0.2, 0] },
    consecutiveGutter: 1,
    ladder: ['rotate'],
    boxes: {
      'M1.1': { text: 'Foo endpoint returns 200 for valid input', checked: true },
      'M1.2': { text: 'Foo endpoint returns 400 for invalid input', checked: false },
      'M2.1': { text: 'Unit tests were added for Foo', checked: false },
    },
    testExit: { kind: 'code', code: 1 },
    diff: { files: 4, added: 112, removed: 9 },
    pushedSha: '07014eb419b0ca0f',
    pr: { number: 412, url: 'https://example.com/org/shop/pull/412', draft: true },
    report: { id: 'd3-abc', summary: report.pattern, applied: false },
    runner: { pid: 4711, mode: 'supervisor' },
    lastAt: '2026-03-01T12:04:31.000Z',
    ...state,
  });

const guardrails = withSign('# Ralph Guardrails\n\n### sign: <short name>\n- trigger: <x>\n\n---\n', {
  name: 'no red',
  trigger: 'a colour is chosen',
  instruction:
    'never use red, whatever the design says: people who cannot see it will not find the button they need',
  evidence: 'added by operator',
  iteration: 2,
  id: 'c1',
});
const notes = [
  { id: 'n1', at: '2026-03-01T12:00:00.000Z', text: 'the API is in src/http\nnot in src/api' },
  { id: 'n2', at: '2026-03-01T12:03:00.000Z', text: 'a 400 needs a body' },
].reduce(withNote, '# Notes\n\n## Latest note\n(none)\n');
const diagnostics = withReport(
  withReport('# Diagnostics\n\n## Report format\n- x\n', 'd1-xyz', 'After iteration 1, by strong.'),
  'd3-abc',
  renderDiagnosis(report, { iteration: 3, profile: 'strong' }),
);
/** Everything that the tabs ask for, by path. */
export const files = {
  '@task': taskText,
  '@lint': lintOf(taskText),
  'iterations/3/metrics.json': metricsText,
  'guardrails.md': guardrails,
  'notes.md': notes,
  'diagnostics/d3-abc.json': JSON.stringify(report),
  'diagnostics.md': diagnostics,
  '@sandbox': JSON.stringify({
    backend: 'lima',
    isolated: true,
    preview: false,
    id: 'box-1',
    state: 'there',
    workdir: '/work',
    at: '2026-01-09T10:00:00.000Z',
    image: { name: 'node:24', createdAt: '2026-01-02T10:00:00.000Z', outdated: true },
    resources: { vcpu: 2, memoryGib: 4, pids: 512, diskGib: 20 },
    boxBytes: 19 * 2 ** 30,
    preset: 'medium',
    network: 'proxy',
    stats: {
      cpuPercent: 50,
      cpuLimitPercent: 200,
      memoryBytes: 2 ** 30,
      memoryLimitBytes: 2 ** 32,
      pids: 500,
      pidsLimit: 512,
    },
    setupCommands: ['npm ci'],
    owned: true,
    diskBytes: 1_234_567_890,
    places: [{ what: 'run home', path: '/runs/04deab' }],
  }),
};
