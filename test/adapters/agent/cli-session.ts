import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { agentKind } from '../../../src/adapters/agent/kinds.ts';
import { createCliAgent } from '../../../src/adapters/agent/session.ts';
import { createHost } from '../../../src/adapters/host/host.ts';
import { localProvider } from '../../../src/adapters/sandbox/local.ts';
import type { AgentEvent } from '../../../src/domain/event.ts';
import type { AgentId } from '../../../src/domain/spec/task.ts';
import { supervise } from '../../../src/engine/workspace/supervise.ts';
import type { SessionLimits, TurnOutcome } from '../../../src/ports/agent.ts';
import type { Gate } from '../../../src/ports/gate.ts';
import type { ModelPort, ProfileInfo } from '../../../src/ports/model.ts';
import type { Sandbox } from '../../../src/ports/sandbox.ts';

export interface CliSession {
  readonly agent: Exclude<AgentId, 'actions'>;
  readonly env: Readonly<Record<string, string>>;
  /** `provider/model` */
  readonly model: string;
  readonly gate?: Gate;
  readonly command?: string;
  readonly prompt?: string;
  readonly limits?: Partial<SessionLimits>;
  readonly signal?: AbortSignal;
}
export interface CliSessionEnd {
  readonly outcome: TurnOutcome;
  readonly events: readonly AgentEvent[];
  /** What lies beside the clone afterwards. */
  readonly beside: readonly string[];
  readonly box: Sandbox;
  readonly repoDir: string;
}

export const modelsOf = (model: string): ModelPort => {
  const [provider = '', ...rest] = model.split('/');
  const profile: ProfileInfo = {
    name: 'one',
    model: rest.join('/'),
    provider,
    tags: [],
    priced: true,
    maxOutputTokens: 1000,
  };
  return {
    profiles: [profile],
    estimate: () => ({ tokens: 0, costUsd: 0 }),
    complete: () => Promise.reject(new Error('not called')),
    check: () => [],
  };
};

const folders: string[] = [];
/** Removes what sessions have made; for `afterEach`. */
export const removeFolders = (): void => {
  for (const dir of folders.splice(0)) rmSync(dir, { recursive: true, force: true });
};

/** One session of an agent in a local sandbox with an empty clone, as the engine runs it. */
export const runCliSession = async (asked: CliSession): Promise<CliSessionEnd> => {
  const dir = mkdtempSync(join(tmpdir(), 'ralph-cli-'));
  folders.push(dir);
  const host = createHost({});
  const provider = localProvider({ env: { HOME: dir, ...asked.env }, registryDir: join(dir, 'registry') });
  const spec = { name: 'x', hostDir: join(dir, 'sandbox'), env: {}, labels: {} };
  const box = supervise(await provider.create(spec), host.newId);
  const repoDir = join(box.workdir, 'repo');
  mkdirSync(repoDir);
  const events: AgentEvent[] = [];
  const { gate } = asked;
  const agent = createCliAgent({ kind: agentKind(asked.agent), models: modelsOf(asked.model), host });
  const outcome = await agent.session(
    {
      n: 1,
      system: 'Do as you are told.',
      prompt: asked.prompt ?? 'Do the task.',
      profile: 'one',
      meter: { reserve: () => ({ call: 'c' }), settle: () => {} },
      signal: asked.signal ?? new AbortController().signal,
      repoDir,
      gate,
      gateUrl: () => Promise.resolve(gate?.url ?? ''),
      env: () => ({}),
      limits: { idleMs: 60_000, maxTurns: 50, leftMs: 120_000, ...asked.limits },
      command: asked.command,
      onEvent: (event) => events.push(event),
    },
    box,
  );
  return { outcome, events, box, repoDir, beside: readdirSync(box.workdir) };
};
