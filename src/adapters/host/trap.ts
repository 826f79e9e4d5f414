import { createServer, connect, type AddressInfo, type Socket } from 'node:net';
import { networkInterfaces } from 'node:os';
import { RalphError } from '../../domain/error.ts';
import type { Trap } from '../../ports/trap.ts';

/** Names under which engines show this machine to their containers. */
const NAMES = ['host.containers.internal', 'host.docker.internal'] as const;
const CONNECT_MS = 5_000;

const ownAddresses = (): readonly string[] =>
  Object.values(networkInterfaces())
    .flatMap((addresses) => addresses ?? [])
    .filter(({ internal, family }) => !internal && family === 'IPv4')
    .map(({ address }) => address);

const reach = (host: string, port: number): Promise<void> =>
  new Promise((resolve, reject) => {
    const socket = connect({ host, port, timeout: CONNECT_MS });
    const end = (settle: () => void) => (): void => {
      socket.destroy();
      settle();
    };
    const failed = (): void =>
      reject(
        new RalphError('config', `this machine cannot reach itself at ${host}:${port}`, {
          hint: 'a firewall on this machine stands in the way: whether the sandbox is shut in could not be proven',
        }),
      );
    socket.once('connect', end(resolve)).once('error', end(failed)).once('timeout', end(failed));
  });

/** Opens the listener on a port of the system's choice. */
export const openTrap = async (): Promise<Trap> => {
  const open = new Set<Socket>();
  let seen = 0;
  let own = 0;
  const server = createServer((socket) => {
    seen += 1;
    open.add(socket);
    socket.on('error', () => undefined).on('close', () => open.delete(socket));
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(0, '0.0.0.0', resolve);
  });
  const { port } = server.address() as AddressInfo;
  const addresses = ownAddresses();
  return {
    hosts: [...addresses, ...NAMES],
    port,
    get hits() {
      return seen - own;
    },
    prove: async () => {
      for (const address of addresses) {
        await reach(address, port);
        own += 1;
      }
    },
    close: () => {
      for (const socket of open) socket.destroy();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
};
