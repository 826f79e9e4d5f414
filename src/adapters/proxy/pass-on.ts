import type { ClientRequest, IncomingMessage, OutgoingHttpHeaders } from 'node:http';
import { answerHeaders } from './headers.ts';
import { enter, refuse, type Exchange } from './reply.ts';

/** Streams both bodies between the caller and an upstream request; entered at its end. Never rejects. */
export const passOn = (
  exchange: Exchange,
  start: (signal: AbortSignal) => ClientRequest,
  more: { readonly redirects: boolean },
): Promise<void> =>
  new Promise((resolve) => {
    const { request, response } = exchange;
    const client = new AbortController();
    response.on('close', () => client.abort());
    const up = start(client.signal);
    up.on('error', (error: NodeJS.ErrnoException) => {
      if (response.destroyed) enter(exchange, 499);
      else if (response.headersSent) response.destroy();
      else refuse(exchange, { status: 502, reason: `no answer (${error.code ?? 'unknown'})` });
      resolve();
    });
    up.on('response', (head: IncomingMessage) => {
      const status = head.statusCode ?? 502;
      if (status >= 300 && status < 400 && status !== 304 && !more.redirects) {
        head.destroy();
        refuse(exchange, { status: 502, reason: `it redirects (${status}); the gate follows no redirect` });
        return resolve();
      }
      response.writeHead(status, { ...answerHeaders(head.headers), ...locationOf(head, more.redirects) });
      head.on('error', () => undefined);
      head.on('close', () => {
        if (!head.complete) response.destroy();
        enter(exchange, head.complete ? status : 499);
        resolve();
      });
      response.on('close', () => head.destroy());
      head.pipe(response);
    });
    request.on('error', () => up.destroy());
    request.pipe(up);
  });

const locationOf = (head: IncomingMessage, keep: boolean): OutgoingHttpHeaders =>
  keep && head.headers.location !== undefined ? { location: head.headers.location } : {};
