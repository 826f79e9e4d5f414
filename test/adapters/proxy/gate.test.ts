import { request as httpRequest } from 'node:http';
import { mkdir, stat } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { expect, it, vi } from 'vitest';
import { anthropicAnswer, events, json, streamed } from '../../fakes/provider-server.ts';
import { message, MESSAGE, post, provider, REAL, startGate, tempDir } from './gate-fixture.ts';

it('puts the real key in the place of the phantom, and charges what the provider says', async () => {
  const up = await provider(streamed(anthropicAnswer(1000, 50)));
  const { call, session, reserved, settled, calls } = await startGate(up.url);
  const response = await call('/v1/messages?beta=true&key=x', {
    ...message,
    headers: { cookie: 'a=b', 'anthropic-beta': 'oauth-2025-04-20,other', 'accept-encoding': 'gzip' },
  });
  const text = await response.text();
  expect(response.status).toBe(200);
  expect(response.headers.get('request-id')).toBe('req_1');
  expect(text).toBe(anthropicAnswer(1000, 50));
  const [seen] = up.requests;
  expect(seen?.url).toBe('/v1/messages?beta=true');
  expect(seen?.headers['x-api-key']).toBe(REAL);
  expect(seen?.headers['anthropic-beta']).toBe('other');
  expect(seen?.headers['accept-encoding']).toBe('identity');
  expect(seen?.headers.cookie).toBeUndefined();
  expect(JSON.stringify(seen)).not.toContain(session.phantom);
  expect(JSON.stringify([text, ...response.headers, calls])).not.toContain(REAL);
  await vi.waitFor(() => expect(settled).toHaveLength(1), { timeout: 60_000 });
  expect(reserved).toMatchObject([{ model: 'claude-x' }]);
  expect(settled[0]).toMatchObject({
    usage: { inputTokens: 1000, outputTokens: 50 },
    costUsd: 0.0015,
    finish: 'stop',
  });
  expect(calls).toMatchObject([{ method: 'POST', host: 'gate', path: '/v1/messages', status: 200 }]);
});

it('presents a subscription with its bearer and flag', async () => {
  const up = await provider(streamed(anthropicAnswer(1, 1)));
  const { call, session } = await startGate(up.url, { kind: 'oauth' });
  expect(session.credential).toBe('oauth');
  await (await call('/v1/messages', { ...message, headers: { 'anthropic-beta': 'other' } })).text();
  expect(up.requests[0]?.headers).toMatchObject({
    authorization: `Bearer ${REAL}`,
    'anthropic-beta': 'other,oauth-2025-04-20',
  });
  expect(up.requests[0]?.headers['x-api-key']).toBeUndefined();
});

it.each([
  ['codex', '/v1/responses', 'authorization', `Bearer ${REAL}`],
  ['opencode', '/v1/chat/completions', 'authorization', `Bearer ${REAL}`],
  ['opencode', '/v1/messages', 'x-api-key', REAL],
  ['gemini', '/v1beta/models/gemini-3-pro:streamGenerateContent', 'x-goog-api-key', REAL],
] as const)('serves %s at %s', async (...[agent, path, header, value]) => {
  const up = await provider(streamed(''));
  const { call } = await startGate(up.url, { agent });
  await (await call(path, post({ model: 'm' }))).text();
  expect(up.requests).toMatchObject([{ url: path, headers: { [header]: value } }]);
});

it.each([
  ['Bearer', (pass: string) => ({ authorization: `Bearer ${pass}` })],
  [
    'Basic',
    (pass: string) => ({ authorization: `Basic ${Buffer.from(`ralph:${pass}`).toString('base64')}` }),
  ],
  ['x-goog-api-key', (pass: string) => ({ 'x-goog-api-key': pass })],
])('takes the phantom as %s', async (_how, headers) => {
  const up = await provider(json(200, { data: [] }));
  const { gate, session } = await startGate(up.url);
  const got = await fetch(`${gate.url}/v1/models`, { headers: headers(session.phantom) });
  expect(got.status).toBe(200);
});

it('takes the phantom as ?key= and does not pass it on', async () => {
  const up = await provider(json(200, { models: [] }));
  const { gate, session } = await startGate(up.url, { agent: 'gemini' });
  const got = await fetch(`${gate.url}/v1beta/models?key=${session.phantom}&pageSize=5`);
  expect(got.status).toBe(200);
  expect(up.requests[0]?.url).toBe('/v1beta/models?pageSize=5');
});

it('asks for a pass, and the run pass opens no model', async () => {
  const up = await provider(json(200, {}));
  const { gate, session, calls } = await startGate(up.url);
  const ask = async (key: string) =>
    (await fetch(`${gate.url}/v1/messages`, { ...message, headers: { 'x-api-key': key } })).status;
  expect(await ask('sk-ant-anything')).toBe(401);
  expect(await ask(gate.pass)).toBe(403);
  await session.close();
  expect(await ask(session.phantom)).toBe(401);
  expect(up.requests).toHaveLength(0);
  expect(calls.map((one) => one.refused)).toEqual([
    'this needs the pass of a session of this run',
    'this pass opens no model',
    'this needs the pass of a session of this run',
  ]);
});

it.each([
  ['GET', '/v1/messages'],
  ['POST', '/v1/files'],
  ['POST', '/v1/messages/../files'],
  ['POST', '/v1//messages'],
  ['DELETE', '/v1/models/x'],
  ['GET', '/v1/models/a%2f..%2ffiles'],
  ['POST', '/v1/responses'],
])('refuses %s %s with a reason', async (method, path) => {
  const up = await provider(json(200, {}));
  const { gate, session, calls } = await startGate(up.url);
  const status = await new Promise<number | undefined>((resolve, reject) => {
    // Not fetch: it would tidy the path.
    const { port } = new URL(gate.url);
    const request = httpRequest(
      { port, method, path, headers: { 'x-api-key': session.phantom } },
      (response) => {
        response.resume();
        resolve(response.statusCode);
      },
    );
    request.on('error', reject).end();
  });
  expect(status).toBe(403);
  expect(up.requests).toHaveLength(0);
  expect(calls[0]?.refused).toContain('is not on the list of calls');
});

it('follows no redirect', async () => {
  const other = await provider(json(200, {}));
  const up = await provider(
    (_request, response) => void response.writeHead(307, { location: other.url }).end(),
  );
  const { call, settled } = await startGate(up.url);
  const response = await call('/v1/messages', message);
  expect(response.status).toBe(502);
  expect(response.headers.get('location')).toBeNull();
  expect(other.requests).toHaveLength(0);
  expect(settled).toMatchObject([{ costUsd: 0, failure: { kind: 'not-a-model' } }]);
});

it('passes events on as they come', async () => {
  let next = (): void => undefined;
  const up = await provider(async (_request, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    for (let n = 0; n < 3; n += 1) {
      response.write(events({ n }));
      await new Promise<void>((resolve) => (next = resolve));
    }
    response.end();
  });
  const { call } = await startGate(up.url);
  const response = await call('/v1/messages', message);
  const seen: string[] = [];
  for await (const chunk of response.body ?? []) {
    seen.push(Buffer.from(chunk as Uint8Array).toString());
    next();
  }
  expect(seen).toEqual([events({ n: 0 }), events({ n: 1 }), events({ n: 2 })]);
});

it('bounds a request, and says so', async () => {
  const up = await provider(json(200, {}));
  const { call } = await startGate(up.url);
  const response = await call('/v1/messages', post({ text: 'x'.repeat(33 * 1024 * 1024) })).catch(
    () => undefined,
  );
  // The connection may be gone before the answer is read.
  expect(response?.status ?? 413).toBe(413);
  expect(up.requests).toHaveLength(0);
});

it('answers 426 to a WebSocket, and Claude’s question whether it is there', async () => {
  const up = await provider(json(200, {}));
  const { gate } = await startGate(up.url);
  const { port } = new URL(gate.url);
  const answer = await new Promise<string>((resolve) => {
    const socket = connect(Number(port), '127.0.0.1', () =>
      socket.write(
        'GET /v1/responses HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n',
      ),
    );
    socket.once('data', (data) => {
      resolve(data.toString());
      socket.destroy();
    });
  });
  expect(answer).toMatch(/^HTTP\/1\.1 426 /);
  expect((await fetch(`${gate.url}/api/hello`, { method: 'HEAD' })).status).toBe(200);
  expect(up.requests).toHaveLength(0);
});

it('is found at a socket however long its path is, also after a runner that died', async () => {
  const up = await provider(streamed(anthropicAnswer(1, 1)));
  const dir = join(await tempDir(), 'a'.repeat(80), 'b'.repeat(80));
  await mkdir(dir, { recursive: true });
  const first = await startGate(up.url, { dir });
  const { session } = first;
  const status = (phantom: string) =>
    new Promise<number | undefined>((resolve, reject) => {
      const before = process.cwd();
      process.chdir(dir);
      const request = httpRequest(
        {
          socketPath: 'gate.sock',
          method: 'POST',
          path: 'http://api.anthropic.com/v1/messages',
          headers: { 'x-api-key': phantom },
        },
        (response) => {
          response.resume();
          resolve(response.statusCode);
        },
      );
      request.on('error', reject).end(MESSAGE);
      process.chdir(before);
    });
  expect(await status(session.phantom)).toBe(200);
  await first.gate.close();
  await expect(stat(join(dir, 'gate.sock'))).rejects.toThrow('ENOENT');
  const second = await startGate(up.url, { dir });
  const third = await startGate(up.url, { dir });
  expect(await status(second.session.phantom)).toBe(401);
  expect(await status(third.session.phantom)).toBe(200);
});

it('enters no more than some refused calls a minute', async () => {
  const up = await provider(json(200, {}));
  const { gate, calls } = await startGate(up.url);
  for (let n = 0; n < 100; n += 1) await (await fetch(`${gate.url}/${n}`)).text();
  expect(calls).toHaveLength(60);
  expect(calls.at(-1)?.refused).toContain('not entered');
});
