import type { IncomingMessage, ServerResponse } from 'node:http';
import {
  isOwnRoute,
  MODEL_PROVIDERS,
  modelProviders,
  modelRoute,
  providersOf,
} from '../../domain/gate/providers.ts';
import type { CallLog } from './call-log.ts';
import { fetchGit, type GitDeps } from './git-route.ts';
import { passesIn } from './headers.ts';
import { callModel, type ModelDeps } from './model-call.ts';
import { proxyPlain } from './plain-proxy.ts';
import { refuse, sendJson, type Exchange } from './reply.ts';
import type { LiveSession, Passes } from './session.ts';
import type { TunnelDeps } from './tunnel.ts';

export const HEALTH_PATH = '/_ralph/health';

export interface DispatchDeps {
  readonly passes: Passes;
  readonly log: CallLog;
  readonly model: ModelDeps;
  readonly git: GitDeps;
  readonly tunnel: Pick<TunnelDeps, 'dial' | 'allow'>;
  /** What `HEALTH_PATH` says beside `ok`. */
  readonly health: Readonly<Record<string, unknown>>;
}

const API_HOSTS: ReadonlySet<string> = new Set(
  modelProviders.map((provider) => new URL(MODEL_PROVIDERS[provider].baseUrl).host),
);

/** Answers that need neither pass nor upstream; false where it was none of them. */
const answerLocally = (exchange: Exchange, health: DispatchDeps['health']): boolean => {
  const { method, path, response } = exchange;
  const reads = method === 'GET' || method === 'HEAD';
  if (reads && path === HEALTH_PATH) sendJson(response, 200, { status: 'ok', ...health });
  // Claude asks its API whether it is there at all.
  else if (reads && path === '/api/hello') response.writeHead(200, { 'content-length': 0 }).end();
  else return false;
  return true;
};

const toModel = (exchange: Exchange, session: LiveSession, deps: DispatchDeps): Promise<void> => {
  const { method, path, request } = exchange;
  const hasAnthropicVersion = request.headers['anthropic-version'] !== undefined;
  const own = session.options.access?.endpoint !== undefined;
  const among = own ? (['openai'] as const) : providersOf(session.options.agent);
  const route =
    own && !isOwnRoute(path) ? undefined : modelRoute({ method, path, hasAnthropicVersion }, among);
  if (route === undefined) {
    refuse(exchange, { status: 403, reason: `${method} ${path} is not on the list of calls` }, among[0]);
    return Promise.resolve();
  }
  const running = callModel({ exchange, route, session }, deps.model);
  session.calls.add(running);
  return running.finally(() => session.calls.delete(running));
};

const NO_PASS = 'this needs the pass of a session of this run';

const open = (
  request: IncomingMessage,
  response: ServerResponse,
  log: CallLog,
): { readonly exchange: Exchange; readonly url: URL | null; readonly isAbsolute: boolean } => {
  const started = performance.now();
  const raw = request.url ?? '/';
  const isAbsolute = /^https?:\/\//i.test(raw);
  const url = URL.parse(isAbsolute ? raw : `http://gate${raw.startsWith('/') ? '' : '/'}${raw}`);
  const exchange = {
    request,
    response,
    method: request.method ?? 'GET',
    host: isAbsolute && url !== null ? url.host : 'gate',
    path: url?.pathname ?? '',
    query: url?.searchParams ?? new URLSearchParams(),
    started,
    log,
  };
  return { exchange, url, isAbsolute };
};

/** Routes one request: models, git, or a registry that speaks plain HTTP. Everything else is refused with a reason. */
export const dispatch = async (
  request: IncomingMessage,
  response: ServerResponse,
  deps: DispatchDeps,
): Promise<void> => {
  response.on('error', () => undefined);
  const { exchange, url, isAbsolute } = open(request, response, deps.log);
  if (url === null) return refuse(exchange, { status: 400, reason: 'not an address' });
  const isOurs = !isAbsolute || API_HOSTS.has(url.host) || isSelf(url, request);
  if (isOurs && answerLocally(exchange, deps.health)) return;
  const who = deps.passes.find(passesIn(request.headers, url.searchParams));
  if (who === undefined) return askForPass(exchange, isOurs);
  if (!isOurs) return proxyPlain(exchange, url, deps.tunnel);
  if (exchange.path.startsWith('/git/')) return fetchGit(exchange, deps.git);
  if (who === 'run') return refuse(exchange, { status: 403, reason: 'this pass opens no model' });
  return toModel(exchange, who, deps);
};

const askForPass = (exchange: Exchange, isOurs: boolean): void => {
  if (!isOurs) exchange.response.setHeader('proxy-authenticate', 'Basic realm="ralph"');
  refuse(exchange, { status: isOurs ? 401 : 407, reason: NO_PASS }, guess(exchange));
};

/** The address of the gate itself, as a client writes it that sends everything through its proxy. */
const isSelf = (url: URL, request: IncomingMessage): boolean =>
  /^(?:localhost|127\.0\.0\.1)$/.test(url.hostname) && url.host === request.headers.host;

const guess = ({ request, path }: Exchange) => {
  if (request.headers['anthropic-version'] !== undefined || path.startsWith('/v1/messages'))
    return 'anthropic';
  return path.startsWith('/v1beta/') ? 'gemini' : 'openai';
};
