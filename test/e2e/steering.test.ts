import { afterEach, describe, expect, it } from 'vitest';
import { answer, answers, makeWorld, taskFile, type World } from '../fakes/world.ts';

let world: World;
afterEach(() => world.destroy());

const run = (command: string) => ({ type: 'run', command });
const write = (path: string, content: string) => ({ type: 'write', path, content });
const test = 'grep -q good file.txt';
const modeOf = (mode: string) => taskFile({ test, extra: `steering_mode: ${mode}` });

/** A run that a human has to answer after its first iteration: nobody works on it then. */
const paused = async (mode = 'autonomous', script?: string) => {
  world = await makeWorld({
    script:
      script ??
      answers(
        answer([{ type: 'pause', reason: 'which colour?' }]),
        answer([write('file.txt', 'good')], ['M1.1', 'M1.2']),
      ),
  });
  const { state } = await world.run(modeOf(mode));
  expect(state.status).toBe('paused');
  return state.id;
};
const promptOf = (id: string, n: number) => world.app.homes.readState(id, `iterations/${n}/prompt.md`) ?? '';

describe('steering a run that nobody works on', () => {
  it('takes notes, signs and spec edits at once, and they reach the next prompt', async () => {
    const id = await paused();
    expect((await world.cli(['note', id, 'use', '--all'])).code).toBe(2);
    expect((await world.cli(['note', id, 'use blue'])).stdout).toContain('note acknowledged');
    expect((await world.cli(['guardrail', id, 'never use red', '--name', 'no red'])).code).toBe(0);
    const before = world.app.homes.readTask(id)!;
    world.app.files.writeText('new.md', before.replace('It holds', 'It really holds'));
    expect((await world.cli(['spec', id, '--file', 'new.md'])).stdout).toContain('spec acknowledged');
    await world.cli(['resume', id, '--foreground']);
    const prompt = promptOf(id, 2);
    for (const text of ['use blue', '### sign: no red', 'It really holds']) expect(prompt).toContain(text);
    expect(world.app.replay(id).status).toBe('succeeded');
  });

  it('refuses a task file that does not lint or is another task, and says why', async () => {
    const id = await paused();
    const before = world.app.homes.readTask(id)!;
    for (const [text, reason] of [
      [before.replace(/test_command.*\n/, ''), 'does not lint'],
      [before.replace('task_id: task-1', 'task_id: other'), 'task_id may not change'],
    ] as const) {
      world.app.files.writeText('new.md', text, { overwrite: true });
      const { code, stdout } = await world.cli(['spec', id, '--file', 'new.md']);
      expect([code, stdout]).toEqual([1, expect.stringContaining(reason)]);
    }
    expect(world.app.homes.readTask(id)).toBe(before);
  });

  it('refuses what the steering mode does not allow, with the reason', async () => {
    const id = await paused('autonomous');
    const hint = await world.cli(['note', id, 'look there', '--hint', 'file']);
    expect([hint.code, hint.stdout]).toEqual([1, expect.stringContaining('steering_mode: guided')]);
    const debug = await world.cli(['debug', id, 'test']);
    expect([debug.code, debug.stdout]).toEqual([1, expect.stringContaining('steering_mode: debug')]);
  });

  it('runs only commands of the allow-list in debug mode', async () => {
    const id = await paused('debug');
    const tested = await world.cli(['debug', id, 'test']);
    expect([tested.code, tested.stdout]).toEqual([1, expect.stringContaining('acknowledged: exit 2')]);
    // The verifiers of single boxes too; each command once.
    const verified = (await world.cli(['debug', id, 'verify'])).stdout;
    expect(verified.match(/exit 2/g)).toHaveLength(1);
    expect((await world.cli(['debug', id, 'output'])).stdout).toContain(`$ ${test}`);
    expect((await world.cli(['debug', id, 'errors'])).stdout).toContain('[iteration 1] test_command');
    const refused = await world.cli(['debug', id, 'rm -rf /']);
    expect([refused.code, refused.stdout]).toEqual([
      1,
      expect.stringContaining('is not on the list: test, verify'),
    ]);
  });

  it('changes the profile only to one that exists', async () => {
    const id = await paused();
    const { code, stdout } = await world.cli(['model', id, 'nope']);
    expect([code, stdout]).toEqual([1, expect.stringContaining('no profile nope')]);
  });

  it('stops for good, and refuses everything after that', async () => {
    const id = await paused();
    expect((await world.cli(['stop', id])).code).toBe(0);
    expect(world.app.replay(id).status).toBe('stopped');
    expect((await world.cli(['resume', id])).stdout).toContain('refused: the run has stopped');
  });

  it('diagnoses on demand; apply adds the signs and edits that loosen nothing', async () => {
    const report = {
      pattern: 'The tests fail and nobody asks which colour.',
      evidence: ['iteration 1 paused'],
      cause: 'The task does not say it.',
      guardrails: [
        {
          name: 'ask once',
          trigger: 'a colour is missing',
          instruction: 'use blue',
          evidence: 'iteration 1',
        },
      ],
      spec_edits: [
        { old: '# Task: Make it so', new: '# Task: Make it so, in blue', reason: 'it was open' },
        { old: `test_command: ${JSON.stringify(test)}`, new: 'test_command: "true"', reason: 'easier' },
      ],
      model_profile: null,
    };
    const id = await paused(
      'autonomous',
      JSON.stringify({ answers: [answer([{ type: 'pause', reason: '?' }])], diagnose: [{ answer: report }] }),
    );
    expect((await world.cli(['apply', id])).stdout).toContain('no diagnose report');
    expect((await world.cli(['diagnose', id])).code).toBe(0);
    expect(world.app.homes.readState(id, 'diagnostics.md')).toContain('nobody asks which colour');
    const applied = await world.cli(['apply', id]);
    expect(applied.stdout).toContain('it touches the front matter');
    const task = world.app.homes.readTask(id)!;
    expect([task.includes('in blue'), task.includes(JSON.stringify(test))]).toEqual([true, true]);
    expect(world.app.homes.readState(id, 'guardrails.md')).toContain('### sign: ask once');
  });
});

describe('steering a run that is being worked on', () => {
  it('pauses between two actions, acknowledged while the first still runs', async () => {
    world = await makeWorld({
      script: answers(
        answer([run('echo one > one.txt; sleep 1'), run('echo two > two.txt')]),
        answer([write('file.txt', 'good')], ['M1.1', 'M1.2']),
      ),
    });
    const { id } = await world.create(modeOf('autonomous'));
    let ack: unknown;
    const { state } = await world.resume(id, {
      onEntry: (entry) => {
        if (entry.type === 'command.started' && entry.purpose === 'action' && !ack)
          ack = world.cli(['pause', id]);
      },
    });
    expect(await ack).toMatchObject({ code: 0, stdout: expect.stringContaining('pause acknowledged') });
    expect([state.status, state.reason]).toEqual(['paused', 'human']);
    const files = world.git(world.remote, 'ls-tree', '--name-only', state.branch);
    expect([files.includes('one.txt'), files.includes('two.txt')]).toEqual([true, false]);
  });

  it('stops in the middle of a command and keeps what it had done', async () => {
    world = await makeWorld({ script: answers(answer([run('echo kept > kept.txt; sleep 600')])) });
    const { id } = await world.create(modeOf('autonomous'));
    const { state } = await world.resume(id, {
      onEntry: (entry) => {
        if (entry.type === 'command.started' && entry.purpose === 'action') void world.cli(['stop', id]);
      },
    });
    expect(state.status).toBe('stopped');
    expect(world.git(world.remote, 'show', `${state.branch}:kept.txt`)).toBe('kept\n');
  });

  it('pauses on Ctrl-C with exit 130, and goes on where it was', async () => {
    world = await makeWorld({
      script: answers(
        answer([run('echo a > a.txt; sleep 600')]),
        answer([write('file.txt', 'good')], ['M1.1', 'M1.2']),
      ),
    });
    world.app.files.writeText(
      'ralph_task.md',
      modeOf('autonomous').replace(/^---\n/, `---\nrepo_url: ${world.remote}\n`),
    );
    const child = world.start(['run', '--backend', 'local', '--json']);
    let out = '';
    child.stdout!.setEncoding('utf8').on('data', (text: string) => {
      out += text;
      if (out.includes('"type":"command.started"') && !child.killed) child.kill('SIGINT');
    });
    const code = await new Promise((resolve) => child.on('close', resolve));
    expect(code).toBe(130);
    const [info] = world.app.runs();
    expect(info!.state.status).toBe('paused');
    expect((await world.cli(['resume', info!.id, '--foreground'])).code).toBe(0);
    expect(world.git(world.remote, 'show', `${info!.state.branch}:a.txt`)).toBe('a\n');
  });
});
