import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';

import { createModels } from '../../../src/adapters/model/create-models.ts';
import type { ModelPort, ModelRequest } from '../../../src/ports/model.ts';
import { realClock } from './real-clock.ts';

const SCRIPT = `
profiles:
  cheap: { fallback: strong, prices: { input_per_mtok: 10, output_per_mtok: 100 } }
  strong: { answers: [{ text: strong says }] }
answers:
  - { text: one, repair: mended }
  - { rate_limited: { wait_ms: 70 }, times: 1 }
  - { answer: { summary: s, actions: [] }, cost_usd: 0.5, usage: { input_tokens: 3, output_tokens: 4 } }
diagnose:
  - { text: diagnosis }
`;
const dir = mkdtempSync(join(tmpdir(), 'ralph-script-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

const scripted = (script = SCRIPT): Promise<ModelPort> => createModels({ script, env: {}, clock: realClock });
const at = (n: number, more: Partial<ModelRequest> = {}): ModelRequest => ({
  profile: 'cheap',
  messages: [{ role: 'user', content: `Iteration: 99 of 99\nquoted above\nIteration: ${n} of 30\nrest` }],
  schema: { name: 'actions', json: {} },
  ...more,
});

describe('a scripted model', () => {
  it('answers by the iteration in the prompt, and repeats its last answer', async () => {
    const model = await scripted();
    expect(await model.complete(at(1))).toMatchObject({
      kind: 'ok',
      text: 'one',
      finish: 'stop',
      costUsd: 0.03,
    });
    expect(await model.complete(at(3))).toMatchObject({
      text: '{"summary":"s","actions":[]}',
      costUsd: 0.5,
      usage: { inputTokens: 3 },
    });
    expect(await model.complete(at(50))).toMatchObject({ text: '{"summary":"s","actions":[]}' });
    expect(await model.complete(at(1))).toMatchObject({ text: 'one' });
  });
  it('limits as often as it says, then goes on with the next entry', async () => {
    const model = await scripted();
    expect(await model.complete(at(2))).toMatchObject({ kind: 'rate-limited', waitMs: 70, costUsd: 0 });
    expect(await model.complete(at(2))).toMatchObject({ kind: 'ok', costUsd: 0.5 });
  });
  it('has other words for a repair call, for the diagnose pass and for another profile', async () => {
    const model = await scripted();
    const messages = [
      ...at(1).messages,
      { role: 'assistant' as const, content: 'x' },
      { role: 'user' as const, content: 'y' },
    ];
    expect(await model.complete(at(1, { messages }))).toMatchObject({ text: 'mended' });
    expect(await model.complete(at(4, { schema: { name: 'diagnose', json: {} } }))).toMatchObject({
      text: 'diagnosis',
    });
    expect(await model.complete(at(4, { profile: 'strong' }))).toMatchObject({ text: 'strong says' });
  });
  it('is never taken for a real one', async () => {
    const { profiles } = await scripted('answers: [{ text: x }]');
    expect(profiles.map(({ name, provider, priced }) => [name, provider, priced])).toEqual([
      ['default-cheap', 'scripted', true],
      ['strong-doctor', 'scripted', true],
    ]);
  });
  it('can be called off while it waits', async () => {
    const model = await scripted('answers: [{ text: x, delay_ms: 600000 }]');
    const answer = await model.complete(at(1, { profile: 'default-cheap', signal: AbortSignal.timeout(20) }));
    expect(answer).toMatchObject({ kind: 'failed', failure: 'cancelled' });
  });
  it.each(['answers: [{ txt: x }]', 'answers: 1', '{'])('refuses the script %s', async (script) => {
    await expect(scripted(script)).rejects.toMatchObject({ code: 'config' });
  });
});

describe('the models of a models.yaml', () => {
  it('are scripted where it says so, with the path as seen from the file', async () => {
    writeFileSync(join(dir, 's.yaml'), 'answers: [{ text: from the file }]');
    const modelsYaml =
      'profiles:\n  a: { litellm_model: scripted/s.yaml }\n  b: { litellm_model: zai/glm-4.7, fallback: a }\n';
    const model = await createModels({
      modelsYaml,
      modelsPath: join(dir, 'models.yaml'),
      env: {},
      clock: realClock,
    });
    expect(model.profiles).toMatchObject([
      { name: 'a', provider: 'scripted', priced: true },
      { name: 'b', provider: 'zai', model: 'glm-4.7', fallback: 'a', priced: true },
    ]);
    expect(await model.complete(at(1, { profile: 'a' }))).toMatchObject({ text: 'from the file' });
    expect(model.check('b')).toHaveLength(1);
    expect(() => model.check('c')).toThrow(expect.objectContaining({ code: 'config' }));
  });
  it('are refused with file and line', async () => {
    const wrong = createModels({
      modelsYaml: 'profiles:\n  p: { litellm_model: nope/x }\n',
      modelsPath: 'm.yaml',
      env: {},
      clock: realClock,
    });
    await expect(wrong).rejects.toMatchObject({
      code: 'config',
      message: expect.stringContaining('m.yaml:2: ') as string,
    });
  });
  it("take prices from the file, then from the catalogue, and know none for a server of one's own", async () => {
    const modelsYaml = `profiles:
  own: { litellm_model: openai/gpt-5, prices: { input_per_mtok: 0, output_per_mtok: 0 } }
  listed: { litellm_model: anthropic/claude-sonnet-4-5 }
  local: { litellm_model: ollama/qwen }
`;
    const model = await createModels({ modelsYaml, env: {}, clock: realClock });
    expect(model.profiles.map(({ priced }) => priced)).toEqual([false, true, false]);
    const long = [{ role: 'user' as const, content: 'word '.repeat(300_000) }];
    const { costUsd, tokens } = model.estimate('listed', long);
    expect(costUsd / (tokens - 8192)).toBeGreaterThan(5e-6);
  });
  it('are the built-in ones without a file, priced', async () => {
    const model = await createModels({ env: {}, clock: realClock });
    expect(model.profiles.map(({ name, priced }) => [name, priced])).toEqual([
      ['default-cheap', true],
      ['strong-doctor', true],
    ]);
    expect(model.estimate('default-cheap', []).costUsd).toBeCloseTo((8192 * 2.2) / 1e6, 6);
  });
});
