import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { answer, answers, makeWorld, taskFile, type World } from '../fakes/world.ts';

let world: World;
afterEach(() => world.destroy());

const twoRuns = async () => {
  world = await makeWorld({ script: answers(answer([{ type: 'pause', reason: 'which?' }])) });
  const first = await world.run(taskFile({ test: 'true', id: 'task-1' }));
  const second = await world.create(taskFile({ test: 'true', id: 'task-2' }));
  return [first.state.id, second.id] as const;
};
/** The same list by the whole program: `--all` is not the short way. */
const byBoth = async (env: Record<string, string> = {}) => {
  const [short, whole] = await Promise.all([world.cli(['ls'], { env }), world.cli(['ls', '--all'], { env })]);
  expect(short).toEqual(whole);
  return short.stdout;
};

describe('ralph ls', () => {
  it('says the same by its short way as by the whole program', async () => {
    const ids = await twoRuns();
    const list = await byBoth();
    for (const text of [...ids, 'task-1', 'task-2', 'paused · blocked', 'queued'])
      expect(list).toContain(text);
  });

  it('takes the whole program where a setting, a dead runner or a lost cache asks for it', async () => {
    const [id] = await twoRuns();
    expect(await byBoth({ RALPH_STATE_DIR: join(world.dir, 'elsewhere') })).toContain('No runs yet');
    writeFileSync(join(world.app.homes.dir, id, '.ralph/run.json'), '{"torn');
    expect(await byBoth()).toContain(`${id}  task-1`);
    mkdirSync(join(world.dir, 'config/ralph'), { recursive: true });
    const settings = JSON.stringify({ state_dir: join(world.dir, 'other') });
    writeFileSync(join(world.dir, 'config/ralph/config.json'), settings);
    expect(await byBoth()).toContain('No runs yet');
  });
});

describe('ralph diff and iterations', () => {
  it('show what several runs have, each under its name, and one without an iteration hides no other', async () => {
    const [first, second] = await twoRuns();
    const diff = await world.cli(['diff', '--all']);
    expect(diff).toMatchObject({
      code: 1,
      stdout: `run ${first}\niteration 1 changed nothing\nrun ${second}\n`,
      stderr: `ralph: run ${second} has no finished iteration yet\n`,
    });
    const part = await world.cli(['iterations', second, first, '-i', '1', '--json']);
    expect([part.code, JSON.parse(part.stdout)]).toMatchObject([1, { run: first, part: 'metrics.json' }]);
  });
});
