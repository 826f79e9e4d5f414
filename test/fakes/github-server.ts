import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { graphql } from './github-graphql.ts';
import { gitBackend } from './git-http-server.ts';
import { appOperations, isAppJwt, type FakeApp } from './github-app.ts';
import { withIssues } from './github-issues.ts';
import { answerFor, requestProblems, responseProblems, type JsonObject } from './github-openapi.ts';
import {
  createOperations,
  NOT_FOUND,
  refusal,
  ROUTE,
  type Answer,
  type Call,
  type GithubState,
} from './github-operations.ts';

export interface Fault {
  /** Left out: the connection is cut. */
  readonly status?: number;
  readonly message?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** The operation is carried out before. */
  readonly done?: true;
  readonly times?: number;
}
export interface GithubServer extends GithubState {
  readonly api: string;
  /** Settings with which ralph takes it for the user's own server; nobody is notified here, so that writes hardly wait. */
  readonly env: { readonly RALPH_GITHUB_API_URL: string; readonly RALPH_GITHUB_WRITE_PAUSE_S: string };
  readonly repoUrl: string;
  /** API calls, as in `POST /repos/{owner}/{repo}/pulls`, without those of an App for itself. */
  readonly calls: string[];
  /** Every Authorization header, of the API and of git. */
  readonly seen: string[];
  /** Where a request or an answer is not as the official document has it. */
  readonly violations: string[];
  /** Comes before an operation is carried out: holds it up, or does something meanwhile. */
  onCall: ((call: Call) => Promise<void> | void) | undefined;
  /** Good tokens; taking one away makes it a bad one. */
  readonly tokens: Set<string>;
  /** Login names by token; `ralph-bot` for the others. */
  readonly users: Map<string, string>;
  /** Headers of every answer. */
  readonly headers: Record<string, string>;
  app: FakeApp | undefined;
  fault(operation: string, fault: Fault): void;
  /** A real hook that refuses every push, as branch protection does; the returned function takes it away. */
  declinePush(message: string): () => void;
  /** Of every push until it is taken away (curl repeats one that was cut): carried out without an answer, never carried out, or held back until `arrive`. */
  pushFault: 'unanswered' | 'lost' | 'late' | undefined;
  /** The push that was held back arrives. */
  arrive: () => void;
  close(): Promise<void>;
}

const shapes = [
  '',
  '/pulls',
  '/pulls/{pull_number}',
  '/pulls/{pull_number}/files',
  '/issues/{issue_number}',
  '/issues/{issue_number}/labels',
  '/issues/{issue_number}/comments',
  '/check-runs/{check_run_id}',
  '/actions/runs',
  '/actions/runs/{run_id}/jobs',
  '/actions/jobs/{job_id}/logs',
  '/commits/{ref}/check-runs',
  '/commits/{ref}/status',
  '/statuses/{sha}',
  '/installation',
  '/issues',
  '/issues/{issue_number}/labels/{name}',
  '/issues/{issue_number}/assignees',
  '/issues/comments/{comment_id}',
  '/git/trees/{tree_sha}',
  '/git/blobs/{file_sha}',
  '/pulls/{pull_number}/comments',
  '/pulls/{pull_number}/reviews',
].map((shape) => [new RegExp(`^${shape.replaceAll(/\{\w+\}/g, '([^/]+)')}$`), `${ROUTE}${shape}`] as const);

/** The route of a path, and what stands in its braces. */
const routeOf = (path: string, repository: string): readonly [route: string, id: string] => {
  const minting = /^\/app\/installations\/(\d+)\/access_tokens$/.exec(path);
  if (minting) return ['/app/installations/{installation_id}/access_tokens', minting[1]!];
  if (path !== repository && !path.startsWith(`${repository}/`)) return [path, ''];
  for (const [pattern, route] of shapes) {
    const match = pattern.exec(path.slice(repository.length));
    if (match) return [route, match.slice(1).map(decodeURIComponent).join(' ')];
  }
  return [path, ''];
};

const readBody = async (request: IncomingMessage): Promise<JsonObject> => {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const all = Buffer.concat(chunks).toString('utf8');
  return all === '' ? {} : (JSON.parse(all) as JsonObject);
};

type Faults = Map<string, (Fault & { left: number })[]>;
const takeFault = (faults: Faults, name: string): Fault | undefined => {
  const fault = faults.get(name)?.find(({ left }) => left > 0);
  if (fault) fault.left -= 1;
  return fault;
};

const isOfApp = (name: string): boolean => name.includes(' /app') || name.endsWith('/installation');
const mayCall = (fake: GithubServer, name: string, header: string): boolean =>
  isOfApp(name) ? isAppJwt(fake.app, header) : fake.tokens.has(header.replace(/^(?:token|bearer) /i, ''));

/** Carries out one call, and holds it and its answer against the document. */
const createPerform = (fake: GithubServer) => {
  let minted = 0;
  const mint = (): string => {
    minted += 1;
    const token = `ghs_${'x'.repeat(30)}${minted}`;
    fake.tokens.add(token);
    return token;
  };
  const operations = {
    ...withIssues(fake, createOperations(fake)),
    ...appOperations({ app: () => fake.app, repository: fake.name, mint }),
  };
  return (call: Call): Answer => {
    if (call.name === 'POST /graphql') return graphql(fake, call.body);
    const operation = operations[call.name];
    if (!operation) return NOT_FOUND;
    fake.violations.push(...requestProblems(call.name, call.query, call.body));
    const answer = operation(call);
    if (answer.status >= 300 || answer.status === 204) return answer;
    const body = answerFor(call.name, answer.status, answer.body) as JsonObject;
    fake.violations.push(...responseProblems(call.name, answer.status, body));
    return { status: answer.status, body };
  };
};

const createApi = (fake: GithubServer, faults: Faults) => {
  const perform = createPerform(fake);
  const answered = (call: Call, fault: Fault | undefined, header: string): Answer | 'cut' => {
    if (fault?.done) perform(call);
    if (fault && fault.status === undefined) return 'cut';
    if (fault?.status !== undefined) return refusal(fault.status, fault.message ?? 'Server Error');
    return mayCall(fake, call.name, header) ? perform(call) : refusal(401, 'Bad credentials');
  };
  return async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const url = new URL(request.url ?? '/', fake.origin);
    const path = url.pathname.replace(/^\/api(?:\/v3)?/, '');
    const [route, id] = routeOf(path, `/repos/${fake.owner}/${fake.name}`);
    const name = `${request.method} ${route}`;
    const header = request.headers.authorization ?? '';
    const login = fake.users.get(header.replace(/^(?:token|bearer) /i, '')) ?? 'ralph-bot';
    const query = Object.fromEntries(url.searchParams);
    const call = { name, id, query, body: await readBody(request), login };
    if (!isOfApp(name)) fake.calls.push(name);
    await fake.onCall?.(call);
    const fault = takeFault(faults, name);
    const answer = answered(call, fault, header);
    if (answer === 'cut') {
      request.socket.destroy();
      return;
    }
    response.writeHead(answer.status, {
      'content-type': 'application/json; charset=utf-8',
      'x-ratelimit-limit': '5000',
      'x-ratelimit-remaining': '4990',
      ...fake.headers,
      ...answer.headers,
      ...fault?.headers,
    });
    response.end(answer.status === 204 ? undefined : JSON.stringify(answer.body));
  };
};

const declinePush = (bare: string, message: string): (() => void) => {
  const hook = join(bare, 'hooks/pre-receive');
  mkdirSync(join(bare, 'hooks'), { recursive: true });
  writeFileSync(hook, `#!/bin/sh\necho ${JSON.stringify(message)} >&2\nexit 1\n`);
  chmodSync(hook, 0o755);
  return () => rmSync(hook);
};

/** The connection is cut before any answer; the push itself may have arrived. */
const gitOrFault = (
  { root, fake }: { readonly root: string; readonly fake: GithubServer },
  request: IncomingMessage,
  response: ServerResponse,
): void => {
  const isPush = request.method === 'POST' && request.url?.endsWith('/git-receive-pack');
  const fault = isPush ? fake.pushFault : undefined;
  if (fault === 'lost') request.socket.destroy();
  else if (fault !== 'late') gitBackend({ root, state: { lose: fault === 'unanswered' } }, request, response);
  else {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const input = Buffer.concat(chunks);
      fake.arrive = () => {
        execFileSync('git', ['receive-pack', '--stateless-rpc', fake.bare], { input, stdio: 'pipe' });
      };
      request.socket.destroy();
    });
  }
};

/**
 * GitHub over a real bare repository (`<root>/<owner>/<name>.git`): the REST paths that the adapter uses, each request
 * and answer held against the official OpenAPI document, and real git over HTTP behind the same tokens.
 */
export const startGithub = async (options: {
  readonly root: string;
  readonly owner: string;
  readonly name: string;
  readonly tokens: readonly string[];
}): Promise<GithubServer> => {
  const { root, owner, name } = options;
  const bare = join(root, owner, `${name}.git`);
  const faults: Faults = new Map();
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const fake: GithubServer = {
    owner,
    name,
    origin,
    bare,
    api: `${origin}/api/v3`,
    env: { RALPH_GITHUB_API_URL: `${origin}/api/v3`, RALPH_GITHUB_WRITE_PAUSE_S: '0.02' },
    repoUrl: `${origin}/${owner}/${name}.git`,
    calls: [],
    seen: [],
    violations: [],
    tokens: new Set(options.tokens),
    users: new Map(),
    onCall: undefined,
    issues: [],
    remarks: [],
    insiders: new Set([owner, 'ralph-bot']),
    pulls: [],
    checkRuns: [],
    workflowRuns: [],
    logs: new Map(),
    statuses: [],
    repository: { private: true, archived: false, push: true, drafts: true, checks: true },
    headers: {},
    app: undefined,
    pushFault: undefined,
    arrive: () => {},
    fault: (operation, fault) => {
      faults.set(operation, [...(faults.get(operation) ?? []), { ...fault, left: fault.times ?? 1 }]);
    },
    declinePush: (message) => declinePush(bare, message),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  const api = createApi(fake, faults);
  server.on('request', (request: IncomingMessage, response: ServerResponse) => {
    const header = request.headers.authorization ?? '';
    fake.seen.push(header);
    const [, token = ''] = Buffer.from(header.replace(/^Basic /i, ''), 'base64')
      .toString('utf8')
      .split(':');
    const signed = /^\/signed\/(\d+)\?sig=abc$/.exec(request.url ?? '');
    // As the real store does: it refuses whoever brings another credential too.
    if (signed) response.writeHead(header === '' ? 200 : 400).end(fake.logs.get(Number(signed[1])));
    else if (request.url?.startsWith('/api/')) void api(request, response);
    else if (fake.tokens.has(token)) gitOrFault({ root, fake }, request, response);
    else response.writeHead(401, { 'www-authenticate': 'Basic realm="GitHub"' }).end('Bad credentials\n');
  });
  return fake;
};
