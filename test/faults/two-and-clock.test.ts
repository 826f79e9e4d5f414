import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { answer, answers, makeWorld, taskFile, type World } from '../fakes/world.ts';
import { brokenPromises } from './crash-world.ts';

let world: World;
afterEach(() => world.destroy());
const finish = { type: 'write', path: 'file.txt', content: 'good\n' };
const test = 'grep -q good file.txt';
const waits = (command: string) => answers(answer([{ type: 'run', command }, finish], ['M1.1', 'M1.2']));

/** Processes with this text in their command line. */
const alive = (mark: string): readonly string[] =>
  readdirSync('/proc').filter((pid) => {
    if (!/^\d+$/.test(pid)) return false;
    try {
      return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(mark);
    } catch {
      return false;
    }
  });

const sleeping = (mark: string): readonly string[] =>
  alive(mark).filter((pid) => readFileSync(`/proc/${pid}/comm`, 'utf8') === 'sleep\n');

describe('a second runner', () => {
  it('exits 75, offers the log, and disturbs nothing', async () => {
    world = await makeWorld({
      script: waits('until test -e "$PWD/../../../../../../go"; do sleep 0.1; done'),
    });
    const { id } = await world.create(taskFile({ test }));
    const first = world.cli(['resume', id, '--foreground']);
    while (!world.app.homes.entries(id).some((e) => e.type === 'command.started'))
      await new Promise((done) => setTimeout(done, 50));
    const second = await world.cli(['resume', id, '--foreground']);
    writeFileSync(join(world.dir, 'go'), '');
    expect(second.code).toBe(75);
    expect(second.stderr).toMatch(/^ralph: /m);
    expect(second.stderr).toMatch(new RegExp(`ralph logs (-f )?${id}( -f)?`));
    expect((await first).code).toBe(0);
    expect(brokenPromises(world, id, { controls: [] })).toEqual([]);
  });
});

describe('a wall clock that jumps', () => {
  it.each([
    ['a year ahead', 400],
    ['a year back', -400],
  ])('%s in the middle: no budget is hit, nothing hangs', async (_, days) => {
    world = await makeWorld({ script: waits('sleep 1') });
    const preload = join(world.dir, 'jump.mjs');
    writeFileSync(
      preload,
      `const Real = Date; const from = performance.now();
       const now = () => Real.now() + (performance.now() - from > 1200 ? ${days * 24 * 3600 * 1000} : 0);
       globalThis.Date = class extends Real { constructor(...a) { if (a.length === 0) super(now()); else super(...a); } static now() { return now(); } };`,
    );
    const { id } = await world.create(taskFile({ test }));
    const { code, stderr } = await world.cli(['resume', id, '--foreground'], {
      env: { NODE_OPTIONS: `--import ${preload}` },
    });
    expect([code, stderr]).toEqual([0, '']);
    const entries = world.app.homes.entries(id);
    const times = entries.map((e) => Date.parse(e.at));
    expect(Math.max(...times) - Math.min(...times)).toBeGreaterThan(300 * 24 * 3600 * 1000);
    expect(entries.every((e, i) => i === 0 || e.up >= entries[i - 1]!.up)).toBe(true);
    expect(world.app.replay(id).spent.runningMs).toBeLessThan(120_000);
    expect(brokenPromises(world, id, { controls: [] })).toEqual([]);
  });
});

describe('a command that outlives a killed runner', () => {
  it.skipIf(process.platform !== 'linux')(
    'is ended before the run goes on, and changes nothing of it',
    async () => {
      const mark = `9${Date.now() % 1_000_000}.5`;
      world = await makeWorld({
        script: answers(
          answer([
            {
              type: 'run',
              command: `(trap '' TERM HUP; sleep ${mark}; echo late > file.txt) & sleep ${mark}`,
            },
          ]),
        ),
      });
      const { id } = await world.create(taskFile({ test, extra: 'command_timeout_s: 30' }));
      const child = world.start(['resume', id, '--foreground']);
      const gone = new Promise((done) => child.on('close', done));
      while (!world.app.homes.entries(id).some((e) => e.type === 'command.started'))
        await new Promise((done) => setTimeout(done, 50));
      // Both sleeps, so that the inner shell has its trap by then.
      while (sleeping(mark).length < 2) await new Promise((done) => setTimeout(done, 50));
      child.kill('SIGKILL');
      await gone;
      expect(sleeping(mark)).toHaveLength(2);
      writeFileSync(join(world.dir, 'script.yaml'), answers(answer([finish], ['M1.1', 'M1.2'])));
      expect((await world.cli(['resume', id, '--foreground'])).code).toBe(0);
      expect(alive(mark)).toEqual([]);
      expect(brokenPromises(world, id, { controls: [] })).toEqual([]);
    },
  );
});
