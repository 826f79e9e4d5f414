import type { NetworkMode } from './network.ts';

/** Sizes of sandboxes, by the guide to containers. */
export const presets = ['light', 'medium', 'heavy'] as const;
export type Preset = (typeof presets)[number];

export interface Limits {
  readonly vcpu: number;
  readonly memoryGib: number;
  /** Processes and threads. */
  readonly pids: number;
}
/**
 * The guide's pids-limit of 100 ends no fork bomb better than these, but real builds: threads count, a Node process
 * has 7 to 11 of them, and test runners start one process per core of the machine, whatever the CPU limit says.
 */
export const presetLimits: Readonly<Record<Preset, Limits>> = {
  light: { vcpu: 1, memoryGib: 1, pids: 256 },
  medium: { vcpu: 2, memoryGib: 2, pids: 512 },
  heavy: { vcpu: 4, memoryGib: 4, pids: 1024 },
};

/** What the command line and the settings said when a run was made; the task file says the rest each time a sandbox is made. */
export interface SandboxChoice {
  /** Said on the command line: wins over the task file. */
  readonly preset?: Preset;
  readonly network?: NetworkMode;
  /** For what the task file leaves open. */
  readonly defaults: { readonly preset: Preset; readonly network: NetworkMode };
  /** Absolute path on the runner's side. Its values stand nowhere but in the sandbox. */
  readonly envFile?: string;
}
/** What a task file wishes of its sandbox. */
export interface SandboxWish {
  readonly preset?: Preset;
  readonly network?: NetworkMode;
  readonly readOnly: boolean;
  /** Relative to the repository that the task is started in. */
  readonly envFile?: string;
}
export interface Resources extends Partial<Limits> {
  readonly diskGib?: number;
}

/** Limits and network of a sandbox: command line, then task file, then settings; single resources win over a preset of the task file. */
export const resolveSandbox = (
  task: { readonly wish: SandboxWish; readonly resources: Resources },
  choice: SandboxChoice,
): {
  readonly preset: Preset;
  readonly network: NetworkMode;
  readonly resources: Limits & Resources;
} => {
  const preset = choice.preset ?? task.wish.preset ?? choice.defaults.preset;
  const { diskGib } = task.resources;
  const named = choice.preset === undefined ? task.resources : {};
  return {
    preset,
    network: choice.network ?? task.wish.network ?? choice.defaults.network,
    resources: { ...presetLimits[preset], ...named, ...(diskGib !== undefined && { diskGib }) },
  };
};

/** Wishes that only a sandbox with isolation can fulfil, by their names; for where there is none. */
export const needsIsolation = (
  wish: SandboxWish,
  said: { readonly preset?: Preset; readonly network?: NetworkMode },
): readonly string[] => [
  ...(said.preset === undefined ? [] : ['--preset']),
  ...(said.network === undefined || said.network === 'full' ? [] : ['--network']),
  ...(wish.preset === undefined || said.preset !== undefined ? [] : ['sandbox_preset']),
  // What the command line says in its place is not asked for any more.
  ...(wish.network === undefined || (said.network ?? wish.network) === 'full' || said.network !== undefined
    ? []
    : ['sandbox_network']),
  ...(wish.readOnly ? ['sandbox_read_only'] : []),
  ...(wish.envFile === undefined ? [] : ['sandbox_env_file']),
];

/** `2 CPUs, 2 GiB memory, 512 processes` */
export const limitsText = ({ vcpu, memoryGib, pids, diskGib }: Resources): string =>
  [
    vcpu !== undefined && `${vcpu} CPU${vcpu === 1 ? '' : 's'}`,
    memoryGib !== undefined && `${memoryGib} GiB memory`,
    pids !== undefined && `${pids} processes`,
    diskGib !== undefined && `${diskGib} GiB disk`,
  ]
    .filter(Boolean)
    .join(', ');
