import type { IncomingHttpHeaders, OutgoingHttpHeaders } from 'node:http';
import type { ModelProvider } from '../../domain/gate/providers.ts';
import type { Credential } from '../../ports/tokens.ts';

const HOP_BY_HOP = [
  'connection',
  'keep-alive',
  'proxy-connection',
  'proxy-authenticate',
  'proxy-authorization',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
];
const NEVER_UP = new Set([
  ...HOP_BY_HOP,
  'host',
  'cookie',
  'authorization',
  'x-api-key',
  'x-goog-api-key',
  'accept-encoding',
  'content-length',
  'expect',
  'forwarded',
  'via',
]);
const NEVER_DOWN = new Set([...HOP_BY_HOP, 'set-cookie', 'alt-svc', 'strict-transport-security', 'location']);

/** The flag that makes Anthropic take a subscription's token. */
const OAUTH_BETA = 'oauth-2025-04-20';

const connectionNames = (headers: IncomingHttpHeaders): ReadonlySet<string> =>
  new Set((headers.connection ?? '').split(',').map((name) => name.trim().toLowerCase()));

const without = (headers: IncomingHttpHeaders, dropped: ReadonlySet<string>): OutgoingHttpHeaders => {
  const named = connectionNames(headers);
  return Object.fromEntries(
    Object.entries(headers).filter(
      ([name, value]) =>
        value !== undefined && !dropped.has(name) && !named.has(name) && !name.startsWith('x-forwarded-'),
    ),
  );
};

/** What goes on to any upstream: nothing of this hop, no cookie, and no credential that the caller sent. */
export const plainHeaders = (headers: IncomingHttpHeaders): OutgoingHttpHeaders => without(headers, NEVER_UP);

/** What goes back: all but what is of the other hop, and addresses that the caller could not reach. */
export const answerHeaders = (headers: IncomingHttpHeaders): OutgoingHttpHeaders =>
  without(headers, NEVER_DOWN);

const betas = (headers: IncomingHttpHeaders, isOauth: boolean): OutgoingHttpHeaders => {
  const given = [headers['anthropic-beta'] ?? []].flat().join(',').split(',');
  const kept = given.map((flag) => flag.trim()).filter((flag) => flag !== '' && flag !== OAUTH_BETA);
  const all = isOauth ? [...kept, OAUTH_BETA] : kept;
  return all.length === 0 ? {} : { 'anthropic-beta': all.join(',') };
};

const credentialHeaders = (
  provider: ModelProvider,
  { kind, value }: Credential,
  headers: IncomingHttpHeaders,
): OutgoingHttpHeaders => {
  const bearer = { authorization: `Bearer ${value}` };
  // An endpoint of a user's own may want none.
  if (value === '') return {};
  if (provider === 'openai') return bearer;
  if (provider === 'gemini') return kind === 'api-key' ? { 'x-goog-api-key': value } : bearer;
  return { ...(kind === 'api-key' ? { 'x-api-key': value } : bearer), ...betas(headers, kind === 'oauth') };
};

/** The caller's headers with the real credential in the place that its kind needs. */
export const modelHeaders = (
  provider: ModelProvider,
  credential: Credential,
  headers: IncomingHttpHeaders,
): OutgoingHttpHeaders => {
  const { 'anthropic-beta': _flags, ...rest } = plainHeaders(headers);
  return { ...rest, 'accept-encoding': 'identity', ...credentialHeaders(provider, credential, headers) };
};

const basicPassword = (text: string): string =>
  Buffer.from(text, 'base64')
    .toString('utf8')
    .replace(/^[^:]*:/, '');

const passOf = (header: string | undefined): readonly string[] => {
  const [, scheme = '', value = ''] = /^(bearer|basic) +(\S{1,500})$/i.exec(header ?? '') ?? [];
  if (value === '') return [];
  return [scheme.toLowerCase() === 'bearer' ? value : basicPassword(value)];
};

/** Everything in a request that could be the gate's pass: wherever the agents' clients put their key. */
export const passesIn = (headers: IncomingHttpHeaders, query?: URLSearchParams): readonly string[] => [
  ...passOf(headers.authorization),
  ...passOf(headers['proxy-authorization']),
  ...[headers['x-api-key'] ?? []].flat(),
  ...[headers['x-goog-api-key'] ?? []].flat(),
  ...(query?.getAll('key') ?? []),
];
