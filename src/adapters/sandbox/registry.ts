import type { BackendId } from '../../domain/backend.ts';
import { RalphError } from '../../domain/error.ts';
import type { SandboxProvider } from '../../ports/sandbox.ts';
import type { EngineId } from './container/engines.ts';

export interface SandboxOptions {
  /** Our process environment; the adapters pick what of it goes on. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Holds one small file per local sandbox, for `list` and `attach`; the user's state folder when left out. */
  readonly registryDir: string;
  /** Names the image where a task names none. */
  readonly image?: () => Promise<string>;
}
type Factory = (options: SandboxOptions) => Promise<SandboxProvider>;

const notYet =
  (id: BackendId): Factory =>
  () =>
    Promise.reject(
      new RalphError('sandbox.unavailable', `the ${id} backend is not part of this version`, {
        hint: 'Use `--backend podman`, `docker` or `local` (no isolation).',
      }),
    );

const container =
  (id: EngineId): Factory =>
  async (options) =>
    (await import('./container/provider.ts')).containerProvider(id, options);

/** Total over the backends: a missing row does not compile. Each adapter is loaded only when it is asked for. */
const factories: Readonly<Record<BackendId, Factory>> = {
  local: async (options) => (await import('./local.ts')).localProvider(options),
  podman: container('podman'),
  docker: container('docker'),
  lima: notYet('lima'),
  kubernetes: notYet('kubernetes'),
  daytona: notYet('daytona'),
};

/** Throws RalphError `sandbox.unavailable` for a backend that this version does not have. */
export const sandboxProvider = (id: BackendId, options: SandboxOptions): Promise<SandboxProvider> =>
  factories[id](options);
