import { retry } from '@octokit/plugin-retry';
import { throttling } from '@octokit/plugin-throttling';
import { Octokit } from '@octokit/rest';
import { RalphError } from '../../../domain/error.ts';
import type { GithubPlace } from '../../../domain/scm-url.ts';
import type { Credential, GithubAuth } from './auth.ts';
import { githubError, limited, limitedUntil, moved, statusOf } from './errors.ts';
import { guardedFetch } from './fetch.ts';
import { pacesOf } from './pace.ts';

const READ_RETRIES = 2;
const silent = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
const Client = Octokit.plugin(retry, throttling);
type Throttle = NonNullable<NonNullable<ConstructorParameters<typeof Client>[0]>['throttle']>;

/** Until when whom is not to ask: hundreds of runs with one token must not run into the same wall one by one. */
const limits = new Map<string, number>();

/** A client of one API without a credential. `share` names whose requests are paced together. */
export const createOctokit = (api: string, share: string, pauseMs: number): Octokit => {
  // The plugin has no number for it; of a group of limiters it asks for no more than these have.
  const paces = pacesOf(pauseMs) as unknown as Pick<Throttle, 'write' | 'notifications'>;
  const octokit = new Client({
    baseUrl: api,
    userAgent: 'ralph-fleet',
    log: silent,
    request: { fetch: guardedFetch(api), log: silent },
    retry: { doNotRetry: [400, 401, 403, 404, 409, 410, 422, 429, 451], retries: READ_RETRIES },
    // Waiting is the engine's business, which shows it; a request that waits here would be seen by nobody.
    throttle: { id: share, ...paces, onRateLimit: () => undefined, onSecondaryRateLimit: () => undefined },
  });
  octokit.hook.before('request', (options) => {
    // A write whose answer got lost may have been carried out: it is never repeated.
    if (options.method !== 'GET' && options.method !== 'HEAD') options.request.retries = 0;
  });
  return octokit;
};

export interface GithubClient {
  readonly place: GithubPlace;
  /** Throws what the client throws; see `explained`. */
  readonly octokit: Octokit;
  /** Tells credentials apart; in memory only. */
  whose(): Promise<string>;
  /** Runs a task and turns what it throws into RalphError. `doing` is as in `open a pull request`. */
  explained<T>(doing: string, task: (octokit: Octokit) => Promise<T>): Promise<T>;
}

/** A client that acts by the credential, gets a new one when it is refused, and keeps still while at a rate limit. */
export const createGithubClient = (
  place: GithubPlace,
  auth: Pick<GithubAuth, 'need' | 'pauseMs'>,
): GithubClient => {
  const octokit = createOctokit(place.api, place.api, auth.pauseMs(place));
  let from = 'the GitHub credential';
  const authorised = async (options?: { readonly renew?: boolean }) => {
    const found = await auth.need(place, options);
    ({ from } = found);
    return found;
  };
  octokit.hook.wrap('request', async (request, options) => {
    const send = async ({ token }: Credential) => {
      // In place: hooks that are further in see these very options, whatever is passed on.
      options.headers['authorization'] = `token ${token}`;
      const response = await request(options);
      if (Number(response.status) >= 300 && options.request['takesRedirect'] !== true) throw moved(place);
      return response;
    };
    const first = await authorised();
    // Each installation of an App has limits of its own.
    const whose = first.kind === 'app' ? `${place.api} ${place.owner}` : place.api;
    const until = limits.get(whose) ?? 0;
    if (until > Date.now()) throw limited(place, until);
    try {
      return await send(first).catch(async (error: unknown) => {
        if (statusOf(error) !== 401 || !first.renewable) throw error;
        return send(await authorised({ renew: true }));
      });
    } catch (error) {
      const wait = error instanceof RalphError ? undefined : limitedUntil(error, Date.now());
      if (wait !== undefined) limits.set(whose, wait);
      throw error;
    }
  });
  return {
    place,
    octokit,
    whose: async () => (await auth.need(place)).token,
    explained: async (doing, task) => {
      try {
        return await task(octokit);
      } catch (error) {
        throw githubError(error, { doing, place, from });
      }
    },
  };
};
