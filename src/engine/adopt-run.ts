import { RalphError } from '../domain/error.ts';
import { foldRunEntries, type RunState } from '../domain/run-state.ts';
import { isActive } from '../domain/run-status.ts';
import type { HomeSeed, RunHome } from '../ports/run-home.ts';
import type { Remote } from '../ports/run-repo.ts';
import type { EngineDeps } from './deps.ts';
import { MODELS_FILE } from './run-context.ts';
import { SCHEMA } from '../domain/schema-mark.ts';
import { parseRunJson, type RunJson } from './run-json.ts';
import { LOG_PARTS, stateName, stateRef } from './state-ref.ts';

export interface Adoption {
  /** Where the run pushed to. */
  readonly repo: string;
  /** Name of the state ref: the task id, with `-v2` and so on for a rerun. */
  readonly task: string;
  readonly modelsYaml?: string;
}
interface Saved {
  readonly sha: string;
  readonly json: RunJson;
  readonly seed: Map<string, string>;
}

const notThere = (adoption: Adoption): RalphError =>
  new RalphError('run.not-found', `${adoption.repo} has no ${stateRef(adoption.task)}`, {
    hint: 'the run pushed no state (state: { push: false }), or the task id is another one',
  });

const broken = (task: string): RalphError =>
  new RalphError('run.damaged', `${stateRef(task)} holds no state of a run`, {
    hint: 'somebody else may have pushed it',
  });

const jsonOf = (text: string | undefined): RunJson | undefined => {
  try {
    return text === undefined ? undefined : parseRunJson(JSON.parse(text));
  } catch {
    return undefined;
  }
};

/** Reads the state ref through a home that exists only for that. */
const fetchState = async (deps: EngineDeps, adoption: Adoption): Promise<Saved> => {
  const scratch = deps.homes.create(`adopt-${deps.host.newId()}`);
  try {
    await scratch.repo.init();
    const sha = await scratch.repo.fetchRef({ url: adoption.repo }, stateRef(adoption.task));
    if (sha === undefined) throw notThere(adoption);
    const files = await scratch.repo.readTree(sha);
    const json = jsonOf(files.get('.ralph/run.json'));
    if (!json) throw broken(adoption.task);
    const parts = [...files.keys()].filter((path) => path.startsWith(LOG_PARTS)).toSorted();
    const log = parts.map((path) => files.get(path) ?? '').join('');
    const kept = [...files].filter(([path]) => !path.startsWith(LOG_PARTS) && path !== '.ralph/run.json');
    const seed = new Map([...kept, ['.ralph/activity.log', log] as const]);
    return { sha, json, seed };
  } finally {
    scratch.release();
    deps.homes.remove(scratch.id);
  }
};

const plantRunJson = (saved: Saved): HomeSeed => {
  const stateRefMark = { pushedSha: saved.sha };
  const json: RunJson = { schema: SCHEMA, owner: 'none', stateRef: stateRefMark, state: saved.json.state };
  return new Map([...saved.seed, ['.ralph/run.json', JSON.stringify(json)]]);
};

/** The branch, as far as the remote has it, and the state ref go into the new home's repository. */
const fetchWork = async (
  home: RunHome,
  remote: Remote,
  at: { readonly state: RunState; readonly stateSha: string },
): Promise<void> => {
  const { state, stateSha } = at;
  await home.repo.init();
  await home.repo.fetchBase(remote, state.baseBranch);
  const pushed = await home.repo.fetchRef(remote, `refs/heads/${state.branch}`);
  await home.repo.fetchRef(remote, stateRef(stateName(state)));
  const head = state.headSha ?? state.baseSha;
  // A machine that dies between its two pushes leaves the branch ahead of the state, by what the resume does again.
  const isThere = pushed !== undefined && (await home.repo.isAncestor(head, pushed));
  if (head !== state.baseSha && !isThere) {
    throw new RalphError(
      'run.damaged',
      `the remote's ${state.branch} is at ${pushed ?? 'nothing'}, the saved state at ${head}`,
      {
        hint: 'the last push did not go out, or somebody moved the branch',
      },
    );
  }
  await ensureRef(home, `refs/heads/${state.branch}`, head);
  await ensureRef(home, stateRef(stateName(state)), stateSha);
};

/** A fetch may have brought the ref already. */
const ensureRef = async (home: RunHome, ref: string, sha: string): Promise<void> => {
  const at = await home.repo.readRef(ref);
  if (at !== sha) await home.repo.updateRef(ref, sha, at);
};

/**
 * Makes the home of a run again from `refs/ralph/<task_id>` of its remote, on a machine that never had it or has lost
 * it (state.md, State ref). The log is checked line by line. The home comes back locked, the run paused for a human.
 */
export const adoptRun = async (deps: EngineDeps, adoption: Adoption): Promise<RunHome> => {
  const saved = await fetchState(deps, adoption);
  const { id } = saved.json.state;
  if (stateName(saved.json.state) !== adoption.task) throw broken(adoption.task);
  const home = deps.homes.create(id, plantRunJson(saved));
  try {
    const state = foldRunEntries(id, home.journal.replayed);
    await fetchWork(home, { url: adoption.repo }, { state, stateSha: saved.sha });
    if (adoption.modelsYaml !== undefined) home.state.write(MODELS_FILE, adoption.modelsYaml);
    const detail = `from ${stateRef(adoption.task)} at ${saved.sha.slice(0, 12)}, after iteration ${state.committed}`;
    home.journal.append({ type: 'run.recovered', how: 'adopted', detail }, { sync: true });
    if (isActive(state.status)) {
      home.journal.append(
        { type: 'run.status', status: 'paused', reason: 'human', detail: 'adopted' },
        { sync: true },
      );
    }
    return home;
  } catch (error) {
    home.release();
    deps.homes.remove(id);
    throw error;
  }
};
