import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { pathWith, skips, whySkipped } from '../fakes/real-agents.ts';
import type { Step } from '../fakes/upstream/script.ts';
import { startUpstream, type Upstream } from '../fakes/upstream/server.ts';
import { answer, answers, makeWorld, taskFile, type World } from '../fakes/world.ts';

let world: World;
let upstream: Upstream;
afterEach(async () => {
  world.destroy();
  await upstream.close();
});

const KEY = 'own-4fQz81LmX0pR7tYb';
const test = 'grep -q good file.txt';
const tick = "sed -i 's/- \\[ \\]/- [x]/' ralph_task.md";

const start = async (steps: readonly Step[], how: { agent?: string; path?: string; host?: string }) => {
  upstream = await startUpstream({ steps });
  const url = upstream.url.replace('127.0.0.1', how.host ?? '127.0.0.1');
  world = await makeWorld({
    files: {
      'README.md': 'hello\n',
      'agent.mjs': how.agent ?? '',
      'work.sh': `node agent.mjs && echo good > file.txt && ${tick}\n`,
    },
    script: answers(answer([])),
    models: `profiles:\n  fake:\n    model: qwen3-coder\n    base_url: ${url}/v1\n    api_key_env: MY_MODEL_KEY\n    prices: { input_per_mtok: 2, output_per_mtok: 3 }\n`,
    env: { MY_MODEL_KEY: KEY, ...(how.path !== undefined && { PATH: how.path }) },
  });
};
/** Every file below a folder as one text. */
const everything = (dir: string): string =>
  readdirSync(dir, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => readFileSync(join(entry.parentPath, entry.name), 'latin1'))
    .join('\n');

describe.skipIf(skips('opencode'))(`the real opencode${whySkipped('opencode')}`, () => {
  it('works with an endpoint of the user through the gate, which has the key and the prices', async () => {
    await start(
      [
        { shell: 'echo good > file.txt', say: 'First the file.' },
        { shell: tick, say: 'Now the boxes.' },
        { say: 'The file holds what it should.' },
      ],
      { path: pathWith('opencode') },
    );
    const { state, entries } = await world.run(taskFile({ test, extra: 'agent: opencode' }));
    expect([state.status, state.detail, state.committed]).toEqual(['succeeded', expect.any(String), 1]);
    expect(world.git(world.remote, 'show', `${state.branch}:file.txt`)).toBe('good\n');
    expect(entries).toContainEqual(
      expect.objectContaining({ type: 'gate.called', path: '/v1/chat/completions', status: 200 }),
    );
    expect(upstream.calls.map(({ headers }) => headers['authorization'])).toEqual(
      upstream.calls.map(() => `Bearer ${KEY}`),
    );
    expect(state.spent.tokens).toBeGreaterThan(0);
    expect(state.spent.costUsd).toBeGreaterThan(0);
    expect(state.spent.costUsd).toBeLessThanOrEqual((state.spent.tokens * 3) / 1e6);
    expect(everything(join(world.app.homes.dir, state.id))).not.toContain(KEY);
  });
});

describe('an agent that is a command', () => {
  it('reaches the model of its profile through the gate, and no other', async () => {
    const agent = `const ask = (model) => fetch(process.env.OPENAI_BASE_URL + '/chat/completions', {
  method: 'POST',
  headers: { authorization: 'Bearer ' + process.env.OPENAI_API_KEY, 'content-type': 'application/json' },
  body: JSON.stringify({ model, max_tokens: 9, messages: [], tools: [{ type: 'function', function: { name: 'bash' } }] }),
}).then(async (answer) => { await answer.text(); return answer.status; });
const said = [await ask(process.env.RALPH_MODEL), await ask('other')];
console.log(JSON.stringify(said));
process.exit(said.join() === '200,403' ? 0 : 1);
`;
    await start([], { agent, host: 'host.containers.internal' });
    const extra = `agent: command\nagent_command: sh work.sh`;
    const { state } = await world.run(taskFile({ test, extra }));
    expect([state.status, state.detail]).toEqual(['succeeded', expect.any(String)]);
    expect(upstream.calls).toHaveLength(1);
  });
});
