import type { IncomingMessage, ServerResponse } from 'node:http';
import { refusalBody, type GateRefusal } from '../../domain/gate/refusal-body.ts';
import type { ModelProvider } from '../../domain/gate/providers.ts';
import type { CallLog } from './call-log.ts';

/** One request to the gate while it is answered. */
export interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly method: string;
  readonly host: string;
  /** Without its query: a key may stand there. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly started: number;
  readonly log: CallLog;
}

/** Enters the call as the caller got it. */
export const enter = (exchange: Exchange, status: number, refused?: string): void => {
  const { method, host, path, started, log } = exchange;
  log({
    method,
    host,
    path,
    status,
    ms: performance.now() - started,
    ...(refused !== undefined && { refused }),
  });
};

/** Answers with JSON of our own. */
export const sendJson = (response: ServerResponse, status: number, body: unknown): void => {
  if (response.headersSent) {
    response.destroy();
    return;
  }
  response
    .writeHead(status, { 'content-type': 'application/json', 'x-should-retry': 'false' })
    .end(`${JSON.stringify(body)}\n`);
};

/** Refuses a call, in the provider's own shape where it is one to a model, and enters it. */
export const refuse = (
  exchange: Exchange,
  refusal: GateRefusal,
  provider: ModelProvider = 'openai',
): void => {
  enter(exchange, refusal.status, refusal.reason);
  // What the caller still sends is not read: the connection ends with the answer.
  if (!exchange.request.complete) exchange.response.setHeader('connection', 'close');
  sendJson(exchange.response, refusal.status, refusalBody(provider, refusal));
};

/** The whole body, or undefined when it is larger than allowed or broken off. */
export const readBody = async (request: IncomingMessage, most: number): Promise<Buffer | undefined> => {
  const parts: Buffer[] = [];
  let size = 0;
  try {
    for await (const part of request as AsyncIterable<Buffer>) {
      size += part.length;
      if (size > most) return undefined;
      parts.push(part);
    }
  } catch {
    return undefined;
  }
  return parts.length === 1 ? parts[0] : Buffer.concat(parts);
};
