export interface Clock {
  /** Wall clock. */
  now(): Date;
  /** Monotonic ms, from any origin. */
  monotonicMs(): number;
  /** Resolves early, without throwing, when the signal aborts. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}
export interface Host {
  readonly clock: Clock;
  /** Short random id, lower-case letters and digits. */
  newId(): string;
  /** A text of `prompts/`, e.g. `actions-system` or `starters/guardrails`; throws `bug` when it is not shipped. */
  prompt(name: string): string;
  /** A named place where a fault test kills the process; does nothing otherwise. */
  failpoint(name: string): void;
  readonly pid: number;
  readonly version: string;
  /** Secret values that must never be written anywhere (keys from the environment and settings). */
  readonly secrets: readonly string[];
  /** More of them, from now on. */
  learnSecrets(values: readonly string[]): void;
}
