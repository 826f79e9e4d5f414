import type Docker from 'dockerode';
import type { ContainerInspectInfo } from 'dockerode';
import { RalphError } from '../../../domain/error.ts';
import type { Sandbox, SandboxProvider, SandboxSpec } from '../../../ports/sandbox.ts';
import { createProcessLimit } from '../../process-limit.ts';
import { check } from './check.ts';
import { createEngine, runDirOf, type Engine } from './connection.ts';
import { containerName, containerOptions, LABEL } from './container-options.ts';
import { engines, type EngineId, type Env } from './engines.ts';
import { isNameInUse, isNotFound, lost } from './errors.ts';
import { areThere, foldersOf, makeFolders } from './folders.ts';
import { podmanNetwork, readMachine } from './machine.ts';
import { removeContainer, sandboxOf } from './sandbox.ts';

export interface ContainerProviderOptions {
  readonly env: Env;
  /** The folder of the sandboxes' registry; a socket of our own lies beside it. */
  readonly registryDir: string;
  /** The image where the spec names none. */
  readonly image?: () => Promise<string>;
}

/** Engines make containers one after another anyway; more at once only time out. */
const creating = createProcessLimit(8);

/**
 * Sandboxes as containers of Podman or Docker, by the API both have. The work lies in `spec.hostDir`, mounted at
 * /workspace, and the home in a folder beside it: a container that is killed or removed loses nothing, and one that
 * is created anew for the same folder goes on with it.
 */
export const containerProvider = (id: EngineId, options: ContainerProviderOptions): SandboxProvider => {
  const { env, registryDir } = options;
  const machine = readMachine();
  const traits = engines[id];
  const engine = createEngine({ traits, machine, env, runDir: runDirOf(env, registryDir) });
  return {
    id,
    traits: { isolated: true, preview: false },
    check: () => check(engine, env),
    create: async (spec, signal) => {
      signal?.throwIfAborted();
      const image = await imageOf(spec, options);
      return creating(() => create({ engine, image, spec, signal, env }));
    },
    isRunning: (ref) =>
      engine.call(`cannot look at ${ref.id}`, async ({ docker }) => {
        const info = await look(docker, ref.id);
        return info?.Config.Labels[LABEL.engine] === id ? info.State.Running : undefined;
      }),
    attach: async (ref) => {
      if (ref.backend !== id) return undefined;
      return attach(engine, ref.id);
    },
    list: (labels) =>
      engine.call('cannot list sandboxes', async ({ docker }) => {
        const wanted = Object.entries({ ...labels, [LABEL.engine]: id }).map(
          ([key, value]) => `${key}=${value}`,
        );
        const found = await docker.listContainers({ all: true, filters: { label: wanted } });
        return found.flatMap(({ Names: [name] }) =>
          name === undefined ? [] : [{ backend: id, id: name.replace(/^\//, '') }],
        );
      }),
  };
};

const imageOf = async (spec: SandboxSpec, options: ContainerProviderOptions): Promise<string> => {
  const image = spec.image ?? (await options.image?.());
  if (image !== undefined) return image;
  throw new RalphError('sandbox.unavailable', 'no image is named', {
    hint: 'Make one: `ralph image build`; or name one by `sandbox.image`.',
  });
};

interface Create {
  readonly engine: Engine;
  readonly image: string;
  readonly spec: SandboxSpec;
  readonly signal: AbortSignal | undefined;
  readonly env: Env;
}

const create = async ({ engine, image, spec, signal, env }: Create): Promise<Sandbox> => {
  signal?.throwIfAborted();
  const folders = await makeFolders(spec.hostDir, spec.writable ?? []);
  const { rootless } = await engine.connect();
  const { traits, machine } = engine;
  const fullNetwork = traits.startsService && !rootless ? podmanNetwork(env) : undefined;
  const options = containerOptions(spec, { traits, machine, rootless, fullNetwork, image, folders });
  const name = containerName(spec.name, folders.work);
  const make = (): Promise<unknown> => engine.ask(({ docker }) => docker.createContainer(options));
  try {
    await make().catch(async (error: unknown) => {
      if (!isNameInUse(error)) throw error;
      // Of the same folder, so left by a crash: the folder is what counts.
      await removeContainer(engine, name);
      await make();
    });
    await engine.ask(({ docker }) => docker.getContainer(name).start());
    const info = await engine.ask(({ docker }) => docker.getContainer(name).inspect());
    signal?.throwIfAborted();
    return sandboxOf(engine, info);
  } catch (error) {
    await removeContainer(engine, name).catch(() => undefined);
    if (signal?.aborted) throw signal.reason;
    return engine.call(`cannot create ${name} from ${image}`, () => Promise.reject(error as Error));
  }
};

const look = async (docker: Docker, name: string): Promise<ContainerInspectInfo | undefined> => {
  try {
    return await docker.getContainer(name).inspect();
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
};

const attach = async (engine: Engine, name: string): Promise<Sandbox | undefined> =>
  engine.call(`cannot attach to ${name}`, async ({ docker }) => {
    const info = await look(docker, name);
    if (!info || info.Config.Labels[LABEL.engine] !== engine.traits.id) return undefined;
    // Without its folders it cannot start again, and there is nothing in it that would be worth it.
    if (!(await areThere(foldersOf(info.Config.Labels[LABEL.hostDir] ?? '')))) {
      await removeContainer(engine, name);
      return undefined;
    }
    const container = docker.getContainer(name);
    if (info.State.Paused) await container.unpause();
    if (!info.State.Running) await container.start();
    const now = await look(docker, name);
    if (!now) return undefined;
    if (!now.State.Running) throw lost(engine.traits, name, 'does not stay up');
    return sandboxOf(engine, now);
  });
