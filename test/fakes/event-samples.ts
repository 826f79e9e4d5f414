import type { RunEvent } from '../../src/domain/event.ts';

type Samples = { readonly [T in RunEvent['type']]: Extract<RunEvent, { readonly type: T }> };

const budgets = { maxIterations: 5, maxWallTimeMinutes: 10, maxConsecutiveGutter: 2 };
const boxes = [{ id: 'M1.1', text: 'It holds' }];

const runSamples = {
  'run.created': {
    type: 'run.created',
    task: 'task-1',
    title: 'Make it so',
    repo: '/r',
    baseBranch: 'main',
    baseSha: 'abc',
    branch: 'ralph/task-1',
    backend: 'local',
    isolated: false,
    agent: 'actions',
    profile: 'fast',
    steering: 'autonomous',
    budgets,
    boxes,
  },
  'run.status': { type: 'run.status', status: 'waiting', reason: 'model', detail: 'limit', until: '12:30' },
  'run.recovered': { type: 'run.recovered', how: 'rolled-back', n: 2, detail: 'iteration 2' },
  'runner.started': { type: 'runner.started', pid: 7, mode: 'foreground', version: '1.0.0' },
  'spec.changed': { type: 'spec.changed', budgets, steering: 'guided', boxes, by: 'ann' },
  'sandbox.ready': { type: 'sandbox.ready', id: 'box-1', how: 'created' },
  'sandbox.lost': { type: 'sandbox.lost', detail: 'gone' },
  'control.taken': {
    type: 'control.taken',
    id: 'c1',
    order: 'note',
    by: 'ann',
    outcome: 'accepted',
    detail: 'in notes.md',
  },
  warning: { type: 'warning', about: 'state', text: 'odd' },
} as const satisfies Partial<Samples>;

const modelSamples = {
  'model.requested': {
    type: 'model.requested',
    call: 'c',
    purpose: 'repair',
    profile: 'fast',
    model: 'glm',
    reservedTokens: 10,
    reservedUsd: 1,
  },
  'model.answered': {
    type: 'model.answered',
    call: 'c',
    ms: 1500,
    usage: { inputTokens: 12_345, outputTokens: 1 },
    costUsd: 0.0012,
    finish: 'length',
  },
  'model.failed': {
    type: 'model.failed',
    call: 'c',
    ms: 9,
    failure: 'network',
    detail: 'reset',
    usage: { inputTokens: 0, outputTokens: 0 },
    costUsd: 0,
    retryInMs: 2000,
  },
  'model.changed': { type: 'model.changed', profile: 'slow', by: 'ann' },
  'answer.taken': { type: 'answer.taken', n: 1, summary: 'fixes it', actions: 1, repaired: 'json' },
  'answer.invalid': { type: 'answer.invalid', n: 1, problem: 'no JSON' },
  'prompt.built': { type: 'prompt.built', n: 1, bytes: 1500 },
} as const satisfies Partial<Samples>;

const workSamples = {
  'iteration.started': { type: 'iteration.started', n: 1, startSha: 'abc', profile: 'fast' },
  'action.started': { type: 'action.started', n: 1, i: 0, action: 'run', label: 'npm test' },
  'action.ended': { type: 'action.ended', n: 1, i: 0, outcome: 'refused', detail: 'outside', ms: 3 },
  'command.started': { type: 'command.started', command: 'npm test', purpose: 'test', key: 'k' },
  'command.output': { type: 'command.output', key: 'k', stream: 'stdout', text: '1 passed\n' },
  'command.ended': {
    type: 'command.ended',
    key: 'k',
    exit: { kind: 'signal', signal: 'SIGKILL' },
    ms: 20,
    bytes: 9,
  },
  'box.changed': { type: 'box.changed', box: 'M1.1', checked: true, reason: 'verified' },
  'state.restored': { type: 'state.restored', path: 'guardrails.md', reason: 'shortened' },
  diff: { type: 'diff', n: 1, files: 2, added: 3, removed: 4 },
  'iteration.ended': {
    type: 'iteration.ended',
    n: 1,
    headSha: '0123456789abcdef',
    ms: 2500,
    loopScore: 0.1,
    testExit: { kind: 'code', code: 0 },
    green: true,
  },
} as const satisfies Partial<Samples>;

/** One event of every type; a new type without a sample does not compile. */
export const eventSamples: Samples = {
  ...runSamples,
  ...modelSamples,
  ...workSamples,
  'loop.scored': {
    type: 'loop.scored',
    n: 1,
    score: 0.75,
    repeatedFailure: 0.5,
    stagnation: 0.25,
    thrash: 0,
    evidence: ['the same failure'],
  },
  gutter: { type: 'gutter', n: 1, score: 0.75, consecutive: 2 },
  mitigation: { type: 'mitigation', n: 1, step: 'fallback-model', detail: 'circling', profile: 'slow' },
  'budget.warning': { type: 'budget.warning', budget: 'tokens', used: 80, limit: 100 },
  'diagnose.report': {
    type: 'diagnose.report',
    id: 'd1',
    n: 1,
    summary: 'a typo',
    guardrails: 1,
    specEdits: 2,
    profile: 'slow',
  },
  'diagnose.applied': { type: 'diagnose.applied', id: 'd1', by: 'ann', detail: '1 sign' },
  'branch.pushed': { type: 'branch.pushed', branch: 'ralph/task-1', sha: '0123456789abcdef' },
  'branch.moved': {
    type: 'branch.moved',
    branch: 'ralph/task-1',
    remote: 'b'.repeat(40),
    pushed: 'a'.repeat(40),
  },
  'branch.settled': {
    type: 'branch.settled',
    how: 'rebase',
    headSha: 'c'.repeat(40),
    remote: 'b'.repeat(40),
    kept: 'refs/ralph-wip/task-1/moved-aaaaaaaaaa',
  },
  'push.failed': { type: 'push.failed', branch: 'ralph/task-1', detail: 'refused' },
  'overlap.found': {
    type: 'overlap.found',
    number: 8,
    url: 'https://example.com/8',
    files: ['a.ts', 'b.ts'],
    sameLines: ['a.ts'],
  },
  'pr.commented': { type: 'pr.commented', number: 7, about: 12 },
  'checks.seen': {
    type: 'checks.seen',
    n: 1,
    sha: '0123456789abcdef',
    state: 'red',
    total: 3,
    pending: 1,
    failed: ['build'],
    note: 'of GitHub Actions',
  },
  'pr.updated': { type: 'pr.updated', number: 7, url: 'https://example.com/7', draft: true, created: true },
};
