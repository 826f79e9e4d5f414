import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { answer, answers, makeWorld, taskFile, type World } from '../fakes/world.ts';

let world: World;
afterEach(() => world.destroy());

const write = (path: string, content: string) => ({ type: 'write', path, content });
const run = (command: string) => ({ type: 'run', command });
const test = 'grep -q good file.txt';
const good = answer([write('file.txt', 'good\n')], ['M1.1', 'M1.2']);

describe('no success that does not hold', () => {
  it('does not end on checks that ran for the task file before the operator changed it', async () => {
    world = await makeWorld({ script: answers(good, answer([run('true')], ['M1.3'])) });
    const slow = `${test} && sleep 2`;
    const task = taskFile({ test: slow });
    const info = await world.create(task);
    const home = join(world.app.homes.dir, info.id);
    const extra = readFileSync(join(home, 'ralph_task.md'), 'utf8').concat(
      '\n- [ ] M1.3 More\n  - verify: `test -f more.txt`\n',
    );
    let sent: Promise<unknown> | undefined;
    const { state } = await world.resume(info.id, {
      onEntry: (entry) => {
        if (entry.type === 'command.started' && entry.purpose === 'test')
          sent ??= world.app.steer(info.id, { kind: 'spec', text: extra });
      },
    });
    expect(await sent).toMatchObject({ kind: 'accepted' });
    expect(Object.keys(state.boxes)).toContain('M1.3');
    expect(state.status).not.toBe('succeeded');
  });

  it('asks the remote itself before it says that all is pushed', async () => {
    world = await makeWorld({
      script: answers(answer([write('file.txt', 'good\n')]), answer([run('true')], ['M1.1', 'M1.2'])),
    });
    const { state } = await world.run(taskFile({ test }), {
      onEntry: (entry) => {
        if (entry.type === 'iteration.ended' && entry.n === 2)
          world.git(world.remote, 'update-ref', 'refs/heads/ralph/task-1/make-it-so', 'refs/heads/main');
      },
    });
    expect([state.status, state.reason]).toEqual(['paused', 'branch moved']);
  });

  it('leaves ticks as they were when a stop cuts the checks off', async () => {
    world = await makeWorld({
      script: answers(
        answer([write('file.txt', 'good\n')], ['M1.1']),
        answer([run('true')], ['M1.1', 'M1.2']),
      ),
    });
    const abort = new AbortController();
    const boxes = [
      { id: 'M1.1', verify: `${test} && sleep 1` },
      { id: 'M1.2', verify: 'false' },
    ];
    let verifies = 0;
    const { state } = await world.run(taskFile({ test, boxes }), {
      signal: abort.signal,
      onEntry: (entry) => {
        if (entry.type === 'command.started' && entry.purpose === 'verify') verifies += 1;
        if (verifies === 2) abort.abort();
      },
    });
    expect([state.status, state.committed]).toEqual(['paused', 2]);
    expect(state.boxes['M1.1']?.checked).toBe(true);
  });
});

describe('no lost change', () => {
  it('keeps the files of an interrupted iteration that could not be committed', async () => {
    world = await makeWorld({
      script: answers(
        answer([write('work.txt', 'a day of work\n'), run('git init -q sub && echo x > sub/deep.txt')]),
        { failed: { failure: 'auth', detail: 'no key' } },
        good,
      ),
    });
    const { state } = await world.run(taskFile({ test }));
    expect(state.status).toBe('paused');
    const clone = join(world.app.homes.dir, state.id, 'sandbox');
    await world.app.steer(state.id, { kind: 'resume' });
    await world.resume(state.id);
    const found = ['repo/sub/deep.txt', 'work/repo/sub/deep.txt'].some((path) =>
      existsSync(join(clone, path)),
    );
    expect(found).toBe(true);
  });

  it("keeps an operator's first note that comes while the agent rewrites notes.md", async () => {
    world = await makeWorld({
      script: answers(
        answer([run('sleep 2'), run('echo "# mine" > .ralph/notes.md')]),
        answer([{ type: 'pause', reason: 'enough' }]),
      ),
    });
    const info = await world.create(taskFile({ test }));
    let sent: Promise<unknown> | undefined;
    await world.resume(info.id, {
      onEntry: (entry) => {
        if (entry.type === 'command.started')
          sent ??= world.app.steer(info.id, { kind: 'note', text: 'use blue' });
      },
    });
    await sent;
    const notes = readFileSync(join(world.app.homes.dir, info.id, '.ralph/notes.md'), 'utf8');
    expect(notes).toContain('# mine');
    expect(notes).toContain('use blue');
  });
});

describe('no leaked key', () => {
  it('does not push a commit whose message holds a secret below its subject', async () => {
    const key = `ghp_${'aB3dE6gH9jK2mN5pQ8sT1vW4yZ7bC0eF3h'}xY`;
    world = await makeWorld({
      script: answers(
        answer([
          write('a.txt', 'x\n'),
          run(
            `git add a.txt && git -c user.name=a -c user.email=a@b commit -qm subject -m "$(printf 'ghp_%s' ${key.slice(4)})"`,
          ),
        ]),
        answer([{ type: 'pause', reason: 'enough' }]),
      ),
    });
    const { entries } = await world.run(taskFile({ test }));
    const text = expect.stringContaining('a commit message holds');
    expect(entries).toContainEqual(expect.objectContaining({ type: 'warning', text }));
    expect(world.git(world.remote, 'log', '--all', '--format=%B')).not.toContain(key);
  });
});

describe('no bill', () => {
  it('does not go over to a profile whose price is not known when only dollars are limited', async () => {
    world = await makeWorld({ script: answers(answer([{ type: 'pause', reason: 'enough' }])) });
    const script = join(world.dir, 'script.yaml');
    writeFileSync(
      world.modelsFile,
      `profiles:\n  fake:\n    litellm_model: ${JSON.stringify(`scripted/${script}`)}\n  dear:\n    base_url: http://127.0.0.1:9/v1\n    model: nobody-knows\n    api_key_env: PATH\n`,
    );
    const { state } = await world.run(taskFile({ test }));
    const ack = await world.app.steer(state.id, { kind: 'model', profile: 'dear' });
    expect(ack).toMatchObject({ kind: 'refused', detail: expect.stringContaining('price') });
    const limited = readFileSync(join(world.app.homes.dir, state.id, 'ralph_task.md'), 'utf8').replace(
      'max_cost_usd_estimate: 5',
      'max_cost_usd_estimate: 5\nmax_tokens_total: 100000',
    );
    expect(await world.app.steer(state.id, { kind: 'spec', text: limited })).toMatchObject({
      kind: 'accepted',
    });
    expect(await world.app.steer(state.id, { kind: 'model', profile: 'dear' })).toMatchObject({
      kind: 'accepted',
    });
  });

  it('waits instead of asking two profiles in turn that are both at their limit', async () => {
    const limit = { rate_limited: { wait_ms: 3_600_000 } };
    world = await makeWorld({ script: answers(limit) });
    const script = JSON.stringify(`scripted/${join(world.dir, 'script.yaml')}`);
    writeFileSync(
      world.modelsFile,
      `profiles:\n  fake:\n    litellm_model: ${script}\n    fallback: other\n  other:\n    litellm_model: ${script}\n    fallback: fake\n`,
    );
    const abort = new AbortController();
    let calls = 0;
    const { entries } = await world.run(taskFile({ test }), {
      signal: abort.signal,
      onEntry: (entry) => {
        if (entry.type === 'model.requested') calls += 1;
        if (calls > 4 || (entry.type === 'run.status' && entry.status === 'waiting')) abort.abort();
      },
    });
    expect(calls).toBe(2);
    expect(entries).toContainEqual(expect.objectContaining({ type: 'run.status', status: 'waiting' }));
  });
});
