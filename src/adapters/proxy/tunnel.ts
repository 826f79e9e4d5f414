import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { refusedHost } from '../../domain/gate/registries.ts';
import type { CallLog } from './call-log.ts';
import type { Dial } from './dial.ts';

const IDLE_MS = 10 * 60_000;
const MAX_TUNNELS = 128;

export interface TunnelDeps {
  readonly dial: Dial;
  /** Hosts beside the built-in list. */
  readonly allow: readonly string[];
  readonly log: CallLog;
}

const target = (url: string): { readonly host: string; readonly port: number } | undefined => {
  const [, host, port] = /^([^\s/@]{1,253}):(\d{1,5})$/.exec(url) ?? [];
  return host === undefined ? undefined : { host: host.toLowerCase(), port: Number(port) };
};

/** `head`: the status, and headers of its own. */
const say = (client: Duplex, head: string, reason: string): void => {
  const body = `ralph: ${reason}\n`;
  client.end(
    `HTTP/1.1 ${head}\r\nContent-Type: text/plain\r\nContent-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
  );
};

/** CONNECT to an allow-list of package registries; TLS goes through unread. */
export const createTunnels = ({ dial, allow, log }: TunnelDeps) => {
  const open = new Set<Socket>();
  const through = (client: Duplex, server: Socket, head: Buffer): Promise<void> =>
    new Promise((resolve) => {
      const end = (): void => {
        client.destroy();
        server.destroy();
        open.delete(server);
        resolve();
      };
      open.add(server);
      server.setTimeout(IDLE_MS, end);
      for (const side of [client, server]) side.on('error', end).on('close', end);
      client.write('HTTP/1.1 200 Connection established\r\n\r\n');
      if (head.length > 0) server.write(head);
      server.pipe(client);
      client.pipe(server);
    });
  return {
    open: async (request: IncomingMessage, client: Duplex, head: Buffer): Promise<void> => {
      const started = performance.now();
      const to = target(request.url ?? '');
      const enter = (status: number, refused?: string): void =>
        log({
          method: 'CONNECT',
          host: to === undefined ? (request.url ?? '') : `${to.host}:${to.port}`,
          path: '',
          status,
          ms: performance.now() - started,
          ...(refused !== undefined && { refused }),
        });
      const refuse = (status: string, reason: string): void => {
        enter(Number(status.slice(0, 3)), reason);
        say(client, status, reason);
      };
      client.on('error', () => undefined);
      if (to === undefined) return refuse('400 Bad Request', 'CONNECT needs HOST:PORT');
      const why = refusedHost({ ...to, plain: false }, allow);
      if (why !== undefined) return refuse('403 Forbidden', why);
      if (open.size >= MAX_TUNNELS)
        return refuse('403 Forbidden', `more than ${MAX_TUNNELS} tunnels at once`);
      const server = await dial(to.host, to.port, allow.includes(to.host));
      if ('refused' in server) return refuse('403 Forbidden', server.refused);
      if (client.destroyed) return void server.destroy();
      await through(client, server, head);
      enter(200);
    },
    /** Refuses one that brings no pass; git sends its own only to a proxy that asks for it. */
    turnAway: (client: Duplex, reason: string): void => {
      client.on('error', () => undefined);
      say(client, '407 Proxy Authentication Required\r\nProxy-Authenticate: Basic realm="ralph"', reason);
    },
    close: (): void => open.forEach((socket) => socket.destroy()),
  };
};
