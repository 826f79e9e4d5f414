import { existsSync, readFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import type { Env } from './engines.ts';

/** What of this machine decides how containers have to be started. Read anew each time: a few small files. */
export interface Machine {
  readonly uid: number;
  readonly gid: number;
  /** `hybrid` also stands for pure cgroup v1. `none`: no Linux cgroups here (macOS). */
  readonly cgroups: 'v2' | 'hybrid' | 'none';
  readonly systemd: boolean;
  readonly wsl: boolean;
  readonly selinux: boolean;
  /** Hard limits of this process: who has no CAP_SYS_RESOURCE cannot go above them. Undefined where unlimited. */
  readonly hardLimits: { readonly nofile: number | undefined; readonly nproc: number | undefined };
}

const textOf = (path: string): string => {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
};

const hardLimit = (limits: string, name: string): number | undefined => {
  const found = new RegExp(`^${name}\\s+\\S+\\s+(\\d+)`, 'm').exec(limits)?.[1];
  return found === undefined ? undefined : Number(found);
};

const cgroupsOf = (): Machine['cgroups'] => {
  if (existsSync('/sys/fs/cgroup/cgroup.controllers')) return 'v2';
  return existsSync('/sys/fs/cgroup') ? 'hybrid' : 'none';
};

export const readMachine = (): Machine => {
  const limits = textOf('/proc/self/limits');
  return {
    uid: process.getuid?.() ?? 0,
    gid: process.getgid?.() ?? 0,
    cgroups: cgroupsOf(),
    systemd: existsSync('/run/systemd/system'),
    wsl: /microsoft/i.test(textOf('/proc/sys/kernel/osrelease')),
    selinux: textOf('/sys/fs/selinux/enforce').trim() === '1',
    hardLimits: { nofile: hardLimit(limits, 'Max open files'), nproc: hardLimit(limits, 'Max processes') },
  };
};

/** Absolute path of a program on the PATH. */
export const findProgram = (env: Env, name: string): string | undefined =>
  (env['PATH'] ?? '')
    .split(delimiter)
    .map((dir) => join(dir, name))
    .find((path) => path.startsWith('/') && existsSync(path));

/**
 * Podman's own flags for this machine. Without a systemd that answers, its cgroup manager `systemd` cannot work (WSL);
 * crun does not know hybrid cgroups.
 */
export const podmanFlags = (machine: Machine, env: Env): readonly string[] => [
  ...(machine.cgroups === 'hybrid' || (machine.cgroups === 'v2' && !machine.systemd)
    ? ['--cgroup-manager=cgroupfs']
    : []),
  ...(machine.cgroups === 'hybrid' && findProgram(env, 'runc') !== undefined ? ['--runtime=runc'] : []),
];
