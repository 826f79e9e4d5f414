import { describe, expect, it } from 'vitest';
import {
  doneSchema,
  iterationParts,
  metricsSchema,
  type Done,
  type Metrics,
} from '../../src/domain/iteration-record.ts';

const metrics: Metrics = {
  n: 3,
  start_sha: 'aaa',
  head_sha: 'bbb',
  green: false,
  test_exit: { kind: 'signal', signal: 'SIGKILL' },
  loop_score: 0.35,
  facts: {
    n: 3,
    failures: ['f'],
    linesAdded: 1,
    linesRemoved: 2,
    fileHashes: { 'a.ts': 'h', 'gone.ts': null },
  },
  commands: [
    { command: 'npm test', exit: { kind: 'code', code: 1 }, ms: 10, from: 0, to: 5 },
    { command: 'sleep 9', exit: { kind: 'timeout' }, ms: 10, from: 5, to: 5 },
    { command: 'x', exit: { kind: 'cancelled' }, ms: 0, from: 5, to: 5 },
  ],
  ms: { total: 4, model: 1, commands: 2, runner: 1 },
  problems: [],
};
const done: Done = {
  n: 3,
  head_sha: 'bbb',
  sha256: { 'prompt.md': 'x' },
  spent: { cost_usd: 0.1, tokens: 5, running_ms: 9 },
  boxes: { 'M1.1': true },
  previous: null,
};
const reread = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

describe('the files of an iteration', () => {
  it('are those of the spec, done.json apart because it comes last', () => {
    expect(iterationParts).toEqual([
      'prompt.md',
      'response.json',
      'actions.jsonl',
      'git_diff.patch',
      'test_output.txt',
      'metrics.json',
      'pr_state.json',
    ]);
  });
});

describe('metrics.json', () => {
  it('is read back as it was written, with every way to end', () => {
    expect(metricsSchema.parse(reread(metrics))).toEqual(metrics);
  });
  it('may have no test, but no half of one', () => {
    const { test_exit: _none, ...without } = metrics;
    expect(metricsSchema.safeParse(reread(without)).success).toBe(true);
    expect(metricsSchema.safeParse({ ...without, test_exit: { kind: 'code' } }).success).toBe(false);
    expect(metricsSchema.safeParse({ ...without, test_exit: { kind: 'ok' } }).success).toBe(false);
  });
  it.each(Object.keys(metrics).filter((key) => key !== 'test_exit'))('is nothing without %s', (key) => {
    expect(metricsSchema.safeParse({ ...metrics, [key]: undefined }).success).toBe(false);
  });
});

describe('done.json', () => {
  it('is read back as it was written', () => {
    expect(doneSchema.parse(reread(done))).toEqual(done);
    expect(doneSchema.parse(reread({ ...done, previous: 'p' }))).toEqual({ ...done, previous: 'p' });
  });
  it.each(Object.keys(done))('is nothing without %s: then the iteration is not committed', (key) => {
    expect(doneSchema.safeParse({ ...done, [key]: undefined }).success).toBe(false);
  });
  it('takes no text for a number', () => {
    expect(doneSchema.safeParse({ ...done, spent: { ...done.spent, cost_usd: '0' } }).success).toBe(false);
  });
});
