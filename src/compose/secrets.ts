import { join } from 'node:path';
import { createHost } from '../adapters/host/host.ts';
import { configDir } from '../adapters/host/settings.ts';
import { redactGrowing } from '../domain/redact.ts';
import type { Host } from '../ports/host.ts';
import type { Settings } from '../ports/settings.ts';
import type { Tokens, TokenStore } from '../ports/tokens.ts';

type Env = Readonly<Record<string, string | undefined>>;

/** Made when they are first asked for. */
const tokensFor = (parts: {
  readonly env: Env;
  readonly settings: Settings;
  readonly learn: Host['learnSecrets'];
}): (() => Promise<Tokens>) => {
  const { env, settings, learn } = parts;
  let made: Promise<Tokens> | undefined;
  const make = async (): Promise<Tokens> => {
    const { createTokens } = await import('../adapters/tokens/create-tokens.ts');
    return createTokens({
      env,
      dir: join(configDir(env), 'tokens'),
      order: settings
        .get('token_sources')
        .split(/[ ,]+/)
        .filter((one): one is TokenStore => one !== ''),
      learn: (value) => learn([value]),
    });
  };
  return () => (made ??= make());
};

/** The machine with everything of it that is secret; the list grows by each token that is found beside the environment. */
export const createMachine = (env: Env, settings: Settings) => {
  const host = createHost(env);
  const learn: Host['learnSecrets'] = (values) => host.learnSecrets(values);
  return { host, redact: redactGrowing(host.secrets), tokens: tokensFor({ env, settings, learn }) };
};
