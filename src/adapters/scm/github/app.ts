import { readFileSync, statSync } from 'node:fs';
import { RalphError } from '../../../domain/error.ts';
import type { GithubPlace } from '../../../domain/scm-url.ts';
import { githubError, statusOf } from './errors.ts';
import { WRITE_PAUSE_MS } from './pace.ts';

const MAX_KEY_BYTES = 64 * 1024;
const OTHERS = 0o077;

export interface AppOptions {
  readonly appId: string;
  readonly keyFile: string | undefined;
  /** Left out: found from the repository. */
  readonly installationId: string | undefined;
}
export interface AppCredentials {
  /** An installation token for that one repository; undefined where the App is not installed on it. */
  token(place: GithubPlace, renew: boolean): Promise<string | undefined>;
  /** What acts as the App itself. */
  jwt(place: GithubPlace): Promise<string>;
}

/** The private key. Throws `config` where it is missing, or others may read it. */
const readKey = (file: string | undefined): string => {
  if (file === undefined)
    throw new RalphError('config', 'github_app_id is set, but no key of that App', {
      hint: 'ralph config set github_key_file FILE',
    });
  let text: string;
  try {
    const { mode, size } = statSync(file);
    if ((mode & OTHERS) !== 0)
      throw new RalphError('config', `${file} may be read by others`, { hint: `chmod 600 ${file}` });
    text = size > MAX_KEY_BYTES ? '' : readFileSync(file, 'utf8');
  } catch (cause) {
    if (cause instanceof RalphError) throw cause;
    throw new RalphError('config', `${file} cannot be read`, {
      hint: 'Correct github_key_file: it names the .pem file of the App.',
      cause,
    });
  }
  if (/-----BEGIN (?:RSA )?PRIVATE KEY-----/.test(text)) return text;
  throw new RalphError('config', `${file} holds no private key`, {
    hint: 'It has to be the .pem file that GitHub made for the App.',
  });
};

const connect = async (options: AppOptions, place: GithubPlace) => {
  const [{ createAppAuth }, { createOctokit }] = await Promise.all([
    import('@octokit/auth-app'),
    import('./client.ts'),
  ]);
  const { request } = createOctokit(place.api, `${place.api} app`, WRITE_PAUSE_MS);
  const auth = createAppAuth({ appId: options.appId, privateKey: readKey(options.keyFile), request });
  return { auth, request };
};

/** Tokens of a GitHub App. They are kept until a minute before they run out, in memory only. */
export const createAppCredentials = (options: AppOptions): AppCredentials => {
  const connections = new Map<string, ReturnType<typeof connect>>();
  const installations = new Map<string, number>();
  const connected = (place: GithubPlace) => {
    const known = connections.get(place.api) ?? connect(options, place);
    connections.set(place.api, known);
    known.catch(() => connections.delete(place.api));
    return known;
  };
  const jwt = async (place: GithubPlace): Promise<string> => {
    const { auth } = await connected(place);
    try {
      return (await auth({ type: 'app' })).token;
    } catch (cause) {
      throw new RalphError('config', `the key in ${options.keyFile} cannot be used`, {
        hint: 'Make a new one in the settings of the App.',
        cause,
      });
    }
  };
  const installation = async (place: GithubPlace): Promise<number | undefined> => {
    if (options.installationId !== undefined) return Number(options.installationId);
    const { owner, name: repo } = place;
    const key = `${place.api} ${owner}/${repo}`.toLowerCase();
    const known = installations.get(key);
    if (known !== undefined) return known;
    const headers = { authorization: `bearer ${await jwt(place)}` };
    const { request } = await connected(place);
    const { data } = await request('GET /repos/{owner}/{repo}/installation', { owner, repo, headers });
    installations.set(key, data.id);
    return data.id;
  };
  const token = async (place: GithubPlace, renew: boolean): Promise<string | undefined> => {
    try {
      const installationId = await installation(place);
      if (installationId === undefined) return undefined;
      const { auth } = await connected(place);
      // No wider than needed: the token reaches this one repository.
      const made = await auth({
        type: 'installation',
        installationId,
        repositoryNames: [place.name],
        refresh: renew,
      });
      return made.token;
    } catch (error) {
      if (statusOf(error) === 404) return undefined;
      const from = `the GitHub App ${options.appId}`;
      throw githubError(error, { doing: 'act for its installation', place, from });
    }
  };
  return { token, jwt };
};
