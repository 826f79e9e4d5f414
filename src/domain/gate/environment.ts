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
  const found =
    /^(https?:\/\/)(?:[^/@\s]*@)?([A-Za-z0-9.-]+(?::\d{1,5})?)\/([\w.~-]+(?:\/[\w.~-]+)*?)(?:\.git)?\/?$/.exec(
      repo,
    );
  const [, scheme, host, path] = found ?? [];
  if (scheme === undefined || host === undefined || path === undefined) return undefined;
  if (path.split('/').some((part) => /^\.+$/.test(part))) return undefined;
  const bare = host.toLowerCase();
  return {
    path: `${bare}/${path}`,
    web: `${scheme}${bare}/${path}`,
    base: `${scheme}${bare}/${path}${repo.replace(/\/$/, '').endsWith('.git') ? '.git' : ''}`,
    ssh: `git@${bare.replace(/:\d+$/, '')}:${path}`,
  };
};
