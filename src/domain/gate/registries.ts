import { z } from 'zod';

/** Package registries that a sandbox may reach by the gate, by TLS on port 443. */
const TLS_HOSTS: ReadonlySet<string> = new Set([
  'registry.npmjs.org',
  'registry.yarnpkg.com',
  'pypi.org',
  'files.pythonhosted.org',
  'crates.io',
  'index.crates.io',
  'static.crates.io',
  'proxy.golang.org',
  'sum.golang.org',
  'repo.maven.apache.org',
  'repo1.maven.org',
  'deb.debian.org',
  'security.debian.org',
  'archive.ubuntu.com',
  'security.ubuntu.com',
  'ports.ubuntu.com',
]);
/** These speak plain HTTP and sign what they serve. */
const PLAIN_HOSTS: ReadonlySet<string> = new Set([
  'deb.debian.org',
  'security.debian.org',
  'archive.ubuntu.com',
  'security.ubuntu.com',
  'ports.ubuntu.com',
]);

const HOST = /^(?=.{1,253}$)[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)+$/;

/** The setting `gate_allow`: host names apart by spaces or commas. */
export const hostList = z
  .string()
  .max(10_000)
  .refine((text) => splitHosts(text).every((host) => HOST.test(host)), {
    error: 'expected host names such as pkg.example.com, apart by spaces',
  });

/** The names of a `gate_allow` setting, in lower case. */
export const splitHosts = (text: string): readonly string[] =>
  text
    .toLowerCase()
    .split(/[\s,]+/)
    .filter((part) => part !== '');

/** Why a sandbox may not reach this host and port; undefined where it may. `more`: hosts that the user added. */
export const refusedHost = (
  wanted: { readonly host: string; readonly port: number; readonly plain: boolean },
  more: readonly string[],
): string | undefined => {
  const host = wanted.host.toLowerCase();
  if (!HOST.test(host)) return 'only host names are let through, no addresses';
  const known = wanted.plain ? PLAIN_HOSTS.has(host) : TLS_HOSTS.has(host) || more.includes(host);
  if (!known) return `${wanted.plain ? 'http://' : ''}${host} is not on the allow-list of package registries`;
  const port = wanted.plain ? 80 : 443;
  return wanted.port === port ? undefined : `only port ${port} is let through`;
};
