import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { ratioRow, type Bench } from './row.ts';

/** The built program, as it is installed. */
export const builtMain = join(import.meta.dirname, '../../dist/main.js');

export const needBuild = (): void => {
  if (!existsSync(builtMain)) throw new Error('dist/main.js is missing: npm run build makes it');
};

const plain = { PATH: process.env['PATH'] ?? '', HOME: process.env['HOME'] ?? '/' };

/** Wall time of one process from its start to its end, in ms. Throws when it fails. */
export const timeOf = (args: readonly string[], env: Readonly<Record<string, string>> = plain): number => {
  const started = performance.now();
  const { status, stderr } = spawnSync(process.execPath, args, { env, maxBuffer: 64 * 2 ** 20 });
  const ms = performance.now() - started;
  if (status === 0) return ms;
  throw new Error(`node ${args.join(' ')} ended with ${status}: ${stderr.toString()}`);
};

export const benchStart: Bench = ({ quick }) => {
  needBuild();
  const times = { floor: [] as number[], version: [] as number[], help: [] as number[] };
  for (let round = quick ? -1 : -3; round < (quick ? 7 : 40); round += 1) {
    const floor = timeOf(['-e', '0']);
    const version = timeOf([builtMain, '--version']);
    const help = timeOf([builtMain, '--help']);
    // The first rounds fill the caches.
    if (round < 0) continue;
    times.floor.push(floor);
    times.version.push(version);
    times.help.push(help);
  }
  const { floor, version, help } = times;
  return Promise.resolve([
    ratioRow({ what: 'ralph --version against node -e 0', floor, ours: version, most: 1.3 }),
    ratioRow({ what: 'ralph --help against node -e 0', floor, ours: help, most: 2 }),
  ]);
};
