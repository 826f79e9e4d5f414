import { generateKeyPairSync } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  expiryFinding,
  permissionFindings,
  scopeFindings,
} from '../../../../src/adapters/scm/github/check-access.ts';
import type { Finding } from '../../../../src/ports/sandbox.ts';
import { bareEnv } from '../../../fakes/run-repo.ts';
import { makeForge } from './github-fixture.ts';

const lines = (findings: readonly Finding[]): string[] =>
  findings.map(({ level, what }) => `${level} ${what}`);
const tokens = 'https://github.com/settings/tokens';

describe('what a token may do', () => {
  it('is read from its scopes', () => {
    const ofPrivate = (scopes: string) => lines(scopeFindings(scopes, { isPrivate: true, tokens }) ?? []);
    const ofPublic = (scopes: string) => lines(scopeFindings(scopes, { isPrivate: false, tokens }) ?? []);
    expect(ofPrivate('repo, workflow')).toEqual(['ok scope repo', 'ok scope workflow']);
    expect(ofPrivate('public_repo, workflow')[0]).toBe(
      'fail scope repo is missing: no push, no pull request',
    );
    expect(ofPublic('public_repo')[0]).toBe('ok scope public_repo');
    expect(ofPublic('')[0]).toBe('fail scope public_repo is missing: no push, no pull request');
    expect(ofPrivate('repo:status, workflow')[0]).toContain('fail');
  });

  it('is not told by a fine-grained one', () =>
    expect(scopeFindings(undefined, { isPrivate: true, tokens })).toBeUndefined());

  it('has an end, which is told when it is near', () => {
    const now = Date.parse('2026-03-01T00:00:00Z');
    expect(lines(expiryFinding('2026-03-20 12:00:00 UTC', now))).toEqual([
      'ok the token is good until 2026-03-20T12:00:00.000Z',
    ]);
    expect(expiryFinding('2026-03-02 12:00:00 +0100', now)[0]?.level).toBe('warn');
    expect(expiryFinding('never', now)).toEqual([]);
    expect(expiryFinding(undefined, now)).toEqual([]);
  });

  it('is told for the repository, with the user’s role', async (test) => {
    const { github, scm } = await makeForge(test);
    github.repository.push = false;
    github.repository.archived = true;
    const found = lines(await scm().checkAccess!());
    expect(found).toContain('fail its user may not push there');
    expect(found).toContain('fail the repository is archived');
    expect(found).toContainEqual(expect.stringContaining('warn the token does not tell its permissions'));
    github.tokens.clear();
    expect(lines(await scm().checkAccess!())).toEqual([
      expect.stringMatching(/^ok the token in GITHUB_PAT is used/),
      'fail the token in GITHUB_PAT is refused: Bad credentials',
    ]);
  });
});

describe('what an App may do', () => {
  it('is read from its permissions, each with the fix', () => {
    const found = permissionFindings(
      { contents: 'write', pull_requests: 'read', checks: 'write' },
      'Edit it',
    );
    expect(lines(found)).toEqual([
      'ok Contents: write',
      'fail Pull requests: write is missing: no pull request',
      'ok Checks: read',
      'warn Commit statuses: write is missing: no commit status',
      'warn Workflows: write is missing: no push that changes .github/workflows',
    ]);
    expect(found[1]?.hint).toBe('Edit it: Pull requests, write.');
  });

  it('is told with where to install it', async (test) => {
    const { github, scm, root } = await makeForge(test);
    const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const keyFile = join(root, 'app.pem');
    writeFileSync(keyFile, privateKey.export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600 });
    const installation = Number(new URL(github.origin).port);
    const permissions = { contents: 'write', pull_requests: 'write' };
    github.app = { id: '7', key: publicKey, permissions, installed: false, installation };
    const check = () => scm({ appId: '7', keyFile, env: { ...bareEnv, PATH: '/nowhere' } }).checkAccess!();
    const without = await check();
    expect(lines(without)).toContain('fail it is not installed on acme/widget');
    expect(without.map(({ hint }) => hint)).toContain(
      `Install it: ${github.origin}/apps/ralph-app/installations/new`,
    );
    github.app.installed = true;
    const found = lines(await check());
    expect(found).toContain('ok it is the App ralph-app');
    expect(found).toContain('ok the GitHub App 7 is used for ' + github.api);
    expect(found.filter((line) => line.startsWith('fail'))).toEqual([]);
  });
});
