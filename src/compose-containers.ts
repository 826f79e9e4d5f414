import { join } from 'node:path';
import { createContainerStore } from './adapters/container-store/store.ts';
import { dataFolder } from './adapters/host/package-root.ts';
import type { ContainerBackend } from './domain/image.ts';
import type { ContainerStore } from './ports/container-store.ts';

type Env = Readonly<Record<string, string>>;

const cacheDir = (env: Env): string => {
  const set = env['XDG_CACHE_HOME'];
  return join(set?.startsWith('/') ? set : join(env['HOME'] ?? '/tmp', '.cache'), 'ralph', 'image');
};

/** Podman's or Docker's images and containers on disk. */
export const containerStore = (backend: ContainerBackend, env: Env): ContainerStore =>
  createContainerStore({
    backend,
    env,
    imageDir: join(dataFolder('images'), 'default'),
    cacheDir: cacheDir(env),
  });
