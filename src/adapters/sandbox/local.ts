import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { chmod, mkdir, readdir, readFile, realpath, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { RalphError } from '../../domain/error.ts';
import { succeeded } from '../../domain/exit.ts';
import type {
  Channel,
  Finding,
  Sandbox,
  SandboxProvider,
  SandboxRef,
  SandboxSpec,
} from '../../ports/sandbox.ts';
import { createProcessLimit, SHORT_PROCESSES } from '../process-limit.ts';
import { asyncQueue, lineQueue } from '../process-queue.ts';
import { execBytes, execProcess } from '../process.ts';

/** What of our own environment reaches commands (reliability.md); a trailing `*` is a prefix. HOME is replaced. */
export const allowedEnv = ['PATH', 'LANG', 'LC_*', 'TMPDIR', 'USER', 'LOGNAME', 'SHELL', 'TZ'] as const;
/**
 * Where version managers keep their toolchains: their programs on the PATH look there, or below HOME, which is
 * another one in a sandbox. No credentials lie there (cargo's do in CARGO_HOME, which stays out).
 */
const toolchains: Readonly<Record<string, string>> = {
  RUSTUP_HOME: '.rustup',
  PYENV_ROOT: '.pyenv',
  RBENV_ROOT: '.rbenv',
  VOLTA_HOME: '.volta',
  ASDF_DATA_DIR: '.asdf',
};
/** Marks every process of a sandbox, also those that made sessions of their own (agents.md). */
const TAG = 'RALPH_SANDBOX';
/** Lies in the sandbox's home and says that both folders were made here, so that nothing else is ever removed. */
const MARK = '.ralph-home';

type Env = Readonly<Record<string, string>>;
export interface LocalOptions {
  /** Our process environment; only what `allowedEnv` names gets through. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Holds one small file per sandbox, for `list` and `attach`; the user's state folder when left out. */
  readonly registryDir?: string;
}
interface Registered {
  readonly id: string;
  readonly labels: Env;
  readonly env: Env;
}

/**
 * Works in `spec.hostDir` with plain processes: no isolation at all. Commands get an allow-listed environment and
 * a HOME of their own beside that folder, so that `~/.ssh` or `~/.npmrc` are not simply there; nothing stops a
 * command from reading them by their full path. `destroy` ends processes by their environment tag (Linux only).
 */
export const localProvider = (options: LocalOptions): SandboxProvider => {
  const registry = registryOf(options);
  const base = allowed(options.env);
  return {
    id: 'local',
    traits: { isolated: false, preview: false },
    check: () => check(base),
    create: async (spec, signal) => {
      signal?.throwIfAborted();
      const id = await prepare(spec);
      await registry.add({ id, labels: spec.labels, env: spec.env });
      return open(id, { ...base, ...spec.env }, registry.remove);
    },
    attach: async ({ id }) => {
      if (!(await isOurs(id))) return undefined;
      const known = await registry.read(id);
      return open(id, { ...base, ...known?.env }, registry.remove);
    },
    list: async (labels) => {
      const refs: SandboxRef[] = [];
      for (const one of await registry.all()) {
        const matches = Object.entries(labels).every(([key, value]) => one.labels[key] === value);
        if (matches && (await isOurs(one.id))) refs.push({ backend: 'local', id: one.id });
      }
      return refs;
    },
  };
};

const allowed = (env: LocalOptions['env']): Env => {
  const passes = (name: string): boolean =>
    allowedEnv.some((rule) => (rule.endsWith('*') ? name.startsWith(rule.slice(0, -1)) : rule === name));
  const kept = Object.entries(env).filter(
    (pair): pair is [string, string] => pair[1] !== undefined && passes(pair[0]),
  );
  return { ...Object.fromEntries(kept), ...toolchainsOf(env), TERM: 'dumb' };
};

const toolchainsOf = (env: LocalOptions['env']): Env => {
  const { HOME: home } = env;
  const named = Object.entries(toolchains).map(
    ([name, folder]) => [name, env[name] ?? (home === undefined ? '' : join(home, folder))] as const,
  );
  return Object.fromEntries(named.filter(([, path]) => path !== '' && existsSync(path)));
};

/** One queue for the short processes of all sandboxes. */
const queued = createProcessLimit(SHORT_PROCESSES);

const homeOf = (id: string): string => join(dirname(id), 'home');
const exists = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  );
const isOurs = async (id: string): Promise<boolean> =>
  (await exists(id)) && (await exists(join(homeOf(id), MARK)));

const prepare = async ({ hostDir }: SandboxSpec): Promise<string> => {
  try {
    await mkdir(hostDir, { recursive: true });
    const id = await realpath(resolve(hostDir));
    const mark = join(homeOf(id), MARK);
    if ((await readdir(id)).length > 0 && !(await exists(mark))) {
      throw new RalphError('sandbox.unavailable', `${id} is not empty and was not made by ralph`, {
        hint: 'Remove the folder, or start the run with another id.',
      });
    }
    await mkdir(homeOf(id), { recursive: true, mode: 0o700 });
    await writeFile(mark, '');
    return id;
  } catch (cause) {
    if (cause instanceof RalphError) throw cause;
    throw new RalphError('sandbox.unavailable', `cannot make ${hostDir}: ${(cause as Error).message}`, {
      hint: 'Check that the disk has room and that the folder is writable.',
      cause,
    });
  }
};

const open = (id: string, env: Env, forget: (id: string) => Promise<void>): Sandbox => {
  const full = { ...env, HOME: homeOf(id), [TAG]: id };
  const alive = async (): Promise<void> => {
    if (await exists(id)) return;
    throw new RalphError('sandbox.unavailable', `the sandbox folder ${id} is gone`, {
      hint: 'Resume the run: it makes a new sandbox from the last committed iteration.',
    });
  };
  return {
    ref: { backend: 'local', id },
    workdir: id,
    exec: async (request) => {
      const result = await execProcess(request, { cwd: id, env: full });
      if (!succeeded(result.exit)) await alive();
      return result;
    },
    queue: queued,
    stop: () => endTagged(id),
    destroy: async () => {
      await endTagged(id);
      if (await isOurs(id)) for (const folder of [id, homeOf(id)]) await removeTree(folder);
      await forget(id);
    },
    put: async (tar, dir) => {
      await alive();
      const { exit, stderr } = await execBytes({
        argv: ['tar', '-xmof', '-', '-C', dir],
        env: full,
        input: tar,
      });
      if (!succeeded(exit))
        throw new RalphError('sandbox.exec', `cannot unpack into ${dir}: ${stderr.trim()}`);
    },
    open: async (argv) => {
      await alive();
      return channel(argv, { cwd: id, env: full });
    },
  };
};

const removeTree = async (folder: string): Promise<void> => {
  const remove = (): Promise<void> => rm(folder, { recursive: true, force: true, maxRetries: 3 });
  // Package caches are often made read-only by their tools.
  await remove().catch(async () => {
    await chmod(folder, 0o700).catch(() => undefined);
    await execProcess({ argv: ['chmod', '-R', 'u+rwx', folder] });
    await remove();
  });
};

const channel = (argv: readonly [string, ...string[]], place: { cwd: string; env: Env }): Channel => {
  const input = asyncQueue<Uint8Array>();
  const lines = lineQueue();
  const stop = new AbortController();
  void execBytes({ argv, ...place, input: input.read(), onStdout: lines.take, signal: stop.signal })
    .catch(() => undefined)
    .finally(lines.end);
  return {
    write: (text) => input.push(Buffer.from(text)),
    lines: lines.read(),
    close: () => {
      input.end();
      stop.abort();
    },
  };
};

/** SIGKILL to every process whose environment carries the tag, until none is left. */
const endTagged = async (id: string): Promise<void> => {
  for (let round = 0; round < 20; round += 1) {
    const pids = await tagged(id);
    if (pids.length === 0) return;
    for (const pid of pids) {
      try {
        process.kill(pid, 'SIGKILL');
      } catch {
        // It ended by itself.
      }
    }
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
};

const tagged = async (id: string): Promise<readonly number[]> => {
  const wanted = `\0${TAG}=${id}\0`;
  const found: number[] = [];
  // Not all at once: thousands of open files end in EMFILE. No /proc (macOS): nothing to find.
  for (const name of await readdir('/proc').catch((): string[] => [])) {
    const pid = Number(name);
    if (!Number.isInteger(pid) || pid === process.pid) continue;
    const environ = await readFile(`/proc/${name}/environ`, 'utf8').catch(() => '');
    if (`\0${environ}\0`.includes(wanted)) found.push(pid);
  }
  return found;
};

const needs: readonly {
  name: string;
  argv: readonly [string, ...string[]];
  hint: string;
  level: 'fail' | 'warn';
}[] = [
  { name: 'git', argv: ['git', '--version'], level: 'fail', hint: 'Install git 2.30 or newer.' },
  { name: 'sh', argv: ['sh', '-c', ':'], level: 'fail', hint: 'A POSIX shell must be on the PATH.' },
  { name: 'tar', argv: ['tar', '--version'], level: 'fail', hint: 'Install tar.' },
  {
    name: 'base64',
    argv: ['sh', '-c', 'printf YQ== | base64 -d'],
    level: 'fail',
    hint: 'Install coreutils.',
  },
  {
    name: 'setsid',
    argv: ['sh', '-c', 'command -v setsid'],
    level: 'warn',
    hint: 'Not needed: the process group is made without it. On Linux it comes with util-linux.',
  },
];

const check = async (env: Env): Promise<readonly Finding[]> => {
  const findings: Finding[] = [
    { level: 'warn', what: 'local: commands run on this machine, without isolation' },
  ];
  for (const { name, argv, level, hint } of needs) {
    const { exit, stdout } = await execProcess({ argv, timeoutMs: 10_000 }, { env });
    const version = /\d+(\.\d+)+/.exec(stdout)?.[0];
    if (succeeded(exit)) findings.push({ level: 'ok', what: version ? `${name} ${version}` : name });
    else findings.push({ level, what: `${name} was not found`, hint });
  }
  return findings;
};

const registryOf = ({ env, registryDir }: LocalOptions) => {
  const state = env['XDG_STATE_HOME'] ?? join(env['HOME'] ?? '/tmp', '.local', 'state');
  const dir = registryDir ?? join(state, 'ralph', 'sandboxes');
  const fileOf = (id: string): string =>
    join(dir, `${createHash('sha256').update(id).digest('hex').slice(0, 24)}.json`);
  const parse = async (file: string): Promise<Registered | undefined> => {
    try {
      const one = JSON.parse(await readFile(file, 'utf8')) as Partial<Registered>;
      return typeof one.id === 'string'
        ? { id: one.id, labels: one.labels ?? {}, env: one.env ?? {} }
        : undefined;
    } catch {
      return undefined;
    }
  };
  return {
    add: async (one: Registered): Promise<void> => {
      await mkdir(dir, { recursive: true, mode: 0o700 });
      await writeFile(fileOf(one.id), JSON.stringify(one), { mode: 0o600 });
    },
    read: (id: string) => parse(fileOf(id)),
    remove: (id: string): Promise<void> => rm(fileOf(id), { force: true }),
    all: async (): Promise<readonly Registered[]> => {
      const found: Registered[] = [];
      for (const name of await readdir(dir).catch((): string[] => [])) {
        const one = await parse(join(dir, name));
        if (one) found.push(one);
      }
      return found;
    },
  };
};
