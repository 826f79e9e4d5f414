import type { Usage } from '../domain/event.ts';
import type { Prices } from '../domain/pricing.ts';

export interface Message {
  readonly role: 'system' | 'user' | 'assistant';
  readonly content: string;
}
export interface ModelRequest {
  readonly profile: string;
  readonly messages: readonly Message[];
  /** The JSON schema of the answer: sent where the profile says `structured: schema`; it also stands in the prompt. */
  readonly schema: { readonly name: string; readonly json: Readonly<Record<string, unknown>> };
  readonly signal?: AbortSignal;
  readonly onDelta?: (text: string) => void;
}
export type ModelFailure =
  'auth' | 'bad-request' | 'server' | 'network' | 'stalled' | 'cut' | 'not-a-model' | 'cancelled';
/** What one HTTP call came to. `usage` and `costUsd` are what it has to be charged at, also when it failed. */
export type ModelAnswer =
  | {
      readonly kind: 'ok';
      readonly text: string;
      readonly finish: 'stop' | 'length' | 'filter' | 'other';
      readonly usage: Usage;
      readonly costUsd: number;
    }
  | {
      readonly kind: 'rate-limited';
      readonly waitMs: number | undefined;
      readonly detail: string;
      readonly usage: Usage;
      readonly costUsd: number;
    }
  | {
      readonly kind: 'failed';
      readonly failure: ModelFailure;
      readonly retryable: boolean;
      readonly detail: string;
      readonly usage: Usage;
      readonly costUsd: number;
    };

export interface ProfileInfo {
  readonly name: string;
  /** What the endpoint is asked for, e.g. `glm-4.7`. */
  readonly model: string;
  readonly provider: string;
  readonly tags: readonly string[];
  readonly fallback?: string;
  /** False when the price is unknown or 0: a USD budget alone then cannot stop the run. */
  readonly priced: boolean;
  readonly maxOutputTokens: number;
}
export interface Estimate {
  readonly tokens: number;
  /** 0 when the price is unknown. */
  readonly costUsd: number;
}
/** How a gate reaches and charges a profile's model; stays on the runner's side. */
export interface ModelAccess {
  readonly model: string;
  readonly prices?: Prices;
  /** An OpenAI-compatible one that no provider of the gate's own table is; `apiKey` undefined where it wants none. */
  readonly endpoint?: { readonly baseUrl: string; readonly apiKey: string | undefined };
}
export interface ModelPort {
  readonly profiles: readonly ProfileInfo[];
  /** The most that one call can cost: all input tokens at full price and the whole `max_output_tokens`. */
  estimate(profile: string, messages: readonly Message[]): Estimate;
  /** One HTTP call, never a hidden retry. Throws RalphError `config` for an unknown profile or a missing key. */
  complete(request: ModelRequest): Promise<ModelAnswer>;
  /** Undefined for a profile without a real model. `own: false` leaves endpoints of a user's own out. Throws RalphError `config` where its key or address is missing. */
  access?(profile: string, options: { readonly own: boolean }): ModelAccess | undefined;
  /** Problems that a run with this profile would meet at once (no key, bad URL); empty when none. */
  check(profile: string): readonly { readonly message: string; readonly hint: string }[];
}
