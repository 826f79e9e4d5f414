import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { RunInfo } from '../../src/commands/app.ts';
import type { Entry, RunEvent } from '../../src/domain/event.ts';
import { blankRun } from '../../src/domain/run-state.ts';
import { createNotifier, type NotifyOptions } from '../../src/tui/notify.ts';
import { HOSTILE } from '../fakes/hostile-home.ts';

const OPENED = Date.parse('2026-01-01T12:00:00.000Z');
const runOf = (id: string, task = `task-${id}`): RunInfo => ({
  id,
  dir: `/runs/${id}`,
  state: { ...blankRun(id), task },
  orphaned: false,
});
const entry = (run: RunInfo, event: RunEvent, at = '2026-01-01T12:00:05.000Z'): Entry => ({
  v: 1,
  seq: 1,
  at,
  up: 0,
  run: run.id,
  ...event,
});
const status = (run: RunInfo, to: 'paused' | 'failed' | 'succeeded' | 'running', reason?: string): Entry =>
  entry(run, { type: 'run.status', status: to, ...(reason !== undefined && { reason }) });
const asked = (run: RunInfo): Entry =>
  entry(run, { type: 'control.taken', id: 'c', order: 'pause', by: 'ann', outcome: 'accepted' });

let written: string[];
const notifier = (options: Partial<NotifyOptions> = {}) =>
  createNotifier({
    bell: 'off',
    notify: 'osc9',
    env: {},
    since: OPENED,
    write: (text) => written.push(text),
    ...options,
  });
const later = () => vi.advanceTimersByTime(2_000);

beforeEach(() => {
  written = [];
  vi.useFakeTimers();
});
afterEach(() => vi.useRealTimers());

describe('the notifier', () => {
  it('tells of a run that pauses for a human, fails or succeeds, and of nothing else', () => {
    const [a, b] = [runOf('a1'), runOf('b2')];
    const one = notifier();
    one.take(a, [status(a, 'running')]);
    later();
    expect(written).toEqual([]);
    one.take(a, [status(a, 'paused', 'gutter')]);
    later();
    one.take(b, [status(b, 'succeeded')]);
    later();
    expect(written).toEqual([
      '\u001B]9;ralph: task-a1 (a1) paused for a human: gutter\u001B\\',
      '\u001B]9;ralph: task-b2 (b2) succeeded\u001B\\',
    ]);
  });

  it('sums up what happens at once', () => {
    const runs = ['a', 'b', 'c', 'd', 'e'].map((id) => runOf(id));
    const one = notifier();
    for (const run of runs.slice(0, 4)) one.take(run, [status(run, 'failed', 'bug')]);
    one.take(runs[4]!, [status(runs[4]!, 'paused', 'human')]);
    later();
    expect(written).toEqual([
      '\u001B]9;ralph: 1 paused for a human (task-e) · 4 failed (task-a, task-b, task-c, …)\u001B\\',
    ]);
  });

  it('says nothing of what happened before the screen was opened', () => {
    const run = runOf('a');
    const event: RunEvent = { type: 'run.status', status: 'failed' };
    notifier().take(run, [entry(run, event, '2026-01-01T11:59:59.000Z')]);
    later();
    expect(written).toEqual([]);
  });

  it('says nothing of a pause that somebody asked for, whichever comes first', () => {
    const [a, b] = [runOf('a'), runOf('b')];
    const one = notifier();
    one.take(a, [asked(a)]);
    later();
    one.take(a, [status(a, 'paused', 'human')]);
    one.take(b, [status(b, 'paused', 'human'), asked(b)]);
    later();
    expect(written).toEqual([]);
    one.take(a, [status(a, 'running'), status(a, 'paused', 'blocked')]);
    later();
    expect(written).toHaveLength(1);
  });

  it('says nothing of a run that went on at once, and nothing after the screen was closed', () => {
    const [a, b] = [runOf('a'), runOf('b')];
    const one = notifier();
    one.take(a, [status(a, 'paused', 'blocked')]);
    one.take(a, [status(a, 'running')]);
    later();
    one.take(b, [status(b, 'failed')]);
    one.stop();
    later();
    expect(written).toEqual([]);
  });

  it.each([
    ['attention', 'succeeded', 0],
    ['attention', 'failed', 1],
    ['all', 'succeeded', 1],
    ['off', 'failed', 0],
  ] as const)('with bell %s rings for %s %i times', (bell, to, times) => {
    const run = runOf('a');
    notifier({ bell, notify: 'off' }).take(run, [status(run, to)]);
    later();
    expect(written.join('')).toBe('\u0007'.repeat(times));
  });

  it('takes the sequence that the terminal knows, and wraps it for tmux', () => {
    const run = runOf('a', 'a;b');
    for (const [notify, env] of [
      ['desktop', { TERM: 'xterm-256color' }],
      ['desktop', { TERM: 'foot' }],
      ['desktop', { TERM: 'xterm-256color', VTE_VERSION: '7600' }],
      ['osc777', {}],
      ['osc9', { TMUX: '/tmp/tmux-0/default,1,0' }],
    ] as const) {
      notifier({ notify, env }).take(run, [status(run, 'failed')]);
      later();
    }
    expect(written).toEqual([
      '\u001B]9;ralph: a;b (a) failed\u001B\\',
      '\u001B]777;notify;ralph;a,b (a) failed\u001B\\',
      '\u001B]777;notify;ralph;a,b (a) failed\u001B\\',
      '\u001B]777;notify;ralph;a,b (a) failed\u001B\\',
      '\u001BPtmux;\u001B\u001B]9;ralph: a;b (a) failed\u001B\u001B\\\u001B\\',
    ]);
  });

  it('lets nothing through that a run could end the sequence with', () => {
    const run = runOf('a', HOSTILE);
    notifier().take(run, [
      entry(run, { type: 'run.status', status: 'failed', reason: 'bug', detail: HOSTILE }),
    ]);
    later();
    const inside = written.join('').slice(2, -2);
    expect(inside).not.toMatch(/[\u0000-\u001F\u007F-\u009F]/);
    expect(inside.length).toBeLessThan(300);
  });
});
