import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { execFileSync, spawnSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { builtMain } from '../fakes/built.ts';
import { openTerminal, type Cell, type RealTerminal } from '../fakes/terminal.ts';
import { toSvg } from './svg.ts';

// The pictures of the README, from a real session of the demo. `--check` says whether they still show what the screen
// looks like: the heads of its columns, its tabs, the keys of its footer, the titles of its help.
const root = join(import.meta.dirname, '../..');
const folder = join(root, '.github/screenshots');
const names = ['7f3a2c', 'b21c09', '04de51'];
const PAUSED_MS = 180_000;

/** Puts fixed values of the same length in place of what differs from session to session. */
const fixedText = (text: string, ids: readonly string[]): string => {
  const known = ids.reduce((line, id, i) => line.replaceAll(id, names[i] ?? '9c0ffe'), text);
  return known
    .replace(/\b\d\d:\d\d:\d\d\b/g, '12:04:31')
    .replace(/ralph-(demo|shots)-\w{6}/g, 'ralph-$1-a1B2c3')
    .replace(/\b(d\d+)-[a-z0-9]{6}\b/g, '$1-k3m7p2')
    .replace(/\b(?=[0-9a-f]*\d)(?=[0-9a-f]*[a-f])[0-9a-f]{8,40}\b/g, (sha) =>
      '5e1f2a9c40b7d3865e1f2a9c40b7d3865e1f2a9c'.slice(0, sha.length),
    )
    .replace(/\b\d+\.\d+(?=m?s\b| m?s\b| MB\/s)/g, (number) => number.replace(/\d/g, '1'))
    .replace(/\bup \d+/g, (text_) => text_.replace(/\d/g, '1'));
};
const fixed = (rows: readonly (readonly Cell[])[], ids: readonly string[]): readonly (readonly Cell[])[] =>
  rows.map((row) => {
    const text = row.map((cell) => cell.text).join('');
    // Where a cell holds more than one unit, columns and units are not the same.
    if (text.length !== row.length) return row;
    const after = fixedText(text, ids);
    return after.length === text.length ? row.map((cell, i) => ({ ...cell, text: after[i]! })) : row;
  });

/** A frame is drawn from above: once its footer is there, all of it is. */
const isWhole = (lines: readonly string[]): boolean => lines.at(-1)!.includes('? help');
const has =
  (...texts: readonly string[]) =>
  (lines: readonly string[]): boolean =>
    isWhole(lines) && texts.every((text) => lines.some((line) => line.includes(text)));

const take = async (screen: RealTerminal, save: (name: string, title: string) => void): Promise<void> => {
  await screen.until(has('paused · gutter'), 'the run that pauses', PAUSED_MS);
  screen.press('g');
  await screen.until(
    (lines) => isWhole(lines) && lines.some((line) => line.startsWith('▸ !')),
    'the cursor on it',
  );
  save('fleet', 'The fleet: three runs, the one that waits for a human on top, its log below');
  screen.press('\r');
  await screen.until(has('1 Overview', 'Done when'), 'the overview');
  save('run', 'A run: budgets, loop_score and its parts, boxes verified by the runner');
  screen.press('\u001B');
  await screen.until(has('STATUS'), 'the fleet again');
  screen.press('/');
  screen.press('invoice');
  screen.press('\r');
  await screen.until((lines) => lines.some((line) => /^▸.*invoice-totals/.test(line)), 'the filtered list');
  screen.press('d');
  await screen.until(has('3 Diff', 'jump'), 'the diff');
  screen.press('i');
  screen.press('3');
  screen.press('\r');
  await screen.until(has('iteration 3', 'src/invoice.js'), 'the files of an iteration');
  screen.press('\u001B[C');
  await screen.until(has('discounted'), 'the patch of a file');
  save('diff', 'The diff of an iteration, by file and hunk');
  screen.press('?');
  await screen.until(has('esc leave'), 'the help');
  save('help', 'Help: every key that counts here');
};

const make = async (): Promise<void> => {
  const home = mkdtempSync(join(tmpdir(), 'ralph-shots-'));
  const main = process.argv[2] ?? builtMain();
  const env = { PATH: process.env['PATH'], HOME: home, TMPDIR: home, TZ: 'UTC', LANG: 'C.UTF-8' };
  const screen = openTerminal({
    argv: [process.execPath, main, 'demo'],
    env,
    cwd: home,
    columns: 140,
    rows: 32,
  });
  try {
    await screen.until(has('retry-deadline', 'invoice-totals', 'csv-speed'), 'the fleet');
    const ids = readdirSync(join(home, '.local/state/ralph/runs')).toSorted();
    mkdirSync(folder, { recursive: true });
    await take(screen, (name, title) => {
      writeFileSync(join(folder, `${name}.svg`), toSvg(fixed(screen.cells(), ids), title));
      process.stdout.write(`.github/screenshots/${name}.svg\n`);
    });
  } finally {
    screen.kill('SIGKILL');
    for (const args of [
      ['stop', '--all', '--yes'],
      ['supervisor', 'stop'],
    ])
      spawnSync(process.execPath, [main, ...args], { env, cwd: home, stdio: 'ignore', timeout: 60_000 });
    rmSync(home, { recursive: true, force: true });
  }
};

const check = (): void => {
  try {
    execFileSync(
      process.execPath,
      [join(root, 'node_modules/vitest/vitest.mjs'), 'run', 'test/tools/screenshots.test.ts'],
      { cwd: root, stdio: 'inherit' },
    );
  } catch {
    process.stderr.write('the pictures are stale: npm run screenshots makes them anew\n');
    process.exitCode = 1;
  }
};

if (process.argv.includes('--check')) check();
else {
  await make();
  // The pseudo-terminal would keep the process alive.
  process.exit();
}
