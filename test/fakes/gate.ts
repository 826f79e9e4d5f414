import type { Gate, GateFindings, Gates, GateSessionOptions } from '../../src/ports/gate.ts';
import type { Upstream } from './upstream/server.ts';

export interface FakeGateOptions {
  /** Says nothing of what it saw: the agent's own output has to do. */
  readonly blind?: true;
  /** The budget is used up after so many calls. */
  readonly maxCalls?: number;
  readonly credential?: 'api-key' | 'oauth';
}
export interface FakeGate extends Gate, Gates {
  readonly sessions: readonly GateSessionOptions[];
  /** Sessions that were opened and not closed yet. */
  readonly open: Gates['open'];
  readonly left: number;
}

/** A gate without a proxy: agents talk to the fake provider itself, whose answers it tells as a real gate would. */
export const fakeGate = (upstream: Upstream, options: FakeGateOptions = {}): FakeGate => {
  const sessions: GateSessionOptions[] = [];
  let left = 0;
  let seen: { readonly at: unknown; readonly found: GateFindings } = { at: undefined, found: {} };
  const look = (): GateFindings => {
    const { last } = upstream;
    if (options.maxCalls !== undefined && upstream.calls.length >= options.maxCalls)
      return { overBudget: 'cost' };
    if (options.blind || last === undefined) return {};
    if (last.status === 401) return { refused: 'the provider refuses the credential' };
    if (last.status !== 429) return {};
    const waitMs = last.retryAfterS === undefined ? undefined : last.retryAfterS * 1000;
    return { rateLimited: { waitMs, detail: 'the provider says: too many requests' } };
  };
  const gate: FakeGate = {
    url: upstream.url,
    pass: 'pass-of-a-run',
    dir: '/nonexistent',
    sessions,
    get left() {
      return left;
    },
    open: () => Promise.resolve(gate),
    warnings: () => Promise.resolve([]),
    session: (asked) => {
      sessions.push(asked);
      left += 1;
      return Promise.resolve({
        phantom: 'phantom-for-one-session',
        credential: options.credential ?? 'api-key',
        get found() {
          if (seen.at !== upstream.last || options.maxCalls !== undefined)
            seen = { at: upstream.last, found: look() };
          return seen.found;
        },
        close: () => {
          left -= 1;
          return Promise.resolve();
        },
      });
    },
    close: () => Promise.resolve(),
  };
  return gate;
};
