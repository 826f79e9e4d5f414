import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

export type Env = Readonly<Record<string, string | undefined>>;

/** As the settings have it where nothing is set: an XDG folder counts only when it is absolute. */
const xdg = (env: Env, name: string, standard: string): string =>
  env[name]?.startsWith('/') ? env[name] : join(env['HOME'] || homedir(), standard);

/** Whether one of these settings, or a file that may hold one, could say otherwise; those of a project never do. */
export const isConfigured = (env: Env, settings: readonly string[]): boolean =>
  settings.some((name) => env[`RALPH_${name.toUpperCase()}`] !== undefined) ||
  existsSync(join(xdg(env, 'XDG_CONFIG_HOME', '.config'), 'ralph/config.json'));

/** The folder of runs where nothing is configured. */
export const plainRunsDir = (env: Env): string =>
  join(xdg(env, 'XDG_STATE_HOME', '.local/state'), 'ralph/runs');
