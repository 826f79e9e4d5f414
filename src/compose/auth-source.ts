export interface AuthPlace {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The GitHub App that is configured, if one is. */
  readonly appId: string | undefined;
}

const originOf = (url: string): string | undefined => /^https?:\/\/[^/]+/i.exec(url)?.[0].toLowerCase();

/** Where the rights to push to a repository come from, in words. Never a part of a token. */
export const authSource = (repo: string | undefined, { env, appId }: AuthPlace): string => {
  if (repo === undefined) return 'no repository is named';
  const origin = originOf(repo);
  if (origin === undefined)
    return /^(ssh:|[^/@\s:]+@)/i.test(repo)
      ? 'your ssh keys, as git uses them'
      : 'none needed: a folder of this machine';
  if (env['RALPH_GIT_TOKEN'] && origin === env['RALPH_GIT_ORIGIN']?.replace(/\/$/, '').toLowerCase())
    return 'RALPH_GIT_TOKEN of the environment';
  if (origin === 'https://github.com') {
    if (appId !== undefined) return `the GitHub App ${appId}`;
    const name = ['GITHUB_PAT', 'GITHUB_TOKEN'].find((one) => env[one]);
    return name === undefined ? 'the login of gh, if there is one' : `${name} of the environment`;
  }
  return 'none: RALPH_GIT_ORIGIN and RALPH_GIT_TOKEN are not set for it';
};
