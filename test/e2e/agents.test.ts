import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { modelOf, pathWith, realAgents, skips, whySkipped, type RealAgent } from '../fakes/real-agents.ts';
import { gateEnv, startUpstream, type Upstream } from '../fakes/upstream/server.ts';
import type { Step } from '../fakes/upstream/script.ts';
import { makeWorld, taskFile, type World } from '../fakes/world.ts';

let world: World;
let upstream: Upstream;
afterEach(async () => {
  world.destroy();
  await upstream.close();
});

/** The credential that only the runner and the provider may see. */
const REAL = 'sk-real-4fQz81LmX0pR7tYb';
const test = 'grep -q good file.txt';
const tick =
  "sed -i 's/- \\[ \\]/- [x]/' ralph_task.md && printf '# Progress\\n\\nfile.txt is there\\n' > .ralph/progress.md";

const start = async (agent: RealAgent, steps: readonly Step[], forever?: Step): Promise<World> => {
  upstream = await startUpstream({ steps, ...(forever && { forever }) });
  return makeWorld({
    script: '',
    models: `profiles:\n  fake:\n    litellm_model: ${modelOf[agent]}\n    prices: { input_per_mtok: 1, output_per_mtok: 1 }\n`,
    env: { PATH: pathWith(agent), ...gateEnv(upstream, REAL) },
  });
};

for (const agent of realAgents) {
  describe.skipIf(skips(agent))(`the real ${agent}${whySkipped(agent)}`, () => {
    it('completes a task with its tools: box ticked, tests green, pushed, state kept', async () => {
      world = await start(agent, [
        { write: 'file.txt', content: 'good\n', say: 'First the file.' },
        { shell: tick, say: 'Now the boxes.' },
        { say: 'The file holds what it should.' },
      ]);
      const { state, entries } = await world.run(taskFile({ test, extra: `agent: ${agent}` }));
      expect([state.status, state.detail, state.committed]).toEqual(['succeeded', expect.any(String), 1]);
      expect(world.git(world.remote, 'show', `${state.branch}:file.txt`)).toBe('good\n');
      expect(world.git(world.remote, 'rev-parse', state.branch).trim()).toBe(state.headSha);
      expect(Object.values(state.boxes).every((box) => box.checked)).toBe(true);
      const home = join(world.app.homes.dir, state.id, '.ralph');
      expect(readFileSync(join(home, 'progress.md'), 'utf8')).toContain('file.txt is there');
      const response = JSON.parse(readFileSync(join(home, 'iterations/1/response.json'), 'utf8'));
      expect(response).toMatchObject({
        agent,
        exit: 'exit 0',
        final: 'The file holds what it should.',
        tools: 2,
      });
      const actions = readFileSync(join(home, 'iterations/1/actions.jsonl'), 'utf8').trim().split('\n');
      expect(actions.map((line) => JSON.parse(line) as unknown)).toEqual([
        {
          i: 0,
          action: { type: expect.any(String), label: expect.stringContaining('file.txt') },
          outcome: 'ok',
          detail: '',
        },
        {
          i: 1,
          action: { type: expect.any(String), label: expect.stringContaining('ralph_task.md') },
          outcome: 'ok',
          detail: '',
        },
      ]);
      expect(entries.filter((e) => e.type === 'agent.tool')).toHaveLength(2);
      expect(entries).toContainEqual(
        expect.objectContaining({ type: 'agent.said', text: 'First the file.' }),
      );
      expect(entries).toContainEqual(
        expect.objectContaining({ type: 'agent.ended', agent, exit: { kind: 'code', code: 0 } }),
      );
      const prompt = readFileSync(join(home, 'iterations/1/prompt.md'), 'utf8');
      expect(prompt).toContain('You are one session of a Ralph loop');
      expect(prompt).not.toContain('{{');
      expect(entries).toContainEqual(expect.objectContaining({ type: 'gate.called', status: 200 }));
      expect(state.spent).toMatchObject({ tokens: 3150 });
      expect(upstream.calls.every(({ headers }) => JSON.stringify(headers).includes(REAL))).toBe(true);
      // The agent has read all of it on its standard input.
      expect(upstream.calls[0]?.text).toContain('You are one session of a Ralph loop');
      expect(upstream.calls[0]?.text).toContain('Budgets and progress');
    });
  });
}

describe.skipIf(skips('claude'))(`a real agent${whySkipped('claude')}`, () => {
  it('that calls its tools without end is stopped by the budget of the run, and its work is kept', async () => {
    world = await start('claude', [], { shell: 'echo x >> count.txt' });
    const limits = 'agent: claude\nmax_tokens_total: 80000';
    const { state } = await world.run(taskFile({ test, extra: limits }));
    expect([state.status, state.reason]).toEqual(['failed', 'budget: tokens']);
    expect(world.git(world.repo, 'ls-remote', world.remote, state.branch)).not.toBe('');
    expect(world.git(world.remote, 'show', `${state.branch}:count.txt`)).toMatch(/^x\n/);
    expect(state.spent.tokens).toBeLessThanOrEqual(80_000);
  });
});
