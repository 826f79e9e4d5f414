import type { RunInfo } from '../commands/app.ts';
import type { RunId } from '../domain/event.ts';

/** An order on its way: shown as `pausing…` until the run has acknowledged it and, where it changes the status, done it. */
export interface PendingOrder {
  readonly key: number;
  readonly run: RunId;
  readonly word: string;
  /** The status that the order will end; undefined when the acknowledgement is all there is. */
  readonly ends: string | undefined;
  readonly acknowledged: boolean;
}

const changesStatus = new Set(['pausing', 'stopping']);

export const pendingFor = (key: number, run: RunInfo, word: string): PendingOrder => ({
  key,
  run: run.id,
  word,
  ends: changesStatus.has(word) && run.state.status === 'running' ? run.state.status : undefined,
  acknowledged: false,
});

/** Those that are still on their way. */
export const stillPending = (
  orders: readonly PendingOrder[],
  statusOf: (id: RunId) => string | undefined,
): readonly PendingOrder[] => {
  const left = orders.filter(
    (order) => !order.acknowledged || (order.ends !== undefined && order.ends === statusOf(order.run)),
  );
  return left.length === orders.length ? orders : left;
};
