import { createHash, randomBytes } from 'node:crypto';
import { existsSync, lstatSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { createConnection } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { RalphError } from '../../../domain/error.ts';
import { startDetached } from '../../process-launch.ts';
import type { Env } from './engines.ts';
import { findProgram, podmanFlags, type Machine } from './machine.ts';

/** The service ends by itself when nobody has asked it for anything for so long. */
const IDLE_SECONDS = 60;
const START_MS = 20_000;
/** `sun_path` holds 108 bytes, and the name of the socket comes after the folder. */
const LONGEST_DIR = 80;
/**
 * Podman keeps two processes of each finished exec for five minutes, to answer who asks how it ended; we ask at once.
 * Fifty runs would have thousands of them.
 */
const EXIT_COMMAND_DELAY_SECONDS = 10;

/** What of our environment the service gets: no proxies (Podman passes them on into containers), no keys. */
const allowedEnv = [
  /^(PATH|HOME|USER|LOGNAME|LANG|TMPDIR|DBUS_SESSION_BUS_ADDRESS|REGISTRY_AUTH_FILE)$/,
  /^(LC|XDG|CONTAINERS|STORAGE|NETAVARK|SSL_CERT)_/,
];

export interface PodmanSocket {
  /** Where it listens, or would. */
  readonly socket: string;
  readonly isUp: () => Promise<boolean>;
  /** Starts it and waits until it answers. Throws RalphError `sandbox.unavailable` with what Podman said. */
  readonly start: () => Promise<void>;
}

/** Does anybody listen on this socket? */
export const listens = (socket: string): Promise<boolean> =>
  new Promise((resolve) => {
    const probe = createConnection(socket);
    const end = (up: boolean): void => {
      probe.destroy();
      resolve(up);
    };
    probe.once('connect', () => end(true)).once('error', () => end(false));
  });

/**
 * A Podman service of our own in `dir`, found again by every process of this user. Any number of processes may start
 * it at once: each listens under a name of its own and is then renamed to the common one; who loses ends idle.
 */
export const podmanSocket = (machine: Machine, env: Env, dir: string): PodmanSocket => {
  const folder = shortFolder(dir, machine.uid);
  const socket = join(folder, 'podman.sock');
  return { socket, isUp: () => listens(socket), start: () => start({ machine, env, folder, socket }) };
};

const shortFolder = (dir: string, uid: number): string =>
  Buffer.byteLength(dir) <= LONGEST_DIR
    ? dir
    : join(tmpdir(), `ralph-${uid}-${createHash('sha256').update(dir).digest('hex').slice(0, 12)}`);

/** Whoever can put a socket there is root for us: the folder must be ours alone. */
const makeFolder = (folder: string, uid: number): void => {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const found = lstatSync(folder);
  if (found.isDirectory() && found.uid === uid && (found.mode & 0o077) === 0) return;
  throw new RalphError('sandbox.unavailable', `${folder} is not a folder of this user alone`, {
    hint: `Remove it, or make it yours: chmod 700 ${folder}`,
  });
};

interface Start {
  readonly machine: Machine;
  readonly env: Env;
  readonly folder: string;
  readonly socket: string;
}

const start = async ({ machine, env, folder, socket }: Start): Promise<void> => {
  const podman = findProgram(env, 'podman');
  if (podman === undefined)
    throw new RalphError('sandbox.unavailable', 'podman was not found', {
      hint: 'Install it (Debian: `apt install podman runc`), or use `--backend local` (no isolation).',
    });
  makeFolder(folder, machine.uid);
  const own = join(folder, `${randomBytes(4).toString('hex')}.sock`);
  const logFile = join(folder, 'podman.log');
  const before = textFrom(logFile, 0).length;
  const idle = ['--time', String(IDLE_SECONDS)];
  startDetached([podman, ...podmanFlags(machine, env), 'system', 'service', ...idle, `unix://${own}`], {
    logFile,
    env: { ...serviceEnv(env), ...configure(folder, env) },
    cwd: '/',
  });
  const until = performance.now() + START_MS;
  while (!(await listens(own))) {
    const said = textFrom(logFile, before);
    if (performance.now() > until || /^Error\b|level=fatal/m.test(said))
      throw new RalphError(
        'sandbox.unavailable',
        `podman system service does not start: ${said.trim().slice(-600) || 'it says nothing'}`,
        { hint: `Run \`${podman} info\` and correct what it says, then \`ralph doctor\`.` },
      );
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  renameSync(own, socket);
};

const serviceEnv = (env: Env): Readonly<Record<string, string>> =>
  Object.fromEntries(
    Object.entries(env).filter(
      (pair): pair is [string, string] =>
        pair[1] !== undefined && allowedEnv.some((rule) => rule.test(pair[0])),
    ),
  );

/**
 * Podman 4.5 reads a file on top of the user's own. Older ones read nothing beside CONTAINERS_CONF: there the only
 * file of this machine is copied with our line in it; where there are several, the delay stays as it is.
 */
const configure = (folder: string, env: Env): Readonly<Record<string, string>> => {
  const line = `exit_command_delay = ${EXIT_COMMAND_DELAY_SECONDS}\n`;
  const override = join(folder, 'override.conf');
  writeFileSync(override, `[engine]\n${line}`, { mode: 0o600 });
  const names = { CONTAINERS_CONF_OVERRIDE: override };
  const personal = join(env['XDG_CONFIG_HOME'] ?? join(env['HOME'] ?? '/', '.config'), 'containers');
  const files = ['/usr/share/containers', '/etc/containers', personal]
    .flatMap((dir) => [join(dir, 'containers.conf'), join(dir, 'containers.conf.d')])
    .filter((path) => existsSync(path));
  if (env['CONTAINERS_CONF'] !== undefined || files.length > 1 || files[0]?.endsWith('.d')) return names;
  const only = files[0] === undefined ? '' : readFileSync(files[0], 'utf8');
  if (/^\s*exit_command_delay/m.test(only)) return names;
  const whole = join(folder, 'containers.conf');
  const text = /^\[engine\]\s*$/m.test(only)
    ? only.replace(/^\[engine\]\s*$/m, `[engine]\n${line}`)
    : `${only}\n[engine]\n${line}`;
  writeFileSync(whole, text, { mode: 0o600 });
  return { ...names, CONTAINERS_CONF: whole };
};

const textFrom = (file: string, from: number): string => {
  try {
    return readFileSync(file, 'utf8').slice(from);
  } catch {
    return '';
  }
};
