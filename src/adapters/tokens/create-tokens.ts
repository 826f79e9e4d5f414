import { mkdir, open, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { RalphError } from '../../domain/error.ts';
import { MODEL_PROVIDERS, type ModelProvider } from '../../domain/gate/providers.ts';
import { jwtExpiry, readToken, writeToken, type StoredToken } from '../../domain/gate/token-text.ts';
import type { Credential, Tokens, TokenStore } from '../../ports/tokens.ts';
import { createKeychain, type Keychain } from './keychain.ts';

export interface TokensOptions {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Folder of the token files, one for each provider, mode 0600. */
  readonly dir: string;
  /** Where to look, in this order. */
  readonly order: readonly TokenStore[];
  /** Hears every value that was found or set, so that it can be redacted from then on. */
  readonly learn: (value: string) => void;
  readonly keychain?: Keychain;
}

const MAX_FILE = 64 * 1024;

const fromEnvironment = (provider: ModelProvider, env: TokensOptions['env']): Credential | undefined => {
  for (const [name, kind] of MODEL_PROVIDERS[provider].credentialEnv) {
    const value = env[name]?.trim();
    if (!value) continue;
    if (!/^[\x21-\x7e]+$/.test(value))
      throw new RalphError('config', `${name} holds characters that no token has`, { hint: 'Set it anew.' });
    const expires = jwtExpiry(value);
    return { kind, value, from: `${name} of the environment`, ...(expires !== undefined && { expires }) };
  }
  return undefined;
};

const credential = (token: StoredToken, from: string): Credential => ({ ...token, from });

const damaged = (where: string): RalphError =>
  new RalphError('config', `${where} holds no token`, { hint: 'Set it anew with `ralph token set`.' });

/** Opened once and looked at through that handle: nobody can put another file in between. */
const fromFile = async (provider: ModelProvider, path: string): Promise<Credential | undefined> => {
  const file = await open(path, 'r').catch(() => undefined);
  if (file === undefined) return undefined;
  try {
    const { mode, size } = await file.stat();
    if ((mode & 0o077) !== 0)
      throw new RalphError('config', `${path} can be read by others (mode ${(mode & 0o777).toString(8)})`, {
        hint: `chmod 600 ${path}, and think of the token as known to them.`,
      });
    const token = size > MAX_FILE ? undefined : readToken(provider, await file.readFile('utf8'));
    if (token === undefined) throw damaged(path);
    return credential(token, path);
  } finally {
    await file.close();
  }
};

const writeFile = async (path: string, text: string): Promise<void> => {
  const draft = `${path}.${process.pid}.new`;
  await rm(draft, { force: true });
  const file = await open(draft, 'wx', 0o600);
  try {
    await file.writeFile(`${text}\n`);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(draft, path);
};

const parsed = (provider: ModelProvider, text: string, expires: string | undefined): StoredToken => {
  const token = readToken(provider, text);
  if (token === undefined)
    throw new RalphError('usage', 'that is no token: one line of printable characters without spaces', {
      hint: "Or the JSON of Claude's own credentials file.",
    });
  if (expires === undefined) return token;
  const at = Date.parse(expires);
  if (Number.isNaN(at))
    throw new RalphError('usage', `not a date: ${expires.slice(0, 60)}`, { hint: 'As in 2027-01-31' });
  return { ...token, expires: new Date(at).toISOString() };
};

/** Credentials from the environment, files of mode 0600 and the keychain of the system. */
export const createTokens = (options: TokensOptions): Tokens => {
  const { env, dir, order, learn, keychain = createKeychain(env) } = options;
  const pathOf = (provider: ModelProvider): string => join(dir, provider);
  const fromKeychain = async (provider: ModelProvider): Promise<Credential | undefined> => {
    const text = await keychain.read(provider);
    if (text === undefined) return undefined;
    const token = readToken(provider, text);
    if (token === undefined) throw damaged(`the ${keychain.name}`);
    return credential(token, keychain.name);
  };
  const sources: Readonly<Record<TokenStore, (provider: ModelProvider) => Promise<Credential | undefined>>> =
    {
      environment: async (provider) => fromEnvironment(provider, env),
      file: (provider) => fromFile(provider, pathOf(provider)),
      keychain: fromKeychain,
    };
  return {
    find: async (provider) => {
      for (const source of order) {
        const found = await sources[source](provider);
        if (found === undefined) continue;
        learn(found.value);
        return found;
      }
      return undefined;
    },
    set: async (provider, text, { store = 'file', expires }) => {
      const token = parsed(provider, text, expires);
      learn(token.value);
      if (store === 'keychain') {
        if (await keychain.write(provider, writeToken(token))) return keychain.name;
        throw new RalphError('config', `the ${keychain.name} did not take the token`, {
          hint: 'It needs an unlocked keychain (and on Linux secret-tool and a session bus); --store file keeps it in a file of mode 0600.',
        });
      }
      await mkdir(dir, { recursive: true, mode: 0o700 });
      await writeFile(pathOf(provider), writeToken(token));
      return pathOf(provider);
    },
    remove: async (provider) => {
      const path = pathOf(provider);
      const isFile = await rm(path).then(
        () => true,
        () => false,
      );
      const wasKept = order.includes('keychain') && (await keychain.remove(provider));
      return [...(isFile ? [path] : []), ...(wasKept ? [keychain.name] : [])];
    },
  };
};
