import type { RunId } from '../domain/event.ts';
import type { AgentId } from '../domain/spec/task.ts';
import type { Meter } from './agent.ts';
import type { ModelAccess } from './model.ts';

/** One call that went through a gate, or was refused there: never a body or a header. */
export interface GateCall {
  readonly method: string;
  readonly host: string;
  readonly path: string;
  /** As the caller got it. */
  readonly status: number;
  readonly ms: number;
  /** Why the gate itself refused it. */
  readonly refused?: string;
}
/** What the calls of a session met that the runner has to act on; the last of each kind. A model call that succeeds takes back `rateLimited` and `refused`: the agent got over it. */
export interface GateFindings {
  readonly overBudget?: 'cost' | 'tokens' | 'wall time';
  /** `waitMs` undefined: the provider did not say for how long. */
  readonly rateLimited?: { readonly waitMs: number | undefined; readonly detail: string };
  /** The credential was refused (401, 403 from the provider), or there is none. */
  readonly refused?: string;
}
export interface GateSessionOptions {
  readonly agent: AgentId;
  readonly profile: string;
  /** The profile's model: its prices count, and where it has an endpoint of its own, all calls go there. */
  readonly access?: ModelAccess;
  /** Each model call is reserved before it goes out and settled after it, also when the agent hangs up. */
  readonly meter: Meter;
  readonly signal: AbortSignal;
}
/** The way of one fresh agent session to its model. */
export interface GateSession {
  /** Stands for the credential in the sandbox; worth nothing outside of this session. */
  readonly phantom: string;
  /** `oauth` where the agent has to present itself as with a subscription's token. */
  readonly credential: 'api-key' | 'oauth';
  readonly found: GateFindings;
  /** Ends calls in flight and settles them. Twice is once. */
  close(): Promise<void>;
}
/**
 * A run's only way out of a sandbox without network: the model's API with the real credential put in, and an
 * allow-list of package registries (agents.md, "Credential injection proxy"). Lives as long as the run is worked on.
 */
export interface Gate {
  /** `http://127.0.0.1:PORT`, for what runs on this machine. */
  readonly url: string;
  /**
   * Opens package registries and git, no model: for the commands of a run outside of any session (`setup:`, checks).
   * Goes into the sandbox with `gateEnvironment`; another one each time that the gate is opened.
   */
  readonly pass: string;
  /** Absolute path of the folder with the socket `gate.sock`; the same for a run each time. */
  readonly dir: string;
  /** Throws RalphError `config` when no credential for this agent is found, with the ways to give one. */
  session(options: GateSessionOptions): Promise<GateSession>;
  close(): Promise<void>;
}
export interface GateOptions {
  readonly run: RunId;
  /** Where the socket is made; any length of path. */
  readonly dir: string;
  /** Refused calls are bounded: what a sandbox can ask for in a loop must not fill the log. */
  readonly onCall: (call: GateCall) => void;
  /** Addresses of repositories (http, https) that git may fetch from inside, read-only, with the runner's credential. */
  readonly repos?: readonly string[];
}
export interface Gates {
  open(options: GateOptions): Promise<Gate>;
  /** What a human should know of the credentials of an agent before they fail: those that end soon. */
  warnings(agent: AgentId): Promise<readonly string[]>;
}
