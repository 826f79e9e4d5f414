import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it, vi } from 'vitest';
import { anthropicAnswer, events, json, startProvider, streamed } from '../../fakes/provider-server.ts';
import { message, post, provider, startGate } from './gate-fixture.ts';

it('charges a call that nobody waited for as it was reserved', async () => {
  const up = await provider(() => undefined);
  const { call, settled, reserved } = await startGate(up.url);
  const client = new AbortController();
  const response = call('/v1/messages', { ...message, signal: client.signal });
  await vi.waitFor(() => expect(up.requests).toHaveLength(1));
  client.abort();
  await expect(response).rejects.toThrow('aborted');
  await vi.waitFor(() => expect(settled).toHaveLength(1));
  const { usage, costUsd, failure } = settled[0]!;
  expect(failure?.kind).toBe('cancelled');
  expect(usage).toMatchObject({ outputTokens: 100, estimated: true });
  expect([usage.inputTokens + usage.outputTokens, costUsd]).toEqual([
    reserved[0]?.tokens,
    reserved[0]?.costUsd,
  ]);
});

it('sends a call again that met a connection which had just ended, and charges it once', async () => {
  const seen = new Map<unknown, number>();
  const up = await provider((request, response) => {
    const before = seen.get(response.socket) ?? 0;
    seen.set(response.socket, before + 1);
    // As a provider that closes an idle connection at the moment at which it is used again.
    if (before > 0) return void response.socket?.destroy();
    return streamed(anthropicAnswer(1000, 50))(request, response);
  });
  const { call, settled } = await startGate(up.url);
  for (let n = 0; n < 2; n += 1) {
    const response = await call('/v1/messages', message);
    expect([response.status, await response.text()]).toEqual([200, anthropicAnswer(1000, 50)]);
    await vi.waitFor(() => expect(settled).toHaveLength(n + 1));
  }
  expect(seen.size).toBe(2);
  expect(settled.map(({ usage }) => usage.inputTokens)).toEqual([1000, 1000]);
});

it('ends the upstream call when the agent hangs up, and charges what had come', async () => {
  const up = await provider((_request, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.write(
      events({ type: 'message_start', message: { usage: { input_tokens: 700, output_tokens: 1 } } }),
    );
  });
  const { call, settled } = await startGate(up.url);
  const client = new AbortController();
  const response = await call('/v1/messages', { ...message, signal: client.signal });
  const reader = response.body!.getReader();
  await reader.read();
  client.abort();
  await vi.waitFor(() => expect(settled).toHaveLength(1), { timeout: 60_000 });
  expect(settled[0]).toMatchObject({
    // The output that it was reserved for: how much of it had been made is not known.
    usage: { inputTokens: 700, outputTokens: 100, estimated: true },
    failure: { kind: 'cancelled' },
  });
  await vi.waitFor(() => expect(up.abandoned()).toBe(1), { timeout: 60_000 });
});

it('charges a stream whose end the agent did not wait for like a whole one', async () => {
  const up = await provider((_request, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    const usage = { input_tokens: 900, output_tokens: 40, input_tokens_details: { cached_tokens: 500 } };
    response.write(events({ type: 'response.completed', response: { usage } }));
  });
  const { call, settled } = await startGate(up.url, { agent: 'codex' });
  const client = new AbortController();
  const response = await call('/v1/responses', {
    ...post({ model: 'm', stream: true }),
    signal: client.signal,
  });
  await response.body!.getReader().read();
  client.abort();
  await vi.waitFor(() => expect(settled).toHaveLength(1), { timeout: 60_000 });
  expect(settled[0]).toMatchObject({
    usage: { inputTokens: 900, outputTokens: 40, cachedTokens: 500 },
    finish: 'stop',
  });
});

it('refuses calls that would pass the budget in a way that nobody retries, and says so to the runner', async () => {
  const up = await provider(streamed(anthropicAnswer(1, 1)));
  const { call, session } = await startGate(up.url, { most: 1 });
  await (await call('/v1/messages', message)).text();
  const response = await call('/v1/messages', message);
  expect(response.status).toBe(400);
  expect(response.headers.get('x-should-retry')).toBe('false');
  expect(await response.json()).toMatchObject({ type: 'error', error: { type: 'invalid_request_error' } });
  expect(session.found.overBudget).toBe('cost');
  expect(up.requests).toHaveLength(1);
});

it('cuts a running answer when nothing more can be reserved for it', async () => {
  const piece = events({ type: 'content_block_delta', delta: { text: 'x'.repeat(3000) } });
  const up = await provider(async (_request, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    while (!response.destroyed) {
      response.write(piece);
      await sleep(1);
    }
  });
  const { call, session, settled } = await startGate(up.url, { most: 2 });
  const text = await (await call('/v1/messages', post({ model: 'm', stream: true, messages: [] }))).text();
  expect(text).toContain('event: error');
  expect(text).toContain('budget is used up');
  expect(session.found.overBudget).toBe('cost');
  await vi.waitFor(() => expect(settled).toHaveLength(2), { timeout: 60_000 });
  expect(settled[0]?.failure?.kind).toBe('cancelled');
  expect(settled[0]!.usage.outputTokens).toBeGreaterThan(16_000);
  expect(settled[0]!.usage.outputTokens).toBeLessThan(40_000);
  await vi.waitFor(() => expect(up.abandoned()).toBe(1), { timeout: 60_000 });
});

it.each([
  [429, { 'retry-after': '7' }, {}, 7000],
  [529, {}, {}, undefined],
  [429, {}, { error: { details: [{ '@type': 'x/google.rpc.RetryInfo', retryDelay: '34s' }] } }, 34_000],
])('finds a rate limit by status %s and headers', async (...[status, headers, body, waitMs]) => {
  const up = await provider(json(status, body, headers as Record<string, string>));
  const { call, session, settled } = await startGate(up.url, { agent: 'gemini' });
  const response = await call('/v1beta/models/g:generateContent', post({}));
  expect(response.status).toBe(status);
  expect(response.headers.get('retry-after')).toBe(
    (headers as Record<string, string>)['retry-after'] ?? null,
  );
  await response.text();
  await vi.waitFor(() => expect(settled).toHaveLength(1), { timeout: 60_000 });
  expect(session.found.rateLimited).toMatchObject({ waitMs });
  expect(settled[0]).toMatchObject({ costUsd: 0 });
});

it('takes no text about rate limits for one', async () => {
  const up = await provider(
    streamed(anthropicAnswer(1, 1, '429 rate_limit_error: "usage" "error" rate limit')),
  );
  const { call, session } = await startGate(up.url);
  await (await call('/v1/messages', message)).text();
  expect(session.found).toEqual({});
});

it('tells a refused credential, and that there is no money left', async () => {
  const answers = [json(401, { error: {} }), json(429, { error: { code: 'insufficient_quota' } })];
  const up = await provider((request, response) => answers.shift()!(request, response));
  const { call, session } = await startGate(up.url, { agent: 'codex' });
  await (await call('/v1/responses', post({ model: 'm' }))).text();
  expect(session.found.refused).toBe('openai refused the credential (401)');
  await (await call('/v1/responses', post({ model: 'm' }))).text();
  await vi.waitFor(() => expect(session.found.refused).toBe('openai: no credit left (429)'), {
    timeout: 60_000,
  });
  expect(session.found.rateLimited).toBeUndefined();
});

it('answers 502 where the provider is not there, at no charge', async () => {
  const up = await startProvider(json(200, {}));
  await up.close();
  const { call, settled } = await startGate(up.url);
  const response = await call('/v1/messages', message);
  expect(response.status).toBe(502);
  expect(settled).toMatchObject([{ costUsd: 0, usage: { inputTokens: 0 }, failure: { kind: 'network' } }]);
});

it('does not make a whole answer of a broken one', async () => {
  const up = await provider(async (_request, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.write(events({ type: 'content_block_delta' }));
    await sleep(50);
    response.destroy();
  });
  const { call, settled } = await startGate(up.url);
  const response = await call('/v1/messages', message);
  await expect(response.text()).rejects.toThrow('terminated');
  await vi.waitFor(() => expect(settled).toMatchObject([{ failure: { kind: 'cut' } }]), { timeout: 60_000 });
});

it('survives hostile answers in bounded memory', async () => {
  const megabyte = Buffer.alloc(1024 * 1024, 'x');
  const up = await provider(async (_request, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.write('data: ');
    for (let n = 0; n < 64; n += 1)
      if (!response.write(megabyte)) await new Promise((resolve) => response.once('drain', resolve));
    response.write(
      events({}, { usage: { input_tokens: -5, output_tokens: 1e300, cache_read_input_tokens: 'x' } }),
    );
    response.end('data: {"usage":{"input_tokens":3');
  });
  const { call, settled } = await startGate(up.url);
  const response = await call('/v1/messages', message);
  let size = 0;
  for await (const chunk of response.body ?? []) size += (chunk as Uint8Array).length;
  expect(size).toBeGreaterThan(64e6);
  await vi.waitFor(() => expect(settled.length).toBeGreaterThan(0), { timeout: 60_000 });
  expect(settled[0]?.usage).toMatchObject({ estimated: true });
});
