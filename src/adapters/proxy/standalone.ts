import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { z } from 'zod';
import { RalphError } from '../../domain/error.ts';
import { modelEnvironment } from '../../domain/gate/environment.ts';
import { providersOf, type ModelProvider } from '../../domain/gate/providers.ts';
import { readToken } from '../../domain/gate/token-text.ts';
import type { AgentId } from '../../domain/spec/task.ts';
import type { Meter } from '../../ports/agent.ts';
import type { GateCall } from '../../ports/gate.ts';
import type { Credential, Tokens } from '../../ports/tokens.ts';
import { createCallLog } from './call-log.ts';
import { openSession, type GatesOptions } from './create-gates.ts';
import { createDial } from './dial.ts';
import { HEALTH_PATH } from './dispatch.ts';
import { listenGate, type Listener } from './gate-server.ts';
import { createPasses, newPass } from './session.ts';
import { createUpstream } from './upstream.ts';

export interface StandaloneRequest {
  readonly agent: AgentId;
  readonly port: number;
  readonly token?: string;
  readonly signal: AbortSignal;
  readonly onCall: (call: GateCall) => void;
  /** Where the next one finds this one; mode 0600, holds the phantom. */
  readonly stateFile: string;
  readonly version: string;
}
export interface Standalone {
  readonly reused: boolean;
  readonly url: string;
  readonly env: Readonly<Record<string, string>>;
  readonly ended: Promise<void>;
}

const HEALTH_MS = 2_000;

const stateSchema = z.object({ id: z.string(), port: z.number(), env: z.record(z.string(), z.string()) });
type State = z.output<typeof stateSchema>;

const readState = async (file: string): Promise<State | undefined> => {
  try {
    return stateSchema.parse(JSON.parse(await readFile(file, 'utf8')));
  } catch {
    return undefined;
  }
};

/** True when the proxy of the state file answers at its port. */
const isHealthy = async ({ id, port }: State): Promise<boolean> => {
  try {
    const signal = AbortSignal.timeout(HEALTH_MS);
    const answer = await fetch(`http://127.0.0.1:${port}${HEALTH_PATH}`, { signal, redirect: 'error' });
    const health = z.object({ status: z.literal('ok'), id: z.string() }).parse(await answer.json());
    return health.id === id;
  } catch {
    return false;
  }
};

/** Budgets belong to runs; here nobody has set one. */
const noMeter: Meter = { reserve: () => ({ call: '' }), settle: () => undefined };

const onlyToken = (agent: AgentId, text: string): Tokens => {
  const [provider, another] = providersOf(agent);
  if (provider === undefined || another !== undefined)
    throw new RalphError('usage', `one token cannot serve ${agent}, which speaks several APIs`, {
      hint: 'Name claude, codex or gemini.',
    });
  const token = readToken(provider, text);
  if (token === undefined) throw new RalphError('usage', 'standard input holds no token');
  const credential: Credential = { ...token, from: 'standard input' };
  const find = (asked: ModelProvider) => Promise.resolve(asked === provider ? credential : undefined);
  const never = () => Promise.reject(new RalphError('bug', 'tokens are not changed here'));
  return { find, set: never, remove: never };
};

const portTaken = (error: unknown, port: number): unknown =>
  error instanceof Error && 'code' in error && error.code === 'EADDRINUSE'
    ? new RalphError('usage', `port ${port} is in use by something else`, {
        hint: 'Choose another with --port.',
      })
    : error;

const writeState = async (file: string, state: State): Promise<void> => {
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  await rm(file, { force: true });
  await writeFile(file, JSON.stringify(state), { mode: 0o600, flag: 'wx' });
};

/** A gate of its own for one agent on a fixed port; or the one that is there, when it is healthy. Throws RalphError. */
export const createStandalone = async (
  given: GatesOptions,
  request: StandaloneRequest,
): Promise<Standalone> => {
  const { agent, port, signal, stateFile } = request;
  const before = await readState(stateFile);
  if (before?.port === port && (await isHealthy(before)))
    return { reused: true, url: `http://127.0.0.1:${port}`, env: before.env, ended: Promise.resolve() };
  const tokens = request.token === undefined ? given.tokens : onlyToken(agent, request.token);
  const options = { ...given, tokens };
  const passes = createPasses(newPass());
  const upstream = createUpstream();
  const id = newPass();
  const session = await openSession(
    { agent, profile: agent, meter: noMeter, signal },
    { ...options, passes },
  );
  let listener: Listener;
  try {
    listener = await listenGate(
      {
        passes,
        log: createCallLog(request.onCall, () => performance.now()),
        model: { upstream, prices: given.prices, now: given.now },
        git: { upstream, auth: given.gitAuth, repos: [] },
        tunnel: { dial: given.dial ?? createDial(), allow: given.allow },
        health: { agent, id, version: request.version },
      },
      { port },
    );
  } catch (error) {
    throw portTaken(error, port);
  }
  const { phantom, credential } = session;
  const url = `http://127.0.0.1:${listener.port}`;
  const env = modelEnvironment({ url, phantom, credential, providers: await served(agent, tokens) });
  await writeState(stateFile, { id, port: listener.port, env });
  const close = async (): Promise<void> => {
    await session.close();
    await listener.close();
    upstream.close();
    if ((await readState(stateFile))?.id === id) await rm(stateFile, { force: true });
  };
  const ended = new Promise<void>((resolve, reject) => {
    const end = (): void => void close().then(resolve, reject);
    if (signal.aborted) end();
    else signal.addEventListener('abort', end, { once: true });
  });
  return { reused: false, url, env, ended };
};

const served = async (agent: AgentId, tokens: Tokens): Promise<readonly ModelProvider[]> => {
  const found: ModelProvider[] = [];
  for (const provider of providersOf(agent))
    if ((await tokens.find(provider)) !== undefined) found.push(provider);
  return found;
};
