import { describe, expect, it } from 'vitest';
import { addToTotals, groupHeads, noTotals, rankOf, ranks, sortRuns } from '../../src/domain/fleet-order.ts';
import { runInfo } from '../fakes/fleet-frame.ts';

const fleet = [
  runInfo('done', { status: 'succeeded' }),
  runInfo('queue', { status: 'queued' }),
  runInfo('work', { status: 'running', loopScores: [0.8, 0.3] }),
  runInfo('wait', { status: 'waiting' }),
  runInfo('lost', { status: 'running' }, true),
  runInfo('fail', { status: 'failed' }),
  runInfo('loop', { status: 'running', loopScores: [0, 0.8] }),
  runInfo('disk', { status: 'paused', reason: 'disk full' }),
  runInfo('man', { status: 'paused', reason: 'human' }),
  runInfo('end', { status: 'stopped' }),
];
const idsBy = (sort: Parameters<typeof sortRuns>[1]['sort']): readonly string[] =>
  sortRuns(fleet, { sort, group: 'none' }).map(({ id }) => id);

describe('the order of attention', () => {
  it('has what waits for a human on top and what is done at the end', () => {
    expect(idsBy('attention')).toEqual([
      'disk',
      'man',
      'loop',
      'fail',
      'wait',
      'lost',
      'work',
      'queue',
      'done',
      'end',
    ]);
  });
  it('counts a run whose runner died as stalled, but not an ended one', () => {
    expect(rankOf(runInfo('a', { status: 'running', loopScores: [1] }, true))).toBe('stalled');
    expect(rankOf(runInfo('a', { status: 'succeeded' }, true))).toBe('succeeded');
  });
  it('leaves equal runs in the order they were made, whatever was sorted before', () => {
    const two = [runInfo('b', { status: 'running' }), runInfo('a', { status: 'running' })];
    expect(sortRuns(two, { sort: 'attention', group: 'none' }).map(({ id }) => id)).toEqual(['b', 'a']);
  });
});

describe('groups', () => {
  const runs = [
    runInfo('a', { backend: 'podman' }),
    runInfo('b', { backend: 'local' }),
    runInfo('c', { backend: 'podman', status: 'paused' }),
  ];
  it('stand together by name, each in the chosen order, with a head at its first run', () => {
    const sorted = sortRuns(runs, { sort: 'attention', group: 'backend' });
    expect(sorted.map(({ id }) => id)).toEqual(['b', 'c', 'a']);
    expect(groupHeads(sorted, 'backend')).toEqual([
      { at: 0, name: 'local', count: 1 },
      { at: 1, name: 'podman', count: 2 },
    ]);
  });
  it('have no heads where nothing is grouped, nor where nothing is', () => {
    expect(groupHeads(runs, 'none')).toEqual([]);
    expect(groupHeads([], 'task')).toEqual([]);
  });
});

describe('totals', () => {
  it('come back to nothing once every run is gone', () => {
    const all = fleet.reduce((sum, run) => addToTotals(sum, run, 1), noTotals);
    expect(all.byRank.paused).toBe(2);
    expect(all.budgetUsd).toBe(100);
    const none = fleet.reduce((sum, run) => addToTotals(sum, run, -1), all);
    expect(ranks.map((rank) => none.byRank[rank])).toEqual(ranks.map(() => 0));
    expect(none.budgetUsd).toBe(0);
  });
});
