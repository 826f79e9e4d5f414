import { mkdtempSync, rmSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { builtMain } from '../fakes/built.ts';
import { openTerminal, type RealTerminal } from '../fakes/terminal.ts';

let home: string;
let screen: RealTerminal | undefined;
const env = () => ({ PATH: process.env['PATH'] ?? '', HOME: home, TMPDIR: home, LANG: 'C.UTF-8' });
const ralph = (...args: readonly string[]): string =>
  spawnSync(process.execPath, [builtMain(), ...args], { env: env(), cwd: home, encoding: 'utf8' }).stdout;

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'ralph-demo-test-'));
});
afterEach(() => {
  screen?.kill('SIGKILL');
  ralph('supervisor', 'stop');
  rmSync(home, { recursive: true, force: true });
});

const rowOf = (lines: readonly string[], task: string): string =>
  lines.find((line) => line.includes(task) && /\d\/\d/.test(line)) ?? '';
const tasks = ['invoice-totals', 'retry-deadline', 'csv-speed'];

it(
  'shows three runs that differ, each alive, steers one, and leaves them running',
  { timeout: 180_000 },
  async () => {
    screen = openTerminal({ argv: [process.execPath, builtMain(), 'demo'], env: env(), cwd: home });
    await screen.until((now) => tasks.every((task) => rowOf(now, task) !== ''), 'three runs', 120_000);
    // Each has done an iteration: there is a diff, a score and a spend to look at.
    await screen.until(
      (now) => tasks.every((task) => /[2-9]\/\d/.test(rowOf(now, task))),
      'the second iteration of each',
    );
    screen.press('/');
    screen.press('invoice');
    screen.press('\r');
    await screen.until((now) => /^▸.*invoice-totals/m.test(now.join('\n')), 'the filtered list');
    await screen.until((now) => rowOf(now, 'csv-speed') === '', 'the others filtered away');
    screen.press('p');
    await screen.until((now) => rowOf(now, 'invoice-totals').includes('paus'), 'that it pauses');
    await screen.until((now) => rowOf(now, 'invoice-totals').includes('paused · human'), 'that it is paused');
    screen.press('q');
    expect(await screen.ended).toMatchObject({ code: 0 });
    const after = screen.screen().join('\n');
    expect(after).toContain('Closing the screen stopped nothing');
    expect(after).toContain('resume');
    expect(ralph('supervisor', 'status')).toContain('working on 2');
  },
);

it('stays one run in the foreground where it is not at a terminal', { timeout: 120_000 }, () => {
  const out = ralph('demo');
  expect(out).toContain('One task, done by a loop of fresh sessions');
  expect(out).toContain('succeeded');
  const list = ralph('top', '--width', '120').split('\n');
  expect(list[0]).toContain('1 succeeded');
  expect(list[1]).toMatch(/RUN +TASK +BACKEND +STATUS +ITER +LOOP +BUDGET +MODEL +PR/);
  expect(list[2]).toContain('demo-greeting');
  const snapshot = JSON.parse(ralph('fleet', 'export')) as {
    readonly schema: string;
    readonly totals: { readonly byRank: Readonly<Record<string, number>> };
    readonly runs: readonly { readonly state: { readonly task: string } }[];
  };
  expect(snapshot.schema).toBe('ralph-fleet/1');
  expect(snapshot.totals.byRank['succeeded']).toBe(1);
  expect(snapshot.runs.map(({ state }) => state.task)).toEqual(['demo-greeting']);
});
