import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { answer, answers, makeWorld, taskFile, type World } from '../fakes/world.ts';

let world: World;
afterEach(() => world.destroy());

const resources = 'sandbox_image: node:24\nsandbox_resources:\n  vcpu: 2\nsetup_commands:\n  - "true"';
const paused = async () => {
  world = await makeWorld({ script: answers(answer([{ type: 'pause', reason: '?' }])) });
  const { state } = await world.run(taskFile({ test: 'true', extra: resources }));
  return state.id;
};
const describeIt = async (id: string) => (await world.app.engine()).describeSandbox(id);

it('says of a run that nobody works on where its sandbox is and what it was to be', async () => {
  const id = await paused();
  const dir = join(world.app.homes.dir, id);
  const report = await describeIt(id);
  expect(report).toMatchObject({
    backend: 'local',
    isolated: false,
    preview: false,
    state: 'there',
    image: { name: 'node:24' },
    resources: { vcpu: 2 },
    setupCommands: ['true'],
    owned: false,
    problem: undefined,
  });
  expect(report?.workdir).toBe(join(dir, 'sandbox'));
  expect(report?.diskBytes).toBeGreaterThan(10_000);
  expect(report?.places.map(({ path }) => path)).toContain(join(dir, 'repo.git'));
});

it('makes no sandbox: not before the run has one, and not where it is gone', async () => {
  const id = await paused();
  const fresh = await world.create(taskFile({ test: 'true', id: 'task-2' }));
  expect(await describeIt(fresh.id)).toMatchObject({ state: 'not made yet', id: undefined });
  rmSync(join(world.app.homes.dir, id, 'sandbox'), { recursive: true });
  expect(await describeIt(id)).toMatchObject({ state: 'gone', workdir: undefined });
  expect(await describeIt(id)).toMatchObject({ state: 'gone' });
});

it('knows nothing of a run that is not there', async () => {
  await paused();
  expect(await describeIt('nobody')).toBeUndefined();
});
