import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { okAnswer, type WireName } from './ok-answer.ts';

/** A model provider on this machine that says `ok` to everything, for a test of the way to it. */
export interface OfflineModel {
  /** `http://127.0.0.1:PORT` */
  readonly url: string;
  close(): Promise<void>;
}

const MOST_BYTES = 8 * 1024 * 1024;

const wireOf = (path: string): WireName | undefined => {
  if (path.endsWith('/messages')) return 'anthropic';
  if (path.endsWith('/responses')) return 'responses';
  if (path.endsWith('/chat/completions')) return 'chat';
  return /:(?:streamG|g)enerateContent$/.test(path) ? 'gemini' : undefined;
};

const readBody = async (request: IncomingMessage): Promise<string> => {
  const parts: Buffer[] = [];
  let bytes = 0;
  for await (const part of request as AsyncIterable<Buffer>) {
    bytes += part.length;
    if (bytes > MOST_BYTES) break;
    parts.push(part);
  }
  return Buffer.concat(parts).toString('utf8');
};

const modelIn = (path: string, body: string): string =>
  /models\/([^/:]+):/.exec(path)?.[1] ?? /"model"\s*:\s*"([^"\\]{1,200})"/.exec(body)?.[1] ?? 'offline';

const event = (value: object): string =>
  `${'type' in value ? `event: ${String(value.type)}\n` : ''}data: ${JSON.stringify(value)}\n\n`;

const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
  const { pathname: path } = new URL(request.url ?? '/', 'http://offline');
  const body = await readBody(request);
  const wire = request.method === 'POST' ? wireOf(path) : undefined;
  if (wire === undefined) {
    response.writeHead(404, { 'content-type': 'application/json' }).end('{}');
    return;
  }
  const said = okAnswer(wire, modelIn(path, body));
  if (path.includes(':stream') || /"stream"\s*:\s*true/.test(body)) {
    response.writeHead(200, { 'content-type': 'text/event-stream' }).end(said.events.map(event).join(''));
    return;
  }
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(said.whole));
};

/** Speaks Anthropic's messages, OpenAI's responses and chat, and Gemini, told apart by the path. */
export const startOfflineModel = async (): Promise<OfflineModel> => {
  const server = createServer((request, response) => {
    answer(request, response).catch(() => response.destroy());
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(0, '127.0.0.1', resolve);
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
};
