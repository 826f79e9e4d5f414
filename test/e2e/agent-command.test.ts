import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import type { Step } from '../fakes/upstream/script.ts';
import { gateEnv, startUpstream, type Upstream } from '../fakes/upstream/server.ts';
import { answer, answers, makeWorld, taskFile, type World } from '../fakes/world.ts';

let world: World;
let upstream: Upstream;
afterEach(async () => {
  world.destroy();
  await upstream.close();
});

const test = 'grep -q good file.txt';
/** A call to the model as a small program makes it; its exit is that of the call. */
const ask = `node -e "
  const headers = { authorization: 'Bearer ' + process.env.OPENAI_API_KEY, 'content-type': 'application/json' };
  const body = JSON.stringify({ model: 'gpt-5.1-codex', max_tokens: 100, messages: [{ role: 'user', content: 'hi' }], tools: [{ type: 'function', function: { name: 'bash' } }] });
  fetch(process.env.OPENAI_BASE_URL + '/chat/completions', { method: 'POST', headers, body }).then(async (r) => { await r.text(); process.exit(r.ok ? 0 : 1); });
"`;
const work = `printf 'good\\n' > file.txt && sed -i 's/- \\[ \\]/- [x]/' ralph_task.md && echo finished`;

const start = async (script: string, steps: readonly Step[] = [], secret = 'not-there-at-all') => {
  upstream = await startUpstream({ steps });
  world = await makeWorld({
    files: { 'README.md': 'hello\n', 'agent.sh': script },
    script: answers(answer([])),
    models:
      'profiles:\n  fake:\n    litellm_model: anthropic/claude-sonnet-4-5\n  script:\n    litellm_model: scripted/script.yaml\n',
    env: { MY_SECRET_TOKEN: secret, ...gateEnv(upstream, 'sk-real-0123456789abcdef') },
  });
};
const task = (more = '') =>
  taskFile({ test, extra: `agent: command\nagent_command: "sh agent.sh {{prompt_file}}"\n${more}` });

describe('a run whose agent is a command of the task file', () => {
  it('succeeds by what the command did, with the same state as with any agent', async () => {
    await start(`grep -q 'Ralph loop' "$1" && ${ask} && ${work}`);
    const { state } = await world.run(task());
    expect([state.status, state.detail, state.committed]).toEqual(['succeeded', expect.any(String), 1]);
    expect(world.git(world.remote, 'show', `${state.branch}:file.txt`)).toBe('good\n');
    const home = join(world.app.homes.dir, state.id, '.ralph');
    const response = JSON.parse(readFileSync(join(home, 'iterations/1/response.json'), 'utf8'));
    expect(response).toMatchObject({ agent: 'command', exit: 'exit 0', final: 'finished' });
    expect(world.git(world.remote, 'log', '-1', '--format=%s', state.branch).trim()).toBe(
      'ralph(task-1): finished',
    );
  });

  it('sits a rate limit out without counting the iteration', async () => {
    await start(`${ask} || exit 1; ${work}`, [{ status: 429, headers: { 'retry-after': '1' } }]);
    const { state, entries } = await world.run(task());
    expect([state.status, state.detail, state.committed]).toEqual(['succeeded', expect.any(String), 1]);
    expect(entries).toContainEqual(expect.objectContaining({ type: 'run.status', status: 'waiting' }));
    expect(entries.filter((e) => e.type === 'iteration.started')).toHaveLength(1);
    expect(entries.filter((e) => e.type === 'agent.ended')).toHaveLength(2);
  });

  it('pauses for a human when the credential is refused', async () => {
    await start(`${ask} || exit 1; ${work}`, [{ status: 401 }]);
    const { state } = await world.run(task());
    expect([state.status, state.reason, state.committed]).toEqual(['paused', 'token expired', 0]);
  });

  it('cannot be diagnosed by a profile that the runner has no key for, and is told which one it lacks', async () => {
    await start(`${ask} || exit 1; ${work}`, [{ status: 401 }]);
    const { state } = await world.run(task());
    await world.cli(['diagnose', state.id], { env: { ANTHROPIC_API_KEY: '' } });
    const warnings = world.app.homes
      .entries(state.id)
      .flatMap((entry) => (entry.type === 'warning' && entry.about === 'diagnose' ? [entry.text] : []));
    expect(warnings).toEqual([expect.stringContaining('cannot call fake: ')]);
    expect(warnings[0]).toContain('ANTHROPIC_API_KEY');
    expect(warnings[0]).toContain('model_profile_diagnose');
  });

  it('is not believed: a tick that its check does not bear out is taken back', async () => {
    await start(`sed -i 's/- \\[ \\]/- [x]/; s/grep -q good/true #/' ralph_task.md; echo cheated`);
    const { state, entries } = await world.run(task().replace('max_iterations: 6', 'max_iterations: 1'));
    expect(state.status).not.toBe('succeeded');
    expect(entries).toContainEqual(
      expect.objectContaining({ type: 'box.changed', box: 'M1.1', checked: false }),
    );
    expect(entries).toContainEqual(
      expect.objectContaining({ type: 'state.restored', path: 'ralph_task.md' }),
    );
  });

  it('cannot get a secret into the log, the response or the commit message', async () => {
    const secret = 'kX93mdk2PqLs84hTz';
    await start(`${work}; echo the secret is ${secret}`, [], secret);
    const { state, entries } = await world.run(task());
    expect(state.status).toBe('succeeded');
    const home = join(world.app.homes.dir, state.id, '.ralph');
    const written = [
      JSON.stringify(entries),
      readFileSync(join(home, 'activity.log'), 'utf8'),
      readFileSync(join(home, 'iterations/1/response.json'), 'utf8'),
      world.git(world.remote, 'log', '--format=%B', state.branch),
    ];
    expect(written.filter((text) => text.includes(secret))).toEqual([]);
    expect(entries).toContainEqual(
      expect.objectContaining({ type: 'agent.said', text: expect.stringContaining('the secret is') }),
    );
  });
});

describe('a profile that an agent cannot work with', () => {
  it('is refused before anything is made, with what to do', async () => {
    await start('');
    const create = (agent: string) => world.create(taskFile({ test, extra: `agent: ${agent}` }));
    await expect(create('codex')).rejects.toMatchObject({
      message: 'agent: codex cannot work with profile fake (anthropic/claude-sonnet-4-5)',
      hint: expect.stringContaining('litellm_model: openai/…'),
    });
    await expect(
      world.create(taskFile({ test, extra: 'agent: opencode' }), { profile: 'script' }),
    ).rejects.toMatchObject({ code: 'config' });
    expect(world.app.homes.list()).toEqual([]);
  });
});
