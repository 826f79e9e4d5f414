import { createHash, randomBytes } from 'node:crypto';
import { PASS_PREFIX } from '../../domain/gate/pass.ts';
import type { ModelProvider } from '../../domain/gate/providers.ts';
import type { GateFindings, GateSessionOptions } from '../../ports/gate.ts';
import type { Credential } from '../../ports/tokens.ts';

/** The findings while they are made. */
export type OpenFindings = { -readonly [K in keyof GateFindings]: GateFindings[K] };

export interface LiveSession {
  readonly phantom: string;
  readonly options: Pick<GateSessionOptions, 'agent' | 'profile' | 'meter' | 'access'>;
  readonly credentials: ReadonlyMap<ModelProvider, Credential>;
  readonly bases: ReadonlyMap<ModelProvider, URL>;
  readonly found: OpenFindings;
  /** Aborted when the session is closed. */
  readonly signal: AbortSignal;
  /** Calls under way; each settles itself. */
  readonly calls: Set<Promise<void>>;
}

/** 256 random bits that look like nobody's key, and that the log knows again (PASS_PREFIX). */
export const newPass = (): string => PASS_PREFIX + randomBytes(32).toString('base64url');

const hash = (pass: string): string => createHash('sha256').update(pass).digest('base64');

/** The passes that open a gate. Looked up by hash, so that no comparison tells how much of a guess was right. */
export const createPasses = (runPass: string) => {
  const own = hash(runPass);
  const sessions = new Map<string, LiveSession>();
  return {
    add: (session: LiveSession): void => void sessions.set(hash(session.phantom), session),
    remove: (session: LiveSession): void => void sessions.delete(hash(session.phantom)),
    /** Undefined: not one of them is a pass. */
    find: (given: readonly string[]): 'run' | LiveSession | undefined => {
      const hashes = given.slice(0, 8).map(hash);
      const session = hashes.map((one) => sessions.get(one)).find((one) => one !== undefined);
      return session ?? (hashes.includes(own) ? 'run' : undefined);
    },
  };
};
export type Passes = ReturnType<typeof createPasses>;
