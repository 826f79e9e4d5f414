import { createServer, type IncomingMessage, type Server } from 'node:http';
import { chmod, mkdir, open, rm, stat, symlink } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import { RalphError } from '../../domain/error.ts';
import { dispatch, type DispatchDeps } from './dispatch.ts';
import { passesIn } from './headers.ts';
import { newPass } from './session.ts';
import { createTunnels } from './tunnel.ts';

export const SOCKET_NAME = 'gate.sock';
/** Of a socket's address: 108 bytes on Linux, 104 elsewhere, with a zero at the end. */
const MAX_SOCKET_PATH = 100;
const MAX_CONNECTIONS = 512;

const upgradeRefused = (_request: IncomingMessage, socket: Duplex): void => {
  socket.on('error', () => undefined);
  socket.end('HTTP/1.1 426 Upgrade Required\r\nContent-Length: 0\r\nConnection: close\r\n\r\n');
};

const listening = (server: Server, where: { port: number; host: string } | { path: string }): Promise<void> =>
  new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(where, () => {
      server.off('error', reject);
      resolve();
    });
  });

/** A path to the folder that is short enough for a socket's address, and what to do when it is not needed any more. */
const shortPath = async (dir: string): Promise<{ readonly dir: string; release(): Promise<void> }> => {
  if (Buffer.byteLength(join(dir, SOCKET_NAME)) <= MAX_SOCKET_PATH) return { dir, release: async () => {} };
  if (process.platform === 'linux') {
    const handle = await open(dir, 'r');
    return { dir: `/proc/self/fd/${handle.fd}`, release: () => handle.close() };
  }
  const link = join(tmpdir(), `ralph-${newPass().slice(-16)}`);
  await symlink(dir, link);
  return { dir: link, release: () => rm(link, { force: true }) };
};

/** Removes what a runner that died has left; refuses to remove anything that is not a socket. */
const clearStale = async (path: string): Promise<void> => {
  const found = await stat(path).catch(() => undefined);
  if (found === undefined) return;
  if (!found.isSocket()) throw new RalphError('disk', `${path} is in the way of the gate's socket`);
  await rm(path, { force: true });
};

export interface Listener {
  readonly port: number;
  close(): Promise<void>;
}

const closing = (server: Server): Promise<void> =>
  new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });

/**
 * One server for models, git and registries on a loopback port, and on a unix socket where a folder is given. Both ask
 * for the pass: whoever else is on this machine finds the port.
 */
export const listenGate = async (
  deps: DispatchDeps,
  at: { readonly port?: number; readonly dir?: string },
): Promise<Listener> => {
  const tunnels = createTunnels({ ...deps.tunnel, log: deps.log });
  const create = (): Server => {
    // No time limits: an answer of a model may take an hour, and so may the pause before it.
    const server = createServer({ requestTimeout: 0, keepAliveTimeout: 120_000 });
    server.maxConnections = MAX_CONNECTIONS;
    server.on('request', (request, response) => {
      dispatch(request, response, deps).catch(() => response.destroy());
    });
    server.on('upgrade', upgradeRefused);
    server.on('connect', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
      if (deps.passes.find(passesIn(request.headers)) === undefined)
        return tunnels.turnAway(socket, 'this needs the pass of this run');
      tunnels.open(request, socket, head).catch(() => socket.destroy());
    });
    server.on('clientError', (_error, socket) => {
      if (socket.writable) socket.end('HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n');
    });
    return server;
  };
  const tcp = create();
  await listening(tcp, { port: at.port ?? 0, host: '127.0.0.1' });
  const unix = at.dir === undefined ? undefined : await listenUnix(create(), at.dir);
  return {
    port: (tcp.address() as AddressInfo).port,
    close: async () => {
      tunnels.close();
      await Promise.all([closing(tcp), unix?.close()]);
    },
  };
};

const listenUnix = async (server: Server, dir: string) => {
  await mkdir(dir, { recursive: true });
  // Whoever is the user inside of a container has to get through; outside, the run's home is the fence.
  await chmod(dir, 0o755);
  const short = await shortPath(dir);
  const path = join(short.dir, SOCKET_NAME);
  try {
    await clearStale(path);
    await listening(server, { path });
    await chmod(path, 0o666);
  } catch (error) {
    await short.release();
    throw error;
  }
  return {
    close: async () => {
      await closing(server);
      await short.release();
    },
  };
};
