import type { BackendId } from '../domain/backend.ts';
import { branchName } from '../domain/branch-name.ts';
import type { NetworkMode } from '../domain/network.ts';
import type { Preset, SandboxChoice } from '../domain/sandbox-choice.ts';
import { classicFacts } from '../domain/classic-state.ts';
import { RalphError } from '../domain/error.ts';
import { lintTask } from '../domain/spec/lint.ts';
import type { TaskSpec } from '../domain/spec/task.ts';
import type { Agent } from '../ports/agent.ts';
import type { ModelPort } from '../ports/model.ts';
import type { RunHome } from '../ports/run-home.ts';
import type { EngineDeps } from './deps.ts';
import { foldRunEntries } from '../domain/run-state.ts';
import { MODELS_FILE } from './run-context.ts';
import { SCHEMA } from '../domain/schema-mark.ts';
import { runsByBranch } from './runs-by-branch.ts';
import { checkSafety, type SafetyPlace } from './safety.ts';
import { checkWishes, pickImage } from './sandbox-spec.ts';

export interface NewRun {
  readonly taskText: string;
  /** Said on the command line; wins over the task file. */
  readonly backend?: BackendId;
  readonly profile?: string;
  readonly preset?: Preset;
  readonly network?: NetworkMode;
  /** Absolute path of the env file that the task names. */
  readonly envFile?: string;
  /** The repository one stands in, for a task file without `repo_url`. */
  readonly repo?: string;
  /** Settings for what neither the command line nor the task file says. */
  readonly defaults: {
    readonly backend?: BackendId;
    readonly profile: string;
    readonly sandbox: SandboxChoice['defaults'];
  };
  /** Text of the models.yaml to use; undefined for the built-in profiles. */
  readonly modelsYaml?: string;
  /** Texts of the ignored files that `copy:` names. */
  readonly copies: ReadonlyMap<string, string>;
}

const lint = (text: string): TaskSpec => {
  const { task, findings } = lintTask(text);
  if (task) return task;
  const errors = findings.filter((f) => f.level === 'error');
  const lines = errors.map((f) => `  line ${f.line}: ${f.message}\n    fix: ${f.fix}`);
  throw new RalphError(
    'spec.invalid',
    `the task file has ${errors.length} problem(s):\n${lines.join('\n')}`,
    {
      hint: 'ralph lint shows them too; nothing was started',
    },
  );
};

/** The local backend is no sandbox: only who says so gets it, a setting is not enough. */
const backendOf = (request: NewRun, task: TaskSpec): BackendId => {
  const said = request.backend ?? task.sandboxProvider;
  if (said !== undefined) return said;
  const { backend } = request.defaults;
  if (backend !== undefined && backend !== 'local') return backend;
  throw new RalphError('usage', 'no sandbox is named, and a run never starts on your own machine by itself', {
    hint: 'say --backend local (no isolation) or sandbox_provider: in the task file',
  });
};

const checkBackend = async (
  deps: EngineDeps,
  backend: BackendId,
): Promise<Pick<SafetyPlace, 'isolated' | 'findings'>> => {
  const provider = await deps.provider(backend);
  const findings = await provider.check();
  const failed = findings.find((f) => f.level === 'fail');
  if (failed) {
    const hint = failed.hint ?? 'ralph doctor tells more';
    throw new RalphError('sandbox.unavailable', `${backend}: ${failed.what}`, { hint });
  }
  return { isolated: provider.traits.isolated, findings };
};

/** Checks all that can be known of the sandbox before a run is made; undefined where there is no isolation. */
const chooseSandbox = async (
  deps: EngineDeps,
  request: NewRun,
  place: Pick<Place, 'task' | 'backend' | 'isolated'>,
): Promise<SandboxChoice | undefined> => {
  const { preset, network, envFile } = request;
  const said = { ...(preset && { preset }), ...(network && { network }) };
  checkWishes(place.task, said, place);
  if (!place.isolated) return undefined;
  await pickImage(deps, place.backend, place.task.sandboxImage);
  if (envFile !== undefined) deps.host.learnSecrets((await deps.envFile(envFile)).secrets);
  return { ...said, defaults: request.defaults.sandbox, ...(envFile !== undefined && { envFile }) };
};

/** What of the checklist is worth a word in the log; what fails has thrown before. */
const warnings = async (deps: EngineDeps, place: SafetyPlace): Promise<readonly string[]> =>
  (await checkSafety(deps, place))
    .filter((f) => f.level === 'warn')
    .map(({ what, hint }) => `${what} (${hint})`);

/** A USD budget that cannot be measured is no budget: such a run does not start (reliability.md, Models). */
const checkProfile = (
  { models, agent, task }: { models: ModelPort; agent: Agent; task: TaskSpec },
  name: string,
): void => {
  const info = models.profiles.find((p) => p.name === name);
  if (!info) {
    const known = models.profiles.map((p) => p.name).join(', ');
    throw new RalphError('config', `there is no model profile ${name}`, {
      hint: `models.yaml has: ${known}`,
    });
  }
  // An agent that calls the model itself gets its credential from the gate, which says when there is none.
  const problem = task.agent === 'actions' ? models.check(name)[0] : agent.problem?.(name);
  if (problem)
    throw new RalphError('config', problem.message, {
      hint: `${problem.hint}; or take another profile (--profile) or another endpoint: \`ralph models\` names the file`,
    });
  if (!info.priced && task.budgets.maxTokensTotal === undefined) {
    throw new RalphError(
      'config',
      `the price of ${info.model} is not known, so max_cost_usd_estimate cannot stop the run`,
      {
        hint: `set max_tokens_total in the task file, or prices for ${name} in models.yaml`,
      },
    );
  }
};

/** A forge that will take no push is told of before any money is spent; one that is busy or away is not in the way. */
const checkCredential = async (deps: EngineDeps, url: string): Promise<void> => {
  const scm = await deps.scm({ url });
  if (scm.id === 'local') return;
  try {
    await scm.validateAuth();
  } catch (error) {
    if (!(error instanceof RalphError) || error.code === 'scm.auth' || error.code === 'config') throw error;
  }
};

const newHome = (deps: EngineDeps): RunHome => {
  for (;;) {
    const id = deps.host.newId();
    if (!deps.homes.list().includes(id)) return deps.homes.create(id);
  }
};

const starters = ['guardrails', 'progress', 'notes', 'diagnostics'] as const;

const writeFiles = (deps: EngineDeps, home: RunHome, request: NewRun): void => {
  home.writeTask(request.taskText);
  for (const name of starters) home.state.write(`${name}.md`, deps.host.prompt(`starters/${name}`));
  home.state.write('errors.log', '');
  if (request.modelsYaml !== undefined) home.state.write(MODELS_FILE, request.modelsYaml);
  for (const [path, text] of request.copies) home.state.write(`copy/${path}`, text);
};

interface Place {
  readonly task: TaskSpec;
  readonly backend: BackendId;
  readonly isolated: boolean;
  readonly profile: string;
  readonly repo: string;
  readonly sandbox: SandboxChoice | undefined;
}

const fill = async (deps: EngineDeps, home: RunHome, place: Place): Promise<void> => {
  const { task, repo } = place;
  await home.repo.init();
  const base = await home.repo.fetchBase({ url: repo }, task.baseBranch);
  const remote = await home.repo.remoteBranches(
    { url: repo },
    `${task.targetBranchPrefix}${task.targetBranchSlug}`,
  );
  const local = runsByBranch(deps, repo);
  const stackedOn = local.get(base.branch);
  const branch = branchName(task, (name) => remote.includes(name) || local.has(name));
  await home.repo.updateRef(`refs/heads/${branch}`, base.sha, undefined);
  const classic = classicFacts(task.classic);
  home.journal.append(
    {
      type: 'run.created',
      task: task.taskId,
      title: task.title,
      repo,
      baseBranch: base.branch,
      baseSha: base.sha,
      branch,
      backend: place.backend,
      isolated: place.isolated,
      agent: task.agent,
      profile: place.profile,
      steering: task.steeringMode,
      budgets: task.budgets,
      boxes: task.boxes.map(({ id, text }) => ({ id, text })),
      ...(place.sandbox && { sandbox: place.sandbox }),
      ...(classic && { classic }),
      ...(task.issue !== undefined && { issue: task.issue }),
      ...(stackedOn !== undefined && { stackedOn }),
    },
    { sync: true },
  );
};

/**
 * Makes a run: lints the task, checks backend, model and price, fetches the base, chooses the branch, writes the home.
 * Throws RalphError with nothing left behind. The home comes back locked; its status is `queued`.
 */
export const createRun = async (deps: EngineDeps, request: NewRun): Promise<RunHome> => {
  const task = lint(request.taskText);
  const backend = backendOf(request, task);
  const models = await deps.models(request.modelsYaml);
  const agent = deps.agent(task.agent, models);
  const profile = request.profile ?? task.modelProfileDefault ?? request.defaults.profile;
  checkProfile({ models, agent, task }, profile);
  const repo = task.repoUrl ?? request.repo;
  if (repo === undefined) {
    throw new RalphError(
      'usage',
      'no repository: the task file has no repo_url and this folder is not in one',
      {
        hint: 'set repo_url, or go into a git repository',
      },
    );
  }
  const { isolated, findings } = await checkBackend(deps, backend);
  const sandbox = await chooseSandbox(deps, request, { task, backend, isolated });
  const unwise = sandbox
    ? await warnings(deps, { task, backend, isolated, hasGit: true, choice: sandbox, findings })
    : [];
  await checkCredential(deps, repo);
  const home = newHome(deps);
  try {
    writeFiles(deps, home, request);
    await fill(deps, home, { task, backend, isolated, profile, repo, sandbox });
    for (const text of unwise) home.journal.append({ type: 'warning', about: 'safety', text });
    // The boxes that come ticked were never verified by us: the log starts with all of them open.
    const state = foldRunEntries(home.id, [...deps.homes.entries(home.id)]);
    home.state.write('run.json', JSON.stringify({ schema: SCHEMA, owner: 'none', state }));
    return home;
  } catch (error) {
    home.release();
    deps.homes.remove(home.id);
    throw error;
  }
};
