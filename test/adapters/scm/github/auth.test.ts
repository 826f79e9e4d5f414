import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createGithubAuth } from '../../../../src/adapters/scm/github/auth.ts';
import { bareEnv } from '../../../fakes/run-repo.ts';
import { BRANCH, makeForge, TOKEN, type Forge } from './github-fixture.ts';

const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
const pem = (key: KeyObject): string => key.export({ type: 'pkcs1', format: 'pem' }).toString();
const MINTED = 'ghs_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxx';
const permissions = { contents: 'write', pull_requests: 'write', metadata: 'read' };

/** The settings of an App that is registered and installed. */
const makeApp = (forge: Forge, mode = 0o600) => {
  const keyFile = join(forge.root, 'app.pem');
  writeFileSync(keyFile, pem(privateKey));
  chmodSync(keyFile, mode);
  const installation = Number(new URL(forge.github.origin).port);
  forge.github.app = { id: '4711', key: publicKey, permissions, installed: true, installation };
  return { appId: '4711', keyFile, env: bareEnv };
};
/** A `gh` that knows one host, and that would give any token of the environment to every host, as the real one does. */
const makeGh = (forge: Forge, host: string, token = TOKEN) => {
  const dir = join(forge.root, 'bin');
  mkdirSync(dir);
  const script = `#!/bin/sh\necho "\${GH_ENTERPRISE_TOKEN:-\${GITHUB_TOKEN:-}}" | grep . && exit 0\n[ "$*" = "auth token --hostname ${host}" ] && echo ${token} && exit 0\nexit 1\n`;
  writeFileSync(join(dir, 'gh'), script, { mode: 0o755 });
  return { PATH: `${dir}:${process.env['PATH']}` };
};

describe.concurrent('a GitHub App', () => {
  it('acts with a token for that one repository, made from its key', async (test) => {
    const forge = await makeForge(test);
    const scm = forge.scm(makeApp(forge));
    expect(await scm.getDefaultBranch()).toBe('main');
    expect(forge.github.seen.at(-1)).toBe(`token ${MINTED}1`);
    const { installation } = forge.github.app!;
    await forge.scm({ ...makeApp(forge), installationId: String(installation) }).validateAuth();
    expect(forge.github.seen.at(-1)).toBe(`token ${MINTED}2`);
  });

  it('gets a new token when the one it has is refused in mid-run, also for a write', async (test) => {
    const forge = await makeForge(test);
    const scm = forge.scm(makeApp(forge));
    await scm.findPr(BRANCH);
    forge.github.tokens.delete(`${MINTED}1`);
    expect(await scm.findPr(BRANCH)).toBeUndefined();
    forge.github.tokens.delete(`${MINTED}2`);
    await scm.setCommitStatus!(forge.sha, 'success', 'fine');
    expect(forge.github.statuses).toHaveLength(1);
    expect(forge.github.seen.at(-1)).toBe(`token ${MINTED}3`);
  });

  it('pushes with such a token too, and with a new one when it is asked for', async (test) => {
    const forge = await makeForge(test);
    const auth = createGithubAuth({ ...makeApp(forge), apiUrl: forge.github.api, writePauseMs: 20 });
    const header = async (renew: boolean) => {
      const found = await auth.header(forge.github.repoUrl, { renew });
      return Buffer.from(found!.header.replace('Authorization: Basic ', ''), 'base64').toString();
    };
    expect([await header(false), await header(false), await header(true)]).toEqual([
      `x-access-token:${MINTED}1`,
      `x-access-token:${MINTED}1`,
      `x-access-token:${MINTED}2`,
    ]);
  });

  it('refuses a key that others may read', async (test) => {
    const forge = await makeForge(test);
    await expect(forge.scm(makeApp(forge, 0o644)).validateAuth()).rejects.toMatchObject({
      code: 'config',
      message: expect.stringContaining('may be read by others'),
      hint: expect.stringContaining('chmod 600'),
    });
    expect(forge.github.seen).toEqual([]);
  });

  it('makes way for the token where it is not installed', async (test) => {
    const forge = await makeForge(test);
    const app = makeApp(forge);
    forge.github.app!.installed = false;
    await forge.scm({ ...app, env: { ...bareEnv, GITHUB_PAT: TOKEN } }).validateAuth();
    expect(forge.github.seen.at(-1)).toBe(`token ${TOKEN}`);
  });

  it('is told apart from a stranger with its number', async (test) => {
    const forge = await makeForge(test);
    const app = makeApp(forge);
    const other = generateKeyPairSync('rsa', { modulusLength: 2048 });
    writeFileSync(app.keyFile, pem(other.privateKey));
    await expect(forge.scm(app).validateAuth()).rejects.toMatchObject({ code: 'scm.auth' });
  });
});

describe.concurrent('a token', () => {
  it('comes from GITHUB_PAT, else from GITHUB_TOKEN', async (test) => {
    const forge = await makeForge(test);
    const auth = (env: Record<string, string>) =>
      createGithubAuth({ env: { ...bareEnv, ...env }, apiUrl: forge.github.api });
    const place = auth({}).place(forge.github.repoUrl)!;
    const both = { GITHUB_PAT: 'ghp_first000', GITHUB_TOKEN: 'ghp_second00' };
    expect((await auth(both).find(place))?.token).toBe('ghp_first000');
    expect((await auth({ GITHUB_TOKEN: 'ghp_second00' }).find(place))?.token).toBe('ghp_second00');
    await expect(auth({ GITHUB_PAT: 'two words' }).find(place)).rejects.toMatchObject({ code: 'config' });
  });

  it('is never sent to another server than its own', async () => {
    const auth = createGithubAuth({ env: { ...bareEnv, PATH: '/nowhere', GITHUB_PAT: TOKEN } });
    expect(await auth.header('https://github.com/acme/widget.git')).toBeDefined();
    for (const url of [
      'http://github.com/acme/widget.git',
      'https://github.com:444/acme/widget.git',
      'https://github.com.evil.example/acme/widget.git',
      'https://github.evil.example/acme/widget.git',
      'https://evil.ghe.com/acme/widget.git',
      'https://github.com@evil.example/acme/widget.git',
    ])
      expect([url, await auth.header(url)]).toEqual([url, undefined]);
    const enterprise = createGithubAuth({
      env: { ...bareEnv, PATH: '/nowhere', GITHUB_PAT: TOKEN },
      apiUrl: 'https://code.acme.example/api/v3',
    });
    expect(await enterprise.header('https://code.acme.example/a/b')).toBeDefined();
    expect(await enterprise.header('https://github.com/a/b')).toBeUndefined();
  });

  it('is asked of gh last, for that host alone', async (test) => {
    const forge = await makeForge(test);
    const { host } = new URL(forge.github.origin);
    const env = { ...bareEnv, ...makeGh(forge, host), GH_ENTERPRISE_TOKEN: 'ghp_meantforanother' };
    await forge.scm({ env }).validateAuth();
    expect(forge.github.seen).toEqual([`token ${TOKEN}`]);
    const auth = createGithubAuth({ env });
    expect(await auth.header('https://github.evil.example/a/b')).toBeUndefined();
  });

  it('is missed with words that help', async (test) => {
    const forge = await makeForge(test);
    await expect(forge.scm({ env: { ...bareEnv, PATH: '/nowhere' } }).findPr('x')).rejects.toMatchObject({
      code: 'scm.auth',
      hint: expect.stringContaining('GITHUB_PAT'),
    });
  });

  it('that was taken back is reported, never shown', async (test) => {
    const forge = await makeForge(test);
    const scm = forge.scm();
    await scm.validateAuth();
    forge.github.tokens.clear();
    const error = await scm.findPr('x').catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({
      code: 'scm.auth',
      message: expect.stringContaining('GITHUB_PAT is refused'),
    });
    const { inspect } = await import('node:util');
    expect(inspect(error, { depth: 20, showHidden: true })).not.toContain(TOKEN);
  });
});
