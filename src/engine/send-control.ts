import type { Control, Order } from '../domain/control.ts';
import type { Entry, RunId } from '../domain/event.ts';
import type { Host } from '../ports/host.ts';
import type { RunHomes } from '../ports/run-home.ts';

export type Acknowledged =
  | { readonly kind: 'accepted'; readonly detail: string | undefined }
  | { readonly kind: 'refused'; readonly detail: string }
  | { readonly kind: 'waiting' };

/** Debug commands may run long; everything else is taken within a second. */
const WAIT_MS = 15_000;
const DEBUG_WAIT_MS = 20 * 60_000;

export const createControl = (host: Host, order: Order): Control => ({
  v: 1,
  id: `${host.clock.now().getTime().toString(36)}-${host.newId()}`,
  at: host.clock.now().toISOString(),
  by: 'operator',
  order,
});

const toAck = (entry: Extract<Entry, { type: 'control.taken' }>): Acknowledged =>
  entry.outcome === 'accepted'
    ? { kind: 'accepted', detail: entry.detail }
    : { kind: 'refused', detail: entry.detail ?? '' };

/**
 * Drops the control into the inbox and waits for the entry that acknowledges it. Where no process works on the run,
 * `settle` takes it in this one.
 */
export const dropAndWait = async (
  deps: { readonly host: Host; readonly homes: RunHomes; readonly settle: () => Promise<unknown> },
  send: { readonly id: RunId; readonly order: Order },
): Promise<Acknowledged> => {
  const { host, homes } = deps;
  const { id, order } = send;
  const control = createControl(host, order);
  const offset = homes.logBytes(id);
  homes.dropControl(id, control);
  if (homes.peek(id)?.locked !== true) await deps.settle();
  const found = new AbortController();
  let ack: Acknowledged = { kind: 'waiting' };
  const onEntry = (entry: Entry): void => {
    if (entry.type !== 'control.taken' || entry.id !== control.id) return;
    ack = toAck(entry);
    found.abort();
  };
  const timeout = AbortSignal.timeout(order.kind === 'debug' ? DEBUG_WAIT_MS : WAIT_MS);
  await homes.follow(id, { offset, onEntry, signal: AbortSignal.any([found.signal, timeout]) });
  return ack;
};
