import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { answer, answers, makeWorld, taskFile, type World } from '../fakes/world.ts';
import { podmanMissing, testImage } from '../fixtures/container/engine.ts';

let world: World;
beforeEach(async () => {
  world = await makeWorld({
    script: answers(answer([{ type: 'write', path: 'file.txt', content: 'good\n' }], ['M1.1', 'M1.2'])),
  });
});
afterEach(() => world.destroy());
const task = (extra = '') => taskFile({ test: 'grep -q good file.txt', extra });

it('shows what ended runs take, asks, removes them, and keeps the others', async () => {
  const { state } = await world.run(task());
  const waiting = await world.create(taskFile({ test: 'true', id: 'task-2' }));
  const home = join(world.app.homes.dir, state.id);
  const env = { PATH: process.env['PATH'] ?? '', RALPH_BACKEND: 'local' };
  const shown = await world.cli(['prune', '--filter', 'status=succeeded', '--dry-run', '--json'], { env });
  expect(JSON.parse(shown.stdout)).toMatchObject({ kind: 'run', run: state.id, removed: false });
  const asked = await world.cli(['prune', '--filter', 'status=succeeded'], { env });
  expect(asked.stderr).toMatch(
    /Remove 1 ended run\(s\) \(\d+\.\d MiB\) with all their files\? Nobody is there/,
  );
  expect(existsSync(home)).toBe(true);
  const done = await world.cli(['prune', state.id, '--yes'], { env });
  expect([done.code, done.stderr]).toEqual([0, '']);
  expect(done.stdout).toMatch(/removed\n.* freed; 0 run\(s\) that have not ended are kept/);
  expect([existsSync(home), existsSync(join(world.app.homes.dir, waiting.id))]).toEqual([false, true]);
});

it('keeps a run that somebody works on, and goes on with the others', async () => {
  const { state } = await world.run(task());
  const home = world.app.homes.open(state.id);
  if (home === 'locked') throw new Error('nobody should work on it yet');
  const { code, stdout } = await world.cli(['prune', state.id, '--yes']);
  expect([code, stdout]).toEqual([0, expect.stringContaining('kept: something still uses it')]);
  home.release();
  expect(existsSync(home.dir)).toBe(true);
});

const missing = podmanMissing();
describe.skipIf(missing !== undefined)(`containers${missing ? ` (${missing})` : ''}`, () => {
  const containers = (label: string): string =>
    execFileSync('podman', ['ps', '-aq', '--filter', `label=${label}`], { encoding: 'utf8' }).trim();

  it('goes with its ended run; one that lost its run goes too, one of another state folder never', async () => {
    const image = testImage();
    const made = await world.create(task(`sandbox_image: ${image}`), { backend: 'podman', network: 'none' });
    const { state } = await world.resume(made.id);
    expect(state.status).toBe('succeeded');
    expect(containers(`ralph.run=${made.id}`)).not.toBe('');
    await world.cli(['prune', made.id, '--yes']);
    expect(containers(`ralph.run=${made.id}`)).toBe('');
    const label = (fleet: string): string[] => [
      '--label',
      'ralph.run=gone',
      '--label',
      `ralph.fleet=${fleet}`,
    ];
    const create = (fleet: string): string =>
      execFileSync('podman', ['create', ...label(fleet), image, 'true'], { encoding: 'utf8' }).trim();
    const ours = create(world.app.homes.dir);
    const theirs = create('/of/somebody/else');
    try {
      const { stdout } = await world.cli(['prune', '--dry-run', '--json']);
      const rows = stdout
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as Record<string, unknown>);
      const found = rows.filter(({ kind }) => kind === 'container');
      expect(found).toMatchObject([{ container: ours.slice(0, 12), removed: false }]);
      expect(found[0]?.['bytes']).toBeTypeOf('number');
    } finally {
      execFileSync('podman', ['rm', '-f', ours, theirs]);
    }
  }, 300_000);
});
