import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeGrowingHome } from './screen-homes.ts';

export interface Fleet {
  readonly env: Readonly<Record<string, string>>;
  readonly runs: number;
  readonly dir: string;
  destroy(): void;
}
/** A made fleet in a folder of its own, with the environment that shows it. */
export const makeFleet = (runs: number): Fleet => {
  const root = mkdtempSync(join(tmpdir(), 'ralph-bench-'));
  const dir = join(root, 'state/ralph/runs');
  for (let at = 0; at < runs; at += 1) makeGrowingHome(dir, at);
  const env = {
    PATH: process.env['PATH'] ?? '',
    HOME: root,
    XDG_STATE_HOME: join(root, 'state'),
    XDG_CONFIG_HOME: join(root, 'config'),
  };
  return {
    env,
    runs,
    dir,
    destroy: () => rmSync(root, { recursive: true, force: true }),
  };
};

/** A child process appends lines to the logs; resolves with their number. */
export const writeLines = (
  fleet: Fleet,
  options: { rate: number; seconds: number; kind: string },
): Promise<number> =>
  new Promise((resolve, reject) => {
    const args = [fleet.dir, fleet.runs, options.rate, options.seconds, options.kind].map(String);
    const child = spawn(process.execPath, [join(import.meta.dirname, 'screen-writer.ts'), ...args], {
      env: { ...fleet.env },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let text = '';
    child.stderr.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
    child.on('close', (code) => {
      if (code !== 0) return reject(new Error(`the writer ended with ${code}: ${text}`));
      const { written } = JSON.parse(text) as { written: number };
      return resolve(written);
    });
  });
