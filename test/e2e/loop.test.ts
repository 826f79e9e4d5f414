import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { answer, answers, makeWorld, taskFile, type World } from '../fakes/world.ts';

let world: World;
afterEach(() => world.destroy());

const write = (path: string, content: string) => ({ type: 'write', path, content });
const run = (command: string) => ({ type: 'run', command });
const test = 'grep -q good file.txt';

describe('a whole run', () => {
  it('takes what its sessions left running with it when it ends', async () => {
    const left = 'setsid sleep 600 >/dev/null 2>&1 & echo $! > left.pid';
    world = await makeWorld({
      script: answers(answer([run(left), write('file.txt', 'good\n')], ['M1.1', 'M1.2'])),
    });
    const { state } = await world.run(taskFile({ test: `${test} && kill -0 $(cat left.pid)` }));
    expect(state.status).toBe('succeeded');
    const pid = Number(world.git(world.remote, 'show', 'ralph/task-1/make-it-so:left.pid'));
    expect(pid).toBeGreaterThan(1);
    // Who is dead and not reaped yet has no command line.
    const commandLine = existsSync(`/proc/${pid}`) ? readFileSync(`/proc/${pid}/cmdline`, 'utf8') : '';
    expect(commandLine).toBe('');
  });

  it('succeeds only when boxes, tests, push and pull request are all there', async () => {
    world = await makeWorld({
      script: answers(answer([run('ls')]), answer([write('file.txt', 'good\n')], ['M1.1', 'M1.2'])),
    });
    const { state, entries } = await world.run(taskFile({ test }));
    expect([state.status, state.committed]).toEqual(['succeeded', 2]);
    expect(Object.values(state.boxes).every((b) => b.checked)).toBe(true);
    const branch = 'ralph/task-1/make-it-so';
    expect(world.git(world.remote, 'show', `${branch}:file.txt`)).toBe('good\n');
    expect(world.git(world.remote, 'rev-parse', branch).trim()).toBe(state.headSha);
    const record = JSON.parse(readFileSync(state.pr!.url.replace('file://', ''), 'utf8'));
    expect(record).toMatchObject({ headSha: state.headSha, draft: false, state: 'open' });
    expect(world.git(world.remote, 'ls-tree', '-r', '--name-only', branch).trim().split('\n')).toEqual([
      'README.md',
      'file.txt',
    ]);
    const home = join(world.app.homes.dir, state.id, '.ralph');
    for (const name of [
      'prompt.md',
      'response.json',
      'actions.jsonl',
      'git_diff.patch',
      'test_output.txt',
      'metrics.json',
      'pr_state.json',
      'done.json',
    ]) {
      expect([name, existsSync(join(home, 'iterations/2', name))]).toEqual([name, true]);
    }
    expect(readFileSync(join(home, '../ralph_task.md'), 'utf8')).toContain('- [x] M1.2');
    expect(entries.map((e) => e.seq)).toEqual(entries.map((_, i) => entries[0]!.seq + i));
    expect(world.app.replay(state.id)).toEqual(state);
    expect(world.git(world.remote, 'ls-tree', '-r', '--name-only', 'refs/ralph/task-1')).toContain(
      '.ralph/iterations/2/done.json',
    );
  });

  it('takes back a claim that its own check does not bear out, and never calls red tests a success', async () => {
    world = await makeWorld({
      script: answers(answer([{ type: 'stop_success', reason: 'done' }], ['M1.1', 'M1.2'])),
    });
    const { state, entries } = await world.run(taskFile({ test, extra: 'max_consecutive_gutter: 9' }));
    expect(state.status).not.toBe('succeeded');
    expect(state.pr).toBeUndefined();
    expect(entries).toContainEqual(
      expect.objectContaining({ type: 'box.changed', box: 'M1.1', checked: false }),
    );
    expect(entries).toContainEqual(expect.objectContaining({ type: 'warning', about: 'stop_success' }));
  });

  it('climbs the ladder when it circles: rotate, then pause for a human', async () => {
    world = await makeWorld({ script: answers(answer([run('false')])) });
    const { state, entries } = await world.run(taskFile({ test, extra: 'max_consecutive_gutter: 2' }));
    const steps = entries.flatMap((e) => (e.type === 'mitigation' ? [e.step] : []));
    expect(steps[0]).toBe('rotate');
    expect(steps.at(-1)).toBe('pause');
    expect([state.status, state.reason]).toEqual(['paused', 'gutter']);
    expect(state.loopScores.at(-1)).toBe(0.8);
  });

  it('stops before an iteration that would pass the budget', async () => {
    world = await makeWorld({
      script: answers(
        answer([write('n.txt', 'x')]),
        answer([write('n.txt', 'y')]),
        answer([write('m.txt', 'x')]),
      ),
    });
    const { state } = await world.run(taskFile({ test }).replace('max_iterations: 6', 'max_iterations: 2'));
    expect([state.status, state.reason, state.committed]).toEqual(['failed', 'budget: iterations', 2]);
  });

  it('pauses for a human without losing the work, and goes on after it', async () => {
    world = await makeWorld({
      script: answers(
        answer([write('a.txt', 'kept'), { type: 'pause', reason: 'which colour?' }]),
        answer([write('file.txt', 'good')], ['M1.1', 'M1.2']),
      ),
    });
    const { state } = await world.run(taskFile({ test }));
    expect([state.status, state.reason, state.detail]).toEqual(['paused', 'blocked', 'which colour?']);
    expect(world.git(world.remote, 'show', `${state.branch}:a.txt`)).toBe('kept');
    expect(await world.app.steer(state.id, { kind: 'note', text: 'blue' })).toMatchObject({
      kind: 'accepted',
    });
    expect(await world.app.steer(state.id, { kind: 'resume' })).toMatchObject({ kind: 'accepted' });
    const after = await world.resume(state.id);
    expect(after.state.status).toBe('succeeded');
    expect(
      readFileSync(join(world.app.homes.dir, state.id, '.ralph/iterations/2/prompt.md'), 'utf8'),
    ).toContain('blue');
  });
});
