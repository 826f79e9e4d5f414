import type { IncomingMessage } from 'node:http';
import { cutEvent, type GateRefusal } from '../../domain/gate/refusal-body.ts';
import { DEAREST, readAsked } from '../../domain/gate/estimate.ts';
import { modelQuery, type ModelProvider, type ModelRoute } from '../../domain/gate/providers.ts';
import { isOutOfCredit, retryInfoMs } from '../../domain/gate/usage.ts';
import { isPriced, type Prices } from '../../domain/pricing.ts';
import { rateLimitWaitMs } from '../../domain/rate-limit-wait.ts';
import type { Credential } from '../../ports/tokens.ts';
import { createAnswerTap, type AnswerTap } from './answer-tap.ts';
import { openBill, type Bill, type CallEnd } from './bill.ts';
import { answerHeaders, modelHeaders } from './headers.ts';
import { enter, readBody, refuse, type Exchange } from './reply.ts';
import type { LiveSession } from './session.ts';
import { callUrl, send, type Upstream } from './upstream.ts';

/** What the largest providers take, images included. */
const MAX_BODY = 32 * 1024 * 1024;
const MAX_CALLS = 32;
/** After these the request cannot have reached a model. */
const NEVER_SENT = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH']);

export interface ModelDeps {
  readonly upstream: Upstream;
  readonly prices: (provider: ModelProvider, model: string) => Promise<Prices | undefined>;
  readonly now: () => Date;
}
interface Call {
  readonly exchange: Exchange;
  readonly session: LiveSession;
  readonly provider: ModelProvider;
  readonly credential: Credential;
  readonly body: Buffer | undefined;
  /** Undefined for calls that cost nothing. */
  readonly bill: Bill | undefined;
}

const overBudget = (budget: string): { readonly status: 400; readonly reason: string } => ({
  status: 400,
  reason: `the run's budget is used up (${budget}); no more calls go out`,
});

const parseJson = (body: Buffer): unknown => {
  try {
    return JSON.parse(body.toString('utf8'));
  } catch {
    return undefined;
  }
};

/** Answers a call to a model: reserved, forwarded with the real credential, streamed back, settled. Never rejects. */
export const callModel = async (
  at: { readonly exchange: Exchange; readonly route: ModelRoute; readonly session: LiveSession },
  deps: ModelDeps,
): Promise<void> => {
  const { exchange, route, session } = at;
  const { provider, bills } = route;
  const credential = session.credentials.get(provider);
  const no = (status: number, reason: string): void => refuse(exchange, { status, reason }, provider);
  if (credential === undefined) {
    session.found.refused = `there is no credential for ${provider}`;
    return no(403, session.found.refused);
  }
  if (bills && session.found.overBudget !== undefined)
    return refuse(exchange, overBudget(session.found.overBudget), provider);
  if (session.calls.size > MAX_CALLS) return no(403, `more than ${MAX_CALLS} calls at once`);
  const body = exchange.method === 'POST' ? await readBody(exchange.request, MAX_BODY) : undefined;
  if (exchange.method === 'POST' && body === undefined)
    return no(413, `the request is larger than ${MAX_BODY / 1024 / 1024} MiB or broke off`);
  const call = { exchange, session, provider, credential, body };
  const bill = bills && body !== undefined ? await reserve({ ...call, body }, deps) : undefined;
  return bill === 'refused' ? undefined : forward({ ...call, bill }, deps);
};

const NO_PRICES: Prices = { inputPerMtok: 0, outputPerMtok: 0 };

/** The profile's own for its model; else the catalogue's, and of a model that nobody knows the dearest. */
const pricesOf = async (
  asked: Pick<Call, 'session' | 'provider'> & { readonly model: string },
  deps: ModelDeps,
): Promise<Prices> => {
  const { access } = asked.session.options;
  // A model on a machine of the user's own costs nothing, unless models.yaml says so.
  if (access?.endpoint) return access.prices ?? NO_PRICES;
  if (access?.model === asked.model && isPriced(access.prices)) return access.prices;
  const known = await deps.prices(asked.provider, asked.model);
  return isPriced(known) ? known : DEAREST[asked.provider];
};

/** Reserves the most that the call can cost; or has refused it. */
const reserve = async (
  { exchange, session, provider, body }: Omit<Call, 'bill'> & { readonly body: Buffer },
  deps: ModelDeps,
): Promise<Bill | 'refused'> => {
  const no = (refusal: GateRefusal): 'refused' => {
    refuse(exchange, refusal, provider);
    return 'refused';
  };
  const json = parseJson(body);
  if (typeof json !== 'object' || json === null)
    return no({ status: 400, reason: 'the request is not JSON' });
  const asked = readAsked(provider, exchange.path, json);
  const { meter, profile, access } = session.options;
  if (access?.endpoint && asked.model !== access.model)
    return no({ status: 403, reason: `the profile ${profile} is for the model ${access.model} only` });
  const prices = await pricesOf({ session, provider, model: asked.model }, deps);
  const bill = openBill({ meter, profile, asked, prices });
  if (!('over' in bill)) return bill;
  session.found.overBudget = bill.over;
  return no(overBudget(bill.over));
};

const forward = async (call: Call, deps: ModelDeps): Promise<void> => {
  const { exchange, session, provider, credential, body, bill } = call;
  const base = session.bases.get(provider)!;
  const url = callUrl(provider, base, exchange.path);
  url.search = modelQuery(provider, exchange.query);
  const client = new AbortController();
  exchange.response.on('close', () => client.abort());
  const signal = AbortSignal.any([client.signal, session.signal]);
  const headers = {
    ...modelHeaders(provider, credential, exchange.request.headers),
    ...(body !== undefined && { 'content-length': body.length }),
  };
  let head: IncomingMessage;
  try {
    const { method } = exchange;
    head = await send((fresh) => deps.upstream.request(url, { method, headers, signal }, fresh), body);
  } catch (error) {
    return notReached(call, error);
  }
  const status = head.statusCode ?? 502;
  if (status >= 300 && status < 400) {
    head.destroy();
    const reason = `${provider} redirects (${status}); the gate follows no redirect`;
    bill?.settle({ ...NOTHING, isFree: true, failure: { kind: 'not-a-model', detail: reason } });
    return refuse(exchange, { status: 502, reason }, provider);
  }
  await answer(call, head, deps);
};

const NOTHING = { tally: {}, outputTokens: 0 };

const notReached = ({ exchange, session, provider, bill }: Call, error: unknown): void => {
  const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
  const isOurs = exchange.response.destroyed || session.signal.aborted;
  const detail = isOurs ? 'the agent hung up before an answer came' : `no answer from ${provider} (${code})`;
  const isFree = NEVER_SENT.has(code);
  bill?.settle({ ...NOTHING, isFree, failure: { kind: isOurs ? 'cancelled' : 'network', detail } });
  if (isOurs) {
    exchange.response.destroy();
    return enter(exchange, 499);
  }
  refuse(exchange, { status: 502, reason: detail }, provider);
};

/** What a status means for the runner; by status, headers and fields only (agents.md). */
const judge = (
  call: Call,
  head: IncomingMessage,
  seen: { readonly json: unknown; readonly now: Date },
): void => {
  const { found } = call.session;
  const status = head.statusCode ?? 0;
  if (status === 401 || status === 403) found.refused = `${call.provider} refused the credential (${status})`;
  if (status !== 429 && status !== 529) return;
  if (isOutOfCredit(seen.json)) {
    found.refused = `${call.provider}: no credit left (${status})`;
    delete found.rateLimited;
    return;
  }
  const get = (name: string): string | null => [head.headers[name] ?? []].flat()[0] ?? null;
  const waitMs = rateLimitWaitMs({ get }, seen.now.getTime()) ?? retryInfoMs(seen.json);
  found.rateLimited = { waitMs, detail: `${call.provider}: rate limit (${status})` };
};

const answer = async (call: Call, head: IncomingMessage, deps: ModelDeps): Promise<void> => {
  const { exchange, session, provider, bill } = call;
  const status = head.statusCode ?? 502;
  const tap = createAnswerTap(provider, head.headers['content-type']);
  judge(call, head, { json: undefined, now: deps.now() });
  exchange.response.writeHead(status, answerHeaders(head.headers));
  exchange.response.flushHeaders();
  const ending = await stream(call, head, tap);
  tap.end();
  judge(call, head, { json: tap.json, now: deps.now() });
  if (tap.limited !== undefined)
    session.found.rateLimited = { waitMs: undefined, detail: `${provider}: ${tap.limited}` };
  else if (status < 300 && ending === 'whole' && bill !== undefined) {
    delete session.found.rateLimited;
    delete session.found.refused;
  }
  bill?.settle(endOf(status, tap, ending));
  enter(exchange, status);
};

type Ending = 'whole' | 'cut' | 'hung up' | { readonly over: 'cost' | 'tokens' | 'wall time' };

const endOf = (status: number, tap: AnswerTap, ending: Ending): CallEnd => {
  const end = { tally: tap.tally, outputTokens: tap.outputTokens };
  const failed = (kind: string, detail: string): CallEnd => ({ ...end, failure: { kind, detail } });
  if (status >= 300)
    return { ...failed(status === 429 ? 'rate-limited' : 'refused', `answered ${status}`), isFree: true };
  if (typeof ending === 'object') return failed('cancelled', `cut: the budget is used up (${ending.over})`);
  if (ending === 'cut') return failed('cut', 'the answer broke off');
  // An agent may hang up on a stream whose end it has seen.
  if (ending === 'hung up' && tap.tally.output === undefined)
    return failed('cancelled', 'the agent hung up within the answer');
  return end;
};

/** Passes the answer on as it comes, no faster than the caller reads; ends it when the budget is used up. */
const stream = (
  { exchange, session, provider, bill }: Call,
  head: IncomingMessage,
  tap: AnswerTap,
): Promise<Ending> =>
  new Promise((resolve) => {
    const { response } = exchange;
    const canGrow = bill !== undefined && (head.statusCode ?? 500) < 300;
    head.on('data', (chunk: Buffer) => {
      tap.take(chunk);
      const over = canGrow ? bill.grow(tap.tally.output ?? tap.outputTokens) : undefined;
      if (over === undefined) return;
      session.found.overBudget = over;
      resolve({ over });
      head.unpipe(response);
      head.destroy();
      response.end(cutEvent(provider, overBudget(over).reason));
    });
    head.on('end', () => resolve('whole'));
    head.on('error', () => undefined);
    head.on('close', () => {
      const isOurs = response.destroyed || session.signal.aborted;
      resolve(isOurs ? 'hung up' : 'cut');
      // A broken answer must not look like a whole one.
      if (!head.complete && !response.writableEnded) response.destroy();
    });
    response.on('close', () => head.destroy());
    head.pipe(response);
  });
