import type { ToolUse } from '../domain/agent-stream/fact.ts';
import type { Answer } from '../domain/action.ts';
import type { AgentEvent, CallPurpose, Usage } from '../domain/event.ts';
import type { Gate } from './gate.ts';
import type { Estimate } from './model.ts';
import type { Sandbox } from './sandbox.ts';

/** Reserves money before each model call and settles it after; on disk before the call (state.md). */
export interface Meter {
  /** Undefined when the call may go out; else the name of the budget that it would pass. */
  reserve(call: {
    readonly purpose: CallPurpose;
    readonly profile: string;
    readonly model: string;
    readonly most: Estimate;
  }): { readonly call: string } | { readonly over: 'cost' | 'tokens' | 'wall time' };
  settle(call: string, charge: Charge): void;
}
export interface Charge {
  readonly ms: number;
  readonly usage: Usage;
  readonly costUsd: number;
  /** `stop`, `length`… for an answer; left out for a failure. */
  readonly finish?: string;
  readonly failure?: { readonly kind: string; readonly detail: string; readonly retryInMs?: number };
}
/** What ends a session of an agent that works by itself; none of it is a failure of what it did until then. */
export interface SessionLimits {
  /** Without a sign of life. */
  readonly idleMs: number;
  /** Model calls, or tool calls where the agent does not tell the former. */
  readonly maxTurns: number;
  /** What is left of the run's wall time. */
  readonly leftMs: number;
}
/** What one fresh session gets. */
export interface Turn {
  readonly n: number;
  readonly system: string;
  readonly prompt: string;
  readonly profile: string;
  readonly meter: Meter;
  readonly signal: AbortSignal;
  /** The clone in the sandbox. */
  readonly repoDir: string;
  /** The run's way to the model for agents that call it themselves; undefined for `actions`. */
  readonly gate: Gate | undefined;
  /** Base URL of `gate` as seen inside of the sandbox: the gate's own, or a relay's there. */
  readonly gateUrl: () => Promise<string>;
  /** What every command in this sandbox gets in its environment, the agent's too; asked after `gateUrl`. */
  readonly env: () => Readonly<Record<string, string>>;
  readonly limits: SessionLimits;
  /** The task's `agent_command`, for `command`. */
  readonly command: string | undefined;
  /** What the session shows of itself while it runs, for the log; texts bounded and redacted by the agent's adapter or here. */
  readonly onEvent: (event: AgentEvent) => void;
}
/** `raw` is what goes into response.json, whatever came back. */
export type TurnOutcome =
  | {
      readonly kind: 'answer';
      readonly answer: Answer;
      readonly repaired: 'no' | 'json' | 'call';
      readonly raw: string;
    }
  | {
      readonly kind: 'worked';
      readonly summary: string;
      readonly raw: string;
      /** What it did, as far as it tells that; labels not redacted. */
      readonly tools: readonly ToolUse[];
      /** The last words of a session that ended by itself and well; empty otherwise. Not redacted. */
      readonly finalText: string;
    }
  | { readonly kind: 'invalid'; readonly problem: string; readonly raw: string }
  | { readonly kind: 'rate-limited'; readonly waitMs: number | undefined; readonly detail: string }
  | { readonly kind: 'over-budget'; readonly budget: 'cost' | 'tokens' | 'wall time' }
  | {
      readonly kind: 'failed';
      readonly fatal: boolean;
      readonly pause?: 'token expired';
      readonly detail: string;
      readonly raw: string;
    }
  | { readonly kind: 'cancelled' };
/** One fresh session = one iteration. */
export interface Agent {
  session(turn: Turn, box: Sandbox): Promise<TurnOutcome>;
  /** Why this agent cannot work with that profile; undefined when it can. */
  problem?(profile: string): { readonly message: string; readonly hint: string } | undefined;
}
