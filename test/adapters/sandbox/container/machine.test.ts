import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { findingsOf, type Place } from '../../../../src/adapters/sandbox/container/check.ts';
import { containerOptions } from '../../../../src/adapters/sandbox/container/container-options.ts';
import { engines } from '../../../../src/adapters/sandbox/container/engines.ts';
import { translate } from '../../../../src/adapters/sandbox/container/errors.ts';
import { foldersOf } from '../../../../src/adapters/sandbox/container/folders.ts';
import { podmanFlags, readMachine } from '../../../../src/adapters/sandbox/container/machine.ts';

const dirs: string[] = [];
afterEach(() => {
  for (const dir of dirs.splice(0)) rmSync(dir, { recursive: true, force: true });
});

type Files = Readonly<Record<string, string>>;
const limits = (nofile: string): string =>
  `Limit                     Soft Limit           Hard Limit           Units
Max processes             95984                95984                processes
Max open files            1024                 ${nofile}              files\n`;
const ranges = { 'etc/subuid': 'ann:100000:65536\n', 'etc/subgid': 'ann:100000:65536\n' };
const tools: Files = Object.fromEntries(
  ['crun', 'newuidmap', 'slirp4netns', 'nft'].map((name) => [`bin/${name}`, '']),
);
const service = 'sys/fs/cgroup/user.slice/user-1000.slice/user@1000.service/cgroup.controllers';
/** A machine as current distributions set it up, rootless: nothing to find. */
const fine: Files = {
  ...ranges,
  ...tools,
  'sys/fs/cgroup/cgroup.controllers': 'cpuset cpu io memory hugetlb pids rdma misc\n',
  [service]: 'cpuset cpu memory pids\n',
  'run/systemd/system/.keep': '',
  'proc/sys/kernel/osrelease': '6.12.48+deb13-amd64\n',
  'proc/self/limits': limits('524288'),
  'dev/net/tun': '',
};
const without = (files: Files, ...paths: readonly string[]): Files =>
  Object.fromEntries(Object.entries(files).filter(([path]) => !paths.some((one) => path.startsWith(one))));

const ann = { uid: 1000, gid: 1000, name: 'ann' };
const root = { uid: 0, gid: 0, name: 'root' };
const placeOf = (files: Files, user = ann, more: Partial<Place> = {}): Place => {
  const dir = mkdtempSync(join(tmpdir(), 'ralph-machine-'));
  dirs.push(dir);
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(dir, path)), { recursive: true });
    writeFileSync(join(dir, path), text);
  }
  const env = { PATH: join(dir, 'bin') };
  return { machine: readMachine(dir, user), env, rootless: user.uid !== 0, podman: true, ...more };
};
const found = (place: Place): readonly string[] =>
  findingsOf(place).map(({ level, what, hint }) => `${level}: ${what} → ${hint}`);

describe('what a machine means for containers', () => {
  it('is nothing to speak of where a current distribution set it up, with or without root', () => {
    expect(found(placeOf(fine))).toEqual([]);
    expect(found(placeOf(fine, root))).toEqual([]);
    expect(podmanFlags(placeOf(fine).machine, {})).toEqual([]);
  });
  it('is WSL without systemd: another cgroup manager is passed, and the way to have systemd told', () => {
    const wsl = { 'proc/sys/kernel/osrelease': '5.15.167.4-microsoft-standard-WSL2\n' };
    const place = placeOf({ ...without(fine, 'run/systemd', service), ...wsl });
    expect(podmanFlags(place.machine, place.env)).toEqual(['--cgroup-manager=cgroupfs']);
    expect(found(place)).toEqual([
      expect.stringMatching(/^warn: WSL without systemd.* → Set `systemd=true`/),
    ]);
    expect(found(placeOf({ ...fine, ...wsl }))).toEqual([]);
  });
  it('is hybrid cgroups: runc is taken, or asked for; without root no limit holds, and that is said', () => {
    const hybrid = {
      ...without(fine, 'sys/fs/cgroup', 'run/systemd'),
      'sys/fs/cgroup/memory/memory.limit_in_bytes': '9223372036854771712\n',
    };
    expect(found(placeOf(hybrid, root))).toEqual([
      expect.stringMatching(/^fail: cgroups are hybrid.* → Install runc/),
    ]);
    const place = placeOf({ ...hybrid, 'bin/runc': '' });
    expect(podmanFlags(place.machine, place.env)).toEqual(['--cgroup-manager=cgroupfs', '--runtime=runc']);
    expect(findingsOf(place)).toEqual([
      expect.objectContaining({
        level: 'warn',
        noLimits: true,
        hint: expect.stringContaining('Boot with') as string,
      }),
    ]);
  });
  it('is a user without ids, without the program that maps them, and limits that systemd keeps', () => {
    const bare = without(fine, 'etc/subgid', 'bin/newuidmap', 'bin/slirp4netns', 'dev/net/tun');
    expect(found(placeOf({ ...bare, [service]: 'memory pids\n' }))).toEqual([
      expect.stringMatching(/^fail: newuidmap was not found.* → Install it/),
      expect.stringMatching(/^fail: this user has no range of subordinate ids.* → Run `sudo usermod/),
      expect.stringMatching(/^warn: systemd does not let this user set limits of cpu: .* → Put `Delegate=/),
      expect.stringMatching(/^warn: this user may not open \/dev\/net\/tun.* → Run `sudo modprobe tun`/),
      expect.stringMatching(/^warn: neither slirp4netns nor pasta.* → Install one/),
    ]);
  });
  it('is storage that copies whole images, few open files, and no OCI runtime', () => {
    const poor = placeOf({ ...without(fine, 'bin/crun'), 'proc/self/limits': limits('1024') }, ann, {
      storage: 'vfs',
    });
    expect(found(poor)).toEqual([
      expect.stringMatching(/^fail: no OCI runtime.* → Install crun or runc/),
      expect.stringMatching(/^warn: the engine stores images as `vfs`.* → Take overlay/),
      expect.stringMatching(/^warn: containers get few open files → Raise/),
    ]);
    expect(found({ ...poor, podman: false, storage: 'overlay2', rootless: false })).toEqual([
      expect.stringContaining('few open files'),
    ]);
  });
});

describe('a container', () => {
  const folders = foldersOf('/state/run/sandbox');
  const spec = { name: 'x', hostDir: '/state/run/sandbox', env: {}, labels: {} };
  const of = (files: Files, more: object = {}, user = ann) => {
    const { machine, rootless } = placeOf(files, user);
    return containerOptions(
      { ...spec, ...more },
      { traits: engines.podman, machine, rootless, image: 'i', folders },
    );
  };
  const enforcing = { ...fine, 'sys/fs/selinux/enforce': '1' };

  it('mounts its folders with `:Z` where SELinux enforces, and without labels where it has a gate', () => {
    expect(found(placeOf(enforcing))).toEqual([expect.stringContaining('ok: SELinux is enforcing')]);
    const { Binds: binds, SecurityOpt: security } = of(enforcing).HostConfig!;
    expect(binds).toEqual(['/state/run/sandbox:/workspace:Z', '/state/run/home:/home/ralph:Z']);
    expect(security).toEqual(['no-new-privileges']);
    const gated = of(enforcing, { network: 'proxy', gateDir: '/gate' }).HostConfig!;
    expect(gated.Binds).not.toContainEqual(expect.stringContaining('Z'));
    expect(gated.SecurityOpt).toContain('label=disable');
    const permissive = of({ ...fine, 'sys/fs/selinux/enforce': '0' }).HostConfig!;
    expect(permissive.Binds?.[0]).toBe('/state/run/sandbox:/workspace');
  });
  it('runs as the user it belongs to, whose id it keeps without root', () => {
    const rootless = of(fine);
    expect([rootless.User, rootless.HostConfig?.UsernsMode]).toEqual(['1000:1000', 'keep-id']);
    const rooted = of(fine, {}, root);
    expect([rooted.User, rooted.HostConfig?.UsernsMode]).toEqual(['0:0', undefined]);
  });
});

it.each([
  ['crun: the requested cgroup controller `cpu` is not available: OCI runtime error', 'Delegate='],
  ['crun: open `/sys/fs/cgroup/x/memory.max` for writing: Permission denied', 'Delegate='],
  ['/usr/bin/slirp4netns failed: open("/dev/net/tun"): Permission denied', 'chmod 0666 /dev/net/tun'],
  ['crun: unknown version specified: OCI runtime error', 'Install runc'],
  ['potentially insufficient UIDs or GIDs available in user namespace', 'usermod --add-subuids'],
  ['netavark: code: 3, msg: iptables v1.8.9: Could not fetch rule set', 'apt install iptables'],
])('turns what an engine says into what to do: %s', (said, hint) => {
  const error = translate(engines.podman, 'cannot start', new Error(said));
  expect([error.code, error.hint]).toEqual(['sandbox.unavailable', expect.stringContaining(hint)]);
});
