import { RalphError } from './error.ts';

/** Which repository a remote's address means. */
export interface RepoAddress {
  /** Lower case; with its port where it is not the scheme's own one. */
  readonly host: string;
  readonly isHttp: boolean;
  readonly owner: string;
  readonly name: string;
}
/** A repository of GitHub or of a GitHub Enterprise server. */
export interface GithubPlace {
  /** Base of the REST API, without a slash at the end. */
  readonly api: string;
  /** Origin of the pages, and of git over https. */
  readonly web: string;
  readonly owner: string;
  readonly name: string;
}

const GITHUB = 'https://github.com';
const MAX_URL = 2000;
const PATH = /^\/{0,3}([A-Za-z0-9](?:[A-Za-z0-9_-]{0,98}))\/([A-Za-z0-9._-]{1,100}?)(?:\.git)?\/?$/;
const SCP = /^(?:[^@/\s:]{1,200}@)?([A-Za-z0-9.-]{1,253}):(?!\/\/)(.+)$/;

const parse = (url: string): URL | undefined => {
  try {
    return new URL(url);
  } catch {
    return undefined;
  }
};

const addressOf = (host: string, path: string, isHttp: boolean): RepoAddress | undefined => {
  const [, owner, name] = PATH.exec(path) ?? [];
  if (owner === undefined || name === undefined || name === '.' || name === '..') return undefined;
  return { host: host.toLowerCase().replace(/^www\.github\.com$/, 'github.com'), isHttp, owner, name };
};

/** Host, owner and name of `https://`, `ssh://`, `git://` and `user@host:owner/name`; undefined for anything else. */
export const repoAddress = (url: string): RepoAddress | undefined => {
  if (url.length > MAX_URL) return undefined;
  const parsed = /^(?:https?|ssh|git|git\+ssh):\/\//i.test(url) ? parse(url) : undefined;
  if (parsed) {
    const isHttp = parsed.protocol.startsWith('http');
    // GitHub takes SSH on the https port at a host of its own.
    const host = isHttp ? parsed.host : parsed.hostname.replace(/^ssh\.github\.com$/, 'github.com');
    return addressOf(host, parsed.pathname, isHttp);
  }
  const [, host, path] = SCP.exec(url) ?? [];
  if (url.includes('://') || host === undefined || path === undefined || host.length < 2) return undefined;
  return addressOf(host, path, false);
};

/** The origin of a server's pages, from the base of its API. */
export const webOf = (api: string): string => {
  const url = new URL(api);
  if (url.hostname === 'api.github.com') return GITHUB;
  if (/^api\.[^.]+\.ghe\.com$/.test(url.hostname)) return `https://${url.hostname.slice('api.'.length)}`;
  return url.origin;
};

const isLoopback = (url: URL): boolean => /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])$/.test(url.hostname);

/** The setting `github_api_url`, checked: tokens go there. Throws `config`. */
export const apiBase = (given: string): string => {
  const url = parse(given);
  const fine = url && (url.protocol === 'https:' || (url.protocol === 'http:' && isLoopback(url)));
  if (fine && url.username === '' && url.search === '' && url.hash === '')
    return url.href.replace(/\/+$/, '');
  throw new RalphError(
    'config',
    `github_api_url is no https address: ${JSON.stringify(given.slice(0, 100))}`,
    {
      hint: 'It is like https://github.example.com/api/v3',
    },
  );
};

const isAt = (address: RepoAddress, web: string): boolean => {
  const url = new URL(web);
  return address.host === (address.isHttp ? url.host : url.hostname);
};

/** The API that serves a host, by GitHub's own rules for names; undefined for other forges. */
const apiOf = (host: string): string | undefined => {
  if (host === 'github.com') return 'https://api.github.com';
  if (/^[a-z0-9-]+\.ghe\.com$/.test(host)) return `https://api.${host}`;
  if (/^github\.[a-z0-9-]+(?:\.[a-z0-9-]+)*$/.test(host) && !/^github\.(?:io|dev|app)$/.test(host))
    return `https://${host}/api/v3`;
  return undefined;
};

/** The GitHub repository at a remote's address; `api` is the configured server. Undefined where it is none. */
export const githubPlace = (url: string, api?: string): GithubPlace | undefined => {
  const address = repoAddress(url);
  if (!address) return undefined;
  const { owner, name } = address;
  if (api !== undefined && isAt(address, webOf(api))) return { api, web: webOf(api), owner, name };
  const found = apiOf(address.host);
  return found === undefined ? undefined : { api: found, web: webOf(found), owner, name };
};

/** Where GITHUB_PAT and the App belong: to the configured server, else to github.com. */
export const ownWeb = (api: string | undefined): string => (api === undefined ? GITHUB : webOf(api));

/** Whether GitHub runs that server itself, and not somebody's own machine. */
export const isGithubs = ({ web }: GithubPlace): boolean => web === GITHUB || web.endsWith('.ghe.com');
