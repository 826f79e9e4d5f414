import { describe, expect, it } from 'vitest';

import { done, finish, good, piece, startModelServer } from '../../fakes/model-server.ts';
import type { Reply } from '../../fakes/model-server.ts';
import { call, free, KEY, lastServer } from './call-openai.ts';

describe('a refusal', () => {
  const status = (
    code: number,
    body: object = {},
    headers: Record<string, string> = {},
  ): readonly Reply[] => [{ status: code, body: JSON.stringify(body), headers }];
  it.each([
    [401, 'auth', false],
    [403, 'auth', false],
    [402, 'auth', false],
    [404, 'bad-request', false],
    [400, 'bad-request', false],
    [408, 'server', true],
    [500, 'server', true],
    [503, 'server', true],
    [529, 'server', true],
    [302, 'not-a-model', false],
  ])('with status %i is %s and costs nothing', async (code, failure, retryable) => {
    expect(await call(status(code))).toMatchObject({ kind: 'failed', failure, retryable, ...free });
    expect(lastServer()?.requests).toHaveLength(1);
  });
  it('never shows the key, even when the provider echoes it', async () => {
    const answer = await call(status(401, { error: { message: `bad key ${KEY}\u001b]0;x\u0007` } }));
    expect(JSON.stringify(answer)).not.toContain(KEY);
    expect(answer).toMatchObject({ detail: expect.stringContaining('bad key [redacted] ') as string });
  });
  it('for a prompt that is too long names the reason', async () => {
    const body = { error: { code: 'context_length_exceeded', message: 'maximum context length is 10' } };
    expect(await call(status(400, body))).toMatchObject({
      failure: 'bad-request',
      detail: expect.stringContaining('maximum context length') as string,
    });
  });
  it.each([
    [{ 'retry-after': '2' }, 2000],
    [{ 'retry-after': '3600' }, 3_600_000],
    [{ 'retry-after-ms': '150', 'retry-after': '9' }, 150],
    [
      {
        'x-ratelimit-remaining-requests': '0',
        'x-ratelimit-reset-requests': '6m0s',
        'x-ratelimit-reset-tokens': '9h',
      },
      360_000,
    ],
    [{}, undefined],
  ])('with 429 and %o asks to wait %s ms', async (headers, waitMs) => {
    const answer = await call(
      status(429, { error: { message: 'try again in 5 days' } }, headers as Record<string, string>),
    );
    expect(answer).toMatchObject({ kind: 'rate-limited', waitMs, ...free });
  });
  it('with 429 and an HTTP date asks to wait until then', async () => {
    const date = new Date(Date.now() + 600_000).toUTCString();
    const answer = await call(status(429, {}, { 'retry-after': date }));
    expect(answer.kind === 'rate-limited' && answer.waitMs).toBeGreaterThan(500_000);
    expect(answer.kind === 'rate-limited' && answer.waitMs).toBeLessThanOrEqual(600_000);
  });
  it('with 429 for lack of credit is no rate limit', async () => {
    const answer = await call(
      status(429, { error: { code: 'insufficient_quota', message: 'you exceeded' } }),
    );
    expect(answer).toMatchObject({ kind: 'failed', failure: 'auth', retryable: false });
  });
  it('inside a stream is judged by its code', async () => {
    const error = { data: { error: { code: 429, message: 'slow down' } } };
    expect(await call([{ steps: [error] }])).toMatchObject({ kind: 'rate-limited', ...free });
    const late = await call([
      { steps: [piece('half'), { data: { error: { code: 502, message: 'gone' } } }] },
    ]);
    expect(late).toMatchObject({
      kind: 'failed',
      failure: 'server',
      retryable: true,
      usage: { estimated: true },
    });
  });
});

describe('what is no model', () => {
  it.each([
    ['HTML', { body: '<html>Sign in</html>', headers: { 'content-type': 'text/html' } }],
    ['an error object', { body: '{"error":{"message":"no such route"}}' }],
    ['a whole completion', { body: '{"choices":[]}' }],
    ['an empty stream', { steps: [] }],
    ['plain text', { body: 'hello', headers: { 'content-type': 'text/plain' } }],
  ] as const)('answers 200 with %s: told at once, and free', async (_, reply) => {
    expect(await call([reply])).toMatchObject({
      kind: 'failed',
      failure: 'not-a-model',
      retryable: false,
      ...free,
    });
  });
  it('that is not there at all is a network failure, worth a retry, and free', async () => {
    const gone = await startModelServer([]);
    await gone.close();
    const answer = await call([], { baseUrl: gone.baseUrl });
    expect(answer).toMatchObject({ kind: 'failed', failure: 'network', retryable: true, ...free });
  });
  it('sends an answer larger than 8 MiB and is stopped there', async () => {
    const big = piece('x'.repeat(1024 * 1024));
    const answer = await call([{ steps: [...Array.from({ length: 10 }, () => big), finish('stop'), done] }]);
    expect(answer).toMatchObject({
      kind: 'failed',
      failure: 'not-a-model',
      detail: expect.stringContaining('8 MiB') as string,
    });
  });
});

describe('an answer that does not end', () => {
  it('is stalled when no headers come', async () => {
    const answer = await call([{ hang: true }], { idleTimeoutS: 0.3 });
    expect(answer).toMatchObject({
      kind: 'failed',
      failure: 'stalled',
      retryable: true,
      usage: { estimated: true },
    });
    expect(answer.costUsd).toBeGreaterThan(0);
  });
  it('is stalled when the stream falls silent, and charged for what came', async () => {
    const answer = await call([{ steps: [piece('some words came'), { stall: true }] }], {
      idleTimeoutS: 0.3,
    });
    expect(answer).toMatchObject({ kind: 'failed', failure: 'stalled', usage: { estimated: true } });
    expect(answer.usage.outputTokens).toBeGreaterThan(0);
  });
  it('is stopped at the total limit though it never falls silent', async () => {
    const drip = Array.from({ length: 100 }, () => [piece('x'), { waitMs: 50 }]).flat();
    const answer = await call([{ steps: drip }], { callTimeoutS: 0.5 });
    expect(answer).toMatchObject({
      failure: 'stalled',
      detail: expect.stringContaining('call_timeout_s') as string,
    });
  });
  it('is cut when the stream ends without a finish_reason, however it ends', async () => {
    expect(await call([{ steps: [piece('{"a":'), done] }])).toMatchObject({
      failure: 'cut',
      retryable: true,
    });
    const answer = await call([{ steps: [piece('{"a":'), { destroy: true }] }]);
    expect(answer).toMatchObject({ failure: 'cut', retryable: true, usage: { estimated: true } });
  });
  it('is called off in the middle, and the connection is given up', async () => {
    const off = new AbortController();
    const answer = await call(
      [{ steps: [piece('x'), { stall: true }] }],
      {},
      { signal: off.signal, onDelta: () => off.abort() },
    );
    expect(answer).toMatchObject({ kind: 'failed', failure: 'cancelled', retryable: false });
    await expect.poll(() => lastServer()?.abandoned()).toBe(1);
  });
  it('is not even asked for when it was called off before', async () => {
    const answer = await call([good('{}')], {}, { signal: AbortSignal.abort() });
    expect(answer).toMatchObject({ failure: 'cancelled', ...free });
    expect(lastServer()?.requests).toHaveLength(0);
  });
});
