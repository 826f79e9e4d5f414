import { describe, expect, it } from 'vitest';

import { createOpenAiModel } from '../../../src/adapters/model/openai.ts';
import type { Profile } from '../../../src/domain/models.ts';
import { done, finish, good, piece, startModelServer, usage } from '../../fakes/model-server.ts';
import { base, call, KEY, lastServer } from './call-openai.ts';
import { realClock } from './real-clock.ts';

describe('a good answer', () => {
  it('comes with its text, its usage and its price', async () => {
    const pieces: string[] = [];
    const answer = await call([good('{"a":1}')], {}, { onDelta: (text) => pieces.push(text) });
    expect(answer).toEqual({
      kind: 'ok',
      text: '{"a":1}',
      finish: 'stop',
      usage: { inputTokens: 1000, outputTokens: 100 },
      costUsd: 0.002,
    });
    expect(pieces).toEqual(['{"a":1}']);
  });
  it('was asked for once, with the key, the limit and the form, and without headers of this machine', async () => {
    await call([good('{}')]);
    expect(lastServer()?.requests).toHaveLength(1);
    const [request] = lastServer()!.requests;
    expect(request?.path).toBe('/v1/chat/completions');
    expect(request?.headers.authorization).toBe(`Bearer ${KEY}`);
    expect(Object.keys(request!.headers).filter((name) => name.startsWith('x-stainless'))).toEqual([]);
    expect(request?.body).toMatchObject({
      model: 'm-1',
      max_tokens: 500,
      temperature: 0.2,
      stream: true,
      stream_options: { include_usage: true },
      response_format: { type: 'json_object' },
    });
  });
  it('is held to the schema, strictly, where the profile says so', async () => {
    await call([good('{}')], { structured: 'schema' });
    expect(lastServer()?.requests[0]?.body['response_format']).toMatchObject({
      type: 'json_schema',
      json_schema: { name: 'actions', strict: true },
    });
  });
  it('is not held strictly to a schema that strict mode would refuse', async () => {
    const json = { type: 'object', properties: { a: { type: 'string' } } };
    await call([good('{}')], { structured: 'schema' }, { schema: { name: 'x', json } });
    expect(lastServer()?.requests[0]?.body['response_format']).toMatchObject({
      json_schema: { strict: false },
    });
  });
  it('is asked of a reasoning model without a temperature and with its own name for the limit', async () => {
    const server = await startModelServer([good('{}')]);
    const profile: Profile = {
      ...base,
      provider: 'openai',
      model: 'gpt-5',
      baseUrl: server.baseUrl,
      structured: 'prompt',
    };
    const model = createOpenAiModel({ profiles: [profile], env: { P_KEY: KEY }, clock: realClock });
    await model.complete({ profile: 'p', messages: [], schema: { name: 'x', json: {} } });
    const [request] = server.requests;
    await server.close();
    expect(request?.body).toMatchObject({ max_completion_tokens: 500 });
    expect(request?.body).not.toHaveProperty('temperature');
    expect(request?.body).not.toHaveProperty('response_format');
  });
  it('says when it was cut at the output limit', async () => {
    expect(await call([good('{"a', 'length')])).toMatchObject({ kind: 'ok', finish: 'length' });
  });
  it('says when it was filtered, and calls unknown ends other', async () => {
    expect(await call([good('x', 'sensitive')])).toMatchObject({ finish: 'filter' });
    expect(await call([good('x', 'tool_calls')])).toMatchObject({ finish: 'other' });
  });
  it('is estimated when the endpoint tells no usage', async () => {
    const answer = await call([{ steps: [piece('hello world'), finish('stop'), done] }]);
    expect(answer).toMatchObject({ kind: 'ok', usage: { estimated: true } });
    expect(answer.usage.inputTokens).toBeGreaterThan(5);
    expect(answer.usage.outputTokens).toBeGreaterThan(0);
    expect(answer.costUsd).toBeGreaterThan(0);
  });
  it('is estimated when the endpoint tells a usage that cannot be', async () => {
    const answer = await call([{ steps: [piece('x'), finish('stop'), usage(-5, Number.MAX_VALUE), done] }]);
    expect(answer).toMatchObject({ kind: 'ok', usage: { estimated: true } });
  });
  it('costs what the proxy says, and by price when the proxy says 0', async () => {
    expect(await call([good('{}', 'stop', { 'x-litellm-response-cost': '0.5' })])).toMatchObject({
      costUsd: 0.5,
    });
    expect(await call([good('{}', 'stop', { 'x-litellm-response-cost': '0.0' })])).toMatchObject({
      costUsd: 0.002,
    });
    expect(
      await call([{ steps: [piece('{}'), finish('stop'), usage(10, 10, { cost: 0.25 }), done] }]),
    ).toMatchObject({ costUsd: 0.25 });
  });
  it('costs less for input that the provider had cached', async () => {
    const cached = usage(1000, 0, { prompt_tokens_details: { cached_tokens: 1000 } });
    const answer = await call([{ steps: [piece('{}'), finish('stop'), cached, done] }], {
      prices: { inputPerMtok: 1, outputPerMtok: 10, cachedInputPerMtok: 0.1 },
    });
    expect(answer.costUsd).toBeCloseTo(0.0001, 10);
  });
  it('keeps characters whose bytes come in separate packets', async () => {
    const bytes = Buffer.from(
      `data: ${JSON.stringify({ choices: [{ delta: { content: 'über 🦜' } }] })}\n\n`,
    );
    const at = bytes.indexOf(Buffer.from('🦜')) + 2;
    const answer = await call([
      {
        steps: [
          { raw: bytes.subarray(0, at) },
          { waitMs: 30 },
          { raw: bytes.subarray(at) },
          finish('stop'),
          usage(1, 1),
          done,
        ],
      },
    ]);
    expect(answer).toMatchObject({ kind: 'ok', text: 'über 🦜' });
  });
  it('leaves thoughts and null contents out of the text, and charges thoughts', async () => {
    const thought = {
      data: { choices: [{ delta: { reasoning_content: 'let me think about it', content: null } }] },
    };
    const answer = await call([{ steps: [thought, piece(null), piece('{}'), finish('stop'), done] }]);
    expect(answer).toMatchObject({ kind: 'ok', text: '{}', usage: { estimated: true } });
    expect(answer.usage.outputTokens).toBeGreaterThan(3);
  });
  it('is whole even if the connection breaks after its finish_reason', async () => {
    expect(await call([{ steps: [piece('{}'), finish('stop'), { destroy: true }] }])).toMatchObject({
      kind: 'ok',
      text: '{}',
    });
  });
});

describe('before any call', () => {
  const model = (profile: Partial<Profile>, env = {}) =>
    createOpenAiModel({
      profiles: [{ ...base, baseUrl: 'http://127.0.0.1:9/v1', ...profile }],
      env,
      clock: realClock,
    });
  it('a missing key is found by the check, and the call throws', async () => {
    expect(model({}).check('p')).toEqual([
      { message: 'profile p: P_KEY is not set', hint: 'export P_KEY=…' },
    ]);
    const asked = model({}).complete({ profile: 'p', messages: [], schema: { name: 'x', json: {} } });
    await expect(asked).rejects.toMatchObject({ code: 'config', message: 'profile p: P_KEY is not set' });
  });
  it('an unknown profile throws and names the known ones', () => {
    expect(() => model({}).estimate('nope', [])).toThrow(
      expect.objectContaining({ code: 'config', hint: 'known profiles: p' }),
    );
  });
  it('a price of 0 is not a price', () => {
    expect(model({ prices: { inputPerMtok: 0, outputPerMtok: 0 } }).profiles[0]?.priced).toBe(false);
    expect(model({}).profiles[0]?.priced).toBe(true);
  });
  it('the estimate holds the whole output at full price', () => {
    const { tokens, costUsd } = model({}).estimate('p', [{ role: 'user', content: 'word '.repeat(1000) }]);
    expect(tokens).toBeGreaterThan(1500);
    expect(costUsd).toBeGreaterThan(0.006);
  });
});
