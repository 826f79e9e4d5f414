import { afterEach, describe, expect, it } from 'vitest';

import { createOpenAiModel } from '../../../src/adapters/model/openai.ts';
import type { Profile } from '../../../src/domain/models.ts';
import { createActionsAgent } from '../../../src/engine/agent/actions.ts';
import { ask } from '../../../src/engine/agent/ask.ts';
import type { Charge, Meter } from '../../../src/ports/agent.ts';
import type { Clock } from '../../../src/ports/host.ts';
import type { Sandbox } from '../../../src/ports/sandbox.ts';
import { good, piece, startModelServer } from '../../fakes/model-server.ts';
import type { ModelServer, Reply } from '../../fakes/model-server.ts';
import { realClock } from '../../adapters/model/real-clock.ts';

const GOOD = '{"summary":"s","actions":[{"type":"run","command":"npm test"}]}';
const box = {} as Sandbox;
let server: ModelServer | undefined;
afterEach(async () => {
  await server?.close();
  server = undefined;
});

const meterFor = (calls: number) => {
  const entries: unknown[] = [];
  const charges: Charge[] = [];
  const meter: Meter = {
    reserve: ({ purpose, model, most }) => {
      if (entries.length >= calls) return { over: 'cost' };
      entries.push([purpose, model, most.tokens > 500]);
      return { call: `c${entries.length}` };
    },
    settle: (_, charge) => charges.push(charge),
  };
  return { meter, entries, charges };
};
const setUp = async (
  replies: readonly Reply[],
  more: { calls?: number; env?: Record<string, string>; idle?: number } = {},
) => {
  server = await startModelServer(replies);
  const profile: Profile = {
    name: 'p',
    provider: 'custom',
    model: 'm-1',
    baseUrl: server.baseUrl,
    apiKeyEnv: 'P_KEY',
    maxOutputTokens: 500,
    structured: 'object',
    prices: { inputPerMtok: 1, outputPerMtok: 10 },
    tags: [],
    idleTimeoutS: more.idle ?? 20,
    callTimeoutS: 60,
  };
  const slept: number[] = [];
  const off = new AbortController();
  // Only the back-off is not waited for; the limits of a call run on the real clock.
  const clock: Clock = { ...realClock, sleep: (ms) => Promise.resolve(void slept.push(ms)) };
  const model = createOpenAiModel({
    profiles: [profile],
    env: more.env ?? { P_KEY: 'key-0123456789' },
    clock: realClock,
  });
  const deps = { model, clock, random: () => 0.5 };
  const metered = meterFor(more.calls ?? 100);
  const turn = {
    n: 1,
    system: 'sys',
    prompt: 'Iteration: 1 of 3',
    profile: 'p',
    meter: metered.meter,
    signal: off.signal,
    repoDir: '/repo',
    gate: undefined,
    gateUrl: () => Promise.reject(new Error('no gate')),
    env: () => ({}),
    limits: { idleMs: 1000, maxTurns: 1, leftMs: 1000 },
    command: undefined,
    onEvent: () => {},
  };
  return { ...metered, slept, off, deps, turn, session: () => createActionsAgent(deps).session(turn, box) };
};

describe('a session', () => {
  it('is one metered call when the answer is good', async () => {
    const { session, entries, charges } = await setUp([good(GOOD)]);
    expect(await session()).toEqual({
      kind: 'answer',
      answer: { summary: 's', actions: [{ type: 'run', command: 'npm test' }] },
      repaired: 'no',
      raw: GOOD,
    });
    expect(entries).toEqual([['iteration', 'm-1', true]]);
    expect(charges).toMatchObject([
      { usage: { inputTokens: 1000, outputTokens: 100 }, costUsd: 0.002, finish: 'stop' },
    ]);
  });
  it('asks once more, showing the answer and the problem, when the answer cannot be used', async () => {
    const { session, entries } = await setUp([good('I am done!'), good(GOOD)]);
    expect(await session()).toMatchObject({ kind: 'answer', repaired: 'call', raw: GOOD });
    expect(entries).toEqual([
      ['iteration', 'm-1', true],
      ['repair', 'm-1', true],
    ]);
    const messages = server?.requests[1]?.body['messages'] as { role: string; content: string }[];
    expect(messages.map(({ role }) => role)).toEqual(['system', 'user', 'assistant', 'user']);
    expect(messages[2]?.content).toBe('I am done!');
    expect(messages[3]?.content).toContain('There is no JSON object');
  });
  it('shows a huge answer cut to 16 KB', async () => {
    const { session } = await setUp([good('x'.repeat(100_000)), good(GOOD)]);
    await session();
    const messages = server?.requests[1]?.body['messages'] as { content: string }[];
    expect(messages[2]!.content.length).toBeLessThan(17_000);
  });
  it('is invalid after the second bad answer, and there is no third call', async () => {
    const { session } = await setUp([good('no'), good('{"summary":"s","actions":[]}')]);
    expect(await session()).toMatchObject({
      kind: 'invalid',
      problem: expect.stringContaining('no actions') as string,
      raw: expect.stringContaining('no') as string,
    });
    expect(server?.requests).toHaveLength(2);
  });
  it('runs nothing of an answer that was cut at the output limit', async () => {
    const { session } = await setUp([good(GOOD, 'length')]);
    expect(await session()).toMatchObject({
      kind: 'invalid',
      problem: expect.stringContaining('no action runs') as string,
    });
  });
  it('tries again after a server error, each call metered', async () => {
    const { session, slept, entries, charges } = await setUp([{ status: 500 }, { status: 503 }, good(GOOD)]);
    expect(await session()).toMatchObject({ kind: 'answer', repaired: 'no' });
    expect(entries).toHaveLength(3);
    expect(slept).toEqual([1500, 2500]);
    expect(charges[0]).toMatchObject({ costUsd: 0, failure: { kind: 'server', retryInMs: 1500 } });
  });
  it('gives up after five calls', async () => {
    const { session, charges } = await setUp([{ status: 500 }]);
    expect(await session()).toMatchObject({ kind: 'failed', fatal: false });
    expect(server?.requests).toHaveLength(5);
    expect(charges.at(-1)?.failure).not.toHaveProperty('retryInMs');
  });
  it('charges for what a broken stream had already brought', async () => {
    const { session, charges } = await setUp([{ steps: [piece('half an answer')] }, good(GOOD)]);
    expect(await session()).toMatchObject({ kind: 'answer' });
    expect(charges[0]?.costUsd).toBeGreaterThan(0);
    expect(charges[0]).toMatchObject({ usage: { estimated: true }, failure: { kind: 'cut' } });
  });
  it('hands a rate limit over without waiting', async () => {
    const { session, slept } = await setUp([{ status: 429, headers: { 'retry-after': '3600' } }]);
    expect(await session()).toMatchObject({ kind: 'rate-limited', waitMs: 3_600_000 });
    expect(server?.requests).toHaveLength(1);
    expect(slept).toEqual([]);
  });
  it('pauses on a refused key', async () => {
    const { session } = await setUp([{ status: 401 }]);
    expect(await session()).toMatchObject({ kind: 'failed', fatal: false, pause: 'token expired' });
  });
  it('pauses on a missing key, and charges nothing', async () => {
    const { session, charges } = await setUp([good(GOOD)], { env: {} });
    expect(await session()).toMatchObject({
      kind: 'failed',
      pause: 'token expired',
      detail: expect.stringContaining('P_KEY is not set') as string,
    });
    expect(charges).toMatchObject([{ costUsd: 0, failure: { kind: 'config' } }]);
    expect(server?.requests).toHaveLength(0);
  });
  it.each([
    ['a wrong model', { status: 404 }],
    ['a web page', { body: '<html>', headers: { 'content-type': 'text/html' } }],
  ])('fails for good on %s', async (_, reply) => {
    const { session } = await setUp([reply]);
    expect(await session()).toMatchObject({ kind: 'failed', fatal: true });
    expect(server?.requests).toHaveLength(1);
  });
  it.each([
    [0, 0],
    [1, 1],
  ])('is over budget when only %i calls are allowed, and none goes out beyond', async (calls, sent) => {
    const { session } = await setUp([good('no')], { calls });
    expect(await session()).toEqual({ kind: 'over-budget', budget: 'cost' });
    expect(server?.requests).toHaveLength(sent);
  });
  it('is cancelled before and during a call', async () => {
    const { deps, turn, off, charges } = await setUp([{ steps: [piece('x'), { stall: true }] }]);
    const asked = ask(deps, {
      ...turn,
      messages: [{ role: 'user', content: 'hi' }],
      schema: { name: 'actions', json: {} },
      purpose: 'iteration',
      onDelta: () => off.abort(),
    });
    expect(await asked).toEqual({ kind: 'cancelled' });
    expect(charges).toMatchObject([{ failure: { kind: 'cancelled' } }]);
    expect(await createActionsAgent(deps).session(turn, box)).toEqual({ kind: 'cancelled' });
    expect(server?.requests).toHaveLength(1);
  });
});
