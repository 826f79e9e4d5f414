import { accessSync, constants, existsSync, readFileSync } from 'node:fs';
import { userInfo } from 'node:os';
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
  /** Ids of this user for the users of containers: in both /etc/subuid and /etc/subgid. */
  readonly hasSubordinateIds: boolean;
  /** Kinds of limits (`cpu`, `memory`, `pids`) that systemd lets this user set. */
  readonly delegated: readonly string[];
  /** /dev/net/tun can be opened: what a network without root is made with. */
  readonly hasTun: boolean;
}
interface User {
  readonly uid: number;
  readonly gid: number;
  readonly name: string;
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

const userOf = (): User => {
  const { uid, gid } = { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 };
  try {
    return { uid, gid, name: userInfo().username };
  } catch {
    // An id without a line in /etc/passwd.
    return { uid, gid, name: '' };
  }
};

const hasRange = (text: string, { uid, name }: User): boolean =>
  text.split('\n').some((line) => [String(uid), name].includes(line.split(':')[0] || '?'));

const canOpen = (path: string): boolean => {
  try {
    accessSync(path, constants.R_OK | constants.W_OK);
    return true;
  } catch {
    return false;
  }
};

/** `root` stands for `/`, `user` for who we are: for the facts of other machines. */
export const readMachine = (root = '/', user = userOf()): Machine => {
  const { uid, gid } = user;
  const at = (path: string): string => join(root, path);
  const has = (path: string): boolean => existsSync(at(path));
  const limits = textOf(at('proc/self/limits'));
  const service = `sys/fs/cgroup/user.slice/user-${uid}.slice/user@${uid}.service/cgroup.controllers`;
  return {
    uid,
    gid,
    cgroups: has('sys/fs/cgroup/cgroup.controllers') ? 'v2' : has('sys/fs/cgroup') ? 'hybrid' : 'none',
    systemd: has('run/systemd/system'),
    wsl: /microsoft/i.test(textOf(at('proc/sys/kernel/osrelease'))),
    selinux: textOf(at('sys/fs/selinux/enforce')).trim() === '1',
    hardLimits: { nofile: hardLimit(limits, 'Max open files'), nproc: hardLimit(limits, 'Max processes') },
    hasSubordinateIds: ['etc/subuid', 'etc/subgid'].every((path) => hasRange(textOf(at(path)), user)),
    delegated: textOf(at(service)).split(/\s+/).filter(Boolean),
    hasTun: canOpen(at('dev/net/tun')),
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

/**
 * Podman's bridges need iptables or nft. Where root's Podman has neither, slirp4netns gives a network without them;
 * undefined: the engine's default.
 */
export const podmanNetwork = (env: Env): string | undefined => {
  const has = (name: string): boolean => findProgram(env, name) !== undefined;
  return !has('iptables') && !has('nft') && has('slirp4netns') ? 'slirp4netns' : undefined;
};
