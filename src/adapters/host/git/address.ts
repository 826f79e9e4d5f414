import { RalphError } from '../../../domain/error.ts';
import type { ConfigPairs } from './command.ts';
import { withoutSecrets } from './failure.ts';

interface Auth {
  /** `Authorization: …` */
  readonly header: string;
  /** Where it is refused, it is worth asking for a new one (`renew`). */
  readonly renewable?: boolean;
}
/** Gives the header that authenticates to this address, or undefined. */
export type AuthFor = (
  url: string,
  options?: { readonly renew?: boolean },
) => Auth | undefined | Promise<Auth | undefined>;

/** A remote as git gets it: `url` is safe in an argv and in a message, the rest travels by environment. */
export interface Address {
  readonly url: string;
  readonly config: ConfigPairs;
  readonly renewable: boolean;
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

const refuseUnusable = (given: string): void => {
  if (UNUSABLE.test(given))
    throw new RalphError(
      'git.failed',
      `not a usable repository address: ${withoutSecrets(given.slice(0, 200))}`,
      {
        hint: 'Use an https or ssh URL, or the absolute path of a repository.',
      },
    );
};

/** Splits the secrets off a remote's address. Refuses what would start a program (`ext::`) or be an option. */
export const resolveAddress = async (
  given: string,
  auth?: AuthFor,
  options: { readonly renew?: boolean } = {},
): Promise<Address> => {
  refuseUnusable(given);
  const parsed = /^https?:\/\//i.test(given) ? parse(given) : undefined;
  if (!parsed) return { url: given, config: [], renewable: false };
  const { username, password, origin } = parsed;
  parsed.username = '';
  parsed.password = '';
  const url = parsed.href;
  const found = await auth?.(url, options);
  const header = found?.header ?? basicHeader(username, password);
  const renewable = found?.renewable ?? false;
  if (header === undefined)
    return {
      url,
      config: username === '' ? [] : [[`credential.${origin}.username`, decode(username)]],
      renewable,
    };
  if (/[\r\n]/.test(header))
    throw new RalphError('git.failed', 'the authorization header holds a line break');
  return {
    url,
    renewable,
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
