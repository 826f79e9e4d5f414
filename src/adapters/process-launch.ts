import { spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import type { Exit } from '../domain/exit.ts';

// Not execa: it holds on to its children and their streams; these two are handed over whole.

/** Hands our terminal to a program (an editor) until it ends. */
export const execTerminal = (argv: readonly [string, ...string[]]): Promise<Exit> => {
  const [file, ...args] = argv;
  return new Promise((resolve) => {
    const child = spawn(file, args, { stdio: 'inherit' });
    child.on('error', () => resolve({ kind: 'code', code: 127 }));
    child.on('close', (code, signal) =>
      resolve(code === null ? { kind: 'signal', signal: signal ?? 'unknown' } : { kind: 'code', code }),
    );
  });
};

/** Starts a process that outlives us, in a session of its own; both its streams go to `logFile`. */
export const startDetached = (
  argv: readonly [string, ...string[]],
  options: { readonly logFile: string; readonly env: Readonly<Record<string, string>>; readonly cwd: string },
): void => {
  const [file, ...args] = argv;
  const log = openSync(options.logFile, 'a', 0o600);
  const child = spawn(file, args, {
    detached: true,
    stdio: ['ignore', log, log],
    env: { ...options.env },
    cwd: options.cwd,
  });
  child.on('error', () => {});
  child.unref();
  closeSync(log);
};
