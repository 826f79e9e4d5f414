import type { RunEvent } from '../../src/domain/event.ts';

/** What happens in an iteration that fails its test. */
export const iteration = (n: number, ...more: readonly RunEvent[]): readonly RunEvent[] => [
  { type: 'iteration.started', n, startSha: 'abc', profile: 'fast' },
  { type: 'prompt.built', n, bytes: 9_100 },
  {
    type: 'model.answered',
    call: `c${n}`,
    ms: 6_800,
    usage: { inputTokens: 8_214, outputTokens: 611 },
    costUsd: 0.004,
    finish: 'stop',
  },
  { type: 'action.started', n, i: 1, action: 'write', label: 'src/foo/handler.ts' },
  { type: 'command.started', command: 'npm test', purpose: 'test', key: `t${n}` },
  { type: 'command.output', key: `t${n}`, stream: 'stdout', text: '✓ returns 200 for valid input\n' },
  {
    type: 'command.output',
    key: `t${n}`,
    stream: 'stderr',
    text: `AssertionError: expected 500 to be 400 in iteration ${n} of a test with quite a long name that goes on\n`,
  },
  { type: 'command.ended', key: `t${n}`, exit: { kind: 'code', code: 1 }, ms: 1_200, bytes: 99 },
  ...more,
  {
    type: 'loop.scored',
    n,
    score: 0.2,
    repeatedFailure: 0,
    stagnation: 0,
    thrash: 0.2,
    evidence: [],
  },
  { type: 'diff', n, files: 4, added: 112, removed: 9 },
  { type: 'iteration.ended', n, headSha: 'abcdef1234', ms: 60_000, loopScore: 0.2, green: false },
];
/** Three of them. */
export const events: readonly RunEvent[] = [
  ...iteration(1),
  ...iteration(2, {
    type: 'control.taken',
    id: 'c1',
    order: 'note',
    by: 'ann',
    outcome: 'accepted',
    detail: 'in notes.md',
  }),
  ...iteration(3),
];
