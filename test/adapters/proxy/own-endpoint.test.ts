import { expect, it } from 'vitest';
import { createGates } from '../../../src/adapters/proxy/create-gates.ts';
import { events, json, streamed } from '../../fakes/provider-server.ts';
import { countingMeter, post, provider, startGate } from './gate-fixture.ts';

const KEY = 'own-key-0123456789';
const answer = events(
  { choices: [{ delta: { content: 'ok' } }] },
  { choices: [], usage: { prompt_tokens: 1000, completion_tokens: 100 } },
);
const ask = (model: string) => post({ model, max_tokens: 100, messages: [] });

const own = async (baseUrl: string, apiKey: string | undefined, prices = true) => {
  const { gate } = await startGate('http://127.0.0.1:9', { agent: 'opencode' });
  const metered = countingMeter();
  const access = {
    model: 'mine',
    ...(prices && { prices: { inputPerMtok: 10, outputPerMtok: 20 } }),
    endpoint: { baseUrl, apiKey },
  };
  const { meter } = metered;
  const { signal } = new AbortController();
  const session = await gate.session({ agent: 'opencode', profile: 'p', meter, signal, access });
  const call = (path: string, init: RequestInit = {}) =>
    fetch(`${gate.url}${path}`, { ...init, headers: { authorization: `Bearer ${session.phantom}` } });
  return { call, ...metered };
};

it('sends a session to the endpoint of its profile, with its key and its prices', async () => {
  const up = await provider(streamed(answer));
  const { call, settled } = await own(`${up.url}/api/paas/v4`, KEY);
  expect(await (await call('/v1/chat/completions', ask('mine'))).text()).toBe(answer);
  expect(up.requests[0]).toMatchObject({
    url: '/api/paas/v4/chat/completions',
    headers: { authorization: `Bearer ${KEY}` },
  });
  expect(settled[0]?.costUsd).toBeCloseTo(0.012, 9);
});

it('lets it ask for no other model and no other call', async () => {
  const up = await provider(json(200, { data: [] }));
  const { call, reserved } = await own(`${up.url}/v1`, KEY);
  const other = await call('/v1/chat/completions', ask('dearer'));
  expect([other.status, await other.text()]).toEqual([
    403,
    expect.stringContaining('for the model mine only'),
  ]);
  for (const path of ['/v1/responses', '/v1/messages'])
    expect((await call(path, ask('mine'))).status).toBe(403);
  expect((await call('/v1/models')).status).toBe(200);
  expect(up.requests.map(({ url }) => url)).toEqual(['/v1/models']);
  expect(reserved).toEqual([]);
});

it('finds a local model by the name that containers have for this machine, without a key or a price', async () => {
  const up = await provider(streamed(answer));
  const url = up.url.replace('127.0.0.1', 'host.containers.internal');
  const { call, settled } = await own(`${url}/v1`, undefined, false);
  await (await call('/v1/chat/completions', ask('mine'))).text();
  expect(up.requests[0]?.headers.authorization).toBeUndefined();
  expect(settled[0]).toMatchObject({ costUsd: 0, usage: { inputTokens: 1000, outputTokens: 100 } });
});

it.each(['http://192.168.1.5:8000/v1', 'http://example.com/v1', 'https://user:pw@example.com/v1'])(
  'sends no key to %s',
  async (url) => {
    await expect(own(url, KEY)).rejects.toMatchObject({ code: 'config' });
  },
);

it('warns of a token that ends soon, and of no other', async () => {
  const now = new Date('2030-01-01T00:00:00Z');
  const warnings = (expires: string) =>
    createGates({
      env: {},
      tokens: {
        find: () => Promise.resolve({ kind: 'api-key', value: KEY, from: 'the file', expires }),
        set: () => Promise.reject(new Error('not here')),
        remove: () => Promise.resolve([]),
      },
      prices: () => Promise.resolve(undefined),
      now: () => now,
      allow: [],
      gitAuth: () => Promise.resolve(undefined),
    }).warnings('claude');
  expect(await warnings('2031-01-01T00:00:00.000Z')).toEqual([]);
  expect(await warnings('2030-01-02T00:00:00.000Z')).toEqual([
    expect.stringMatching(/^the token of the file .*ralph token set --agent claude$/),
  ]);
});
