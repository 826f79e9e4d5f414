import { afterEach, describe, expect, it } from 'vitest';
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

const start = async (steps: readonly Step[], how: { agent?: string; host?: string }) => {
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
    env: { MY_MODEL_KEY: KEY },
  });
};
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
