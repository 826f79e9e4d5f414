import { createServer, request, type Agent } from 'node:http';
import { Agent as HttpAgent } from 'node:http';
import { mkdtempSync, rmSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createGates } from '../../src/adapters/proxy/create-gates.ts';
import { median, type Bench, type Row } from './row.ts';

const EVENT = `event: content_block_delta\ndata: ${JSON.stringify({ type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: 'some words of an answer' } })}\n\n`;
const START = `data: ${JSON.stringify({ type: 'message_start', message: { usage: { input_tokens: 10, output_tokens: 1 } } })}\n\n`;
const LIMIT_MS = 5;
const LEAST_MB_S = 50;

/** A provider in this process: a short answer, or one of so many megabytes where a header asks for it. */
const startProvider = async () => {
  const block = Buffer.from(EVENT.repeat(512));
  const server = createServer((incoming, response) => {
    incoming.resume().on('end', () => {
      let left = Number(incoming.headers['x-megabytes'] ?? 0) * 1e6;
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write(START);
      const more = (): void => {
        while (left > 0) {
          left -= block.length;
          if (!response.write(block)) return void response.once('drain', more);
        }
        response.end(EVENT);
      };
      more();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { server, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
};

interface Call {
  readonly url: string;
  readonly agent: Agent;
  readonly key: string;
  readonly megabytes?: number;
}
const body = JSON.stringify({
  model: 'claude-x',
  max_tokens: 100,
  stream: true,
  messages: [{ role: 'user', content: 'word '.repeat(8_000) }],
});

const call = ({ url, agent, key, megabytes = 0 }: Call) =>
  new Promise<{ readonly firstMs: number; readonly seconds: number; readonly bytes: number }>(
    (resolve, reject) => {
      const started = performance.now();
      let firstMs = 0;
      let bytes = 0;
      const headers = { 'x-api-key': key, 'x-megabytes': String(megabytes), 'content-length': body.length };
      const sent = request(`${url}/v1/messages`, { method: 'POST', agent, headers }, (response) => {
        if (response.statusCode !== 200) return reject(new Error(`answered ${response.statusCode}`));
        response.on('data', (chunk: Buffer) => {
          firstMs ||= performance.now() - started;
          bytes += chunk.length;
        });
        response.on('end', () => resolve({ firstMs, bytes, seconds: (performance.now() - started) / 1000 }));
      });
      sent.on('error', reject).end(body);
    },
  );

const openGate = async (upstream: string, dir: string) => {
  const gates = createGates({
    env: { ANTHROPIC_BASE_URL: upstream },
    tokens: {
      find: () => Promise.resolve({ kind: 'api-key', value: 'sk-bench-0123456789', from: 'the bench' }),
      set: () => Promise.reject(new Error('not here')),
      remove: () => Promise.resolve([]),
    },
    prices: () => Promise.resolve({ inputPerMtok: 1, outputPerMtok: 5 }),
    now: () => new Date(),
    allow: [],
    gitAuth: () => Promise.resolve(undefined),
  });
  const gate = await gates.open({ run: 'bench', dir, onCall: () => undefined });
  const session = await gate.session({
    agent: 'claude',
    profile: 'bench',
    meter: { reserve: () => ({ call: '1' }), settle: () => undefined },
    signal: new AbortController().signal,
  });
  return { gate, key: session.phantom };
};

/** What the gate adds to a call of 40 kB, and how fast an event stream goes through it, all in one process. */
export const benchProxy: Bench = async ({ quick }) => {
  const dir = mkdtempSync(join(tmpdir(), 'ralph-bench-proxy-'));
  const { server, url } = await startProvider();
  const { gate, key } = await openGate(url, dir);
  const agent = new HttpAgent({ keepAlive: true });
  const ways = { direct: { url, agent, key }, gate: { url: gate.url, agent, key } };
  const first = { direct: [] as number[], gate: [] as number[] };
  for (let round = -20; round < (quick ? 50 : 300); round += 1)
    for (const way of ['direct', 'gate'] as const) {
      const { firstMs } = await call(ways[way]);
      if (round >= 0) first[way].push(firstMs);
    }
  const speeds: number[] = [];
  for (let round = -1; round < (quick ? 1 : 5); round += 1) {
    const { bytes, seconds } = await call({ ...ways.gate, megabytes: quick ? 50 : 200 });
    if (round >= 0) speeds.push(bytes / 1e6 / seconds);
  }
  const straight = await call({ ...ways.direct, megabytes: 200 });
  agent.destroy();
  await gate.close();
  server.close();
  server.closeAllConnections();
  rmSync(dir, { recursive: true, force: true });
  const [floor, ours, speed] = [median(first.direct), median(first.gate), median(speeds)];
  const bytesFirst: Row = {
    what: 'gate: first byte of a call, against direct',
    unit: 'ms',
    floor,
    ours,
    ratio: ours / floor,
    goal: `< ${LIMIT_MS} ms more`,
    ok: ours - floor < LIMIT_MS,
    note: `adds ${(ours - floor).toFixed(2)} ms (median of ${first.gate.length})`,
  };
  const streaming: Row = {
    what: 'gate: event stream, MB a second',
    unit: 'MB',
    floor: undefined,
    ours: speed,
    ratio: undefined,
    goal: `>= ${LEAST_MB_S} MB/s`,
    ok: speed >= LEAST_MB_S,
    note: `direct ${(straight.bytes / 1e6 / straight.seconds).toFixed(0)} MB/s; provider, gate and client share one thread`,
  };
  return [bytesFirst, streaming];
};
