import { lookup } from 'node:dns/promises';
import { connect, type Socket } from 'node:net';
import { isOwnAddress, isPublicAddress } from '../../domain/gate/public-address.ts';

const CONNECT_MS = 15_000;
const MOST_ADDRESSES = 3;

/** Opens a connection for the sandbox; the reason where that is refused or fails. `isNamed`: the user named the host. */
export type Dial = (
  host: string,
  port: number,
  isNamed?: boolean,
) => Promise<Socket | { readonly refused: string }>;
type Lookup = (host: string) => Promise<readonly { readonly address: string }[]>;

const open = (address: string, port: number): Promise<Socket | undefined> =>
  new Promise((resolve) => {
    const socket = connect({ host: address, port, noDelay: true });
    const timer = setTimeout(() => socket.destroy(), CONNECT_MS);
    const settle = (result: Socket | undefined): void => {
      clearTimeout(timer);
      resolve(result);
    };
    socket.once('connect', () => settle(socket));
    socket.once('error', () => undefined);
    socket.once('close', () => settle(undefined));
  });

/**
 * Connects to public addresses only (a host that the user named may be in the organisation's network), and to exactly the address that was looked at: a name that points into this
 * machine or its network, now or at a second look-up (DNS rebinding), leads nowhere.
 */
export const createDial =
  (resolve: Lookup = (host) => lookup(host, { all: true })): Dial =>
  async (host, port, isNamed = false) => {
    const isAllowed = (address: string): boolean =>
      isPublicAddress(address) || (isNamed && isOwnAddress(address));
    const found = await resolve(host).catch(() => []);
    if (found.length === 0) return { refused: `no address of ${host} was found` };
    if (!found.every(({ address }) => isAllowed(address)))
      return {
        refused: `${host} points to an address that is not public${isNamed ? ', nor of a network of your own' : ''}`,
      };
    for (const { address } of found.slice(0, MOST_ADDRESSES)) {
      const socket = await open(address, port);
      if (socket !== undefined) return socket;
    }
    return { refused: `no connection to ${host}:${port}` };
  };
