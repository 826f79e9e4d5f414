import type { AuthFor } from '../adapters/host/git/address.ts';
import type { GithubAuth } from '../adapters/scm/github/auth.ts';
import type { UserFiles } from '../commands/app.ts';
import { RalphError } from '../domain/error.ts';
import { ownWeb } from '../domain/scm-url.ts';
import type { Finding } from '../ports/sandbox.ts';
import type { ScmProvider } from '../ports/scm.ts';
import type { Settings } from '../ports/settings.ts';

type Env = Readonly<Record<string, string | undefined>>;

/** Tokens for https remotes: each goes to its own origin only. */
export const authFor = (env: Env, github: () => Promise<GithubAuth>): AuthFor => {
  const own = env['RALPH_GIT_ORIGIN']?.replace(/\/$/, '').toLowerCase();
  return async (url, options) => {
    const origin = /^https?:\/\/[^/]+/i.exec(url)?.[0].toLowerCase();
    const token = own !== undefined && origin === own ? env['RALPH_GIT_TOKEN'] : undefined;
    if (!token) return (await github()).header(url, options);
    return { header: `Authorization: Basic ${Buffer.from(`x-access-token:${token}`).toString('base64')}` };
  };
};

/** Made when it is first asked for: most commands talk to no forge. */
export const githubFor = (env: Env, settings: Settings): (() => Promise<GithubAuth>) => {
  let made: Promise<GithubAuth> | undefined;
  const make = async () =>
    (await import('../adapters/scm/github/auth.ts')).createGithubAuth({
      env,
      apiUrl: settings.get('github_api_url'),
      appId: settings.get('github_app_id'),
      installationId: settings.get('github_install_id'),
      keyFile: settings.get('github_key_file'),
      writePauseMs: settings.get('github_write_pause_s') * 1000,
    });
  return () => (made ??= make());
};

/** What the credential may do in a repository: OWNER/REPO, an address, or the origin of the folder. Throws `usage`. */
export const checkScm = async (
  wanted: { readonly repo: string | undefined; readonly files: Pick<UserFiles, 'origin'> },
  how: { readonly settings: Settings; readonly provider: (url: string) => ScmProvider },
): Promise<readonly Finding[]> => {
  const { repo, files } = wanted;
  const isShort = repo !== undefined && /^[^/:@\s]+\/[^/:@\s]+$/.test(repo);
  const own = repo ?? (await files.origin());
  const url = isShort ? `${ownWeb(how.settings.get('github_api_url'))}/${repo}` : own;
  if (url === undefined)
    throw new RalphError('usage', 'no repository: this folder is in none that has an origin', {
      hint: 'ralph auth github OWNER/REPO',
    });
  const found = await how.provider(url).checkAccess?.();
  if (found) return found;
  throw new RalphError('usage', 'that repository is not on GitHub', {
    hint: 'For a GitHub Enterprise server: ralph config set github_api_url https://HOST/api/v3',
  });
};
