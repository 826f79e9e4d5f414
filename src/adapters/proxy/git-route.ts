import type { OutgoingHttpHeaders } from 'node:http';
import { repoPlace } from '../../domain/gate/environment.ts';
import { plainHeaders } from './headers.ts';
import { passOn } from './pass-on.ts';
import { refuse, type Exchange } from './reply.ts';
import { isSafeOrigin, type Upstream } from './upstream.ts';

/** The header line that git would send there (`Authorization: …`); undefined where there is no credential. */
export type GitAuth = (url: string) => Promise<{ readonly header: string } | undefined>;
export interface GitDeps {
  readonly upstream: Upstream;
  readonly auth: GitAuth;
  readonly repos: readonly string[];
}

const PATH = /^\/git\/(.{1,1000}?)(?:\.git)?\/(info\/refs|git-upload-pack|git-receive-pack)$/;

const refusalOf = (exchange: Exchange, service: string): string | undefined => {
  const wanted = service === 'info/refs' ? exchange.query.get('service') : service;
  if (service === '') return 'this is no path of a repository';
  if (wanted === 'git-receive-pack') return 'nothing can be pushed from inside; the runner pushes';
  if (wanted !== 'git-upload-pack') return 'only git-upload-pack is let through';
  const method = service === 'info/refs' ? 'GET' : 'POST';
  return exchange.method === method ? undefined : `${service} takes ${method}`;
};

const upHeaders = (exchange: Exchange, header: string | undefined): OutgoingHttpHeaders => {
  const [, name = '', value] = /^([\w-]+): *([^\r\n]+)$/.exec(header ?? '') ?? [];
  return {
    ...plainHeaders(exchange.request.headers),
    ...(value !== undefined && { [name.toLowerCase()]: value }),
  };
};

/** `/git/HOST/OWNER/REPO`: fetches of the run's own repository and of a list, with the runner's credential; no pushes. */
export const fetchGit = async (exchange: Exchange, { upstream, auth, repos }: GitDeps): Promise<void> => {
  const [, path = '', service = ''] = PATH.exec(exchange.path) ?? [];
  const no = (reason: string): void => refuse(exchange, { status: 403, reason });
  const why = refusalOf(exchange, service);
  if (why !== undefined) return no(why);
  const place = repos.flatMap((repo) => repoPlace(repo) ?? []).find((one) => one.path === path);
  if (place === undefined) return no(`${path} is not a repository of this run`);
  const url = new URL(`${place.base}/${service}`);
  if (!isSafeOrigin(url)) return no('its address is plain http: no credential is sent there');
  if (service === 'info/refs') url.search = '?service=git-upload-pack';
  const headers = upHeaders(exchange, (await auth(place.base))?.header);
  await passOn(exchange, (signal) => upstream.request(url, { method: exchange.method, headers, signal }), {
    redirects: false,
  });
};
