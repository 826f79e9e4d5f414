import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { constants } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const USAGE = 2;
const MOST_LEVELS = 4;

/** The Node that `npm ci` put beside the package; undefined where there is none. */
const ownNode = (): string | undefined => {
  let dir = dirname(fileURLToPath(import.meta.url));
  for (let level = 0; level < MOST_LEVELS; level += 1) {
    const path = join(dir, 'node_modules/node/bin/node');
    if (existsSync(path)) return path;
    dir = dirname(dir);
  }
  return undefined;
};

/**
 * Runs this program again under the newer Node of its own folder; gives back the exit code. Says what is needed where
 * there is none. Ctrl-C reaches the child by itself, as one of the terminal's group; SIGTERM is passed on.
 */
export const onOwnNode = (argv: readonly string[]): Promise<number> => {
  const node = ownNode();
  if (node === undefined) {
    process.stderr.write(
      `ralph: it needs Node 22.19 or newer, and this is ${process.versions.node}\n` +
        'Put a newer node first on your PATH; in a clone of ralph, `npm ci` brings one along.\n',
    );
    return Promise.resolve(USAGE);
  }
  return new Promise((ended) => {
    const child = spawn(node, [process.argv[1]!, ...argv], { stdio: 'inherit' });
    process.on('SIGINT', () => {});
    process.on('SIGHUP', () => {});
    process.on('SIGTERM', () => child.kill('SIGTERM'));
    child.on('error', () => ended(1));
    child.on('close', (code, signal) => ended(code ?? 128 + (signal ? constants.signals[signal] : 1)));
  });
};
