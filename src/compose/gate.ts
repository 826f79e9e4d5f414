import { join } from 'node:path';
import type { AuthFor } from '../adapters/host/git/address.ts';
import { createGates, type GatesOptions } from '../adapters/proxy/create-gates.ts';
import { createStandalone } from '../adapters/proxy/standalone.ts';
import type { ProxyRequest, StandaloneProxy } from '../commands/app.ts';
import { RalphError } from '../domain/error.ts';
import { agentOf, modelProviders, MODEL_PROVIDERS, type ModelProvider } from '../domain/gate/providers.ts';
import { splitHosts } from '../domain/gate/registries.ts';
import { expiryWarning } from '../domain/gate/token-text.ts';
import type { Profile } from '../domain/models.ts';
import type { Prices } from '../domain/pricing.ts';
import type { Gates } from '../ports/gate.ts';
import type { Host } from '../ports/host.ts';
import type { Finding } from '../ports/sandbox.ts';
import type { Settings } from '../ports/settings.ts';
import type { Tokens } from '../ports/tokens.ts';

type Env = Readonly<Record<string, string | undefined>>;

/** What a model costs by the catalogue; each model is looked up once. */
const pricesBy = (now: () => Date): GatesOptions['prices'] => {
  const known = new Map<string, Promise<Prices | undefined>>();
  const lookUp = async (provider: ModelProvider, model: string): Promise<Prices | undefined> => {
    const { withPrices } = await import('../adapters/model/prices.ts');
    const profile: Profile = {
      name: model,
      provider: provider,
      model,
      maxOutputTokens: 1,
      structured: 'prompt',
      tags: [],
      idleTimeoutS: 1,
      callTimeoutS: 1,
    };
    return (await withPrices([profile], now()))[0]?.prices;
  };
  return (provider, model) => {
    const key = `${provider}/${model}`;
    const found = known.get(key) ?? lookUp(provider, model);
    // An agent names the model: no list of names may grow without end.
    if (known.size < 1000) known.set(key, found);
    return found;
  };
};

/** The gates of runs, with the user's credentials, prices and lists. */
export const gatesFor = (parts: {
  readonly env: Env;
  readonly host: Host;
  readonly settings: Settings;
  readonly auth: AuthFor;
  readonly tokens: Tokens;
}): Gates => createGates(gateOptions(parts));

/** What all gates of this program are made of. */
export const gateOptions = (parts: Parameters<typeof gatesFor>[0]): GatesOptions => {
  const { env, host, settings, auth, tokens } = parts;
  const now = (): Date => host.clock.now();
  return {
    env,
    tokens,
    prices: pricesBy(now),
    now,
    allow: splitHosts(settings.get('gate_allow')),
    gitAuth: async (url) => auth(url),
  };
};

/** `ralph proxy`: the same gate for agents that somebody runs by hand. */
export const serveProxy = (
  parts: Parameters<typeof gatesFor>[0] & { readonly stateDir: string },
  request: ProxyRequest,
): Promise<StandaloneProxy> =>
  createStandalone(gateOptions(parts), {
    ...request,
    stateFile: join(parts.stateDir, 'proxy', `${request.agent}.json`),
    version: parts.host.version,
  });

/** For `doctor`: where each credential comes from, and whether it ends soon. Never a value. */
export const tokenFindings = async (tokens: Tokens, now: Date): Promise<readonly Finding[]> => {
  const findings: Finding[] = [];
  for (const provider of modelProviders) {
    const agent = agentOf(provider);
    const hint = `ralph token set --agent ${agent}`;
    try {
      const found = await tokens.find(provider);
      const names = MODEL_PROVIDERS[provider].credentialEnv.map(([name]) => name).join(', ');
      const late = expiryWarning(found?.expires, now);
      if (found === undefined)
        findings.push({
          level: 'warn',
          what: `agent ${agent}: no credential`,
          hint: `Set ${names}, or: ${hint}`,
        });
      else if (late === undefined)
        findings.push({ level: 'ok', what: `agent ${agent}: ${found.from} (${found.kind})` });
      else findings.push({ level: 'warn', what: `agent ${agent}: ${found.from} ${late}`, hint });
    } catch (error) {
      if (!(error instanceof RalphError)) throw error;
      findings.push({ level: 'fail', what: `agent ${agent}: ${error.message}`, hint: error.hint ?? hint });
    }
  }
  return findings;
};
