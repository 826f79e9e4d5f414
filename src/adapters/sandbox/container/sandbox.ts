import type { ContainerInspectInfo } from 'dockerode';
import { RalphError } from '../../../domain/error.ts';
import type { Sandbox, SandboxStats } from '../../../ports/sandbox.ts';
import { createProcessLimit, SHORT_PROCESSES } from '../../process-limit.ts';
import type { Engine } from './connection.ts';
import { GATE, HOME, LABEL, WORKDIR } from './container-options.ts';
import { isNotFound } from './errors.ts';
import { execIn, openIn, putInto, type Target } from './exec.ts';
import { foldersOf, removeFolders } from './folders.ts';
import { sampleOf, statsOf, type CpuSample, type EngineStats } from './stats.ts';

/** One queue for the short commands of all sandboxes: each costs this machine several processes. */
const queued = createProcessLimit(SHORT_PROCESSES);

/** Makes the port's object of a container that runs. */
export const sandboxOf = (engine: Engine, info: ContainerInspectInfo): Sandbox => {
  const name = info.Name.replace(/^\//, '');
  const target: Target = { engine, name };
  const work = info.Config.Labels[LABEL.hostDir] ?? '';
  const hasGate = info.Mounts.some((mount) => mount.Destination === GATE);
  return {
    ref: { backend: engine.traits.id, id: name },
    workdir: WORKDIR,
    ...(hasGate && { gateDir: GATE }),
    exec: (request) => execIn(target, request),
    queue: queued,
    stop: () => stopContainer(engine, name),
    destroy: () => destroyContainer(target, work),
    put: (tar, dir) => putInto(target, tar, dir),
    open: (argv) => openIn(target, argv),
    isExecDear: true,
    stats: statsOfContainer(target, info),
  };
};

/** At once: nothing inside is asked. One that is gone or has ended is stopped already. */
const stopContainer = (engine: Engine, name: string): Promise<void> =>
  engine.call(`cannot stop ${name}`, async ({ docker }) => {
    const container = docker.getContainer(name);
    try {
      if (!(await container.inspect()).State.Running) return;
      await container.kill({ signal: 'SIGKILL' });
      await container.wait({ condition: 'not-running' });
    } catch (error) {
      if (!isNotFound(error) && !/not running|state improper/i.test(String(error))) throw error;
    }
  });

/** Removes the container with all that runs in it. One that is gone already is fine. */
export const removeContainer = (engine: Engine, name: string): Promise<void> =>
  engine.call(`cannot remove ${name}`, async ({ docker }) => {
    try {
      await docker.getContainer(name).remove({ force: true, v: true });
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
  });

/**
 * Files of the container's own users may not be ours to remove: then root of the container does it, before the
 * container goes.
 */
const destroyContainer = async (target: Target, work: string): Promise<void> => {
  const { engine, name } = target;
  const folders = work === '' ? undefined : foldersOf(work);
  await stopContainer(engine, name);
  if (folders && !(await removeFolders(folders))) {
    await emptyInside(target);
    await removeContainer(engine, name);
    if (!(await removeFolders(folders)))
      throw new RalphError('sandbox.unavailable', `cannot remove ${folders.work}`, {
        hint: 'Files of another user are in it: remove the folder by hand.',
      });
    return;
  }
  await removeContainer(engine, name);
};

const emptyInside = async (target: Target): Promise<void> => {
  const { engine, name } = target;
  const script = `find ${WORKDIR} ${HOME} -mindepth 1 ! -name .ralph-home -delete 2>/dev/null; chmod -R u+rwX ${WORKDIR} ${HOME}; rm -rf ${WORKDIR}/* ${WORKDIR}/.[!.]*`;
  try {
    await engine.ask(({ docker }) => docker.getContainer(name).start());
    await execIn(target, { argv: ['sh', '-c', script], cwd: '/', user: '0:0' });
  } catch {
    // The last try from outside tells what could not be removed.
  }
};

const statsOfContainer = (target: Target, info: ContainerInspectInfo): (() => Promise<SandboxStats>) => {
  let before: CpuSample | undefined;
  const { NanoCpus = 0, CpuQuota = 0, CpuPeriod = 0, Memory = 0, PidsLimit } = info.HostConfig;
  const quota = CpuQuota > 0 && CpuPeriod > 0 ? (CpuQuota / CpuPeriod) * 1e9 : 0;
  const limits = { nanoCpus: NanoCpus || quota, memory: Memory, pids: PidsLimit ?? 0 };
  const { engine, name } = target;
  return () =>
    engine.call(`cannot measure ${name}`, async ({ docker }) => {
      const now = (await docker
        .getContainer(name)
        .stats({ stream: false, 'one-shot': true })) as unknown as EngineStats;
      const stats = statsOf(now, before, limits);
      before = sampleOf(now);
      return stats;
    });
};
