import { existsSync, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { createFleetFollower } from '../adapters/host/fleet-follower.ts';
import { isLocked } from '../adapters/host/lock.ts';
import { offsetOf, readBack } from '../adapters/host/log-tail.ts';
import { createPalette } from '../cli/palette.ts';
import { authSource } from './auth-source.ts';
import { findTaskFiles } from './task-files.ts';
import type { App, RunInfo } from '../commands/app.ts';
import type { Command } from '../commands/define.ts';
import { commands } from '../commands/registry.ts';
import { screenCommands } from '../commands/screen.ts';
import type { ScreenFace, ScreenOptions } from '../commands/screen-face.ts';
import { writeCurrentDiff } from '../domain/current-diff.ts';
import { compose } from './compose.ts';
import { RalphError } from '../domain/error.ts';
import { blankRun } from '../domain/run-state.ts';
import { parseRunJson } from '../engine/run-json.ts';
import { launchScreen } from '../tui/launch.tsx';
import { isSimpleTerminal, launchSettings } from '../tui/launch-settings.ts';
import type { TerminalSeat } from '../tui/terminal-seat.ts';

/** A run by its cache: what the cache lacks comes from the log a moment later. */
const infoOf = (app: App, id: string): RunInfo | undefined => {
  const peek = app.homes.peek(id, { withLock: false });
  if (peek === undefined) return undefined;
  const state = parseRunJson(peek.runJson)?.state ?? blankRun(id);
  return { id, dir: peek.dir, state, orphaned: false };
};

const newPath = (cwd: string, name: string): string => {
  const path = join(cwd, name.replace(/[^A-Za-z0-9._-]/g, '-'));
  if (existsSync(path))
    throw new RalphError('usage', `${path} exists already`, { hint: 'move it away first' });
  return path;
};

const exportText = (cwd: string, name: string, text: string): string => {
  const path = newPath(cwd, name);
  try {
    writeFileSync(path, text, { flag: 'wx', mode: 0o600 });
  } catch (error) {
    throw new RalphError('disk', `cannot write ${path}`, { cause: error });
  }
  return path;
};

const exportParts = async (cwd: string, name: string, parts: Iterable<string>): Promise<string> => {
  const path = newPath(cwd, name);
  try {
    const file = await open(path, 'wx', 0o600);
    try {
      // Frames are drawn between two parts.
      for (const part of parts) await file.writeFile(part);
    } finally {
      await file.close();
    }
  } catch (error) {
    throw new RalphError('disk', `cannot write ${path}`, { cause: error });
  }
  return path;
};

const currentDiffText = async (app: App, id: string): Promise<string> => {
  try {
    return writeCurrentDiff(await (await app.engine()).currentDiff(id));
  } catch (error) {
    return writeCurrentDiff({ kind: 'none', why: error instanceof Error ? error.message : String(error) });
  }
};

const LOOK_AGAIN_MS = 3_000;

/** Looks at a sandbox not more often than that: a busy run gives a reason to many times a second. */
const createSandboxLook = (app: App): ((id: string) => Promise<string | undefined>) => {
  let last = { id: '', at: 0 };
  return async (id) => {
    const wait = last.id === id ? last.at + LOOK_AGAIN_MS - Date.now() : 0;
    if (wait > 0) await app.sleep(wait);
    last = { id, at: Date.now() };
    return sandboxText(app, id);
  };
};

const sandboxText = async (app: App, id: string): Promise<string | undefined> => {
  try {
    return JSON.stringify(await (await app.engine()).describeSandbox(id));
  } catch (error) {
    return JSON.stringify({ problem: error instanceof Error ? error.message : String(error) });
  }
};

/** The text itself is read, and its problem told, by who shows it. */
const taskOf = (app: App, id: string): string => {
  try {
    return app.homes.readTask(id) ?? '';
  } catch {
    return '';
  }
};

/** The linter is not loaded before somebody looks at a task: reading YAML costs more than the first frame. */
const lintText = async (app: App, id: string): Promise<string> => {
  const { lintTask } = await import('../domain/spec/lint.ts');
  const { findings, task } = lintTask(taskOf(app, id));
  const fallback = task?.modelProfileFallback ?? app.settings.get('fallback_profile');
  return JSON.stringify({
    findings,
    ...(fallback !== undefined && { fallback }),
    ...(task && { testCommand: task.testCommand, verifyCommands: task.verifyCommands }),
  });
};

const createSlowTexts = (app: App): ScreenFace['slowText'] => {
  const lookAtSandbox = createSandboxLook(app);
  return async (id, path) => {
    if (path === '@current-diff') return currentDiffText(app, id);
    if (path === '@sandbox') return lookAtSandbox(id);
    return path === '@lint' ? lintText(app, id) : undefined;
  };
};

/** Puts the screen's face together. */
export const composeScreen = (app: App): ScreenFace => {
  const { homes } = app;
  const logOf = (id: string): string => join(homes.dir, id, '.ralph', 'activity.log');
  const all: readonly Command[] = [...commands, ...screenCommands];
  const palette = createPalette({ commands: all, version: app.version });
  const { cwd, repoRoot } = app.files;
  return {
    app,
    commands: all,
    ids: () => homes.list(),
    info: (id) => infoOf(app, id),
    isLocked: (id) => isLocked(join(homes.dir, id, 'lock')),
    follow: (sink) => createFleetFollower(homes.dir, sink),
    logBack: (id, options) => readBack(logOf(id), options),
    logOffset: (id, place) => offsetOf(logOf(id), place),
    supervisor: () => ({ running: app.supervisor.running, report: app.supervisor.report() }),
    slowText: createSlowTexts(app),
    readPalette: palette.read,
    completePalette: palette.complete,
    taskFiles: () => findTaskFiles(repoRoot ?? cwd, cwd),
    authSource: (repo) =>
      authSource(repo ?? repoRoot, { env: process.env, appId: app.settings.get('github_app_id') }),
    now: () => Date.now(),
    profiles: async (run) => (await app.engine()).profiles(run),
    exportText: (name, text) => exportText(app.files.cwd, name, text),
    exportParts: (name, parts) => exportParts(app.files.cwd, name, parts),
  };
};

/** The screen of this app on this terminal until it is closed; resolves with an exit code. */
export const showScreen = async (
  app: App,
  options: ScreenOptions & { readonly seat?: TerminalSeat },
): Promise<number> => {
  const face = composeScreen(app);
  const { env } = process;
  const inline = options.inline || isSimpleTerminal(env);
  return launchScreen(face, { ...options, inline }, launchSettings(app.settings, env, options.theme));
};

/** The whole screen, for a seat that shows its first frame already, or for a terminal that shows nothing yet. */
export const openWhole = async (seat: TerminalSeat | undefined): Promise<number> => {
  const app = await compose({
    env: process.env,
    cwd: process.cwd(),
    self: [process.execPath, process.argv[1]!],
  });
  return showScreen(app, { inline: false, readOnly: false, filter: '', ...(seat && { seat }) });
};
