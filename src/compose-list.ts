import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { listRuns, peekAt } from './adapters/host/run-list.ts';
import type { RunInfo } from './commands/app.ts';
import { NO_RUNS, runTable } from './commands/run-table.ts';
import { isActive } from './domain/run-status.ts';
import { parseRunJson } from './engine/run-json.ts';

type Env = Readonly<Record<string, string | undefined>>;

/** As the settings have it where nothing is set: an XDG folder counts only when it is absolute. */
const xdg = (env: Env, name: string, standard: string): string =>
  env[name]?.startsWith('/') ? env[name] : join(env['HOME'] || homedir(), standard);

/** Whether a setting, or a file that may hold one, could name another folder of runs. */
const isConfigured = (env: Env): boolean =>
  env['RALPH_STATE_DIR'] !== undefined ||
  existsSync(join(xdg(env, 'XDG_CONFIG_HOME', '.config'), 'ralph/config.json'));

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
  if (isConfigured(env)) return undefined;
  const dir = join(xdg(env, 'XDG_STATE_HOME', '.local/state'), 'ralph/runs');
  const runs: RunInfo[] = [];
  for (const id of idsIn(dir)) {
    const info = infoOf(dir, id);
    if (info === undefined) return undefined;
    runs.push(info);
  }
  return `${(runs.length === 0 ? [NO_RUNS] : runTable(runs, width)).join('\n')}\n`;
};
