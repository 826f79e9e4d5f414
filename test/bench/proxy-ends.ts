import { Agent, createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { parentPort } from 'node:worker_threads';

// Provider and client in a thread of their own: what is measured is the gate.
const EVENT = `event: content_block_delta\ndata: ${JSON.stringify({ type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: 'some words of an answer' } })}\n\n`;
const START = `data: ${JSON.stringify({ type: 'message_start', message: { usage: { input_tokens: 10, output_tokens: 1 } } })}\n\n`;
const agent = new Agent({ keepAlive: true });

/** A provider: a short answer, or one of so many megabytes where a header asks for it. */
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

export interface Took {
  readonly firstMs: number;
  readonly seconds: number;
  readonly bytes: number;
}
export interface Call {
  readonly url: string;
  readonly key: string;
  readonly megabytes?: number;
}
const body = JSON.stringify({
  model: 'claude-x',
  max_tokens: 100,
  stream: true,
  messages: [{ role: 'user', content: 'word '.repeat(8_000) }],
});

const call = ({ url, key, megabytes = 0 }: Call) =>
  new Promise<Took>((resolve, reject) => {
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
  });

const { url } = await startProvider();
parentPort?.on('message', (asked: Call) => void call(asked).then((took) => parentPort?.postMessage(took)));
parentPort?.postMessage(url);
