import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { createGates, type GatesOptions } from '../../../src/adapters/proxy/create-gates.ts';
import type { AgentId } from '../../../src/domain/spec/task.ts';
import type { Charge, Meter } from '../../../src/ports/agent.ts';
import type { Gate, GateCall, GateSession } from '../../../src/ports/gate.ts';
import { startProvider, type ProviderServer } from '../../fakes/provider-server.ts';
import type { Credential } from '../../../src/ports/tokens.ts';

export const REAL = 'sk-real-0123456789abcdef0123456789abcdef';

/** A provider that goes with the test. */
export const provider = async (answer: Parameters<typeof startProvider>[0]): Promise<ProviderServer> => {
  const server = await startProvider(answer);
  onTestFinished(() => server.close());
  return server;
};

export interface Reserved {
  readonly model: string;
  readonly tokens: number;
  readonly costUsd: number;
}
/** A meter that counts, and has no more than this many reservations to give. */
export const countingMeter = (most = Number.POSITIVE_INFINITY) => {
  const reserved: Reserved[] = [];
  const settled: Charge[] = [];
  const meter: Meter = {
    reserve: ({ model, most: { tokens, costUsd } }) => {
      if (reserved.length >= most) return { over: 'cost' };
      reserved.push({ model, tokens, costUsd });
      return { call: String(reserved.length) };
    },
    settle: (_call, charge) => void settled.push(charge),
  };
  return { meter, reserved, settled };
};

export interface TestGate extends ReturnType<typeof countingMeter> {
  readonly gate: Gate;
  readonly session: GateSession;
  readonly calls: GateCall[];
  /** A call with the session's phantom as an Anthropic key. */
  readonly call: (path: string, init?: RequestInit) => Promise<Response>;
}

/** A folder that goes with the test. */
export const tempDir = async (): Promise<string> => {
  const dir = await mkdtemp(join(tmpdir(), 'ralph-gate-'));
  onTestFinished(() => rm(dir, { recursive: true, force: true }));
  return dir;
};

/** A gate with one session, all providers at `upstream`; closed with the test. */
export const startGate = async (
  upstream: string,
  more: {
    readonly agent?: AgentId;
    readonly kind?: Credential['kind'];
    readonly most?: number;
    readonly dir?: string;
    readonly repos?: readonly string[];
    readonly options?: Partial<GatesOptions>;
  } = {},
): Promise<TestGate> => {
  const metered = countingMeter(more.most);
  const calls: GateCall[] = [];
  const gates = createGates({
    env: {
      ANTHROPIC_BASE_URL: upstream,
      OPENAI_BASE_URL: `${upstream}/v1`,
      GOOGLE_GEMINI_BASE_URL: upstream,
    },
    tokens: {
      find: () => Promise.resolve({ kind: more.kind ?? 'api-key', value: REAL, from: 'the test' }),
      set: () => Promise.reject(new Error('not here')),
      remove: () => Promise.resolve([]),
    },
    prices: () => Promise.resolve({ inputPerMtok: 1, outputPerMtok: 10, cachedInputPerMtok: 0.1 }),
    now: () => new Date(),
    allow: [],
    gitAuth: () => Promise.resolve(undefined),
    ...more.options,
  });
  const gate = await gates.open({
    run: 'r1',
    dir: more.dir ?? (await tempDir()),
    onCall: (call) => void calls.push(call),
    ...(more.repos && { repos: more.repos }),
  });
  onTestFinished(() => gate.close());
  const session = await gate.session({
    agent: more.agent ?? 'claude',
    profile: 'p',
    meter: metered.meter,
    signal: new AbortController().signal,
  });
  const call = (path: string, init: RequestInit = {}): Promise<Response> =>
    fetch(`${gate.url}${path}`, {
      ...init,
      headers: { 'x-api-key': session.phantom, ...(init.headers as Record<string, string> | undefined) },
    });
  return { gate, session, calls, call, ...metered };
};

/** A request to a model with a text. */
export const post = (body: object): RequestInit => ({ method: 'POST', body: JSON.stringify(body) });
const ASKED = {
  model: 'claude-x',
  max_tokens: 100,
  stream: true,
  messages: [{ role: 'user', content: 'hi' }],
};
export const MESSAGE = JSON.stringify(ASKED);
export const message = post(ASKED);
