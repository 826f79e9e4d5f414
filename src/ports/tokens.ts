import type { CredentialKind, ModelProvider } from '../domain/gate/providers.ts';

export interface Credential {
  readonly kind: CredentialKind;
  /** Never shown, logged or handed to a sandbox. */
  readonly value: string;
  /** Where it comes from, in words. */
  readonly from: string;
  /** ISO time; undefined where nothing says so. */
  readonly expires?: string;
}
export type TokenStore = 'environment' | 'file' | 'keychain';
/** Credentials for the providers of models, on the runner's side only. */
export interface Tokens {
  /** The first one by the order of `token_sources`. Throws RalphError `config` for a file that others may read. */
  find(provider: ModelProvider): Promise<Credential | undefined>;
  /** Takes a bare token, or the JSON that Claude keeps its own in; returns where it went, in words. Throws `config`. */
  set(provider: ModelProvider, text: string, options: SetOptions): Promise<string>;
  /** Where one was removed, in words. */
  remove(provider: ModelProvider): Promise<readonly string[]>;
}
export interface SetOptions {
  readonly store?: Exclude<TokenStore, 'environment'>;
  /** ISO date or time. */
  readonly expires?: string;
}
