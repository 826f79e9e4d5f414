import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { answer, answers, makeWorld, taskFile, type World } from '../fakes/world.ts';

let world: World;
afterEach(() => world.destroy());
const test = 'grep -q good file.txt';
const finish = answer([{ type: 'write', path: 'file.txt', content: 'good\n' }], ['M1.1', 'M1.2']);
const resume = (env: Record<string, string> = {}) => world.cli(['resume', onlyId(), '--foreground'], { env });
const onlyId = (): string => world.app.homes.list()[0]!;

describe('what a session asked for right before the runner was killed', () => {
  it.each([
    { type: 'pause', point: 'after-done:1', code: 3, status: 'paused', reason: 'blocked' },
    { type: 'stop_failure', point: 'projected:1', code: 1, status: 'failed', reason: 'agent failed' },
  ])('$type at $point is heeded by the next runner, once', async ({ type, point, code, status, reason }) => {
    const ask = answer([
      { type: 'run', command: 'exit 7' },
      { type, reason: 'which colour?' },
    ]);
    world = await makeWorld({ script: answers(ask, finish) });
    const { id } = await world.create(taskFile({ test }));
    expect((await resume({ RALPH_FAILPOINT: point })).signal).toBe('SIGKILL');
    expect((await resume()).code).toBe(code);
    expect(world.app.replay(id)).toMatchObject({ status, reason, detail: 'which colour?', committed: 1 });
    const ralph = join(world.app.homes.dir, id, '.ralph');
    expect(readFileSync(join(ralph, 'errors.log'), 'utf8').match(/\[iteration 1\].*exit 7/g)).toHaveLength(1);
    expect(readFileSync(join(ralph, 'progress.md'), 'utf8')).toContain('iteration: 1\n');
    if (status === 'failed') return;
    expect((await resume()).code).toBe(0);
    expect(world.app.replay(id)).toMatchObject({ status: 'succeeded', committed: 2 });
  });
});

describe('the last state of a run whose runner was killed before it was pushed', () => {
  const saved = (): unknown =>
    JSON.parse(world.git(world.remote, 'show', 'refs/ralph/task-1:.ralph/run.json'));
  const begin = async (): Promise<string> => {
    world = await makeWorld({ script: answers(finish) });
    return (await world.create(taskFile({ test }))).id;
  };
  const env = { RALPH_FAILPOINT: 'state.saved:2' };

  it('is pushed when somebody wants to resume it', async () => {
    const id = await begin();
    expect((await resume(env)).signal).toBe('SIGKILL');
    expect([world.app.replay(id).status, saved()]).toMatchObject([
      'succeeded',
      { state: { status: 'running' } },
    ]);
    expect((await resume()).code).toBe(1);
    expect(saved()).toMatchObject({ state: { status: 'succeeded' } });
  });

  it('is pushed by the next supervisor', async () => {
    const id = await begin();
    world.app.supervisor.enqueue(id);
    expect((await world.cli(['supervisor', 'run'], { env })).signal).toBe('SIGKILL');
    expect([world.app.replay(id).status, saved()]).toMatchObject([
      'succeeded',
      { state: { status: 'running' } },
    ]);
    await world.app.supervisor.ensure();
    await vi.waitFor(() => expect(saved()).toMatchObject({ state: { status: 'succeeded' } }), 60_000);
    await world.cli(['supervisor', 'stop']);
  });
});

describe('a step of the ladder that was due when the runner was killed', () => {
  it('is taken by the next one', async () => {
    const same = answer([{ type: 'run', command: 'echo the same failure >&2; exit 3' }]);
    const begin = async (): Promise<string> => {
      world = await makeWorld({ script: answers(same) });
      return (await world.create(taskFile({ test }))).id;
    };
    const steps = (id: string): readonly string[] =>
      world.app.homes
        .entries(id)
        .flatMap((e) =>
          e.type === 'gutter' ? [`${e.n}: ${e.consecutive}`] : e.type === 'mitigation' ? [e.step] : [],
        );
    const undisturbed = await begin();
    const first = await resume();
    const wanted = steps(undisturbed);
    const n = world.app.homes.entries(undisturbed).find((e) => e.type === 'gutter')?.n ?? 0;
    expect([first.code, n > 0, wanted.length > 2]).toEqual([3, true, true]);
    world.destroy();
    const killed = await begin();
    expect((await resume({ RALPH_FAILPOINT: `iteration.ended:${n}` })).signal).toBe('SIGKILL');
    expect((await resume()).code).toBe(3);
    expect(steps(killed)).toEqual(wanted);
  });
});

describe('a git that was killed', () => {
  it('leaves locks in the run’s repository that do not keep the run from going on', async () => {
    world = await makeWorld({
      script: answers(answer([{ type: 'write', path: 'a.txt', content: 'a' }]), finish),
    });
    const { id } = await world.create(taskFile({ test }));
    expect((await resume({ RALPH_FAILPOINT: 'model.requested:2' })).signal).toBe('SIGKILL');
    const bare = join(world.app.homes.dir, id, 'repo.git');
    const { branch } = world.app.replay(id);
    for (const name of [`refs/heads/${branch}.lock`, 'refs/ralph/task-1.lock', 'packed-refs.lock'])
      writeFileSync(join(bare, name), '');
    const { code, stderr } = await resume();
    expect([code, stderr]).toEqual([0, '']);
  });
});

describe('a machine that is lost after its runner was killed before', () => {
  it('costs at most the iteration of the second kill', async () => {
    const step = (n: number) => answer([{ type: 'write', path: `${n}.txt`, content: `${n}\n` }]);
    world = await makeWorld({ script: answers(step(1), step(2), step(3), finish) });
    const { id } = await world.create(taskFile({ test }));
    expect((await resume({ RALPH_FAILPOINT: 'iteration.ended:2' })).signal).toBe('SIGKILL');
    expect((await resume({ RALPH_FAILPOINT: 'pushed:1' })).signal).toBe('SIGKILL');
    const { committed, branch } = world.app.replay(id);
    const saved = committed - 1;
    rmSync(join(world.dir, 'state'), { recursive: true });
    const adopted = await world.cli(['adopt', 'task-1', '--repo', world.remote]);
    expect([adopted.stderr, adopted.code]).toEqual(['', 0]);
    expect(adopted.stdout).toContain(`adopted after iteration ${saved}`);
    // The branch was pushed once more than the state: what is there is shown before it is written over.
    const stopped = await resume();
    expect([stopped.code, world.app.replay(id).reason]).toEqual([3, 'branch moved']);
    expect((await world.cli(['resume', id, '--force-with-lease', '--foreground'])).code).toBe(0);
    expect(world.app.replay(id)).toMatchObject({ status: 'succeeded' });
    expect(world.git(world.remote, 'show', `${branch}:1.txt`)).toBe('1\n');
  });
});
