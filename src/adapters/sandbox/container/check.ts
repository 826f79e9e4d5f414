import { readFileSync } from 'node:fs';
import { RalphError } from '../../../domain/error.ts';
import type { Finding } from '../../../ports/sandbox.ts';
import type { Engine } from './connection.ts';
import type { Env } from './engines.ts';
import { findProgram, podmanFlags, type Machine } from './machine.ts';

/** Fewer open files than this end a package manager or a test runner in the middle of its work. */
const FEW_FILES = 4096;

interface Place {
  readonly machine: Machine;
  readonly env: Env;
  readonly rootless: boolean;
  readonly podman: boolean;
}
interface Rule {
  readonly when: (place: Place) => boolean;
  readonly level: Finding['level'];
  readonly what: string;
  readonly hint?: string;
}

const hasSubordinateIds = ({ env, machine }: Place): boolean => {
  const names = [String(machine.uid), env['USER'] ?? env['LOGNAME'] ?? ''].filter((name) => name !== '');
  try {
    const lines = readFileSync('/etc/subuid', 'utf8').split('\n');
    return lines.some((line) => names.includes(line.split(':')[0] ?? ''));
  } catch {
    return false;
  }
};
/** Which limits systemd hands on to this user's containers. */
const hasDelegated = ({ machine }: Place): boolean => {
  try {
    const own = `/sys/fs/cgroup/user.slice/user-${machine.uid}.slice/user@${machine.uid}.service/cgroup.controllers`;
    const given = readFileSync(own, 'utf8').split(/\s+/);
    return ['cpu', 'memory', 'pids'].every((name) => given.includes(name));
  } catch {
    return false;
  }
};

/** What is known to go wrong on which machine, each with what to do. */
const rules: readonly Rule[] = [
  {
    when: ({ podman, machine, env }) =>
      podman && machine.cgroups === 'hybrid' && findProgram(env, 'runc') === undefined,
    level: 'fail',
    what: 'cgroups are hybrid here and runc was not found: crun cannot start containers',
    hint: 'Install runc (Debian: `apt install runc`); ralph then passes `--runtime=runc` by itself.',
  },
  {
    when: ({ podman, machine, env }) =>
      podman && machine.cgroups !== 'hybrid' && ['crun', 'runc'].every((name) => !findProgram(env, name)),
    level: 'fail',
    what: 'no OCI runtime was found',
    hint: 'Install crun or runc.',
  },
  {
    when: ({ podman, machine, rootless }) => podman && machine.cgroups === 'hybrid' && rootless,
    level: 'warn',
    what: 'limits of memory, CPU and processes have no effect: rootless Podman needs cgroups v2 for them',
    hint: 'Boot with `systemd.unified_cgroup_hierarchy=1`, or run as root.',
  },
  {
    when: ({ machine }) => machine.wsl && !machine.systemd,
    level: 'warn',
    what: 'WSL without systemd: containers run without a user session (`--cgroup-manager=cgroupfs` is passed)',
    hint: 'Set `systemd=true` under `[boot]` in /etc/wsl.conf, then `wsl --shutdown`.',
  },
  {
    when: (place) => place.podman && place.rootless && !hasSubordinateIds(place),
    level: 'fail',
    what: 'this user has no range of subordinate ids (/etc/subuid, /etc/subgid)',
    hint: 'Run `sudo usermod --add-subuids 100000-165535 --add-subgids 100000-165535 $USER`, then `podman system migrate`.',
  },
  {
    when: (place) =>
      place.podman &&
      place.rootless &&
      place.machine.cgroups === 'v2' &&
      place.machine.systemd &&
      !hasDelegated(place),
    level: 'warn',
    what: 'not all limits (memory, CPU, processes) may be set by this user',
    hint: 'Put `Delegate=cpu cpuset memory pids` under `[Service]` in /etc/systemd/system/user@.service.d/delegate.conf, then log in anew.',
  },
  {
    when: ({ machine }) => machine.selinux,
    level: 'ok',
    what: 'SELinux is enforcing: work folders are mounted with `:Z`',
  },
  {
    when: ({ machine }) => (machine.hardLimits.nofile ?? FEW_FILES) < FEW_FILES,
    level: 'warn',
    what: 'containers get few open files',
    hint: 'Raise the hard limit: `nofile` in /etc/security/limits.conf.',
  },
  {
    when: ({ podman, rootless, env }) =>
      podman && !rootless && !findProgram(env, 'iptables') && !findProgram(env, 'nft'),
    level: 'warn',
    what: 'neither iptables nor nft was found: `network: full` does not work (`none` and `proxy` do)',
    hint: 'Install iptables.',
  },
];

/** `ralph doctor` and the start gate. Starts the engine's service where that is needed. */
export const check = async (engine: Engine, env: Env): Promise<readonly Finding[]> => {
  const { traits, machine } = engine;
  const podman = traits.startsService;
  try {
    const { version, rootless } = await engine.call(
      'cannot ask for its version',
      async ({ docker, rootless }) => ({
        version: (await docker.version()).Version,
        rootless,
      }),
    );
    const flags = podman ? podmanFlags(machine, env) : [];
    const place = { machine, env, rootless, podman };
    return [
      {
        level: 'ok',
        what: `${traits.name} ${version}${rootless ? ', rootless' : ''}${flags.length > 0 ? ` (${flags.join(' ')})` : ''}`,
      },
      ...rules
        .filter(({ when }) => when(place))
        .map(({ level, what, hint }) => ({ level, what, ...(hint !== undefined && { hint }) })),
    ];
  } catch (error) {
    if (!(error instanceof RalphError)) throw error;
    return [{ level: 'fail', what: error.message, ...(error.hint !== undefined && { hint: error.hint }) }];
  }
};
