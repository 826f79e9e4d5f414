import { createHash } from 'node:crypto';
import type { ContainerCreateOptions, HostConfig } from 'dockerode';
import { RalphError } from '../../../domain/error.ts';
import type { SandboxSpec } from '../../../ports/sandbox.ts';
import type { EngineTraits } from './engines.ts';
import { writableAt, type Folders } from './folders.ts';
import type { Machine } from './machine.ts';

export const WORKDIR = '/workspace';
export const HOME = '/home/ralph';
export const GATE = '/run/ralph';
/** Our own labels, beside those of the spec. */
export const LABEL = { engine: 'ralph.backend', hostDir: 'ralph.host-dir' } as const;

const GIB = 1024 ** 3;
/** Ends a fork bomb also where the spec names no limit. */
const MOST_PIDS = 4096;
const MOST_FILES = 65_536;
/** Podman itself goes no higher, so neither may what it starts. */
const MOST_PROCESSES = 32_768;

/**
 * Process 1: never ends by itself, takes in what others leave behind (`wait` reaps strangers too), and ends at once
 * on SIGTERM. A shell, because not every machine has an init that the engine could put there.
 */
const INIT = `trap 'exit 0' TERM INT; while :; do sleep 2147483647 & wait $!; done`;

/** What a development container needs as root; nothing of the network, of devices or of other processes. */
const CAPABILITIES = ['CHOWN', 'DAC_OVERRIDE', 'FOWNER', 'FSETID', 'KILL', 'SETGID', 'SETUID'];

/** The same for a work folder each time: what a crash left behind is found and replaced. */
export const containerName = (name: string, work: string): string => {
  const readable = name.replaceAll(/[^a-zA-Z0-9_.-]+/g, '-').replace(/^[^a-zA-Z0-9]+/, '');
  return `${readable || 'ralph'}-${createHash('sha256').update(work).digest('hex').slice(0, 8)}`;
};

export interface ContainerPlan {
  readonly traits: EngineTraits;
  readonly machine: Machine;
  readonly rootless: boolean;
  /** What `full` is; the engine's default when left out. */
  readonly fullNetwork?: string | undefined;
  readonly image: string;
  readonly folders: Folders;
}

/** The whole container as one record. Throws RalphError for a folder name that cannot be mounted. */
export const containerOptions = (spec: SandboxSpec, plan: ContainerPlan): ContainerCreateOptions => ({
  name: containerName(spec.name, plan.folders.work),
  Image: plan.image,
  Entrypoint: ['sh', '-c', INIT],
  Cmd: [],
  User: userOf(plan),
  WorkingDir: WORKDIR,
  Env: Object.entries({ HOME, TERM: 'dumb', ...spec.env }).map(([name, value]) => `${name}=${value}`),
  Labels: { ...spec.labels, [LABEL.engine]: plan.traits.id, [LABEL.hostDir]: plan.folders.work },
  HostConfig: {
    ...limits(spec.resources ?? {}, plan.machine),
    ...network(spec, plan),
    Binds: binds(spec, plan),
    CapDrop: ['ALL'],
    CapAdd: CAPABILITIES,
    SecurityOpt: ['no-new-privileges', ...(relabels(spec, plan) ? [] : ['label=disable'])],
    ...(plan.rootless && plan.traits.rootless.userns && { UsernsMode: plan.traits.rootless.userns }),
    ...(spec.readOnly && { ReadonlyRootfs: true, Tmpfs: temporary }),
  },
});

const temporary = { '/tmp': 'rw,exec,nosuid,nodev,mode=1777' };

const userOf = ({ traits, machine, rootless }: ContainerPlan): string =>
  rootless && traits.rootless.asRoot ? '0:0' : `${machine.uid}:${machine.gid}`;

const limits = (
  { vcpu, memoryGib, pids }: NonNullable<SandboxSpec['resources']>,
  { hardLimits }: Machine,
): HostConfig => {
  const memory = memoryGib === undefined ? undefined : Math.round(memoryGib * GIB);
  const upTo = (most: number, hard: number | undefined): number => Math.min(most, hard ?? most);
  const nofile = upTo(MOST_FILES, hardLimits.nofile);
  const nproc = upTo(MOST_PROCESSES, hardLimits.nproc);
  return {
    // Without swap on top: else twice the limit.
    ...(memory !== undefined && { Memory: memory, MemorySwap: memory }),
    ...(vcpu !== undefined && { NanoCpus: Math.round(vcpu * 1e9) }),
    PidsLimit: pids ?? MOST_PIDS,
    // Named, because the engine's own defaults may lie above what it may set itself.
    Ulimits: [
      { Name: 'nofile', Soft: nofile, Hard: nofile },
      { Name: 'nproc', Soft: nproc, Hard: nproc },
    ],
  };
};

const network = (spec: SandboxSpec, { traits, fullNetwork }: ContainerPlan): HostConfig =>
  spec.network === 'full'
    ? { ExtraHosts: [...traits.extraHosts], ...(fullNetwork !== undefined && { NetworkMode: fullNetwork }) }
    : { NetworkMode: 'none' };

const hasGate = (spec: SandboxSpec): boolean =>
  spec.gateDir !== undefined && (spec.network ?? 'none') !== 'none';

/** SELinux lets no container connect to a socket outside, so where there is a gate its labels are off instead. */
const relabels = (spec: SandboxSpec, { machine }: ContainerPlan): boolean =>
  !(machine.selinux && hasGate(spec));

const binds = (spec: SandboxSpec, plan: ContainerPlan): string[] => {
  const { folders, machine } = plan;
  const label = machine.selinux && relabels(spec, plan) ? ['Z'] : [];
  const bind = (from: string, to: string, options: readonly string[]): string => {
    if (/[:\n]/.test(from))
      throw new RalphError(
        'sandbox.unavailable',
        `a folder with a colon in its name cannot be mounted: ${from}`,
        {
          hint: 'Set XDG_STATE_HOME to a folder without one.',
        },
      );
    return [from, to, ...(options.length > 0 ? [options.join(',')] : [])].join(':');
  };
  return [
    bind(folders.work, WORKDIR, [...(spec.readOnly ? ['ro'] : []), ...label]),
    ...(spec.writable ?? []).map((path) => bind(writableAt(folders, path), `${WORKDIR}/${path}`, label)),
    bind(folders.home, HOME, label),
    ...(hasGate(spec) ? [bind(spec.gateDir ?? '', GATE, ['ro'])] : []),
  ];
};
