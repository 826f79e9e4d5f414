import { RalphError } from '../../../domain/error.ts';
import type { Finding } from '../../../ports/sandbox.ts';
import type { Engine } from './connection.ts';
import type { Env } from './engines.ts';
import { findProgram, podmanFlags, type Machine } from './machine.ts';

/** Fewer open files than this end a package manager or a test runner in the middle of its work. */
const FEW_FILES = 4096;

/** All that findings are made of: this machine, and what the engine says of itself. */
export interface Place {
  readonly machine: Machine;
  readonly env: Env;
  readonly rootless: boolean;
  readonly podman: boolean;
  /** How the engine keeps the layers of images; undefined where it does not answer. */
  readonly storage?: string | undefined;
}
interface Rule extends Omit<Finding, 'what'> {
  readonly when: (place: Place) => boolean;
  readonly what: string | ((place: Place) => string);
}

const limitKinds = ['cpu', 'memory', 'pids'];
const undelegated = ({ machine }: Place): readonly string[] =>
  limitKinds.filter((name) => !machine.delegated.includes(name));

const isRootlessPodman = ({ podman, rootless }: Place): boolean => podman && rootless;
const lacks = ({ env }: Place, ...names: readonly string[]): boolean =>
  names.every((name) => findProgram(env, name) === undefined);

/** What is known to go wrong on which machine, each with what to do. */
const rules: readonly Rule[] = [
  {
    when: (place) => place.podman && place.machine.cgroups === 'hybrid' && lacks(place, 'runc'),
    level: 'fail',
    what: 'cgroups are hybrid here and runc was not found: crun cannot start containers',
    hint: 'Install runc (Debian: `apt install runc`); ralph then passes `--runtime=runc` by itself.',
  },
  {
    when: (place) => place.podman && place.machine.cgroups === 'v2' && lacks(place, 'crun', 'runc'),
    level: 'fail',
    what: 'no OCI runtime was found',
    hint: 'Install crun or runc.',
  },
  {
    when: (place) => isRootlessPodman(place) && place.machine.cgroups === 'hybrid',
    level: 'warn',
    noLimits: true,
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
    when: (place) => isRootlessPodman(place) && place.machine.cgroups !== 'none' && lacks(place, 'newuidmap'),
    level: 'fail',
    what: 'newuidmap was not found: containers would have one user only',
    hint: 'Install it (Debian: `apt install uidmap`; Fedora: `dnf install shadow-utils`), then `podman system migrate`.',
  },
  {
    when: (place) =>
      isRootlessPodman(place) && place.machine.cgroups !== 'none' && !place.machine.hasSubordinateIds,
    level: 'fail',
    what: 'this user has no range of subordinate ids (/etc/subuid, /etc/subgid)',
    hint: 'Run `sudo usermod --add-subuids 100000-165535 --add-subgids 100000-165535 $USER`, then `podman system migrate`.',
  },
  {
    when: (place) =>
      isRootlessPodman(place) &&
      place.machine.cgroups === 'v2' &&
      place.machine.systemd &&
      undelegated(place).length > 0,
    level: 'warn',
    what: (place) =>
      `systemd does not let this user set limits of ${undelegated(place).join(', ')}: a sandbox with them may not start`,
    hint: 'Put `Delegate=cpu cpuset memory pids` under `[Service]` in /etc/systemd/system/user@.service.d/delegate.conf, then log in anew.',
  },
  {
    when: ({ machine }) => machine.selinux,
    level: 'ok',
    what: 'SELinux is enforcing: work folders are mounted with `:Z`',
  },
  {
    when: ({ storage }) => storage === 'vfs',
    level: 'warn',
    what: 'the engine stores images as `vfs`: each sandbox copies its whole image',
    hint: 'Take overlay: for rootless Podman `[storage]` and `driver = "overlay"` in ~/.config/containers/storage.conf, then `podman system reset` (it removes all images); for Docker `"storage-driver": "overlay2"` in daemon.json.',
  },
  {
    when: ({ machine }) => (machine.hardLimits.nofile ?? FEW_FILES) < FEW_FILES,
    level: 'warn',
    what: 'containers get few open files',
    hint: 'Raise the hard limit: `nofile` in /etc/security/limits.conf.',
  },
  {
    when: (place) => isRootlessPodman(place) && place.machine.cgroups !== 'none' && !place.machine.hasTun,
    level: 'warn',
    what: 'this user may not open /dev/net/tun: `network: full` does not work',
    hint: 'Run `sudo modprobe tun` and `sudo chmod 0666 /dev/net/tun`; `none` and `proxy` need none of it.',
  },
  {
    when: (place) =>
      isRootlessPodman(place) && place.machine.cgroups !== 'none' && lacks(place, 'slirp4netns', 'pasta'),
    level: 'warn',
    what: 'neither slirp4netns nor pasta was found: `network: full` does not work',
    hint: 'Install one (Debian: `apt install slirp4netns`); `none` and `proxy` need none of it.',
  },
  {
    when: (place) => place.podman && !place.rootless && lacks(place, 'iptables', 'nft'),
    level: 'warn',
    what: 'neither iptables nor nft was found: `network: full` works by slirp4netns where that is there, else not at all',
    hint: 'Install iptables for a faster network; `none` and `proxy` need none of it.',
  },
];

/** What these facts mean for sandboxes, each with what to do about it. */
export const findingsOf = (place: Place): readonly Finding[] =>
  rules
    .filter(({ when }) => when(place))
    .map(({ when: _when, what, ...rest }) => ({
      ...rest,
      what: typeof what === 'string' ? what : what(place),
    }));

/** `ralph doctor` and the start gate. Starts the engine's service where that is needed. */
export const check = async (engine: Engine, env: Env): Promise<readonly Finding[]> => {
  const { traits, machine } = engine;
  const podman = traits.startsService;
  try {
    const { version, rootless, storage } = await engine.call(
      'cannot ask for its version',
      async ({ docker, rootless }) => {
        const [version, info] = await Promise.all([docker.version(), docker.info()]);
        return { version: version.Version, storage: (info as { Driver?: string }).Driver, rootless };
      },
    );
    const flags = podman ? podmanFlags(machine, env) : [];
    return [
      {
        level: 'ok',
        what: `${traits.name} ${version}${rootless ? ', rootless' : ''}${flags.length > 0 ? ` (${flags.join(' ')})` : ''}`,
      },
      ...findingsOf({ machine, env, rootless, podman, storage }),
    ];
  } catch (error) {
    if (!(error instanceof RalphError)) throw error;
    const silent = {
      level: 'fail',
      what: error.message,
      ...(error.hint !== undefined && { hint: error.hint }),
    } as const;
    // What this machine lacks for it may be why: that comes first.
    const isThere = podman && findProgram(env, 'podman') !== undefined;
    const why = isThere ? findingsOf({ machine, env, rootless: machine.uid !== 0, podman }) : [];
    return [...why.filter(({ level }) => level === 'fail'), silent];
  }
};
