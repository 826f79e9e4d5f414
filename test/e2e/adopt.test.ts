import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { answer, answers, makeWorld, taskFile, type World } from '../fakes/world.ts';

let world: World;
afterEach(() => world.destroy());

it('takes over a run on another machine from the state that it pushed, and ends it there', async () => {
  world = await makeWorld({
    script: answers(
      answer([{ type: 'write', path: 'a.txt', content: 'first machine\n' }]),
      answer([{ type: 'pause', reason: 'which colour?' }]),
      answer([{ type: 'write', path: 'file.txt', content: 'good\n' }], ['M1.1', 'M1.2']),
    ),
  });
  const { state } = await world.run(taskFile({ test: 'grep -q good file.txt' }));
  expect([state.status, state.committed]).toEqual(['paused', 2]);
  rmSync(join(world.dir, 'state'), { recursive: true });
  const adopted = await world.cli(['adopt', 'task-1', '--repo', world.remote]);
  expect([adopted.code, adopted.stdout]).toEqual([0, expect.stringContaining('adopted after iteration 2')]);
  const resumed = await world.cli(['resume', state.id, '--foreground']);
  expect([resumed.code, world.app.replay(state.id).status]).toEqual([0, 'succeeded']);
  expect(world.git(world.remote, 'show', `${state.branch}:a.txt`)).toBe('first machine\n');
  expect(world.app.replay(state.id).spent.costUsd).toBeGreaterThan(state.spent.costUsd);
});

it('has the last state of an ended run too, where the push of it failed at first', async () => {
  world = await makeWorld({
    script: answers(answer([{ type: 'write', path: 'file.txt', content: 'good\n' }], ['M1.1', 'M1.2'])),
  });
  mkdirSync(join(world.remote, 'hooks'), { recursive: true });
  const failed = join(world.dir, 'failed-once');
  // The state with its success, not the one before.
  const isLast = `git show $3:.ralph/run.json | grep -q '"status": *"succeeded"'`;
  const script = `#!/bin/sh\ncase $1 in refs/ralph/*) ! ${isLast} || [ -e ${failed} ] || { touch ${failed}; exit 1; };; esac\n`;
  writeFileSync(join(world.remote, 'hooks/update'), script, { mode: 0o755 });
  const { state, entries } = await world.run(taskFile({ test: 'grep -q good file.txt' }));
  expect([state.status, existsSync(failed)]).toEqual(['succeeded', true]);
  expect(entries.filter((e) => e.type === 'warning' && e.about === 'state ref')).toEqual([]);
  const saved = world.git(world.remote, 'show', 'refs/ralph/task-1:.ralph/run.json');
  expect(JSON.parse(saved)).toMatchObject({ state: { status: 'succeeded' } });
});

it('says so when there is no such state', async () => {
  world = await makeWorld({ script: answers(answer([{ type: 'rotate', reason: 'x' }])) });
  const { code, stderr } = await world.cli(['adopt', 'nothing', '--repo', world.remote]);
  expect([code, stderr]).toEqual([2, expect.stringContaining('has no refs/ralph/nothing')]);
  expect(world.app.homes.list()).toEqual([]);
});
