import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { toolCallOf, type Reply, type Step } from './script.ts';
import { wireOf, type Body, type Wire } from './wires.ts';

export interface Recorded {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: Body;
  /** The text of the request, for searches. */
  readonly text: string;
}
export interface Upstream {
  readonly url: string;
  /** Everything that came in, in order. */
  readonly requests: readonly Recorded[];
  /** Model calls of the agent proper; side calls (titles, summaries) offer no tools. */
  readonly calls: readonly Recorded[];
  /** How the last of them was answered. */
  readonly last: Answered | undefined;
  close(): Promise<void>;
}
export interface Answered {
  readonly status: number;
  readonly retryAfterS: number | undefined;
}
export interface UpstreamOptions {
  readonly steps: readonly Step[];
  /** What every call after the last step gets; a closing word when left out. */
  readonly forever?: Step;
}

const readBody = async (request: IncomingMessage): Promise<string> => {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  return Buffer.concat(parts).toString('utf8');
};

const parse = (text: string): Body => {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Body) : {};
  } catch {
    return {};
  }
};

/**
 * The folder that the agent tells the model it works in, as each of the four writes it: right behind these words.
 * Prompts and tools speak of working directories too, and of paths in the same sentence.
 */
const cwdIn = (text: string): string | undefined =>
  /(?:(?:working directory|workspace directories)(?:[:*\s-]|\\n){1,20}|<cwd>)(\/[^\s"<\\`*]+)/i.exec(
    text,
  )?.[1];

const event = (value: unknown): string => {
  const type = (value as { readonly type?: string }).type;
  return `${type === undefined ? '' : `event: ${type}\n`}data: ${JSON.stringify(value)}\n\n`;
};

interface Refusal {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
}
const json = (response: ServerResponse, value: unknown, { status, headers }: Refusal = { status: 200 }) => {
  response.writeHead(status, { 'content-type': 'application/json', 'request-id': 'req_fake', ...headers });
  response.end(JSON.stringify(value));
};

interface Call {
  readonly wire: Wire;
  readonly model: string;
  readonly recorded: Recorded;
  readonly id: string;
}

const stream = async (response: ServerResponse, { wire, model, recorded, id }: Call, step: Reply) => {
  const tool = toolCallOf(step, wire.toolsOf(recorded.body), cwdIn(recorded.text));
  response.writeHead(200, { 'content-type': 'text/event-stream', 'request-id': 'req_fake' });
  const events = [
    ...wire.begin(model),
    ...(step.say === undefined ? [] : wire.text(step.say)),
    ...(tool === undefined ? [] : wire.tool(tool, id)),
    ...wire.end(model, tool !== undefined),
  ];
  for (const value of events) {
    response.write(event(value));
    // Each in a packet of its own, as far as that goes: agents must put the pieces together.
    await new Promise(setImmediate);
  }
  response.end();
};

const play = async (response: ServerResponse, call: Call, step: Step): Promise<void> => {
  const { wire, model } = call;
  if ('status' in step) {
    json(response, wire.error(step.status, step.message ?? 'refused by the script'), step);
    return;
  }
  if ('cut' in step || 'stall' in step) {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    const text = 'cut' in step ? step.cut : 'one moment';
    for (const value of [...wire.begin(model), ...wire.text(text).slice(0, 3)]) response.write(event(value));
    if ('cut' in step) setTimeout(() => response.destroy(), 20);
    return;
  }
  await stream(response, call, step);
};

const modelIn = (recorded: Recorded): string => {
  const named = recorded.body['model'] ?? /models\/([^/:]+):/.exec(recorded.path)?.[1];
  return typeof named === 'string' ? named : 'fake';
};

/** Titles, summaries and the like: short answers that are not in the script. */
const playAside = (response: ServerResponse, call: Call): void | Promise<void> => {
  const { recorded, wire, model } = call;
  const streams = recorded.body['stream'] === true || recorded.path.includes(':stream');
  return streams ? stream(response, call, { say: 'ok' }) : json(response, wire.whole(model, 'ok'));
};

const answered = (step: Step): Answered => {
  if (!('status' in step)) return { status: 200, retryAfterS: undefined };
  const after = step.headers?.['retry-after'];
  return { status: step.status, retryAfterS: after === undefined ? undefined : Number(after) };
};

/** A model provider with a script: Anthropic messages, OpenAI responses and chat, and Gemini, told apart by the path. */
export const startUpstream = async (options: UpstreamOptions): Promise<Upstream> => {
  const requests: Recorded[] = [];
  const calls: Recorded[] = [];
  const left = [...options.steps];
  let last: Answered | undefined;
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const { pathname: path } = new URL(request.url ?? '/', 'http://upstream');
    const text = await readBody(request);
    const { method = 'GET', headers } = request;
    const recorded: Recorded = { method, path, headers, body: parse(text), text };
    requests.push(recorded);
    const wire = method === 'POST' ? wireOf(path) : undefined;
    if (!wire) return json(response, {}, { status: method === 'HEAD' ? 200 : 404 });
    const call = { wire, model: modelIn(recorded), recorded, id: `call_${calls.length + 1}` };
    if (wire.toolsOf(recorded.body).length === 0) return playAside(response, call);
    calls.push(recorded);
    const step: Step = left.shift() ?? options.forever ?? { say: 'Nothing is left to do.' };
    last = answered(step);
    await play(response, call, step);
  };
  const server = createServer((request, response) => {
    void answer(request, response).catch((error: unknown) => {
      if (!response.headersSent) json(response, { error: { message: String(error) } }, { status: 400 });
      else response.destroy();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    calls,
    get last() {
      return last;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
};

/** The runner's environment in which the real gate takes this provider for all of them. */
export const gateEnv = (upstream: Upstream, credential: string): Readonly<Record<string, string>> => ({
  ANTHROPIC_BASE_URL: upstream.url,
  OPENAI_BASE_URL: `${upstream.url}/v1`,
  GOOGLE_GEMINI_BASE_URL: upstream.url,
  ANTHROPIC_API_KEY: credential,
  OPENAI_API_KEY: credential,
  GEMINI_API_KEY: credential,
});
