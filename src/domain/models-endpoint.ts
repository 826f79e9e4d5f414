import type { Profile } from './models.ts';
import { providerOf } from './models-providers.ts';

/** Where a profile's calls go. `problems` is empty when a call can be tried. */
export interface Endpoint {
  readonly baseUrl: string;
  /** Undefined where the endpoint wants none. */
  readonly apiKey: string | undefined;
  readonly problems: readonly { readonly message: string; readonly hint: string }[];
}
type Env = Readonly<Record<string, string | undefined>>;

const firstSet = (env: Env, names: readonly string[]): string | undefined =>
  names.map((name) => env[name]?.trim()).find((value) => value !== undefined && value !== '');

// A key with a line break or another control character would make a broken header.
const isHeaderSafe = (key: string): boolean => /^[\x21-\x7e]+$/.test(key);

const isHttpUrl = (url: string): boolean => /^https?:\/\/[^\s/?#@]+(?:\/[^\s?#]*)?$/.test(url);

// Ollama's own variable names the server, not its OpenAI-compatible path.
const completed = (provider: string, url: string): string => {
  const bare = url.replace(/\/$/, '');
  return provider === 'ollama' && /^https?:\/\/[^/]+$/.test(bare) ? `${bare}/v1` : bare;
};

interface Part {
  readonly value: string | undefined;
  readonly problem?: { readonly message: string; readonly hint: string };
}

const baseUrlOf = (profile: Profile, env: Env): Part => {
  const provider = providerOf(profile.provider);
  const names = provider?.baseUrlEnv ?? [];
  const value = profile.baseUrl ?? firstSet(env, names) ?? provider?.baseUrl;
  const where = profile.baseUrl === undefined ? (names[0] ?? 'base_url') : 'base_url in models.yaml';
  if (value === undefined) {
    return { value, problem: { message: 'its base URL is not known', hint: `set ${where}` } };
  }
  if (isHttpUrl(value)) return { value };
  return { value, problem: { message: 'its base URL is not an http(s) URL', hint: `mend ${where}` } };
};

const keyOf = (profile: Profile, env: Env): Part => {
  const provider = providerOf(profile.provider);
  const names = profile.apiKeyEnv === undefined ? (provider?.keyEnv ?? []) : [profile.apiKeyEnv];
  const [name] = names;
  const value = firstSet(env, names);
  if (name === undefined) return { value };
  if (value === undefined) {
    const optional = profile.apiKeyEnv === undefined && provider?.keyOptional === true;
    return optional
      ? { value }
      : { value, problem: { message: `${name} is not set`, hint: `export ${name}=…` } };
  }
  if (isHeaderSafe(value)) return { value };
  const hint = 'copy the key again, without line breaks';
  return { value, problem: { message: `${name} has characters that no key has`, hint } };
};

/** Base URL and key of a profile from the environment: explicit, then the provider's variables, then its default. */
export const endpointOf = (profile: Profile, env: Env): Endpoint => {
  const baseUrl = baseUrlOf(profile, env);
  const apiKey = keyOf(profile, env);
  const problems = [baseUrl.problem, apiKey.problem].flatMap((problem) =>
    problem === undefined ? [] : [{ ...problem, message: `profile ${profile.name}: ${problem.message}` }],
  );
  return { baseUrl: completed(profile.provider, baseUrl.value ?? ''), apiKey: apiKey.value, problems };
};
