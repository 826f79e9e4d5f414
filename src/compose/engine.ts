import { dirname, isAbsolute, join } from 'node:path';
import { choicesOf, profilesOf } from './choices.ts';
import type { AuthFor } from '../adapters/host/git/address.ts';
import { readEnvFile } from '../adapters/host/env-file.ts';
import { createUserFiles } from '../adapters/host/user-files.ts';
import { createRunRepo } from '../adapters/host/run-repo.ts';
import { cliAgent } from './agents.ts';
import { createModels } from '../adapters/model/create-models.ts';
import { createTurns, SHORT_PROCESSES } from '../adapters/process-limit.ts';
import { sandboxProvider } from '../adapters/sandbox/registry.ts';
import type { GithubAuth } from '../adapters/scm/github/auth.ts';
import { createScm } from '../adapters/scm/registry.ts';
import { scanDiff } from '../adapters/scm/secret-gate.ts';
import { gatesFor } from './gate.ts';
import { storesFor } from './containers.ts';
import { diskBytesSoon } from './disk.ts';
import { createIntake, issuesOf } from './intake.ts';
import { checkScm } from './scm.ts';
import type { EngineFace, LaunchRequest, RunInfo } from '../commands/app.ts';
import { RalphError } from '../domain/error.ts';
import type { Entry, RunId } from '../domain/event.ts';
import { foldRunEntries } from '../domain/run-state.ts';
import { lintTask } from '../domain/spec/lint.ts';
import { createActionsAgent } from '../engine/agent/actions.ts';
import { adoptRun } from '../engine/adopt-run.ts';
import { createRun } from '../engine/create-run.ts';
import { currentDiff } from '../engine/current-diff.ts';
import type { EngineDeps } from '../engine/deps.ts';
import { describeSandbox } from '../engine/describe-sandbox.ts';
import { superviseFleet } from '../engine/fleet/supervise.ts';
import { runToEnd } from '../engine/run.ts';
import { MODELS_FILE } from '../engine/run-context.ts';
import { settleControls } from '../engine/settle.ts';
import { createSteer } from '../engine/steer.ts';
import { destroySandbox } from '../engine/prepare.ts';
import type { Host } from '../ports/host.ts';
import type { RunHome, RunHomes } from '../ports/run-home.ts';
import type { SandboxProvider } from '../ports/sandbox.ts';
import type { ScmProvider } from '../ports/scm.ts';
import type { Settings } from '../ports/settings.ts';
import type { SupervisorFiles } from '../ports/supervisor.ts';
import type { Tokens } from '../ports/tokens.ts';

type Env = Readonly<Record<string, string>>;
export interface Parts {
  readonly env: Env;
  readonly host: Host;
  readonly homes: RunHomes;
  readonly settings: Settings;
  readonly userFiles: ReturnType<typeof createUserFiles>;
  readonly supervisorFiles: SupervisorFiles;
  readonly stateDir: string;
  readonly modelsFile: string;
  readonly redact: (text: string) => string;
  readonly auth: AuthFor;
  readonly github: GithubAuth;
  readonly tokens: Tokens;
  readonly asProvider: (provider: SandboxProvider) => SandboxProvider;
}

const createDeps = (parts: Parts): EngineDeps => {
  const { env, host, homes, stateDir } = parts;
  const stores = storesFor(env);
  return {
    host,
    homes,
    models: (modelsYaml) =>
      createModels({ ...(modelsYaml !== undefined && { modelsYaml }), env, clock: host.clock }),
    provider: async (id) =>
      parts.asProvider(await sandboxProvider(id, { env, registryDir: join(stateDir, 'sandboxes') })),
    agent: (kind, model) => {
      if (kind === 'actions') return createActionsAgent({ model, clock: host.clock, random: Math.random });
      return cliAgent(kind, { models: model, host });
    },
    gates: gatesFor(parts),
    containers: (id) => Promise.resolve(stores(id)),
    envFile: (path) => readEnvFile(path, env),
    scm: (remote) => Promise.resolve(scmFor(parts, remote.url)),
    issues: issuesOf(parts),
    defaults: defaultsOf(parts.settings),
    checks: {
      pollMs: parts.settings.get('checks_poll_s') * 1000,
      limitMs: parts.settings.get('checks_limit_min') * 60_000,
    },
    redact: parts.redact,
    scanDiff: (patch) => scanDiff(patch, host.secrets),
    turn: createTurns(SHORT_PROCESSES),
    random: Math.random,
  };
};

const scmFor = ({ stateDir, env, auth, github }: Parts, url: string): ScmProvider =>
  createScm({ url, recordDir: join(stateDir, 'pulls'), env, auth, github });

const defaultsOf = (settings: Settings): EngineDeps['defaults'] => {
  const fallback = settings.get('fallback_profile');
  const diagnose = settings.get('diagnose_profile');
  return { ...(fallback !== undefined && { fallback }), ...(diagnose !== undefined && { diagnose }) };
};

const open = (homes: RunHomes, id: RunId): RunHome => {
  const home = homes.open(id);
  if (home !== 'locked') return home;
  throw new RalphError('run.locked', `run ${id} is being worked on by another process`, {
    hint: `ralph logs ${id} -f shows it; ralph pause ${id} lets go of it`,
  });
};

const infoOf = (homes: RunHomes, id: RunId, dir: string): RunInfo => ({
  id,
  dir,
  state: foldRunEntries(id, homes.entries(id)),
  orphaned: false,
});

/** Texts of the ignored files that the task names; one that is missing is an error, not a surprise later. */
const copiesOf = (parts: Parts, request: LaunchRequest): ReadonlyMap<string, string> => {
  const copies = new Map<string, string>();
  const root = createUserFiles(request.folder, parts.env).repoRoot ?? request.folder;
  for (const path of lintTask(request.taskText).task?.copy ?? []) {
    const text = parts.userFiles.readText(join(root, path));
    if (text === undefined) throw new RalphError('usage', `copy: ${path} is not in ${root}`);
    copies.set(path, text);
  }
  return copies;
};

/** Relative to the repository of the task file, as `copy:` is. */
const envFileOf = (parts: Parts, request: LaunchRequest): { readonly envFile?: string } => {
  const path = lintTask(request.taskText).task?.sandbox.envFile;
  const root = createUserFiles(request.folder, parts.env).repoRoot ?? request.folder;
  return path === undefined ? {} : { envFile: join(root, path) };
};

/** A scripted profile may name its script relative to the file: the run's copy has the whole path. */
const readModels = (parts: Parts, file: string | undefined): string | undefined => {
  const path = file ?? parts.modelsFile;
  const text = parts.userFiles.readText(path);
  if (text === undefined && file !== undefined)
    throw new RalphError('usage', `there is no models file ${file}`);
  return text?.replace(
    /(litellm_model:\s*["']?scripted\/)([^"'\n]+)/g,
    (_all, head: string, script: string) =>
      isAbsolute(script) ? `${head}${script}` : `${head}${join(dirname(path), script)}`,
  );
};

const create = async (parts: Parts, deps: EngineDeps, request: LaunchRequest): Promise<RunInfo> => {
  const { settings, homes } = parts;
  const backend = settings.get('backend');
  const modelsYaml = readModels(parts, request.modelsFile);
  const repo = createUserFiles(request.folder, parts.env).repoRoot ?? parts.userFiles.repoRoot;
  const home = await createRun(deps, {
    taskText: request.taskText,
    copies: copiesOf(parts, request),
    defaults: {
      profile: settings.get('default_profile'),
      ...(backend && { backend }),
      sandbox: { preset: settings.get('sandbox_preset'), network: settings.get('sandbox_network') },
    },
    ...(request.preset && { preset: request.preset }),
    ...(request.network && { network: request.network }),
    ...envFileOf(parts, request),
    ...(request.backend && { backend: request.backend }),
    ...(request.profile !== undefined && { profile: request.profile }),
    ...(modelsYaml !== undefined && { modelsYaml }),
    ...(repo !== undefined && { repo }),
  });
  home.release();
  return infoOf(homes, home.id, home.dir);
};

const adopt = async (
  parts: Parts,
  deps: EngineDeps,
  wanted: { readonly repo: string; readonly task: string },
) => {
  const modelsYaml = readModels(parts, undefined);
  const home = await adoptRun(deps, { ...wanted, ...(modelsYaml !== undefined && { modelsYaml }) });
  home.release();
  await settle(deps, home.id);
  return infoOf(parts.homes, home.id, home.dir);
};

const runHere = async (
  deps: EngineDeps,
  id: RunId,
  options: { readonly onEntry?: (entry: Entry) => void; readonly signal: AbortSignal },
) => {
  const home = open(deps.homes, id);
  const steer = createSteer();
  const interrupt = () => steer.ask({ kind: 'interrupt', reason: 'interrupted at the terminal' });
  if (options.signal.aborted) interrupt();
  options.signal.addEventListener('abort', interrupt, { once: true });
  const { onEntry } = options;
  const unsubscribe = onEntry ? home.journal.subscribe(onEntry) : () => {};
  try {
    return await runToEnd(deps, home, { mode: 'foreground', steer });
  } finally {
    options.signal.removeEventListener('abort', interrupt);
    unsubscribe();
    home.release();
  }
};

const settle = async (deps: EngineDeps, id: RunId) => {
  const home = deps.homes.open(id);
  if (home === 'locked') return 'locked' as const;
  try {
    return await settleControls(deps, home, createSteer());
  } finally {
    home.release();
  }
};

const removeRun = async (deps: EngineDeps, id: RunId): Promise<void> => {
  const home = open(deps.homes, id);
  try {
    await destroySandbox(deps, home);
  } finally {
    home.release();
  }
  deps.homes.remove(id);
};

/** The repository of a run whose lock somebody else may hold: for reading only. */
const repoOf = ({ homes, env }: Parts, id: RunId) =>
  createRunRepo({ dir: join(homes.dir, id, 'repo.git'), env });

/** The engine with real adapters; imported only by commands that need it. */
export const createEngine = (parts: Parts): EngineFace => {
  const deps = createDeps(parts);
  return {
    profiles: async (run) => {
      const file = run === undefined ? readModels(parts, undefined) : parts.homes.readState(run, MODELS_FILE);
      return profilesOf(await deps.models(file));
    },
    choices: () => choicesOf(deps, readModels(parts, undefined)),
    createRun: (request) => create(parts, deps, request),
    runHere: (id, options) => runHere(deps, id, options),
    adopt: (wanted) => adopt(parts, deps, wanted),
    settle: (id) => settle(deps, id),
    supervise: (options) =>
      superviseFleet(deps, parts.supervisorFiles, { ...options, rssBytes: () => process.memoryUsage.rss() }),
    removeRun: (id) => removeRun(deps, id),
    doctor: async () => (await import('./doctor.ts')).doctor(parts, deps),
    selftest: async (request, onCheck) => {
      const { composeSelftest } = await import('./selftest.ts');
      return composeSelftest({ ...parts, deps, modelsYaml: readModels(parts, undefined) }, request, onCheck);
    },
    checkScm: (repo) => {
      const { settings, userFiles } = parts;
      const provider = (url: string): ScmProvider => scmFor(parts, url);
      return checkScm({ repo, files: userFiles }, { settings, provider });
    },
    currentDiff: (id) => currentDiff(deps, { id, repo: repoOf(parts, id) }),
    describeSandbox: (id) => describeSandbox(deps, id, diskBytesSoon),
    intake: createIntake({
      ...parts,
      deps,
      files: parts.userFiles,
      create: (request) => create(parts, deps, request),
      settle: (id) => settle(deps, id),
    }),
  };
};
