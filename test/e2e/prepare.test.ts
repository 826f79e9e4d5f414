import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { answer, answers, makeWorld, taskFile, type World } from '../fakes/world.ts';

let world: World;
afterEach(() => world.destroy());

const good = answers(answer([{ type: 'write', path: 'file.txt', content: 'good\n' }], ['M1.1', 'M1.2']));

describe('getting a clone ready', () => {
  it('copies the ignored files that the task names and runs the setup commands; neither reaches the branch', async () => {
    world = await makeWorld({ script: good, files: { '.gitignore': '.env.test\nout/\n' } });
    writeFileSync(join(world.repo, '.env.test'), 'COLOUR=blue\n');
    const test = 'grep -q blue .env.test && grep -q ready out/setup && grep -q good file.txt';
    const extra =
      'copy: [.env.test, notes.local]\nsetup_commands: ["mkdir -p out && echo ready > out/setup"]';
    writeFileSync(join(world.repo, 'notes.local'), 'not ignored by git\n');
    const { state } = await world.run(taskFile({ test, extra }));
    expect(state.status).toBe('succeeded');
    const files = world.git(world.remote, 'ls-tree', '-r', '--name-only', state.branch).trim().split('\n');
    expect(files).toEqual(['.gitignore', 'file.txt']);
  });

  it('does not start without a file that the task names', async () => {
    world = await makeWorld({ script: good });
    await expect(world.run(taskFile({ test: 'true', extra: 'copy: [.env.test]' }))).rejects.toMatchObject({
      message: expect.stringContaining('copy: .env.test is not in'),
    });
    expect(world.app.homes.list()).toEqual([]);
  });

  it('pauses with the output when a setup command fails, and goes on after the task file is corrected', async () => {
    world = await makeWorld({ script: good });
    const task = taskFile({
      test: 'grep -q good file.txt',
      extra: 'setup_commands: ["echo no such tool >&2; exit 3"]',
    });
    const { state } = await world.run(task);
    expect([state.status, state.detail]).toEqual(['paused', expect.stringContaining('no such tool')]);
    const text = world.app.homes.readTask(state.id)!.replace('echo no such tool >&2; exit 3', 'true');
    expect(await world.app.steer(state.id, { kind: 'spec', text })).toMatchObject({ kind: 'accepted' });
    await world.app.steer(state.id, { kind: 'resume' });
    expect((await world.resume(state.id)).state.status).toBe('succeeded');
  });

  it('never touches the checkout that one stands in, whatever state that is in', async () => {
    world = await makeWorld({ script: good });
    writeFileSync(join(world.repo, 'README.md'), 'changed, not committed\n');
    writeFileSync(join(world.repo, 'untracked.txt'), 'mine\n');
    const before = execFileSync('git', ['-C', world.repo, 'status', '--porcelain'], { encoding: 'utf8' });
    world.app.files.writeText('ralph_task.md', taskFile({ test: 'grep -q good file.txt' }));
    const { code } = await world.cli(['run', '--backend', 'local']);
    expect(code).toBe(0);
    const after = execFileSync('git', ['-C', world.repo, 'status', '--porcelain'], { encoding: 'utf8' });
    expect(after.replace('?? ralph_task.md\n', '')).toBe(before);
    expect(readFileSync(join(world.repo, 'README.md'), 'utf8')).toBe('changed, not committed\n');
    expect(existsSync(join(world.repo, 'file.txt'))).toBe(false);
    expect(world.git(world.repo, 'show', 'ralph/task-1/make-it-so:file.txt')).toBe('good\n');
  });

  it('makes the sandbox anew from the last commit when it is gone', async () => {
    world = await makeWorld({
      script: answers(
        answer([
          { type: 'write', path: 'a.txt', content: 'kept\n' },
          { type: 'pause', reason: '?' },
        ]),
        answer([{ type: 'write', path: 'file.txt', content: 'good\n' }], ['M1.1', 'M1.2']),
      ),
    });
    const { state } = await world.run(taskFile({ test: 'grep -q good file.txt && grep -q kept a.txt' }));
    execFileSync('rm', ['-rf', join(world.app.homes.dir, state.id, 'sandbox')]);
    await world.app.steer(state.id, { kind: 'resume' });
    const after = await world.resume(state.id);
    expect(after.state.status).toBe('succeeded');
    expect(after.entries).toContainEqual(
      expect.objectContaining({ type: 'sandbox.ready', how: 'recreated' }),
    );
  });
});
