import { listRuns, peekAt } from '../adapters/host/run-list.ts';
import type { RunInfo } from '../commands/app.ts';
import { NO_RUNS, runTable } from '../commands/run-table.ts';
import { isConfigured, plainRunsDir, type Env } from './plain.ts';
import { isActive } from '../domain/run-status.ts';
import { parseRunJson } from '../engine/run-json.ts';

const infoOf = (dir: string, id: string): RunInfo | undefined => {
  const peek = peekAt(dir, id, () => false);
  const state = parseRunJson(peek?.runJson)?.state;
  // A run that may have lost its runner, or its cache, takes a closer look.
  if (!peek || !state || (isActive(state.status) && state.status !== 'queued')) return undefined;
  return { id, dir: peek.dir, state, orphaned: false };
};

/** What cannot be read is told by the whole program. */
const idsIn = (dir: string): readonly string[] => {
  try {
    return listRuns(dir);
  } catch {
    return [''];
  }
};

/**
 * `ralph ls` as it is asked for most, by scripts every few seconds: the same list and table, without the settings, the
 * schemas and the engine that nobody needs for it. Undefined when it takes the whole program.
 */
export const plainList = (env: Env, width: number | undefined): string | undefined => {
  if (isConfigured(env, ['state_dir'])) return undefined;
  const dir = plainRunsDir(env);
  const runs: RunInfo[] = [];
  for (const id of idsIn(dir)) {
    const info = infoOf(dir, id);
    if (info === undefined) return undefined;
    runs.push(info);
  }
  return `${(runs.length === 0 ? [NO_RUNS] : runTable(runs, { now: Date.now(), width })).join('\n')}\n`;
};
