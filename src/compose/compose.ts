import { existsSync } from 'node:fs';
import { delimiter, join, relative } from 'node:path';
import { isatty } from 'node:tty';
import { createRunHomes } from '../adapters/host/run-homes.ts';
import { createRunRepo } from '../adapters/host/run-repo.ts';
import { configDir, defaultStateDir, openSettings } from '../adapters/host/settings.ts';
import { createSupervisorFiles } from '../adapters/host/supervisor-files.ts';
import { createUserFiles } from '../adapters/host/user-files.ts';
import { isLocked } from '../adapters/host/lock.ts';
import { startDetached } from '../adapters/process-launch.ts';
import type { serveProxy } from './gate.ts';
import { createMachine } from './secrets.ts';
import { authFor, githubFor } from './scm.ts';
import type { App, RunInfo, SupervisorFace } from '../commands/app.ts';
import { RalphError } from '../domain/error.ts';
import { foldRunEntries, type RunState } from '../domain/run-state.ts';
import { isActive } from '../domain/run-status.ts';
import { parseRunJson } from '../engine/run-json.ts';
import { createControl, dropAndWait } from '../engine/send-control.ts';
import type { Host } from '../ports/host.ts';
import type { RunHomes } from '../ports/run-home.ts';
import type { SandboxProvider } from '../ports/sandbox.ts';
import type { SupervisorFiles } from '../ports/supervisor.ts';

type Env = Readonly<Record<string, string | undefined>>;
export interface Surroundings {
  readonly env: Env;
  readonly cwd: string;
  /** `--config`. */
  readonly userFile?: string;
  /** How to start this program again, for the supervisor. */
  readonly self: readonly [string, ...string[]];
  /** Stands between the engine and its backends: how tests take away what a backend need not have. */
  readonly asProvider?: (provider: SandboxProvider) => SandboxProvider;
}

const SUPERVISOR_WAIT_MS = 20_000;

/** What of the environment git needs; `GIT_*` never gets through (run-repo.ts). */
const plainEnv = (env: Env): Record<string, string> =>
  Object.fromEntries(Object.entries(env).filter((pair): pair is [string, string] => pair[1] !== undefined));

const runInfos = (homes: RunHomes): readonly RunInfo[] =>
  homes.list().flatMap((id) => {
    const peek = homes.peek(id, { withLock: false });
    if (!peek) return [];
    const isDead = ({ status }: RunState): boolean =>
      isActive(status) && status !== 'queued' && !isLocked(join(peek.dir, 'lock'));
    const cached = parseRunJson(peek.runJson)?.state;
    // run.json is a cache: what a dead runner left may be older than its log, or be missing.
    const state = cached && !isDead(cached) ? cached : (folded(homes, id) ?? cached);
    return state ? [{ id, dir: peek.dir, state, orphaned: isDead(state) }] : [];
  });

/** The state by the log; undefined where it has no entry or is damaged, which opening the run will tell. */
const folded = (homes: RunHomes, id: string): RunState | undefined => {
  try {
    const entries = homes.entries(id);
    return entries.length > 0 ? foldRunEntries(id, entries) : undefined;
  } catch {
    return undefined;
  }
};

const supervisorFace = (at: {
  files: SupervisorFiles;
  dir: string;
  host: Host;
  around: Surroundings;
}): SupervisorFace => {
  const { files, dir, host, around } = at;
  const logFile = join(dir, 'supervisor.log');
  return {
    logFile,
    enqueue: (run) => files.put({ kind: 'run', run }),
    report: () => files.report(),
    get running() {
      return files.running;
    },
    stop: () => files.put({ kind: 'stop' }),
    scale: (n) => files.put({ kind: 'concurrency', n }),
    ensure: async () => {
      if (files.running) return;
      const env = plainEnv(around.env);
      const since = host.clock.now().toISOString();
      startDetached([...around.self, 'supervisor', 'run'], { logFile, env, cwd: dir });
      for (let waited = 0; waited < SUPERVISOR_WAIT_MS; waited += 100) {
        if (files.running && (files.report()?.at ?? '') >= since) return;
        await host.clock.sleep(100);
      }
      throw new RalphError('bug', 'the supervisor did not come up', { hint: `see ${logFile}` });
    },
  };
};

/** npm scripts stand in the package, whose user stands in INIT_CWD; they have no `ralph` of their own. */
const selfName = ({ env, cwd, self }: Surroundings): string => {
  const script = self.at(-1) ?? 'ralph';
  const isOnPath = (env['PATH'] ?? '')
    .split(delimiter)
    .some((dir) => dir !== '' && existsSync(join(dir, 'ralph')));
  return isOnPath || script.endsWith('/ralph') ? 'ralph' : `node ${relative(env['INIT_CWD'] ?? cwd, script)}`;
};

/** What needs nothing else that is put together here, loaded when it is asked for. */
const onDemand = (env: Env): Pick<App, 'makeDemo' | 'makeDemoFleet' | 'fleetText' | 'containerStore'> => ({
  makeDemo: async () => {
    const { makeDemo } = await import('../adapters/host/demo.ts');
    return makeDemo();
  },
  makeDemoFleet: async () => {
    const { makeDemoFleet } = await import('../adapters/host/demo.ts');
    return makeDemoFleet();
  },
  fleetText: async (fleet) => (await import('../tui/views/fleet-text.ts')).fleetText(fleet),
  containerStore: async (backend) => (await import('./containers.ts')).containerStore(backend, plainEnv(env)),
});

const credentialFace = (
  parts: Omit<Parameters<typeof serveProxy>[0], 'tokens'>,
  tokens: App['tokens'],
): Pick<App, 'tokens' | 'proxy'> => ({
  tokens,
  proxy: async (request) => {
    const gate = await import('./gate.ts');
    return gate.serveProxy({ ...parts, tokens: await tokens() }, request);
  },
});

/** Puts everything together; heavy parts (engine, model clients) come with `engine()` only. */
export const compose = async (around: Surroundings): Promise<App> => {
  const { env, cwd, userFile } = around;
  const settings = await openSettings({ env, cwd, ...(userFile !== undefined && { userFile }) });
  const { host, redact, tokens } = createMachine(env, settings);
  const stateDir = settings.get('state_dir') ?? defaultStateDir(env);
  const github = githubFor(env, settings);
  const auth = authFor(env, github);
  const homes = createRunHomes({
    dir: join(stateDir, 'runs'),
    clock: host.clock,
    redact,
    makeRepo: (dir) => createRunRepo({ dir, env: plainEnv(env), auth }),
  });
  const supervisorDir = join(stateDir, 'supervisor');
  const files = createSupervisorFiles(supervisorDir, host.newId);
  const userFiles = createUserFiles(cwd, env);
  const modelsFile = settings.get('models_file') ?? join(configDir(env), 'models.yaml');
  const app: App = {
    version: host.version,
    selfName: selfName(around),
    settings,
    homes,
    files: userFiles,
    modelsFile,
    supervisor: supervisorFace({ files, dir: supervisorDir, host, around }),
    engine: async () => {
      return (await import('./engine.ts')).createEngine({
        env: plainEnv(env),
        host,
        homes,
        settings,
        userFiles,
        supervisorFiles: files,
        stateDir,
        modelsFile,
        redact,
        auth,
        github: await github(),
        tokens: await tokens(),
        asProvider: around.asProvider ?? ((provider) => provider),
      });
    },
    ...credentialFace({ env, host, settings, auth, stateDir }, tokens),
    runs: () => runInfos(homes),
    replay: (id) => foldRunEntries(id, homes.entries(id)),
    newControl: (order) => createControl(host, order),
    steer: (id, order) =>
      dropAndWait({ host, homes, settle: async () => (await app.engine()).settle(id) }, { id, order }),
    prompt: (name) => host.prompt(name),
    ...onDemand(env),
    hasTerminal: isatty(0) && isatty(1),
    openScreen: async (options) => (await import('./screen.ts')).showScreen(app, options),
    sleep: (ms) => host.clock.sleep(ms),
    now: () => host.clock.now().getTime(),
  };
  return app;
};
