import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { answer, answers, makeWorld, taskFile, type World } from '../fakes/world.ts';

let world: World;
afterEach(() => world.destroy());

const fill = (then: string) => ({
  type: 'run',
  command: `head -c 80000000 /dev/zero > ~/big; ${then}`,
});
const write = (path: string, content: string) => ({ type: 'write', path, content });
const done = answer([write('file.txt', 'good\n')], ['M1.1', 'M1.2']);
const task = taskFile({
  test: 'grep -q good file.txt',
  extra: 'sandbox_resources:\n  disk_gib: 0.05\n',
});

describe('a run whose task limits its disk', () => {
  it('pauses when its sandbox takes more, keeps the iteration, and goes on once there is room', async () => {
    world = await makeWorld({ script: answers(answer([write('first.txt', 'kept\n'), fill('true')]), done) });
    const { state } = await world.run(task);
    expect(state).toMatchObject({
      status: 'paused',
      reason: 'disk full',
      committed: 1,
      detail: expect.stringMatching(/takes \d+\.\d MiB of 0\.05 GiB \(disk_gib\): make room/) as string,
    });
    expect(world.git(world.remote, 'show', `${state.branch}:first.txt`)).toBe('kept\n');
    const report = await (await world.app.engine()).describeSandbox(state.id);
    expect(report?.boxBytes).toBeGreaterThan(80_000_000);
    await world.app.steer(state.id, { kind: 'resume' });
    const still = await world.resume(state.id);
    expect(still.state).toMatchObject({ status: 'paused', reason: 'disk full', committed: 1 });
    rmSync(join(world.app.homes.dir, state.id, 'home', 'big'));
    await world.app.steer(state.id, { kind: 'resume' });
    expect((await world.resume(state.id)).state).toMatchObject({ status: 'succeeded', committed: 2 });
  });
  it('is stopped in the middle of the command that fills it, with what it did kept', async () => {
    const actions = [write('first.txt', 'kept\n'), fill('sleep 600'), write('never.txt', 'x')];
    world = await makeWorld({ script: answers(answer(actions), done) });
    const { state, entries } = await world.run(task);
    expect(state).toMatchObject({ status: 'paused', reason: 'disk full', committed: 1 });
    expect(entries).toContainEqual(
      expect.objectContaining({ type: 'command.ended', exit: { kind: 'cancelled' } }),
    );
    expect(world.git(world.remote, 'show', `${state.branch}:first.txt`)).toBe('kept\n');
    expect(existsSync(join(world.app.homes.dir, state.id, 'sandbox', 'repo', 'never.txt'))).toBe(false);
    // More room by the task file does as well.
    const text = task
      .replace('disk_gib: 0.05', 'disk_gib: 1')
      .replace(/---\n/, `---\nrepo_url: ${JSON.stringify(world.remote)}\n`);
    await world.app.steer(state.id, { kind: 'spec', text });
    await world.app.steer(state.id, { kind: 'resume' });
    expect((await world.resume(state.id)).state).toMatchObject({ status: 'succeeded', committed: 2 });
  });
});
