import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openTrap } from '../adapters/host/trap.ts';
import { createModels } from '../adapters/model/create-models.ts';
import { startOfflineModel, type OfflineModel } from '../adapters/offline/model-server.ts';
import { createGates } from '../adapters/proxy/create-gates.ts';
import { HEALTH_PATH } from '../adapters/proxy/dispatch.ts';
import { cliAgent } from './agents.ts';
import { gateOptions } from './gate.ts';
import type { SelftestRequest } from '../commands/app.ts';
import { RalphError } from '../domain/error.ts';
import { modelProviders, MODEL_PROVIDERS } from '../domain/gate/providers.ts';
import type { SelftestCheck, SelftestReport } from '../domain/selftest.ts';
import type { EngineDeps } from '../engine/deps.ts';
import { pickImage } from '../engine/sandbox-spec.ts';
import { selftest } from '../engine/selftest/selftest.ts';
import type { Gates } from '../ports/gate.ts';
import type { ModelPort } from '../ports/model.ts';
import type { Tokens } from '../ports/tokens.ts';

type GateParts = Parameters<typeof gateOptions>[0];
export interface SelftestParts extends GateParts {
  readonly deps: EngineDeps;
  /** Text of the user's models.yaml. */
  readonly modelsYaml: string | undefined;
}

/** One profile an agent, of models that need not exist. */
const OFFLINE_MODELS = `profiles:
  anthropic: { litellm_model: "anthropic/claude-sonnet-4-5" }
  openai: { litellm_model: "openai/gpt-5" }
  gemini: { litellm_model: "gemini/gemini-2.5-pro" }
`;

const offlineTokens: Tokens = {
  find: () => Promise.resolve({ kind: 'api-key', value: 'offline-selftest-key', from: 'the test itself' }),
  set: () => Promise.reject(new RalphError('usage', 'nothing is kept offline')),
  remove: () => Promise.resolve([]),
};

const offlineGates = (parts: GateParts, { url }: OfflineModel): Gates => {
  const options = gateOptions(parts);
  const bases = Object.fromEntries(
    modelProviders.map((one) => [MODEL_PROVIDERS[one].baseUrlEnv, url + MODEL_PROVIDERS[one].inBaseUrl]),
  );
  return createGates({ ...options, env: { ...options.env, ...bases }, tokens: offlineTokens });
};

/** The wanted profile, or the first one that the agent can work with. Throws `config`. */
const profileFor = (
  { agent, profile }: SelftestRequest,
  models: ModelPort,
  problem: ((name: string) => { readonly message: string; readonly hint: string } | undefined) | undefined,
): string => {
  const names = profile === undefined ? models.profiles.map(({ name }) => name) : [profile];
  const found = names.find((name) => problem?.(name) === undefined);
  if (found !== undefined && models.profiles.some(({ name }) => name === found)) return found;
  const why = names[0] === undefined ? undefined : problem?.(names[0]);
  throw new RalphError('config', why?.message ?? `no model profile for ${agent}`, {
    hint: why?.hint ?? '`ralph models` lists the profiles, and names their file',
  });
};

const isHealthy = async (url: string): Promise<boolean> => {
  const answer = await fetch(`${url}${HEALTH_PATH}`, { signal: AbortSignal.timeout(10_000) });
  return answer.ok;
};

/** Tries an agent's whole way to its model, for real or against a model of our own; leaves nothing behind. */
export const composeSelftest = async (
  parts: SelftestParts,
  request: SelftestRequest,
  onCheck: (check: SelftestCheck) => void,
): Promise<SelftestReport> => {
  const { deps, env, host } = parts;
  const offline = request.offline ? await startOfflineModel() : undefined;
  const workDir = await mkdtemp(join(tmpdir(), 'ralph-selftest-'));
  try {
    const modelsYaml = offline ? OFFLINE_MODELS : parts.modelsYaml;
    const models = await createModels({
      ...(modelsYaml !== undefined && { modelsYaml }),
      env,
      clock: host.clock,
    });
    const agent = cliAgent(request.agent, { models, host });
    const report = await selftest(
      {
        host,
        agentId: request.agent,
        agent,
        profile: profileFor(request, models, agent.problem),
        image: async () => (await pickImage(deps, request.backend, request.image))?.name ?? request.image,
        provider: () => deps.provider(request.backend),
        gates: offline ? offlineGates(parts, offline) : (deps.gates ?? createGates(gateOptions(parts))),
        isHealthy,
        trap: openTrap,
        random: deps.random,
        signal: request.signal,
        workDir,
      },
      { offline: request.offline, onCheck },
    );
    return { ...report, backend: request.backend };
  } finally {
    await offline?.close();
    await rm(workDir, { recursive: true, force: true });
  }
};
