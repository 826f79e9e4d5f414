import { describe, expect, it } from 'vitest';
import type { RunEvent } from '../../src/domain/event.ts';
import { blankRun, committedSpend, foldEntry, foldRunEntries } from '../../src/domain/run-state.ts';
import { entriesOf } from '../fakes/entry.ts';

const fold = (...events: readonly (RunEvent & { readonly up?: number })[]) =>
  foldRunEntries('run-1', entriesOf(...events));

const created: RunEvent = {
  type: 'run.created',
  task: 't',
  title: 'T',
  repo: 'r',
  baseBranch: 'main',
  baseSha: 'aaa',
  branch: 'ralph/t',
  backend: 'local',
  isolated: false,
  agent: 'actions',
  profile: 'fast',
  steering: 'autonomous',
  budgets: { maxIterations: 5, maxWallTimeMinutes: 10, maxConsecutiveGutter: 2 },
  boxes: [
    { id: 'M1.1', text: 'one' },
    { id: 'M1.2', text: 'two' },
  ],
};
const requested = (call: string, reservedTokens = 1000, reservedUsd = 0.5): RunEvent => ({
  type: 'model.requested',
  call,
  purpose: 'iteration',
  profile: 'fast',
  model: 'm',
  reservedTokens,
  reservedUsd,
});
const usage = { inputTokens: 100, outputTokens: 20 };
const answered = (call: string): RunEvent => ({
  type: 'model.answered',
  call,
  ms: 5,
  usage,
  costUsd: 0.01,
  finish: 'stop',
});
const scored = (n: number, score: number): RunEvent => ({
  type: 'loop.scored',
  n,
  score,
  repeatedFailure: score,
  stagnation: 0,
  thrash: 0,
  evidence: [],
});
const gutter = (n: number, consecutive: number): RunEvent => ({ type: 'gutter', n, score: 0.8, consecutive });
const started = (n: number): RunEvent => ({
  type: 'iteration.started',
  n,
  startSha: `s${n}`,
  profile: 'fast',
});
const ended = (n: number, green = false): RunEvent => ({
  type: 'iteration.ended',
  n,
  headSha: `h${n}`,
  ms: 1,
  loopScore: 0,
  testExit: { kind: 'code', code: green ? 0 : 1 },
  green,
});

describe('money', () => {
  it('is spent from the moment it is reserved, and becomes the real charge with the answer', () => {
    const before = fold(created, requested('c1'));
    expect(before.spent.costUsd).toBe(0);
    expect(committedSpend(before)).toEqual({ runningMs: 0, costUsd: 0.5, tokens: 1000 });
    const after = fold(created, requested('c1'), answered('c1'));
    expect(after.reserved).toEqual({});
    expect(committedSpend(after)).toEqual({ runningMs: 0, costUsd: 0.01, tokens: 120 });
  });
  it('of a call that never got its answer stays spent, also after a rollback and further calls', () => {
    const run = fold(
      created,
      started(1),
      requested('lost', 500, 0.25),
      { type: 'run.recovered', how: 'rolled-back', n: 1, detail: '' },
      started(1),
      requested('c2'),
      answered('c2'),
    );
    expect(run.reserved).toEqual({ lost: { tokens: 500, costUsd: 0.25 } });
    expect(committedSpend(run).tokens).toBe(620);
    expect(committedSpend(run).costUsd).toBeCloseTo(0.26);
  });
  it('of a failed call is what the failure is charged at', () => {
    const run = fold(created, requested('c1'), {
      type: 'model.failed',
      call: 'c1',
      ms: 1,
      failure: 'network',
      detail: '',
      usage: { inputTokens: 100, outputTokens: 0 },
      costUsd: 0.003,
    });
    expect(committedSpend(run)).toEqual({ runningMs: 0, costUsd: 0.003, tokens: 100 });
  });
  it('of several open calls adds up', () => {
    const run = fold(
      created,
      requested('a', 10, 1),
      requested('b', 20, 2),
      requested('c', 30, 3),
      answered('b'),
    );
    expect(committedSpend(run).tokens).toBe(10 + 30 + 120);
  });
});

describe('the gutter', () => {
  it('counts in a row and starts anew with the first score below it', () => {
    const run = fold(created, scored(1, 0.7), gutter(1, 1), scored(2, 0.9), gutter(2, 2));
    expect(run.consecutiveGutter).toBe(2);
    expect(fold(created, gutter(1, 2), scored(2, 0.69)).consecutiveGutter).toBe(0);
  });
  it('keeps the ladder while the run crawls and forgets it when it moves again', () => {
    const step: RunEvent = { type: 'mitigation', n: 1, step: 'rotate', detail: '' };
    const fallback: RunEvent = {
      type: 'mitigation',
      n: 2,
      step: 'fallback-model',
      detail: '',
      profile: 'slow',
    };
    const circling = fold(created, scored(1, 0.8), step, scored(2, 0.8), fallback, scored(3, 0.5));
    expect(circling.ladder).toEqual(['rotate', 'fallback-model']);
    expect(circling.profile).toBe('slow');
    const moving = fold(created, step, fallback, scored(3, 0.29));
    expect(moving.ladder).toEqual([]);
    expect(moving.profile).toBe('slow');
  });
  it('keeps the last 60 scores', () => {
    const run = fold(created, ...Array.from({ length: 100 }, (_, i) => scored(i + 1, i / 100)));
    expect(run.loopScores).toHaveLength(60);
    expect(run.loopScores.at(-1)).toBe(0.99);
  });
});

describe('iterations', () => {
  it('are committed when they end', () => {
    const run = fold(created, started(1), ended(1, true), started(2));
    expect(run).toMatchObject({ iteration: 2, committed: 1, headSha: 'h1', startSha: 's2', green: true });
  });
  it('that were rolled back do not count', () => {
    const run = fold(created, started(1), ended(1), started(2), {
      type: 'run.recovered',
      how: 'rolled-back',
      n: 2,
      detail: '',
    });
    expect(run).toMatchObject({ iteration: 1, committed: 1 });
  });
  it('that were rolled forward do count', () => {
    const run = fold(created, started(1), { type: 'run.recovered', how: 'rolled-forward', n: 1, detail: '' });
    expect(run.iteration).toBe(1);
  });
});

describe('a changed spec', () => {
  const changed: RunEvent = {
    type: 'spec.changed',
    budgets: { maxIterations: 50, maxWallTimeMinutes: 10, maxConsecutiveGutter: 2 },
    steering: 'guided',
    boxes: [
      { id: 'M1.1', text: 'one, reworded' },
      { id: 'M1.3', text: 'three' },
    ],
    by: 'me',
  };
  const ticked: RunEvent = { type: 'box.changed', box: 'M1.1', checked: true, reason: '' };

  it('keeps the ticks of the boxes that stayed, drops those that went, and adds new ones unticked', () => {
    expect(fold(created, ticked, changed).boxes).toEqual({
      'M1.1': { text: 'one, reworded', checked: true },
      'M1.3': { text: 'three', checked: false },
    });
  });
  it('takes the new limits, warns anew, and is not green any more', () => {
    const run = fold(
      created,
      { type: 'budget.warning', budget: 'iterations', used: 4, limit: 5 },
      ended(1, true),
      changed,
    );
    expect(run).toMatchObject({ warned: [], green: false, steering: 'guided' });
    expect(run.budgets.maxIterations).toBe(50);
  });
  it('after the tests began makes their green worth nothing; tests after it count', () => {
    const tests: RunEvent = { type: 'command.started', command: 'npm test', purpose: 'test', key: 'k' };
    expect(fold(created, started(1), tests, changed, ended(1, true)).green).toBe(false);
    expect(fold(created, started(1), changed, tests, ended(1, true)).green).toBe(true);
  });
});

describe('the rest', () => {
  it('ticks and unticks known boxes, and knows no others', () => {
    const tick = (box: string, checked: boolean): RunEvent => ({
      type: 'box.changed',
      box,
      checked,
      reason: '',
    });
    expect(fold(created, tick('M1.1', true)).boxes['M1.1']?.checked).toBe(true);
    expect(fold(created, tick('M1.1', true), tick('M1.1', false)).boxes['M1.1']?.checked).toBe(false);
    expect(Object.keys(fold(created, tick('M9', true)).boxes)).toEqual(['M1.1', 'M1.2']);
  });
  it('shows status, reason and until of the last status only', () => {
    const run = fold(
      created,
      {
        type: 'run.status',
        status: 'waiting',
        reason: 'model',
        detail: 'limit',
        until: '2026-01-01T13:00:00Z',
      },
      { type: 'run.status', status: 'running' },
    );
    expect(run).toMatchObject({ status: 'running', reason: undefined, detail: undefined, until: undefined });
  });
  it('marks only the report that was applied', () => {
    const report: RunEvent = {
      type: 'diagnose.report',
      id: 'd2',
      n: 1,
      summary: 's',
      guardrails: 1,
      specEdits: 0,
    };
    const applied = (id: string): RunEvent => ({ type: 'diagnose.applied', id, by: 'me', detail: '' });
    expect(fold(created, report, applied('d1')).report?.applied).toBe(false);
    expect(fold(created, report, applied('d2')).report?.applied).toBe(true);
  });
  it('takes running time, time and number from every entry, an unknown one too', () => {
    const later = { v: 1, seq: 7, at: '2027-01-01T00:00:00.000Z', up: 4321, run: 'run-1', type: 'of.later' };
    const run = foldEntry(blankRun('run-1'), later as unknown as Parameters<typeof foldEntry>[1]);
    expect(run).toMatchObject({
      lastSeq: 7,
      lastAt: later.at,
      spent: { runningMs: 4321, costUsd: 0, tokens: 0 },
    });
  });
  it('changes nothing in the state that it was given', () => {
    const frozen = Object.freeze(fold(created, requested('c1')));
    const text = JSON.stringify(frozen);
    for (const entry of entriesOf(answered('c1'), scored(1, 0.9), gutter(1, 1))) foldEntry(frozen, entry);
    expect(JSON.stringify(frozen)).toBe(text);
  });
});

it('keeps the parts of the last scores, and not more than are shown', () => {
  const scored = Array.from({ length: 30 }, (_, i): RunEvent => ({
    type: 'loop.scored',
    n: i + 1,
    score: i === 29 ? 0.5 : 0.2,
    repeatedFailure: 0,
    stagnation: i === 29 ? 0.3 : 0,
    thrash: 0.2,
    evidence: [],
  }));
  const { loopHistory, loopScores } = fold(created, ...scored);
  expect(loopScores).toHaveLength(30);
  expect(loopHistory.thrash).toHaveLength(24);
  expect(loopHistory.stagnation.slice(-2)).toEqual([0, 0.3]);
});

it('remembers who worked on it last', () => {
  const started: RunEvent = { type: 'runner.started', pid: 7, mode: 'supervisor', version: '1' };
  expect(fold(created).runner).toBeUndefined();
  expect(fold(created, started).runner).toEqual({ pid: 7, mode: 'supervisor' });
});

describe('the checks of the forge', () => {
  const seen = (sha: string, state: 'pending' | 'green', at: string) =>
    ({ type: 'checks.seen', n: 1, sha, state, total: 1, pending: 0, failed: [], at }) as const;
  const since = (...events: readonly (RunEvent & { readonly at?: string })[]) =>
    fold(created, ...events).checks?.since;

  it('are waited for since they were first seen, until another commit or a pause', () => {
    const [early, late] = ['2026-01-01T00:00:00.000Z', '2026-01-01T01:00:00.000Z'];
    expect(since(seen('a', 'pending', early), seen('a', 'green', late))).toBe(early);
    expect(since(seen('a', 'pending', early), seen('b', 'pending', late))).toBe(late);
    const paused = { type: 'run.status', status: 'paused' } as const;
    expect(since(seen('a', 'pending', early), paused)).toBeUndefined();
    expect(since(seen('a', 'pending', early), paused, seen('a', 'pending', late))).toBe(late);
  });
});
