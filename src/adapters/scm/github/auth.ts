import { RalphError } from '../../../domain/error.ts';
import { succeeded } from '../../../domain/exit.ts';
import { apiBase, githubPlace, isGithubs, ownWeb, type GithubPlace } from '../../../domain/scm-url.ts';
import { execBytes } from '../../process.ts';
import { createAppCredentials, type AppCredentials } from './app.ts';
import { WRITE_PAUSE_MS } from './pace.ts';

type Env = Readonly<Record<string, string | undefined>>;

export interface GithubOptions {
  readonly env: Env;
  /** Settings of the user, as in domain/settings.ts. */
  readonly apiUrl?: string | undefined;
  readonly appId?: string | undefined;
  readonly installationId?: string | undefined;
  readonly keyFile?: string | undefined;
  /** Between two writes to a server of one's own; what GitHub itself asks for when left out. */
  readonly writePauseMs?: number | undefined;
}
export interface Credential {
  readonly kind: 'app' | 'token' | 'gh';
  readonly token: string;
  /** Where it comes from, in words. */
  readonly from: string;
  /** A refused one may be followed by a good one. */
  readonly renewable: boolean;
}
interface Renewal {
  readonly renew?: boolean;
}
export interface GithubAuth {
  /** The repository of GitHub that a remote's address means. */
  place(url: string): GithubPlace | undefined;
  /** The first of: the App, GITHUB_PAT or GITHUB_TOKEN, `gh auth token`. Undefined where there is none. */
  find(place: GithubPlace, renewal?: Renewal): Promise<Credential | undefined>;
  /** The same. Throws `scm.auth` where there is none. */
  need(place: GithubPlace, renewal?: Renewal): Promise<Credential>;
  /** For git over https; only to the origin that the credential is for. */
  header(url: string, renewal?: Renewal): Promise<{ header: string; renewable: boolean } | undefined>;
  /** Where an App is configured for this server. */
  app(place: GithubPlace): AppCredentials | undefined;
  /** How long two writes there are apart at least; GitHub itself is never asked faster than it wants. */
  pauseMs(place: GithubPlace): number;
}

const GH_TIMEOUT_MS = 10_000;
const GH_KEPT_MS = 5 * 60_000;
/** From these `gh` would answer for any host. */
const GH_TOKENS = ['GH_TOKEN', 'GITHUB_TOKEN', 'GH_ENTERPRISE_TOKEN', 'GITHUB_ENTERPRISE_TOKEN', 'GH_HOST'];
const TOKEN = /^[\x21-\x7e]{8,1000}$/;

/** What the user is logged in with by GitHub's own command line tool, for that host alone. */
const askGh = async (env: Env, host: string): Promise<string | undefined> => {
  const { exit, stdout } = await execBytes({
    argv: ['gh', 'auth', 'token', '--hostname', host],
    env: Object.fromEntries(Object.entries(env).filter(([name]) => !GH_TOKENS.includes(name))),
    timeoutMs: GH_TIMEOUT_MS,
    maxBytes: 4096,
  });
  const token = stdout.toString('utf8').trim();
  return succeeded(exit) && TOKEN.test(token) ? token : undefined;
};

const createGh = (env: Env) => {
  const known = new Map<string, { readonly at: number; readonly token: Promise<string | undefined> }>();
  return async (web: string, renew: boolean): Promise<Credential | undefined> => {
    const { host } = new URL(web);
    const before = known.get(host);
    const isFresh = before !== undefined && performance.now() - before.at < GH_KEPT_MS;
    const asked = isFresh && !renew ? before : { at: performance.now(), token: askGh(env, host) };
    known.set(host, asked);
    const token = await asked.token;
    return token === undefined ? undefined : { kind: 'gh', token, from: 'the login of gh', renewable: true };
  };
};

const fromEnv = (env: Env): Credential | undefined => {
  const name = ['GITHUB_PAT', 'GITHUB_TOKEN'].find((one) => env[one]);
  const token = name === undefined ? undefined : env[name]?.trim();
  if (name === undefined || token === undefined) return undefined;
  if (TOKEN.test(token)) return { kind: 'token', token, from: `the token in ${name}`, renewable: false };
  throw new RalphError('config', `${name} is not a token`, {
    hint: 'It is empty, or holds blanks or line breaks.',
  });
};

const missing = (place: GithubPlace, isOwn: boolean): RalphError => {
  const { host } = new URL(place.web);
  return new RalphError('scm.auth', `there is no credential for ${host}`, {
    hint: isOwn
      ? `Set GITHUB_PAT, or: gh auth login --hostname ${host}; ralph auth github tells more.`
      : `Tell whose GITHUB_PAT is (ralph config set github_api_url ${place.api}), or: gh auth login --hostname ${host}`,
  });
};

/** Everything that authenticates to GitHub. A token goes to its own server and nowhere else. */
export const createGithubAuth = (options: GithubOptions): GithubAuth => {
  const { env, appId, installationId, keyFile } = options;
  const api = options.apiUrl === undefined ? undefined : apiBase(options.apiUrl);
  const isOwn = (place: GithubPlace): boolean => place.web === ownWeb(api);
  const app = appId === undefined ? undefined : createAppCredentials({ appId, installationId, keyFile });
  const gh = createGh(env);
  const place = (url: string): GithubPlace | undefined => githubPlace(url, api);
  const find: GithubAuth['find'] = async (at, { renew = false } = {}) => {
    if (isOwn(at)) {
      const token = await app?.token(at, renew);
      if (token !== undefined)
        return { kind: 'app', token, from: `the GitHub App ${appId}`, renewable: true };
      const own = fromEnv(env);
      if (own) return own;
    }
    return gh(at.web, renew);
  };
  return {
    place,
    find,
    need: async (at, renewal) => {
      const found = await find(at, renewal);
      if (found) return found;
      throw missing(at, isOwn(at));
    },
    header: async (url, renewal) => {
      const at = place(url);
      if (at === undefined || !url.toLowerCase().startsWith(`${at.web}/`)) return undefined;
      const found = await find(at, renewal);
      if (!found) return undefined;
      const basic = Buffer.from(`x-access-token:${found.token}`).toString('base64');
      return { header: `Authorization: Basic ${basic}`, renewable: found.renewable };
    },
    app: (at) => (isOwn(at) ? app : undefined),
    pauseMs: (at) => (isGithubs(at) ? WRITE_PAUSE_MS : (options.writePauseMs ?? WRITE_PAUSE_MS)),
  };
};
