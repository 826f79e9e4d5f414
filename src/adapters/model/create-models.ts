import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';

import { RalphError } from '../../domain/error.ts';
import { DEFAULT_PROFILES, parseModels } from '../../domain/models.ts';
import type { Profile } from '../../domain/models.ts';
import type { Clock } from '../../ports/host.ts';
import { endpointOf } from '../../domain/models-endpoint.ts';
import { modelProviders } from '../../domain/gate/providers.ts';
import type { ModelAccess, ModelPort } from '../../ports/model.ts';
import { createOpenAiModel } from './openai.ts';
import { withPrices } from './prices.ts';
import { parseScript } from './script.ts';
import { createScriptedModel } from './scripted.ts';

export interface ModelsOptions {
  /** Text of models.yaml; the built-in profiles when left out. */
  readonly modelsYaml?: string;
  /** Where that text comes from: for errors, and scripts are found beside it. */
  readonly modelsPath?: string;
  /** Text of a script: then only its scripted profiles exist. */
  readonly script?: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly clock: Clock;
}

const readProfiles = ({ modelsYaml, modelsPath = 'models.yaml' }: ModelsOptions): readonly Profile[] => {
  if (modelsYaml === undefined) return DEFAULT_PROFILES;
  const { profiles, findings } = parseModels(modelsYaml);
  const errors = findings.filter(({ level }) => level === 'error');
  if (errors.length === 0) return profiles;
  const shown = errors.slice(0, 5).map(({ line, message }) => `${modelsPath}:${line}: ${message}`);
  throw new RalphError('config', shown.join('\n'), { hint: errors[0]!.fix });
};

const scriptedPort = (profile: Profile, { modelsPath, clock }: ModelsOptions): ModelPort => {
  const path = resolve(dirname(modelsPath ?? 'models.yaml'), profile.model);
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (cause) {
    const hint = `litellm_model: scripted/PATH, with the path as seen from models.yaml`;
    throw new RalphError('config', `profile ${profile.name}: no script at ${path}`, { hint, cause });
  }
  const script = parseScript(text, path);
  const prices = profile.prices ?? { inputPerMtok: 1, outputPerMtok: 4 };
  return createScriptedModel(script, clock, [{ ...profile, prices }]);
};

const isKnownToGate = ({ provider, baseUrl }: Profile): boolean =>
  baseUrl === undefined && modelProviders.some((known) => known === provider);

const accessOf = (profile: Profile, env: ModelsOptions['env'] | undefined): ModelAccess => {
  const { model, prices } = profile;
  const known = { model, ...(prices && { prices }) };
  if (env === undefined || isKnownToGate(profile)) return known;
  const { baseUrl, apiKey, problems } = endpointOf(profile, env);
  const [first] = problems;
  if (first) throw new RalphError('config', first.message, { hint: first.hint });
  return { ...known, endpoint: { baseUrl, apiKey } };
};

/** All profiles behind one port: scripted ones by their script, all others over HTTP. Throws RalphError `config`. */
export const createModels = async (options: ModelsOptions): Promise<ModelPort> => {
  const { env, clock, script } = options;
  if (script !== undefined) return createScriptedModel(parseScript(script), clock);
  const all = readProfiles(options);
  const real = await withPrices(
    all.filter(({ provider }) => provider !== 'scripted'),
    clock.now(),
  );
  const http = createOpenAiModel({ profiles: real, env, clock });
  const scripted = new Map(
    all
      .filter(({ provider }) => provider === 'scripted')
      .map((profile): [string, ModelPort] => [profile.name, scriptedPort(profile, options)]),
  );
  const portOf = (name: string): ModelPort => scripted.get(name) ?? http;
  const infos = new Map(
    [http, ...scripted.values()].flatMap((port) => port.profiles.map((info) => [info.name, info])),
  );
  return {
    profiles: all.flatMap(({ name }) => infos.get(name) ?? []),
    estimate: (name, messages) => portOf(name).estimate(name, messages),
    access: (name, { own }) => {
      const profile = real.find((one) => one.name === name);
      return profile && accessOf(profile, own ? env : undefined);
    },
    check: (name) => portOf(name).check(name),
    complete: (request) => portOf(request.profile).complete(request),
  };
};
