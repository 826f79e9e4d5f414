import { describe, expect, it } from 'vitest';
import { pendingFor, stillPending } from '../../src/tui/pending.ts';
import { runInfo } from '../fakes/fleet-frame.ts';

const acknowledged = (word: string) => ({ ...pendingFor(1, runInfo('a'), word), acknowledged: true });

describe('an order on its way', () => {
  it('is shown until it is acknowledged', () => {
    const orders = [pendingFor(1, runInfo('a'), 'noting')];
    expect(stillPending(orders, () => 'running')).toBe(orders);
    expect(stillPending([acknowledged('noting')], () => 'running')).toEqual([]);
  });
  it('that changes the status is shown until that has changed', () => {
    expect(stillPending([acknowledged('pausing')], () => 'running')).toHaveLength(1);
    expect(stillPending([acknowledged('pausing')], () => 'paused')).toEqual([]);
  });
  it('is not shown for ever where the run had no such status', () => {
    const order = pendingFor(1, runInfo('a', { status: 'queued' }), 'pausing');
    expect(stillPending([{ ...order, acknowledged: true }], () => 'queued')).toEqual([]);
  });
});
