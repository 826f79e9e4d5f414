import { RalphError } from '../../../domain/error.ts';
import type { GithubPlace } from '../../../domain/scm-url.ts';
import { singleLine } from '../../../domain/terminal.ts';
import type { Finding } from '../../../ports/sandbox.ts';
import type { Credential, GithubAuth } from './auth.ts';
import { createGithubClient, createOctokit, type GithubClient } from './client.ts';
import { WRITE_PAUSE_MS } from './pace.ts';
import { githubError } from './errors.ts';

const SOON_DAYS = 7;
const DAY_MS = 24 * 3600_000;

type Level = 'read' | 'write';
interface Need {
  readonly permission: string;
  readonly name: string;
  readonly level: Level;
  readonly without: string;
  readonly required: boolean;
}
const needs: readonly Need[] = [
  { permission: 'contents', name: 'Contents', level: 'write', required: true, without: 'no push' },
  {
    permission: 'pull_requests',
    name: 'Pull requests',
    level: 'write',
    required: true,
    without: 'no pull request',
  },
  { permission: 'checks', name: 'Checks', level: 'read', required: false, without: 'checks are unknown' },
  {
    permission: 'statuses',
    name: 'Commit statuses',
    level: 'write',
    required: false,
    without: 'no commit status',
  },
  {
    permission: 'workflows',
    name: 'Workflows',
    level: 'write',
    required: false,
    without: 'no push that changes .github/workflows',
  },
];

/** What an App's permissions lack. */
export const permissionFindings = (
  permissions: Readonly<Record<string, unknown>>,
  fix: string,
): readonly Finding[] =>
  needs.map(({ permission, name, level, without, required }) => {
    const has = permissions[permission];
    const what = `${name}: ${level}`;
    if (has === 'write' || has === 'admin' || has === level) return { level: 'ok', what };
    const missing = `${what} is missing: ${without}`;
    return { level: required ? 'fail' : 'warn', what: missing, hint: `${fix}: ${name}, ${level}.` };
  });

/** What the scopes of a classic token lack; undefined for a token that names none (a fine-grained one). */
export const scopeFindings = (
  header: string | undefined,
  repo: { readonly isPrivate: boolean; readonly tokens: string },
): readonly Finding[] | undefined => {
  if (header === undefined) return undefined;
  const scopes = header.split(',').map((scope) => scope.trim());
  const isFine = scopes.includes('repo') || (!repo.isPrivate && scopes.includes('public_repo'));
  const wanted = repo.isPrivate ? 'repo' : 'public_repo';
  const hint = (scope: string): string => `Edit the token at ${repo.tokens} and tick ${scope}.`;
  return [
    isFine
      ? { level: 'ok', what: `scope ${scopes.includes('repo') ? 'repo' : 'public_repo'}` }
      : { level: 'fail', what: `scope ${wanted} is missing: no push, no pull request`, hint: hint(wanted) },
    scopes.includes('workflow')
      ? { level: 'ok', what: 'scope workflow' }
      : {
          level: 'warn',
          what: 'scope workflow is missing: no push that changes .github/workflows',
          hint: hint('workflow'),
        },
  ];
};

/** How long the token is good for, from the header that GitHub sends with fine-grained and limited tokens. */
export const expiryFinding = (header: string | undefined, now: number): readonly Finding[] => {
  // As in `2026-03-01 12:00:00 UTC`; some servers write an offset.
  const at = Date.parse((header ?? '').replace(/^(\S+) (\S+) UTC$/, '$1T$2Z'));
  if (!Number.isFinite(at)) return [];
  const days = Math.floor((at - now) / DAY_MS);
  const what = `the token is good until ${new Date(at).toISOString()}`;
  if (days >= SOON_DAYS) return [{ level: 'ok', what }];
  return [
    { level: 'warn', what, hint: 'Make a new one before a long run: it would pause when this one ends.' },
  ];
};

const headerOf = (headers: Readonly<Record<string, unknown>>, name: string): string | undefined => {
  const value = headers[name];
  return typeof value === 'string' ? singleLine(value, 500) : undefined;
};

const tokenFindings = async (client: GithubClient, { kind }: Credential): Promise<readonly Finding[]> => {
  const { owner, name: repo, web } = client.place;
  const { data, headers } = await client.explained('look at the repository', ({ rest }) =>
    rest.repos.get({ owner, repo }),
  );
  const tokens = `${web}/settings/tokens`;
  const pushes = data.permissions?.push === true;
  const scopes = scopeFindings(headerOf(headers, 'x-oauth-scopes'), { isPrivate: data.private, tokens });
  const wanted = needs.filter(({ required }) => required).map(({ name, level }) => `${name}: ${level}`);
  const fineGrained: Finding = {
    level: 'warn',
    what: `the token does not tell its permissions; it needs ${wanted.join(', ')}`,
    hint: `Look at ${tokens}. A fine-grained token cannot read checks: they stay unknown.`,
  };
  return [
    { level: 'ok', what: `${owner}/${repo} is there${data.private ? ', private' : ''}` },
    pushes
      ? { level: 'ok', what: 'its user may push there' }
      : {
          level: 'fail',
          what: 'its user may not push there',
          hint: `Ask for the role Write at ${web}/${owner}/${repo}/settings/access, or use a fork as repo_url.`,
        },
    ...(data.archived
      ? [{ level: 'fail', what: 'the repository is archived', hint: 'It takes no push.' } as const]
      : []),
    ...(kind === 'app' ? [] : (scopes ?? [fineGrained])),
    ...expiryFinding(headerOf(headers, 'github-authentication-token-expiration'), Date.now()),
    ...limitFinding(headers),
  ];
};

const limitFinding = (headers: Readonly<Record<string, unknown>>): readonly Finding[] => {
  const [left, of] = [headerOf(headers, 'x-ratelimit-remaining'), headerOf(headers, 'x-ratelimit-limit')].map(
    (text) => (text === undefined ? Number.NaN : Number(text)),
  );
  if (left === undefined || of === undefined || !Number.isFinite(left) || !Number.isFinite(of)) return [];
  const what = `${left} of ${of} API calls are left in this hour`;
  return [
    left * 10 > of
      ? { level: 'ok', what }
      : { level: 'warn', what, hint: 'Runs wait when they are used up.' },
  ];
};

const appFindings = async (place: GithubPlace, jwt: string): Promise<readonly Finding[]> => {
  const { rest } = createOctokit(place.api, `${place.api} app`, WRITE_PAUSE_MS);
  const { owner, name: repo } = place;
  const headers = { authorization: `bearer ${jwt}` };
  const { data: app } = await rest.apps.getAuthenticated({ headers });
  const slug = singleLine(app?.slug ?? '', 100);
  const install = `${place.web}/apps/${encodeURIComponent(slug)}/installations/new`;
  const found = await rest.apps.getRepoInstallation({ owner, repo, headers }).catch((error: unknown) => {
    if (error instanceof Error && 'status' in error && error.status === 404) return undefined;
    throw error;
  });
  const named: Finding = { level: 'ok', what: `it is the App ${slug}` };
  if (!found)
    return [
      named,
      { level: 'fail', what: `it is not installed on ${owner}/${repo}`, hint: `Install it: ${install}` },
    ];
  const { data } = found;
  const account = data.target_type === 'Organization' ? `/organizations/${owner}` : '';
  const fix = `Edit the permissions of the App, then accept them at ${place.web}${account}/settings/installations/${Number(data.id)}`;
  return [
    named,
    data.suspended_at === null
      ? { level: 'ok', what: `it is installed on ${owner}/${repo}` }
      : {
          level: 'fail',
          what: 'its installation is suspended',
          hint: 'Its owner can take that back on GitHub.',
        },
    ...permissionFindings(data.permissions, fix),
  ];
};

const told = (error: unknown, place: GithubPlace, from: string): readonly Finding[] => {
  const { message, hint } = githubError(error, { doing: 'check the access', place, from });
  return [{ level: 'fail', what: message, ...(hint !== undefined && { hint }) }];
};

/** Which credential is used for a repository, what it may do there, and what is missing, with the fix. */
export const checkAccess = async (place: GithubPlace, auth: GithubAuth): Promise<readonly Finding[]> => {
  const findings: Finding[] = [];
  try {
    const app = auth.app(place);
    if (app) {
      findings.push({ level: 'ok', what: `a GitHub App is configured for ${place.api}` });
      findings.push(...(await appFindings(place, await app.jwt(place))));
    }
    const credential = await auth.need(place);
    findings.push({ level: 'ok', what: `${credential.from} is used for ${place.api}` });
    const client = createGithubClient(place, auth);
    findings.push(...(await tokenFindings(client, credential)));
  } catch (error) {
    if (!(error instanceof RalphError) && !(error instanceof Error && 'status' in error)) throw error;
    findings.push(...told(error, place, 'the GitHub App'));
  }
  return findings;
};
