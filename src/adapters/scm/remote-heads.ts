import { devNull } from 'node:os';
import { RalphError } from '../../domain/error.ts';
import { singleLine } from '../../domain/terminal.ts';
import { createProcessLimit, SHORT_PROCESSES } from '../process-limit.ts';
import { execBytes } from '../process.ts';

const TIMEOUT_MS = 2 * 60_000;
const queued = createProcessLimit(2 * SHORT_PROCESSES);
const KEPT =
  /^GIT_(?:SSH|SSH_COMMAND|SSH_VARIANT|ASKPASS|SSL_CAINFO|SSL_CAPATH|CONFIG_GLOBAL|CONFIG_SYSTEM|CONFIG_NOSYSTEM)$/;

export interface RemoteAccess {
  /** URL or absolute path. */
  readonly url: string;
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** The header for an http remote; it travels by environment only. */
  readonly auth?: (
    url: string,
  ) => { readonly header: string } | undefined | Promise<{ readonly header: string } | undefined>;
}
export interface RemoteHeads {
  /** What HEAD points at. */
  readonly defaultBranch: string | undefined;
  readonly shas: ReadonlyMap<string, string>;
}

/** The address without user and password: for messages and names. */
export const plainUrl = (url: string): string =>
  url.replace(/^([a-z][a-z0-9+.-]{0,20}:\/\/)[^/@]{1,2000}@/i, '$1');

/** Asks the remote itself where its HEAD and this branch stand. Throws `scm.failed`. */
export const remoteHeads = async (access: RemoteAccess, branch?: string): Promise<RemoteHeads> => {
  const patterns = ['HEAD', ...(branch === undefined ? [] : [`refs/heads/${branch}`])];
  const isHttp = /^https?:\/\//i.test(access.url);
  const address = isHttp ? plainUrl(access.url) : access.url;
  const env = await remoteEnv(access, isHttp);
  const { exit, stdout, stderr } = await queued(() =>
    execBytes({
      argv: ['git', 'ls-remote', '--quiet', '--symref', '--', address, ...patterns],
      env,
      timeoutMs: TIMEOUT_MS,
      maxBytes: 1024 * 1024,
    }),
  );
  if (exit.kind !== 'code' || exit.code !== 0) {
    const said = singleLine(stderr.replace(/:\/\/[^\s/@]{1,2000}@/g, '://***@').trim(), 300);
    throw new RalphError('scm.failed', `${plainUrl(access.url)} cannot be asked: ${said || exit.kind}`, {
      hint: 'Check repo_url, the network and the access rights, then `ralph resume`.',
    });
  }
  return parse(stdout.toString('utf8'));
};

const parse = (text: string): RemoteHeads => {
  const shas = new Map<string, string>();
  let defaultBranch: string | undefined;
  for (const line of text.split('\n')) {
    const [left = '', name = ''] = line.split('\t');
    if (left.startsWith('ref: refs/heads/') && name === 'HEAD')
      defaultBranch = left.slice('ref: refs/heads/'.length);
    else if (name.startsWith('refs/heads/')) shas.set(name.slice('refs/heads/'.length), left);
  }
  return { defaultBranch, shas };
};

const remoteEnv = async (
  access: RemoteAccess,
  isHttp: boolean,
): Promise<Record<string, string | undefined>> => {
  const given = Object.entries(access.env ?? {}).filter(
    ([name]) => !name.startsWith('GIT_') || KEPT.test(name),
  );
  const pairs: [string, string][] = [
    ['core.hooksPath', devNull],
    ['protocol.ext.allow', 'never'],
  ];
  const header = isHttp ? (await access.auth?.(plainUrl(access.url)))?.header : undefined;
  if (header !== undefined) {
    const key = `http.${new URL(access.url).origin}/.extraHeader`;
    // Not along a redirect, and not beside what the user's configuration would add.
    pairs.push([key, ''], [key, header], ['credential.helper', ''], ['http.followRedirects', 'false']);
  }
  const config = pairs.flatMap(([key, value], index) => [
    [`GIT_CONFIG_KEY_${index}`, key],
    [`GIT_CONFIG_VALUE_${index}`, value],
  ]);
  return {
    ...Object.fromEntries(given),
    ...Object.fromEntries(config),
    GIT_CONFIG_COUNT: String(pairs.length),
    GIT_TERMINAL_PROMPT: '0',
    LC_ALL: 'C',
  };
};
