import { join } from 'node:path';
import { createContainerStore } from '../adapters/container-store/store.ts';
import { dataFolder } from '../adapters/host/package-root.ts';
import type { BackendId } from '../domain/backend.ts';
import { containerBackends, type ContainerBackend } from '../domain/image.ts';
import type { ContainerStore } from '../ports/container-store.ts';

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

/** Runs that start together need not all ask the engine for the same list. */
const FRESH_MS = 5_000;

const remembering = (store: ContainerStore): ContainerStore => {
  let last: { readonly at: number; readonly images: ReturnType<ContainerStore['images']> } | undefined;
  return {
    ...store,
    images: async () => {
      if (!last || performance.now() - last.at > FRESH_MS)
        last = { at: performance.now(), images: store.images() };
      const found = await last.images.catch((error: unknown) => {
        last = undefined;
        throw error;
      });
      // Somebody is about to build one: the next who asks should see it.
      if (found.length === 0) last = undefined;
      return found;
    },
  };
};

/** The same for the engine of runs; undefined for a backend without images. */
export const storesFor = (env: Env): ((id: BackendId) => ContainerStore | undefined) => {
  const stores = new Map<ContainerBackend, ContainerStore>();
  return (id) => {
    const backend = containerBackends.find((one) => one === id);
    if (backend === undefined) return undefined;
    const store = stores.get(backend) ?? remembering(containerStore(backend, env));
    stores.set(backend, store);
    return store;
  };
};
