import type { RunId } from '../domain/event.ts';
import type { EngineDeps } from './deps.ts';
import { parseRunJson } from './run-json.ts';

/** The runs of this machine on a repository, by the branch that each works on. Reads every run.json. */
export const runsByBranch = (deps: EngineDeps, repo: string): ReadonlyMap<string, RunId> => {
  const runs = new Map<string, RunId>();
  for (const id of deps.homes.list()) {
    const state = parseRunJson(deps.homes.peek(id, { withLock: false })?.runJson)?.state;
    if (state?.repo === repo) runs.set(state.branch, id);
  }
  return runs;
};
