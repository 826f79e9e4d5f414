import { join } from 'node:path';
import type { BackendId } from '../../../domain/backend.ts';

export type Env = Readonly<Record<string, string | undefined>>;
export type EngineId = Extract<BackendId, 'podman' | 'docker'>;

/** All that Podman and Docker differ in; the rest of this folder does not ask which one it is. */
export interface EngineTraits {
  readonly id: EngineId;
  readonly name: string;
  /** Variables that name the socket, first one wins. */
  readonly hostVariables: readonly string[];
  /** Where the engine listens by itself; the first one that exists wins. */
  readonly sockets: (env: Env, uid: number) => readonly string[];
  /** Podman has no daemon: we start its service when nobody listens. */
  readonly startsService: boolean;
  /** Who a command is inside where the engine runs without root. */
  readonly rootless: { readonly userns?: string; readonly asRoot: boolean };
  /** What `host.containers.internal` needs to be there with the engine's default network. */
  readonly extraHosts: readonly string[];
  readonly startHint: string;
}

const runtimeDir = (env: Env, uid: number): string => env['XDG_RUNTIME_DIR'] ?? `/run/user/${uid}`;
const home = (env: Env): string => env['HOME'] ?? '/root';

export const engines: Readonly<Record<EngineId, EngineTraits>> = {
  podman: {
    id: 'podman',
    name: 'Podman',
    hostVariables: ['CONTAINER_HOST'],
    sockets: (env, uid) =>
      uid === 0
        ? ['/run/podman/podman.sock']
        : [
            join(runtimeDir(env, uid), 'podman', 'podman.sock'),
            join(home(env), '.local/share/containers/podman/machine/podman.sock'),
          ],
    startsService: true,
    // The user's own id inside, so that what a command writes in the work folder is the user's outside too.
    rootless: { userns: 'keep-id', asRoot: false },
    extraHosts: [],
    startHint:
      'Install podman 4.3 or newer (Debian: `apt install podman runc`; macOS: `podman machine start`).',
  },
  docker: {
    id: 'docker',
    name: 'Docker',
    hostVariables: ['DOCKER_HOST'],
    sockets: (env, uid) => [
      '/var/run/docker.sock',
      join(runtimeDir(env, uid), 'docker.sock'),
      join(home(env), '.docker/run/docker.sock'),
    ],
    startsService: false,
    // Root of a rootless Docker is the user outside.
    rootless: { asRoot: true },
    extraHosts: ['host.docker.internal:host-gateway', 'host.containers.internal:host-gateway'],
    startHint: 'Start Docker, and see that this user may use its socket (`docker version` says so).',
  },
};
