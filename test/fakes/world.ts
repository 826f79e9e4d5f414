import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { App, LaunchRequest, RunInfo } from '../../src/commands/app.ts';
import { compose } from '../../src/compose/compose.ts';
import type { BackendId } from '../../src/domain/backend.ts';
import type { Entry } from '../../src/domain/event.ts';
import type { SandboxProvider } from '../../src/ports/sandbox.ts';
import type { RunState } from '../../src/domain/run-state.ts';

/** A real place to run in: a repository, its bare remote, a state folder, a scripted model. Nothing in it is mocked. */
export interface World {
  readonly dir: string;
  readonly repo: string;
  readonly remote: string;
  readonly env: Readonly<Record<string, string>>;
  readonly modelsFile: string;
  readonly app: App;
  git(where: string, ...args: readonly string[]): string;
  create(
    task: string,
    options?: Partial<Pick<LaunchRequest, 'profile' | 'backend' | 'preset' | 'network'>>,
  ): Promise<RunInfo>;
  /** Creates and runs in the foreground. */
  run(
    task: string,
    options?: RunHere,
  ): Promise<{ readonly state: RunState; readonly entries: readonly Entry[] }>;
  resume(
    id: string,
    options?: RunHere,
  ): Promise<{ readonly state: RunState; readonly entries: readonly Entry[] }>;
  /** The built-from-source program as a child process. */
  cli(
    args: readonly string[],
    options?: { readonly env?: Readonly<Record<string, string>>; readonly cwd?: string },
  ): Promise<CliResult>;
  start(args: readonly string[], options?: { readonly env?: Readonly<Record<string, string>> }): ChildProcess;
  destroy(): void;
}
export interface RunHere {
  readonly onEntry?: (entry: Entry) => void;
  readonly signal?: AbortSignal;
}
export interface CliResult {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

const identity = {
  GIT_AUTHOR_NAME: 'Test',
  GIT_AUTHOR_EMAIL: 'test@localhost',
  GIT_COMMITTER_NAME: 'Test',
  GIT_COMMITTER_EMAIL: 'test@localhost',
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_CONFIG_NOSYSTEM: '1',
};

/** Where a user's own Podman keeps what it has: HOME of a world is another one. */
const podmanOfUser = (): Record<string, string> =>
  Object.fromEntries(
    ['CONTAINERS_STORAGE_CONF', 'XDG_RUNTIME_DIR'].flatMap((name) => {
      const value = process.env[name];
      return process.getuid?.() === 0 || value === undefined ? [] : [[name, value]];
    }),
  );

const main = join(import.meta.dirname, '../../src/main.ts');

export const makeWorld = async (options: {
  readonly files?: Readonly<Record<string, string>>;
  /** YAML of the scripted model. */
  readonly script: string;
  /** The whole models.yaml instead of one scripted profile named `fake`. */
  readonly models?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Where runs work; `local` when left out. */
  readonly backend?: BackendId;
  /** Stands between the engine and its backends, in this process. */
  readonly asProvider?: (provider: SandboxProvider) => SandboxProvider;
}): Promise<World> => {
  const dir = mkdtempSync(join(tmpdir(), 'ralph-world-'));
  const repo = join(dir, 'repo');
  const remote = join(dir, 'remote.git');
  const git = (where: string, ...args: readonly string[]): string =>
    execFileSync('git', ['-C', where, ...args], { env: { ...process.env, ...identity }, encoding: 'utf8' });
  mkdirSync(remote);
  mkdirSync(repo);
  git(remote, 'init', '-q', '--bare', '-b', 'main');
  git(repo, 'init', '-q', '-b', 'main');
  for (const [path, text] of Object.entries(options.files ?? { 'README.md': 'hello\n' })) {
    mkdirSync(dirname(join(repo, path)), { recursive: true });
    writeFileSync(join(repo, path), text);
  }
  git(repo, 'add', '-A');
  git(repo, 'commit', '-q', '-m', 'first');
  git(repo, 'push', '-q', remote, 'main');
  const script = join(dir, 'script.yaml');
  writeFileSync(script, options.script);
  const modelsFile = join(dir, 'models.yaml');
  writeFileSync(
    modelsFile,
    options.models ?? `profiles:\n  fake:\n    litellm_model: ${JSON.stringify(`scripted/${script}`)}\n`,
  );
  const env = {
    PATH: process.env['PATH'] ?? '',
    HOME: dir,
    XDG_STATE_HOME: join(dir, 'state'),
    XDG_CONFIG_HOME: join(dir, 'config'),
    RALPH_MODELS_FILE: modelsFile,
    RALPH_DEFAULT_PROFILE: 'fake',
    ...podmanOfUser(),
    ...options.env,
  };
  const self = [process.execPath, main] as const;
  const app = await compose({
    env,
    cwd: repo,
    self,
    ...(options.asProvider && { asProvider: options.asProvider }),
  });
  const { start, cli } = program({ env, repo });
  const here = async (id: string, how: RunHere = {}) => {
    const entries: Entry[] = [];
    const engine = await app.engine();
    const state = await engine.runHere(id, {
      signal: how.signal ?? new AbortController().signal,
      onEntry: (entry) => {
        entries.push(entry);
        how.onEntry?.(entry);
      },
    });
    return { state, entries };
  };
  const create: World['create'] = async (task, how = {}) => {
    const taskText = task.replace(/^---\n/, `---\nrepo_url: ${JSON.stringify(remote)}\n`);
    return (await app.engine()).createRun({
      taskText,
      folder: repo,
      backend: options.backend ?? 'local',
      ...how,
    });
  };
  return {
    dir,
    repo,
    remote,
    env,
    modelsFile,
    app,
    git,
    create,
    run: async (task, how) => here((await create(task)).id, how),
    resume: here,
    start,
    cli,
    destroy: () => rmSync(dir, { recursive: true, force: true }),
  };
};

const program = (at: { readonly env: Readonly<Record<string, string>>; readonly repo: string }) => {
  const start: World['start'] = (args, how = {}) =>
    spawn(process.execPath, [main, ...args], { cwd: at.repo, env: { ...at.env, ...how.env } });
  const cli: World['cli'] = (args, how = {}) =>
    new Promise((resolve) => {
      const child = spawn(process.execPath, [main, ...args], {
        cwd: how.cwd ?? at.repo,
        env: { ...at.env, ...how.env },
      });
      const out = { stdout: '', stderr: '' };
      child.stdin.end();
      child.stdout.setEncoding('utf8').on('data', (text: string) => (out.stdout += text));
      child.stderr.setEncoding('utf8').on('data', (text: string) => (out.stderr += text));
      child.on('close', (code, signal) => resolve({ code, signal, ...out }));
    });
  return { start, cli };
};

/** A task file with two boxes; `extra` goes into the front matter. */
export const taskFile = (options: {
  readonly test: string;
  readonly boxes?: readonly { readonly id: string; readonly verify: string }[];
  readonly extra?: string;
  readonly id?: string;
}): string => {
  const boxes = options.boxes ?? [
    { id: 'M1.1', verify: options.test },
    { id: 'M1.2', verify: options.test },
  ];
  return `---
task_id: ${options.id ?? 'task-1'}
base_branch: main
test_command: ${JSON.stringify(options.test)}
max_iterations: 6
max_wall_time_minutes: 30
max_cost_usd_estimate: 5
${options.extra ?? ''}
---

# Task: Make it so

### Milestone M1 — All
${boxes.map((b) => `- [ ] ${b.id} It holds\n  - verify: \`${b.verify}\``).join('\n')}
`;
};

/** One scripted answer, as a line of the script's YAML (JSON is YAML). */
export const answers = (...list: readonly unknown[]): string => JSON.stringify({ answers: list });
export const answer = (
  actions: readonly unknown[],
  claims: readonly string[] = [],
  summary = 'work',
): unknown => ({
  answer: { summary, actions, claims: { checkboxes_checked: claims, milestones_completed: [] } },
});
