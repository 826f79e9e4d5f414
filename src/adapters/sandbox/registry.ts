import type { BackendId } from '../../domain/backend.ts';
import { RalphError } from '../../domain/error.ts';
import type { SandboxProvider } from '../../ports/sandbox.ts';
import type { LocalOptions } from './local.ts';

type Factory = (options: LocalOptions) => Promise<SandboxProvider>;

const notYet =
  (id: BackendId): Factory =>
  () =>
    Promise.reject(
      new RalphError('sandbox.unavailable', `the ${id} backend is not part of this version`, {
        hint: 'Use `--backend local` (no isolation); the other backends are coming next.',
      }),
    );

/** Total over the backends: a missing row does not compile. Each adapter is loaded only when it is asked for. */
const factories: Readonly<Record<BackendId, Factory>> = {
  local: async (options) => (await import('./local.ts')).localProvider(options),
  podman: notYet('podman'),
  docker: notYet('docker'),
  lima: notYet('lima'),
  kubernetes: notYet('kubernetes'),
  daytona: notYet('daytona'),
};

/** Throws RalphError `sandbox.unavailable` for a backend that this version does not have. */
export const sandboxProvider = (id: BackendId, options: LocalOptions): Promise<SandboxProvider> =>
  factories[id](options);
