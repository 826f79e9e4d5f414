import { statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type Docker from 'dockerode';
import { RalphError } from '../../../domain/error.ts';
import type { EngineTraits, Env } from './engines.ts';
import { isNotListening, translate } from './errors.ts';
import { podmanFlags, type Machine } from './machine.ts';
import { listens, podmanSocket } from './podman-socket.ts';

export interface Connection {
  readonly docker: Docker;
  readonly socket: string;
  /** The engine runs as an ordinary user. */
  readonly rootless: boolean;
}
export interface Engine {
  readonly traits: EngineTraits;
  readonly machine: Machine;
  /** Throws RalphError `sandbox.unavailable` when no engine answers and none can be started. */
  readonly connect: () => Promise<Connection>;
  /**
   * Calls the engine; where nobody listens (its service has ended idle, or was killed) connects anew and calls once
   * more. `what` is for the message. Throws RalphError.
   */
  readonly call: <T>(what: string, task: (connection: Connection) => Promise<T>) => Promise<T>;
  /** The same, with the engine's own errors passed on as they are. */
  readonly ask: <T>(task: (connection: Connection) => Promise<T>) => Promise<T>;
}
export interface ConnectOptions {
  readonly traits: EngineTraits;
  readonly machine: Machine;
  readonly env: Env;
  /** Folder for the socket of a service of our own. */
  readonly runDir: string;
}

/** One connection to the engine for the whole process, made with the first call. */
export const createEngine = (options: ConnectOptions): Engine => {
  const { traits, machine } = options;
  let current: Promise<Connection> | undefined;
  const connect = (): Promise<Connection> => {
    const made = (current ??= open(options));
    void made.catch(() => {
      if (current === made) current = undefined;
    });
    return made;
  };
  const ask: Engine['ask'] = async (task) => {
    const used = connect();
    try {
      return await task(await used);
    } catch (error) {
      if (!isNotListening(error)) throw error;
      if (current === used) current = undefined;
      return task(await connect());
    }
  };
  return {
    traits,
    machine,
    connect,
    ask,
    call: async (what, task) => {
      try {
        return await ask(task);
      } catch (error) {
        throw translate(traits, what, error);
      }
    },
  };
};

const open = async (options: ConnectOptions): Promise<Connection> => {
  const socketPath = await findSocket(options);
  const { default: Client } = await import('dockerode');
  return {
    docker: new Client({ socketPath }),
    socket: socketPath,
    rootless: ownerOf(socketPath) !== 0,
  };
};

const ownerOf = (socket: string): number | undefined => {
  try {
    return statSync(socket).uid;
  } catch {
    return undefined;
  }
};

/** The socket that a variable names; else our own service if it is up; else the engine's; else a service of our own. */
const findSocket = async ({ traits, machine, env, runDir }: ConnectOptions): Promise<string> => {
  const named = traits.hostVariables.map((name) => [name, env[name]] as const).find(([, value]) => value);
  if (named) return socketOf(named[0], named[1] ?? '');
  const service = traits.startsService ? podmanSocket(machine, env, runDir) : undefined;
  if (service && (await service.isUp())) return service.socket;
  // Flags that this machine needs can only be given to a service of our own.
  const usable = service === undefined || podmanFlags(machine, env).length === 0;
  for (const socket of usable ? traits.sockets(env, machine.uid) : [])
    if (await listens(socket)) return socket;
  if (service) {
    await service.start();
    return service.socket;
  }
  throw new RalphError('sandbox.unavailable', `${traits.name} does not answer`, { hint: traits.startHint });
};

const socketOf = (name: string, value: string): string => {
  const path = /^(?:unix:\/\/|npipe:\/\/)?(\/.+)$/.exec(value)?.[1];
  if (path !== undefined) return path;
  throw new RalphError('sandbox.unavailable', `${name}=${value} is not a socket of this machine`, {
    hint: 'A sandbox works in a folder of this machine, so a remote engine cannot be used: unset the variable, or set it to unix:///path/of.sock.',
  });
};

/** Where a service of our own listens: the user's runtime folder if there is one, else beside our state. */
export const runDirOf = (env: Env, registryDir: string): string =>
  env['XDG_RUNTIME_DIR'] !== undefined && env['XDG_RUNTIME_DIR'] !== ''
    ? join(env['XDG_RUNTIME_DIR'], 'ralph')
    : join(dirname(registryDir), 'engine');
