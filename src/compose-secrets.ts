import { join } from 'node:path';
import { createHost } from './adapters/host/host.ts';
import { configDir } from './adapters/host/settings.ts';
import { createRedactor } from './domain/redact.ts';
import type { Host } from './ports/host.ts';
import type { Settings } from './ports/settings.ts';
import type { Tokens, TokenStore } from './ports/tokens.ts';

type Env = Readonly<Record<string, string | undefined>>;

/** Redacts by a list that grows; made anew only when it has grown. */
const growingRedactor = (secrets: readonly string[]): ((text: string) => string) => {
  let redactor = createRedactor(secrets);
  let known = secrets.length;
  return (text) => {
    if (secrets.length !== known) {
      redactor = createRedactor(secrets);
      known = secrets.length;
    }
    return redactor.text(text);
  };
};

/** Made when they are first asked for. `secrets` is added to. */
const tokensFor = (parts: {
  readonly env: Env;
  readonly settings: Settings;
  readonly secrets: string[];
}): (() => Promise<Tokens>) => {
  const { env, settings, secrets } = parts;
  let made: Promise<Tokens> | undefined;
  const make = async (): Promise<Tokens> => {
    const { createTokens } = await import('./adapters/tokens/create-tokens.ts');
    return createTokens({
      env,
      dir: join(configDir(env), 'tokens'),
      order: settings
        .get('token_sources')
        .split(/[ ,]+/)
        .filter((one): one is TokenStore => one !== ''),
      learn: (value) => {
        if (!secrets.includes(value)) secrets.push(value);
      },
    });
  };
  return () => (made ??= make());
};

/** The machine with everything of it that is secret; the list grows by each token that is found beside the environment. */
export const createMachine = (env: Env, settings: Settings) => {
  const created = createHost(env);
  const secrets = [...created.secrets];
  const host: Host = { ...created, secrets };
  return { host, redact: growingRedactor(secrets), tokens: tokensFor({ env, settings, secrets }) };
};
