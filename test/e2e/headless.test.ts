import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { builtMain } from '../fakes/built.ts';
import { openTerminal } from '../fakes/terminal.ts';

// Writes the address of each module that is loaded; the commands themselves know nothing of it.
const HOOK = `
  const { appendFileSync } = require('node:fs');
  require('node:module').registerHooks({
    load: (url, context, next) => {
      appendFileSync(process.env.LOADED, url + '\\n');
      return next(url, context);
    },
  });`;
let dir: string;
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'ralph-headless-'));
  writeFileSync(join(dir, 'hook.cjs'), HOOK);
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

const environment = (name: string): Record<string, string> => ({
  PATH: process.env['PATH'] ?? '',
  HOME: dir,
  LOADED: join(dir, name),
  NODE_OPTIONS: `--require ${join(dir, 'hook.cjs')}`,
});
/** Loaded files of ours that hold React. */
const withReact = (name: string): readonly string[] => {
  const file = join(dir, name);
  const urls = existsSync(file) ? readFileSync(file, 'utf8').split('\n') : [];
  const files = urls
    .filter((url) => url.startsWith('file:') && url.endsWith('.js'))
    .map((url) => fileURLToPath(url));
  expect(files.length).toBeGreaterThan(0);
  return files.filter((path) => readFileSync(path, 'utf8').includes('react.transitional.element'));
};

it('writes the fleet to standard output for `-`, and no file of that name', () => {
  const env = { PATH: process.env['PATH'], HOME: dir };
  const text = execFileSync(process.execPath, [builtMain(), 'fleet', 'export', '-'], { env, cwd: dir });
  expect(JSON.parse(text.toString())).toMatchObject({ runs: [] });
  expect(existsSync(join(dir, '-'))).toBe(false);
});

it('reads and writes the settings of a repository as the program that is installed', () => {
  const repo = join(dir, 'with-settings');
  execFileSync('git', ['init', '-q', repo]);
  const ralph = (...args: readonly string[]): string =>
    execFileSync(process.execPath, [builtMain(), ...args], {
      env: { PATH: process.env['PATH'], HOME: dir },
      cwd: repo,
      encoding: 'utf8',
    });
  writeFileSync(join(repo, 'ralph.yaml'), '# ours\nbackend: podman # fast\n');
  expect(ralph('config', 'set', 'concurrency', '3', '--project')).toContain('concurrency = 3');
  expect(readFileSync(join(repo, 'ralph.yaml'), 'utf8')).toBe(
    '# ours\nbackend: podman # fast\nconcurrency: 3\n',
  );
  expect(ralph('config', 'show', '--origin')).toMatch(
    /backend +podman +project\n[^]*concurrency +3 +project\n/,
  );
});

it.each([
  ['--help'],
  ['ls'],
  ['top'],
  ['supervisor', 'status'],
  ['fleet', 'export', '-'],
  ['models'],
  ['config', 'show'],
])('loads no React for ralph %s', (...args: readonly (string | undefined)[]) => {
  const words = args.filter((word) => word !== undefined);
  const name = words.join('-');
  try {
    execFileSync(process.execPath, [builtMain(), ...words], {
      env: environment(name),
      cwd: dir,
      stdio: 'pipe',
    });
  } catch (error) {
    // Some end with another code than 0 where there is nothing yet; what they loaded counts.
    expect(error).toHaveProperty('status');
  }
  expect(withReact(name)).toEqual([]);
});

it('would notice it: the screen does load React', async () => {
  const terminal = openTerminal({
    argv: [process.execPath, builtMain()],
    env: environment('screen'),
    cwd: dir,
  });
  await terminal.until((lines) => lines.some((line) => line.includes('No runs yet')), 'the fleet');
  terminal.press('q');
  await terminal.ended;
  expect(withReact('screen')).not.toEqual([]);
});
