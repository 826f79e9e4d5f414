import { RalphError } from '../../../domain/error.ts';
import type { ConfigPairs } from './command.ts';
import { withoutSecrets } from './failure.ts';

/** Gives the header that authenticates to this address (`Authorization: …`), or undefined. */
export type AuthFor = (url: string) => { readonly header: string } | undefined;

/** A remote as git gets it: `url` is safe in an argv and in a message, the rest travels by environment. */
export interface Address {
  readonly url: string;
  readonly config: ConfigPairs;
}

const parse = (url: string): URL | undefined => {
  try {
    return new URL(url);
  } catch {
    return undefined;
  }
};

// Control characters, options, and `helper::address`, which starts a program.
// oxlint-disable-next-line no-control-regex -- they have no place in an address.
const UNUSABLE = /^$|^-|^[a-z0-9+.-]*::|[\u0000-\u001f]/i;

/** Splits the secrets off a remote's address. Refuses what would start a program (`ext::`) or be an option. */
export const resolveAddress = (given: string, auth?: AuthFor): Address => {
  if (UNUSABLE.test(given))
    throw new RalphError(
      'git.failed',
      `not a usable repository address: ${withoutSecrets(given.slice(0, 200))}`,
      {
        hint: 'Use an https or ssh URL, or the absolute path of a repository.',
      },
    );
  const parsed = /^https?:\/\//i.test(given) ? parse(given) : undefined;
  if (!parsed) return { url: given, config: [] };
  const { username, password, origin } = parsed;
  parsed.username = '';
  parsed.password = '';
  const url = parsed.href;
  const header = auth?.(url)?.header ?? basicHeader(username, password);
  if (header === undefined)
    return { url, config: username === '' ? [] : [[`credential.${origin}.username`, decode(username)]] };
  if (/[\r\n]/.test(header))
    throw new RalphError('git.failed', 'the authorization header holds a line break');
  return {
    url,
    config: [
      // The empty values take away what the user's own configuration would add for this host.
      [`http.${origin}/.extraHeader`, ''],
      [`http.${origin}/.extraHeader`, header],
      ['credential.helper', ''],
      // Without this the header would follow a redirect to any other host.
      ['http.followRedirects', 'false'],
    ],
  };
};

const decode = (text: string): string => {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
};

const basicHeader = (username: string, password: string): string | undefined =>
  password === ''
    ? undefined
    : `Authorization: Basic ${Buffer.from(`${decode(username)}:${decode(password)}`).toString('base64')}`;
