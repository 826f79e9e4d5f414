import {
  Agent as HttpAgent,
  request as httpRequest,
  type ClientRequest,
  type IncomingMessage,
  type RequestOptions,
} from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import { RalphError } from '../../domain/error.ts';
import { MODEL_PROVIDERS, type ModelProvider } from '../../domain/gate/providers.ts';

type Env = Readonly<Record<string, string | undefined>>;

const LOOPBACK = /^(?:localhost|127\.\d+\.\d+\.\d+|\[::1\])$/;

/** True where plain HTTP may be spoken: what is sent does not leave the machine. */
export const isSafeOrigin = ({ protocol, hostname }: URL): boolean =>
  protocol === 'https:' || (protocol === 'http:' && LOOPBACK.test(hostname));

/** Where calls for a provider go. Throws RalphError `config` for an address that a key must not be sent to. */
export const baseUrlOf = (provider: ModelProvider, env: Env): URL => {
  const { baseUrl, baseUrlEnv } = MODEL_PROVIDERS[provider];
  const given = env[baseUrlEnv];
  const url = URL.parse(given === undefined || given === '' ? baseUrl : given);
  const isBare =
    url !== null && url.username === '' && url.password === '' && url.search === '' && url.hash === '';
  if (url !== null && isBare && isSafeOrigin(url)) return url;
  throw new RalphError('config', `${baseUrlEnv} is no address that a key may be sent to`, {
    hint: 'https://HOST/path without user, query or fragment; http:// only to this machine.',
  });
};

/** Names by which a container knows the machine that the gate itself runs on. */
const THIS_MACHINE = /^host\.(?:containers|docker)\.internal$/;

/** Where calls for an endpoint of a user's own go. Throws RalphError `config` for an address that a key must not be sent to. */
export const ownBaseUrl = (text: string): URL => {
  const url = URL.parse(text);
  if (url !== null && THIS_MACHINE.test(url.hostname)) url.hostname = '127.0.0.1';
  if (url !== null && url.username === '' && url.password === '' && isSafeOrigin(url)) return url;
  throw new RalphError('config', 'the endpoint of the profile is no address that a key may be sent to', {
    hint: 'base_url: https://HOST/path, or http:// to this machine.',
  });
};

/** The address of one call: `path` as in the table of routes. */
export const callUrl = (provider: ModelProvider, base: URL, path: string): URL => {
  const { inBaseUrl } = MODEL_PROVIDERS[provider];
  const url = new URL(base);
  url.pathname = base.pathname.replace(/\/$/, '') + path.slice(inBaseUrl.length);
  return url;
};

/** Connections to the upstreams, kept open between calls. */
export interface Upstream {
  /** `fresh`: by a connection of its own. */
  request(url: URL, options: RequestOptions, fresh?: boolean): ClientRequest;
  close(): void;
}

/** A client without any time limit of its own: a model may think for minutes before its first byte. */
export const createUpstream = (): Upstream => {
  const agents = {
    http: new HttpAgent({ keepAlive: true, maxSockets: 256 }),
    https: new HttpsAgent({ keepAlive: true, maxSockets: 256 }),
  };
  return {
    request: (url, options, fresh = false) =>
      url.protocol === 'https:'
        ? httpsRequest(url, { ...options, agent: !fresh && agents.https })
        : httpRequest(url, { ...options, agent: !fresh && agents.http }),
    close: () => {
      agents.http.destroy();
      agents.https.destroy();
    },
  };
};

/** Longer than that, and somebody may have worked on the request. */
const STALE_MS = 2_000;

/** The kept connection was closed by the other side while the request was on its way: nobody has read it. */
const isStale = (request: ClientRequest, error: unknown): boolean =>
  request.reusedSocket &&
  error instanceof Error &&
  'code' in error &&
  (error.code === 'ECONNRESET' || error.code === 'EPIPE');

const headOf = (request: ClientRequest, body: Buffer | undefined): Promise<IncomingMessage> =>
  new Promise((resolve, reject) => {
    request.on('response', resolve);
    request.on('error', reject);
    request.end(body);
  });

/**
 * Sends a request with its whole body; resolves with the answer's head. Rejects when there is none. One that met a
 * connection which had just ended goes out once more, by a fresh one.
 */
export const send = async (
  start: (fresh: boolean) => ClientRequest,
  body: Buffer | undefined,
): Promise<IncomingMessage> => {
  const began = performance.now();
  const first = start(false);
  try {
    return await headOf(first, body);
  } catch (error) {
    if (!isStale(first, error) || performance.now() - began > STALE_MS) throw error;
    return headOf(start(true), body);
  }
};
