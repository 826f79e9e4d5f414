import { createServer } from 'node:http';
import type { IncomingHttpHeaders, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** One thing that the server does within an event stream. */
export type Step =
  | { readonly data: unknown }
  | { readonly raw: string | Uint8Array }
  | { readonly waitMs: number }
  | { readonly stall: true }
  | { readonly destroy: true };
/** What a request gets: a plain body, an event stream, or nothing at all. */
export interface Reply {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly steps?: readonly Step[];
  readonly hang?: true;
}
export interface Seen {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Record<string, unknown>;
}
export interface ModelServer {
  readonly baseUrl: string;
  readonly requests: readonly Seen[];
  /** How many connections the client gave up before their answer was whole. */
  readonly abandoned: () => number;
  close(): Promise<void>;
}

/** An event that carries a piece of the answer. */
export const piece = (content: unknown, more: object = {}): Step => ({
  data: { choices: [{ index: 0, delta: { content }, ...more }] },
});
/** The event that ends the text. */
export const finish = (finish_reason: string): Step => ({
  data: { choices: [{ index: 0, delta: {}, finish_reason }] },
});
export const usage = (prompt_tokens: number, completion_tokens: number, more: object = {}): Step => ({
  data: { choices: [], usage: { prompt_tokens, completion_tokens, ...more } },
});
export const done: Step = { raw: 'data: [DONE]\n\n' };
/** A whole, good answer. */
export const good = (
  text: string,
  reason = 'stop',
  headers: Readonly<Record<string, string>> = {},
): Reply => ({
  headers,
  steps: [piece(text), finish(reason), usage(1000, 100), done],
});

const play = async (response: ServerResponse, steps: readonly Step[]): Promise<void> => {
  for (const step of steps) {
    if (response.destroyed) return;
    if ('data' in step) response.write(`data: ${JSON.stringify(step.data)}\n\n`);
    else if ('raw' in step) response.write(step.raw);
    else if ('waitMs' in step) await sleep(step.waitMs);
    else if ('stall' in step) return;
    else {
      // What was written must be on its way before the connection goes.
      await sleep(50);
      response.destroy();
      return;
    }
  }
  response.end();
};

/** A real OpenAI-compatible HTTP server on 127.0.0.1 that answers by script; past its end the last reply repeats. */
export const startModelServer = async (replies: readonly Reply[]): Promise<ModelServer> => {
  const requests: Seen[] = [];
  let abandoned = 0;
  const server = createServer((request, response) => {
    const parts: Buffer[] = [];
    response.on('close', () => {
      if (!response.writableFinished) abandoned += 1;
    });
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      const body = JSON.parse(Buffer.concat(parts).toString() || '{}') as Record<string, unknown>;
      requests.push({ path: request.url ?? '', headers: request.headers, body });
      const reply = replies[Math.min(requests.length, replies.length) - 1] ?? {};
      if (reply.hang === true) return;
      const type = reply.steps === undefined ? 'application/json' : 'text/event-stream';
      response.writeHead(reply.status ?? 200, { 'content-type': type, ...reply.headers });
      response.flushHeaders();
      if (reply.steps === undefined) response.end(reply.body ?? '');
      else void play(response, reply.steps);
    });
  });
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
  const { port } = server.address() as AddressInfo;
  return {
    baseUrl: `http://127.0.0.1:${port}/v1`,
    requests,
    abandoned: () => abandoned,
    close: () =>
      new Promise((closed) => {
        server.close(() => closed());
        server.closeAllConnections();
      }),
  };
};
