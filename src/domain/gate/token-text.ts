import { z } from 'zod';
import type { CredentialKind, ModelProvider } from './providers.ts';

/** A token as it is stored: what `ralph token set` was given, in one form. */
export interface StoredToken {
  readonly value: string;
  readonly kind: CredentialKind;
  /** ISO time. */
  readonly expires?: string;
}

const VALUE = /^[\x21-\x7e]{8,8000}$/;
const stored = z.object({
  value: z.string(),
  kind: z.enum(['api-key', 'bearer', 'oauth']).optional(),
  expires: z.string().optional(),
});
/** What Claude's own login leaves in its credentials file. */
const claudeLogin = z.object({
  claudeAiOauth: z.object({ accessToken: z.string(), expiresAt: z.number().optional() }),
});

const isoOf = (time: number | string | undefined): string | undefined => {
  const at = typeof time === 'string' ? Date.parse(time) : (time ?? Number.NaN);
  return Number.isFinite(at) && Math.abs(at) < 8.64e15 ? new Date(at).toISOString() : undefined;
};

const decodeBase64Url = (text: string): string => {
  const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
  let bits = '';
  for (const letter of text) bits += letters.indexOf(letter).toString(2).padStart(6, '0');
  return (bits.match(/.{8}/g) ?? []).map((byte) => String.fromCharCode(Number.parseInt(byte, 2))).join('');
};

/** The `exp` of a JSON Web Token, as an ISO time; undefined for everything else. Its signature is not looked at. */
export const jwtExpiry = (value: string): string | undefined => {
  const payload = /^[\w-]{4,2000}\.([\w-]{4,6000})\.[\w-]*$/.exec(value)?.[1];
  if (payload === undefined) return undefined;
  try {
    const claims: unknown = JSON.parse(decodeBase64Url(payload));
    const exp = z.object({ exp: z.number() }).safeParse(claims);
    return exp.success ? isoOf(exp.data.exp * 1000) : undefined;
  } catch {
    return undefined;
  }
};

const kindOf = (provider: ModelProvider, value: string): CredentialKind =>
  provider === 'anthropic' && value.startsWith('sk-ant-oat') ? 'oauth' : 'api-key';

const fromJson = (text: string): { value: string; kind?: CredentialKind; expires?: string } | undefined => {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return undefined;
  }
  const login = claudeLogin.safeParse(json);
  if (login.success) {
    const { accessToken, expiresAt } = login.data.claudeAiOauth;
    const expires = isoOf(expiresAt);
    return { value: accessToken, kind: 'oauth', ...(expires !== undefined && { expires }) };
  }
  const own = stored.safeParse(json);
  if (!own.success) return undefined;
  const { value, kind, expires } = own.data;
  const at = isoOf(expires);
  return { value, ...(kind && { kind }), ...(at !== undefined && { expires: at }) };
};

/** Reads a token: bare, as we store it, or as Claude keeps its own. Undefined for what can be none. */
export const readToken = (provider: ModelProvider, text: string): StoredToken | undefined => {
  const trimmed = text.trim();
  const found = trimmed.startsWith('{') ? fromJson(trimmed) : { value: trimmed };
  if (found === undefined || !VALUE.test(found.value)) return undefined;
  const expires = found.expires ?? jwtExpiry(found.value);
  return {
    value: found.value,
    kind: found.kind ?? kindOf(provider, found.value),
    ...(expires !== undefined && { expires }),
  };
};

/** How it is stored: one line of plain ASCII, because macOS' `security` prints anything else as hex. */
export const writeToken = (token: StoredToken): string => JSON.stringify(token);

/** What to say of an expiry: undefined while there is more than a week left. */
export const expiryWarning = (expires: string | undefined, now: Date): string | undefined => {
  if (expires === undefined) return undefined;
  const left = Date.parse(expires) - now.getTime();
  if (left <= 0) return `expired on ${expires}`;
  const hours = Math.floor(left / 3600_000);
  if (hours >= 7 * 24) return undefined;
  return `expires in ${hours >= 48 ? `${Math.floor(hours / 24)} days` : `${hours} h`} (${expires})`;
};
