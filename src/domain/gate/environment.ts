import type { ModelProvider } from './providers.ts';

const withPass = (url: string, pass: string): string => url.replace('://', `://ralph:${pass}@`);

/**
 * The environment in which package managers and git find the gate. `url` as it is seen from where they run
 * (`http://127.0.0.1:PORT`); `repos`: addresses of repositories that git may fetch through it.
 */
export const gateEnvironment = (at: {
  readonly url: string;
  readonly pass: string;
  readonly repos?: readonly string[];
}): Readonly<Record<string, string>> => {
  const proxy = withPass(at.url, at.pass);
  const direct = 'localhost,127.0.0.1,::1';
  return {
    HTTPS_PROXY: proxy,
    https_proxy: proxy,
    HTTP_PROXY: proxy,
    http_proxy: proxy,
    NO_PROXY: direct,
    no_proxy: direct,
    ...gitConfig(at),
  };
};

/** The environment in which an agent's own client finds its model at the gate, with the phantom in its key's place. */
export const modelEnvironment = (at: {
  readonly url: string;
  readonly phantom: string;
  readonly credential: 'api-key' | 'oauth';
  readonly providers: readonly ModelProvider[];
}): Readonly<Record<string, string>> => {
  const { url, phantom, credential, providers } = at;
  const each: Readonly<Record<ModelProvider, Readonly<Record<string, string>>>> = {
    anthropic: {
      ANTHROPIC_BASE_URL: url,
      [credential === 'oauth' ? 'CLAUDE_CODE_OAUTH_TOKEN' : 'ANTHROPIC_AUTH_TOKEN']: phantom,
    },
    openai: { OPENAI_BASE_URL: `${url}/v1`, OPENAI_API_KEY: phantom },
    gemini: { GOOGLE_GEMINI_BASE_URL: url, GEMINI_API_KEY: phantom },
  };
  return Object.assign({}, ...providers.map((provider) => each[provider])) as Record<string, string>;
};

/** git's configuration travels by environment, so that nothing of it lands in a file. */
const gitConfig = ({
  url,
  pass,
  repos = [],
}: Parameters<typeof gateEnvironment>[0]): Readonly<Record<string, string>> => {
  const pairs = repos.flatMap((repo): readonly (readonly [string, string])[] => {
    const place = repoPlace(repo);
    if (place === undefined) return [];
    const key = `url.${url}/git/${place.path}.insteadOf`;
    return [place.web, place.ssh, `ssh://${place.ssh.replace(':', '/')}`].map((from) => [key, from] as const);
  });
  if (pairs.length === 0) return {};
  const all = [[`http.${url}/git/.extraHeader`, `Authorization: Bearer ${pass}`] as const, ...pairs];
  return {
    GIT_CONFIG_COUNT: String(all.length),
    ...Object.fromEntries(
      all.flatMap(([key, value], i) => [
        [`GIT_CONFIG_KEY_${i}`, key],
        [`GIT_CONFIG_VALUE_${i}`, value],
      ]),
    ),
  };
};

/** Where the gate shows a repository: `HOST/OWNER/REPO`, without `.git`. Undefined for what is not at http(s). */
export const repoPlace = (
  repo: string,
):
  | { readonly path: string; readonly web: string; readonly base: string; readonly ssh: string }
  | undefined => {
  const trimmed = repo.replace(/\/$/, '');
  const found = /^(https?:\/\/)(?:[^/@\s]*@)?([A-Za-z0-9.-]+(?::\d{1,5})?)\/([\w.~-]+(?:\/[\w.~-]+)*)$/.exec(
    trimmed.replace(/\.git$/, ''),
  );
  const [, scheme, host, path] = found ?? [];
  if (scheme === undefined || host === undefined || path === undefined) return undefined;
  if (path.split('/').some((part) => /^\.+$/.test(part))) return undefined;
  const bare = host.toLowerCase();
  return {
    path: `${bare}/${path}`,
    web: `${scheme}${bare}/${path}`,
    base: `${scheme}${bare}/${path}${trimmed.endsWith('.git') ? '.git' : ''}`,
    ssh: `git@${bare.replace(/:\d+$/, '')}:${path}`,
  };
};
