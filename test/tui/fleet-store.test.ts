import { describe, expect, it } from 'vitest';
import { filterOf, filterProblem } from '../../src/tui/fleet-store.ts';
import { runInfo, storeOf } from '../fakes/fleet-frame.ts';

const by = (filter = '', group: 'none' | 'task' | 'backend' = 'none') =>
  ({ sort: 'attention', group, filter }) as const;
const status = (seq: number, to: 'paused' | 'running', reason?: 'human') =>
  ({
    type: 'run.status',
    status: to,
    ...(reason && { reason }),
    seq,
    at: '2026-03-01T13:00:00.000Z',
    up: 1,
    run: 'a',
  }) as never;

describe('the filter', () => {
  it('is the language of the command line', () => {
    expect(filterOf('status=paused,loop>=0.5')(runInfo('a', { status: 'paused', loopScores: [0.5] }))).toBe(
      true,
    );
    expect(filterOf('status=paused')(runInfo('a'))).toBe(false);
  });
  it('takes plain words, each of which must stand in some column', () => {
    const run = runInfo('abc', { task: 'fix-Login', backend: 'podman' });
    expect(filterOf('LOGIN podman')(run)).toBe(true);
    expect(filterOf('login docker')(run)).toBe(false);
  });
  it('filters nothing while it cannot be read, and says why with what was meant', () => {
    const store = storeOf([runInfo('a'), runInfo('b')]);
    expect(store.list(by('status=runing')).ids).toHaveLength(2);
    expect(filterProblem('status=runing')).toContain('Did you mean running?');
    expect(filterProblem('status=running')).toBeUndefined();
  });
  it('follows what becomes of the runs', () => {
    const store = storeOf([runInfo('a'), runInfo('b')]);
    expect(store.list(by('status=paused')).ids).toEqual([]);
    store.take('a', [status(2, 'paused', 'human')]);
    expect(store.list(by('status=paused')).ids).toEqual(['a']);
  });
});

describe('the list', () => {
  it('is the same object until a run moves', () => {
    const store = storeOf([runInfo('a'), runInfo('b')]);
    const list = store.list(by());
    store.take('a', [status(2, 'running')]);
    expect(store.list(by())).toBe(list);
    store.take('b', [status(2, 'paused', 'human')]);
    expect(store.list(by()).ids).toEqual(['b', 'a']);
  });
  it('leaves out entries that it has folded before', () => {
    const store = storeOf([runInfo('a', { lastSeq: 5 })]);
    const { version } = store;
    store.take('a', [status(5, 'paused')]);
    expect(store.version).toBe(version);
  });
  it('has the heads of its groups', () => {
    const store = storeOf([runInfo('a', { backend: 'local' }), runInfo('b')]);
    expect(store.list(by('', 'backend')).heads.map(({ name }) => name)).toEqual(['local', 'podman']);
  });
  it('shows that a runner died, until a new one starts', () => {
    const store = storeOf([runInfo('a')]);
    store.setOrphaned('a', true);
    expect(store.totals.byRank.stalled).toBe(1);
    store.take('a', [
      {
        type: 'runner.started',
        pid: 1,
        mode: 'supervisor',
        version: '1',
        seq: 2,
        at: '',
        up: 1,
        run: 'a',
      } as never,
    ]);
    expect(store.get('a')?.orphaned).toBe(false);
    expect(store.totals.byRank.running).toBe(1);
  });
});
