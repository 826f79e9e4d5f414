import { spawn, spawnSync } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { createModels } from '../../../src/adapters/model/create-models.ts';
import { answerJsonSchema } from '../../../src/domain/answer.ts';
import { writeTinyModel } from '../../fakes/tiny-gguf.ts';
import { realClock } from './real-clock.ts';

const program = process.env['RALPH_LLAMA_SERVER'] ?? 'llama-server';
const isThere = spawnSync(program, ['--version']).status === 0;
const isRequired = (process.env['RALPH_REQUIRE_BACKENDS'] ?? '').split(',').includes('llama-server');
const reason = isThere
  ? ''
  : ' (skipped: no llama-server; test/fixtures/ggml/get-llama-server.sh DIR fetches one, then RALPH_LLAMA_SERVER=DIR/llama-server)';

const freePort = (): Promise<number> =>
  new Promise((found) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => found(port));
    });
  });

type Asking = [
  key: string,
  more: string,
  json?: Readonly<Record<string, unknown>>,
  onDelta?: (text: string) => void,
];

describe.skipIf(!isThere && !isRequired)(`a real llama-server${reason}`, () => {
  const dir = mkdtempSync(join(tmpdir(), 'ralph-llama-'));
  let child: ChildProcess | undefined;
  let url = '';
  beforeAll(async () => {
    writeTinyModel(join(dir, 'tiny.gguf'));
    const port = await freePort();
    url = `http://127.0.0.1:${port}`;
    const argv = [
      '-m',
      join(dir, 'tiny.gguf'),
      '--host',
      '127.0.0.1',
      '--port',
      `${port}`,
      '-c',
      '4096',
      '-t',
      '1',
      '-np',
      '1',
      '--api-key',
      'local-key-1',
      // Its default template needs tokens that a byte-level vocabulary has not.
      '--chat-template',
      'llama2',
    ];
    child = spawn(program, argv, { stdio: 'ignore' });
    for (let tries = 0; tries < 300; tries += 1) {
      const health = await fetch(`${url}/health`).catch(() => undefined);
      if (health?.status === 200) return;
      await sleep(100);
    }
    throw new Error('llama-server did not come up');
  });
  afterAll(async () => {
    const gone = new Promise((exited) => child?.on('exit', exited));
    if (child?.kill('SIGKILL') === true) await gone;
    rmSync(dir, { recursive: true, force: true });
  });

  const models = (key: string, more: string) =>
    createModels({
      modelsYaml: `profiles:\n  tiny:\n    base_url: ${url}/v1\n    model: tiny\n    api_key_env: TINY_KEY\n    max_output_tokens: 64\n${more}`,
      env: { TINY_KEY: key },
      clock: realClock,
    });
  const ask = async (...[key, more, json = answerJsonSchema(), onDelta]: Asking) =>
    (await models(key, more)).complete({
      profile: 'tiny',
      messages: [{ role: 'user', content: 'hi' }],
      schema: { name: 'actions', json },
      ...(onDelta && { onDelta }),
    });

  it('streams an answer with its usage', async () => {
    const answer = await ask('local-key-1', '    structured: prompt\n');
    expect(answer).toMatchObject({ kind: 'ok', costUsd: 0 });
    expect(answer.usage.estimated).toBeUndefined();
    expect(answer.usage.inputTokens).toBeGreaterThan(0);
    expect(answer.usage.outputTokens).toBeGreaterThan(0);
  });
  it('keeps to a schema that it is given', async () => {
    const json = {
      type: 'object',
      properties: { ok: { type: 'boolean' } },
      required: ['ok'],
      additionalProperties: false,
    };
    const answer = await ask('local-key-1', '    structured: schema\n', json);
    expect(answer).toMatchObject({ kind: 'ok' });
    const { text, finish } = answer as Extract<typeof answer, { kind: 'ok' }>;
    if (finish === 'stop') expect(JSON.parse(text)).toEqual({ ok: expect.any(Boolean) as boolean });
    else expect(text.trimStart()[0]).toBe('{');
  });
  // Cut noise may be no UTF-8, which llama-server's own reader reports as an error event in the middle of the stream.
  it('begins an answer by the schema of the actions, and a stream that it breaks off is a failure worth a retry', async () => {
    const pieces: string[] = [];
    const answer = await ask('local-key-1', '    structured: schema\n', answerJsonSchema(), (text) =>
      pieces.push(text),
    );
    expect(pieces.join('').trimStart()[0]).toBe('{');
    if (answer.kind !== 'ok') expect(answer).toMatchObject({ failure: 'server', retryable: true });
    expect(answer.usage.outputTokens).toBeGreaterThan(0);
  });
  it('refuses a wrong key', async () => {
    expect(await ask('wrong-key-1', '')).toMatchObject({ kind: 'failed', failure: 'auth', costUsd: 0 });
  });
});
