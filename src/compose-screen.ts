import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createFleetFollower } from './adapters/host/fleet-follower.ts';
import { isLocked } from './adapters/host/lock.ts';
import { readBack } from './adapters/host/log-tail.ts';
import type { App, RunInfo } from './commands/app.ts';
import type { Command } from './commands/define.ts';
import { commands } from './commands/registry.ts';
import { screenCommands } from './commands/screen.ts';
import type { PaletteLine, ScreenFace } from './commands/screen-face.ts';
import { RalphError } from './domain/error.ts';
import { blankRun } from './domain/run-state.ts';
import { parseRunJson } from './engine/run-json.ts';

/** What the command line knows of its own lines. */
export interface PaletteReader {
  read(line: string): PaletteLine;
  complete(line: string): readonly string[];
}

/** A run by its cache: what the cache lacks comes from the log a moment later. */
const infoOf = (app: App, id: string): RunInfo | undefined => {
  const peek = app.homes.peek(id, { withLock: false });
  if (peek === undefined) return undefined;
  const state = parseRunJson(peek.runJson)?.state ?? blankRun(id);
  return { id, dir: peek.dir, state, orphaned: false };
};

const exportText = (cwd: string, name: string, text: string): string => {
  const path = join(cwd, name.replace(/[^A-Za-z0-9._-]/g, '-'));
  if (existsSync(path))
    throw new RalphError('usage', `${path} exists already`, { hint: 'move it away first' });
  try {
    writeFileSync(path, text, { flag: 'wx', mode: 0o600 });
  } catch (error) {
    throw new RalphError('disk', `cannot write ${path}`, { cause: error });
  }
  return path;
};

/** Puts the screen's face together. */
export const composeScreen = (app: App, palette: PaletteReader): ScreenFace => {
  const { homes } = app;
  const logOf = (id: string): string => join(homes.dir, id, '.ralph', 'activity.log');
  const all: readonly Command[] = [...commands, ...screenCommands];
  return {
    app,
    commands: all,
    list: () => homes.list().flatMap((id) => infoOf(app, id) ?? []),
    isLocked: (id) => isLocked(join(homes.dir, id, 'lock')),
    follow: (sink) => createFleetFollower(homes.dir, sink),
    logBack: (id, options) => readBack(logOf(id), options),
    supervisor: () => ({ running: app.supervisor.running, report: app.supervisor.report() }),
    slowText: async () => Promise.resolve(undefined),
    readPalette: (line) => palette.read(line),
    completePalette: (line) => palette.complete(line),
    now: () => Date.now(),
    profiles: async () => (await app.engine()).profiles(),
    exportText: (name, text) => exportText(app.files.cwd, name, text),
  };
};

/** `ralph` without a command: the whole of it. */
export const openScreen = async (argv: readonly string[]): Promise<number> => {
  const { compose } = await import('./compose.ts');
  const app = await compose({
    env: process.env,
    cwd: process.cwd(),
    self: [process.execPath, process.argv[1]!],
  });
  const { launchScreen } = await import('./tui/launch.tsx');
  const face = composeScreen(app, {
    read: () => ({ kind: 'help', text: '' }),
    complete: () => [],
  });
  return launchScreen(
    face,
    { inline: argv.includes('--inline'), readOnly: argv.includes('--read-only'), filter: '' },
    { theme: process.env['NO_COLOR'] ? 'none' : 'dark', keys: {}, incremental: false },
  );
};
