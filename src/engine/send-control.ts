import type { Control, Order } from '../domain/control.ts';
import type { Entry, RunId } from '../domain/event.ts';
import type { Host } from '../ports/host.ts';
import type { RunHomes } from '../ports/run-home.ts';

export type Acknowledged =
  | { readonly kind: 'accepted'; readonly failed?: true; readonly detail: string | undefined }
  | { readonly kind: 'refused'; readonly detail: string }
  | { readonly kind: 'waiting' };

/** Debug commands may run long; everything else is taken within a second. */
const WAIT_MS = 15_000;
const LOOK_MS = 1000;
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
    ? { kind: 'accepted', ...(entry.failed && { failed: true }), detail: entry.detail }
    : { kind: 'refused', detail: entry.detail ?? '' };

interface DropDeps {
  readonly host: Host;
  readonly homes: RunHomes;
  readonly settle: () => Promise<unknown>;
}

/**
 * Drops the control into the inbox and waits for the entry that acknowledges it. Where no process works on the run,
 * `settle` takes it in this one.
 */
export const dropAndWait = (
  deps: DropDeps,
  { id, order }: { readonly id: RunId; readonly order: Order },
): Promise<Acknowledged> => dropControl(deps, id, createControl(deps.host, order));

/** The same for a control that has its id already. One that was taken before is waited for in vain. */
export const dropControl = async (
  { host, homes, settle }: DropDeps,
  id: RunId,
  control: Control,
): Promise<Acknowledged> => {
  const { order } = control;
  const offset = homes.logBytes(id);
  homes.dropControl(id, control);
  if (homes.peek(id)?.locked !== true) await settle();
  const found = new AbortController();
  let ack: Acknowledged = { kind: 'waiting' };
  const onEntry = (entry: Entry): void => {
    if (entry.type !== 'control.taken' || entry.id !== control.id) return;
    ack = toAck(entry);
    found.abort();
  };
  const timeout = AbortSignal.timeout(order.kind === 'debug' ? DEBUG_WAIT_MS : WAIT_MS);
  const signal = AbortSignal.any([found.signal, timeout]);
  const following = homes.follow(id, { offset, onEntry, signal });
  // A runner may have looked into its inbox for the last time, and let go of the run only now.
  for (await host.clock.sleep(LOOK_MS, signal); !signal.aborted; await host.clock.sleep(LOOK_MS, signal))
    if (homes.peek(id)?.locked !== true) await settle();
  await following;
  return ack;
};
