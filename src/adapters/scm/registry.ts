import type { ScmProvider } from '../../ports/scm.ts';
import type { GithubAuth } from './github/auth.ts';
import { createGithubScm } from './github/github.ts';
import { createLocalScm, type LocalScmOptions } from './local.ts';

export interface ScmOptions extends LocalScmOptions {
  readonly github?: GithubAuth;
}
/** Undefined for an address that is not of this forge. */
type Forge = (options: ScmOptions) => ScmProvider | undefined;

const github: Forge = ({ url, github: auth }) => {
  const place = auth?.place(url);
  return auth && place && createGithubScm(place, auth);
};

/** First match wins. */
const forges: readonly Forge[] = [github];

/** The provider for the repository at `url`. Without a known forge, pull requests are records on this machine. */
export const createScm = (options: ScmOptions): ScmProvider => {
  for (const forge of forges) {
    const provider = forge(options);
    if (provider) return provider;
  }
  return createLocalScm(options);
};
