import { RalphError } from '../../../domain/error.ts';
import type { GithubPlace } from '../../../domain/scm-url.ts';
import { singleLine } from '../../../domain/terminal.ts';

/** Where GitHub says no time: what it asks for at least. */
const LEAST_WAIT_S = 60;
const LONGEST_WAIT_S = 24 * 3600;
const MAX_MESSAGE = 300;

/** What of an error of the client is looked at; all of it is GitHub's word. */
interface Refusal {
  readonly status: number | undefined;
  readonly message: string;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly types: readonly unknown[];
}
export interface Asked {
  /** As in `open a pull request`. */
  readonly doing: string;
  readonly place: GithubPlace;
  /** Which credential was used, in words. */
  readonly from: string;
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null;

/** `Validation Failed: No commits between …`, without the address of the manual. */
const messageOf = (data: Readonly<Record<string, unknown>>, errors: unknown): string | undefined => {
  const details = (Array.isArray(errors) ? errors : []).slice(0, 5).map((one: unknown) => {
    if (!isObject(one)) return one;
    return one['message'] ?? [one['field'], one['code']].filter((part) => typeof part === 'string').join(' ');
  });
  const parts = [data['message'], details.join(', ')].filter(
    (part) => typeof part === 'string' && part !== '',
  );
  return parts.length === 0 ? undefined : parts.join(': ');
};

const refusalOf = (error: unknown): Refusal => {
  const raw = isObject(error) ? error : {};
  const response = isObject(raw['response']) ? raw['response'] : {};
  const headers = isObject(response['headers']) ? response['headers'] : raw['headers'];
  const data = isObject(response['data']) ? response['data'] : response;
  const errors = raw['errors'] ?? data['errors'];
  const status = raw['status'];
  return {
    status: typeof status === 'number' ? status : undefined,
    message: singleLine(
      messageOf(data, errors) ?? (error instanceof Error ? error.message : ''),
      MAX_MESSAGE,
    ),
    headers: isObject(headers) ? headers : {},
    types: Array.isArray(errors) ? errors.map((one) => (isObject(one) ? one['type'] : undefined)) : [],
  };
};

/** The HTTP status of a refusal; undefined where there was no answer, or it is an error of ours. */
export const statusOf = (error: unknown): number | undefined => {
  const hasAnswer = isObject(error) && isObject(error['response']);
  return hasAnswer ? refusalOf(error).status : undefined;
};

/** No clear answer: it may have been done or not. */
export const isUnsettled = (error: unknown): boolean =>
  !(error instanceof RalphError) && (statusOf(error) ?? 500) >= 500 && refusalOf(error).types.length === 0;

/** Whether GitHub says something like this in its refusal. */
export const says = (error: unknown, what: RegExp): boolean => what.test(refusalOf(error).message);

const secondsOf = (value: unknown): number | undefined => {
  const found = typeof value === 'string' || typeof value === 'number' ? Number(value) : Number.NaN;
  return Number.isFinite(found) && value !== '' ? found : undefined;
};

/** ms since 1970 until which a rate limit holds; undefined when the refusal is none. */
export const limitedUntil = (error: unknown, now: number): number | undefined => {
  const { status, message, headers, types } = refusalOf(error);
  const isSpent = headers['x-ratelimit-remaining'] === '0';
  const after = secondsOf(headers['retry-after']);
  const isSecondary = /\bsecondary rate limit\b|\babuse detection\b/i.test(message);
  const isLimit = isSpent || after !== undefined || isSecondary;
  if (!types.includes('RATE_LIMITED') && status !== 429 && !(status === 403 && isLimit)) return undefined;
  const reset = isSpent ? secondsOf(headers['x-ratelimit-reset']) : undefined;
  const wait = after ?? (reset === undefined ? LEAST_WAIT_S : reset + 1 - now / 1000);
  return now + Math.min(LONGEST_WAIT_S, Math.max(1, wait)) * 1000;
};

/** Whether it is a limit that refuses, in whatever way that was told. */
export const isRateLimit = (error: unknown): boolean =>
  error instanceof RalphError ? error.code === 'scm.limited' : limitedUntil(error, Date.now()) !== undefined;

export const limited = (place: GithubPlace, until: number): RalphError => {
  const at = new Date(until).toISOString();
  return new RalphError('scm.limited', `${new URL(place.web).host}: rate limit until ${at}`, {
    until: at,
    hint: 'It goes on by itself then.',
  });
};

const forbidden = ({ headers, message }: Refusal, asked: Asked): RalphError => {
  const what = `${asked.from} may not ${asked.doing}: ${message}`;
  if (typeof headers['x-github-sso'] === 'string')
    return new RalphError('scm.auth', what, {
      hint: 'The organisation asks for single sign-on: authorise the token for it in your token settings.',
    });
  const wanted = headers['x-accepted-github-permissions'];
  const named = typeof wanted === 'string' && wanted !== '' ? singleLine(wanted, 120) : undefined;
  return new RalphError('scm.failed', what, {
    hint: named === undefined ? 'ralph auth github says what is missing.' : `It needs: ${named}.`,
  });
};

const byStatus = (found: Refusal, asked: Asked): RalphError => {
  const { place, doing, from } = asked;
  const repo = `${place.owner}/${place.name}`;
  switch (found.status) {
    case 401:
      return new RalphError('scm.auth', `${from} is refused: ${found.message}`, {
        hint: 'It has expired or was taken back: make a new one, then `ralph auth github` and `ralph resume`.',
      });
    case 403:
      return forbidden(found, asked);
    case 404:
      return new RalphError(
        'scm.failed',
        `cannot ${doing}: ${repo} is not there, or ${from} may not see it`,
        {
          hint: 'Check repo_url; `ralph auth github` says what the credential may do.',
        },
      );
    case 422:
      return new RalphError('scm.failed', `cannot ${doing}: ${found.message}`, {
        hint: 'Look at the pull request and at the branches on GitHub, then `ralph resume`.',
      });
    default:
      return new RalphError('scm.failed', `cannot ${doing}: ${found.message}`, {
        hint: `Is ${new URL(place.api).host} there? Try again a little later.`,
      });
  }
};

/** A refusal of GitHub as RalphError: what was tried, why it failed, what to do; without any secret. */
export const githubError = (error: unknown, asked: Asked): RalphError => {
  if (error instanceof RalphError) return error;
  // What our own fetch refused comes wrapped.
  if (error instanceof Error && error.cause instanceof RalphError) return error.cause;
  const isOfClient = isObject(error) && ('status' in error || 'response' in error);
  if (!isOfClient) return new RalphError('bug', `cannot ${asked.doing}: ${String(error)}`, { cause: error });
  const until = limitedUntil(error, Date.now());
  if (until !== undefined) return limited(asked.place, until);
  const { code, message, hint, until: _none } = byStatus(refusalOf(error), asked);
  return new RalphError(code, message, { ...(hint !== undefined && { hint }), cause: error });
};

export const moved = (place: GithubPlace): RalphError =>
  new RalphError('scm.failed', `${place.owner}/${place.name} has moved`, {
    hint: 'Credentials are never sent along a redirect: set repo_url to the new address.',
  });
