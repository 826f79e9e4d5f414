import { request as httpRequest } from 'node:http';
import { refusedHost } from '../../domain/gate/registries.ts';
import type { TunnelDeps } from './tunnel.ts';
import { plainHeaders } from './headers.ts';
import { passOn } from './pass-on.ts';
import { refuse, type Exchange } from './reply.ts';

/** A registry that speaks plain HTTP (apt): read only, and the caller follows redirects itself, through the list again. */
export const proxyPlain = async (
  exchange: Exchange,
  url: URL,
  { dial, allow }: Pick<TunnelDeps, 'dial' | 'allow'>,
): Promise<void> => {
  const port = url.port === '' ? 80 : Number(url.port);
  const isRead = exchange.method === 'GET' || exchange.method === 'HEAD';
  const why =
    url.protocol === 'http:'
      ? refusedHost({ host: url.hostname, port, plain: true }, allow)
      : 'https goes by CONNECT';
  if (why !== undefined || !isRead)
    return refuse(exchange, { status: 403, reason: why ?? 'only GET and HEAD are let through' });
  const socket = await dial(url.hostname, port);
  if ('refused' in socket) return refuse(exchange, { status: 403, reason: socket.refused });
  await passOn(
    exchange,
    (signal) =>
      httpRequest({
        method: exchange.method,
        path: `${url.pathname}${url.search}`,
        headers: { ...plainHeaders(exchange.request.headers), host: url.host, connection: 'close' },
        createConnection: () => socket,
        signal,
      }),
    { redirects: true },
  );
};
