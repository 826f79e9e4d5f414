import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface SeenRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}
export interface ProviderServer {
  readonly url: string;
  readonly requests: readonly SeenRequest[];
  /** How many answers the client gave up before their end. */
  readonly abandoned: () => number;
  close(): Promise<void>;
}
type Answer = (request: SeenRequest, response: ServerResponse) => void | Promise<void>;

/** Closes a server with all that is open at it. */
export const closeServer = (server: Server): Promise<void> =>
  new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });

/** A real HTTP server on 127.0.0.1 in a provider's place. */
export const startProvider = async (answer: Answer): Promise<ProviderServer> => {
  const requests: SeenRequest[] = [];
  let abandoned = 0;
  const server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    response.on('error', () => undefined);
    response.on('close', () => {
      if (!response.writableFinished) abandoned += 1;
    });
    request.on('end', () => {
      const { method = '', url = '', headers } = request;
      const seen = { method, url, headers, body: Buffer.concat(parts).toString() };
      requests.push(seen);
      void answer(seen, response);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    abandoned: () => abandoned,
    close: () => closeServer(server),
  };
};

/** Events of a stream, each on its own. */
export const events = (...all: readonly unknown[]): string =>
  all.map((one) => `data: ${JSON.stringify(one)}\n\n`).join('');

/** Anthropic's stream of a whole answer with these counts. */
export const anthropicAnswer = (input: number, output: number, text = 'ok'): string =>
  events(
    { type: 'message_start', message: { usage: { input_tokens: input, output_tokens: 1 } } },
    { type: 'content_block_delta', delta: { type: 'text_delta', text } },
    { type: 'message_delta', delta: { stop_reason: 'end_turn' }, usage: { output_tokens: output } },
    { type: 'message_stop' },
  );

/** Answers with a stream and ends it. */
export const streamed =
  (text: string): Answer =>
  (_request, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream', 'request-id': 'req_1' }).end(text);
  };
export const json =
  (status: number, body: unknown, headers: Readonly<Record<string, string>> = {}): Answer =>
  (_request, response) => {
    response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
  };
