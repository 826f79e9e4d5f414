import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { expect, it } from 'vitest';
import { createTokens, type TokensOptions } from '../../../src/adapters/tokens/create-tokens.ts';
import { createKeychain } from '../../../src/adapters/tokens/keychain.ts';
import { tempDir } from '../proxy/gate-fixture.ts';

const TOKEN = 'sk-ant-api03-abcdefghijklmnop';
const noKeychain = {
  name: 'none',
  read: async () => undefined,
  write: async () => false,
  remove: async () => false,
};

const open = async (more: Partial<TokensOptions> = {}) => {
  const dir = join(await tempDir(), 'tokens');
  const learnt: string[] = [];
  const options = { env: {}, dir, order: ['environment', 'file', 'keychain'], keychain: noKeychain } as const;
  const tokens = createTokens({ ...options, learn: (value) => void learnt.push(value), ...more });
  return { dir, learnt, tokens };
};

it('takes the environment first, in its order, and makes every value known to the redactor', async () => {
  const env = { CLAUDE_CODE_OAUTH_TOKEN: 'sk-ant-oat01-x', ANTHROPIC_AUTH_TOKEN: 'gateway-token' };
  const { tokens, learnt } = await open({ env });
  await tokens.set('anthropic', TOKEN, {});
  expect(await tokens.find('anthropic')).toEqual({
    kind: 'bearer',
    value: 'gateway-token',
    from: 'ANTHROPIC_AUTH_TOKEN of the environment',
  });
  expect(learnt).toEqual([TOKEN, 'gateway-token']);
});

it('looks in another order where the user says so', async () => {
  const { tokens, dir } = await open({
    env: { OPENAI_API_KEY: 'from-the-env' },
    order: ['file', 'environment'],
  });
  expect(await tokens.find('openai')).toMatchObject({ value: 'from-the-env' });
  await tokens.set('openai', 'from-the-file', {});
  expect(await tokens.find('openai')).toMatchObject({ value: 'from-the-file', from: join(dir, 'openai') });
});

it('keeps a token in a file that nobody else may read, and refuses one that others can', async () => {
  const { tokens, dir } = await open();
  const path = join(dir, 'anthropic');
  expect(await tokens.set('anthropic', `${TOKEN}\n`, {})).toBe(path);
  expect(statSync(path).mode & 0o777).toBe(0o600);
  expect(readdirSync(dir)).toEqual(['anthropic']);
  chmodSync(path, 0o640);
  await expect(tokens.find('anthropic')).rejects.toMatchObject({
    code: 'config',
    message: expect.stringContaining('640') as string,
    hint: expect.stringContaining(`chmod 600 ${path}`) as string,
  });
  expect(await tokens.remove('anthropic')).toEqual([path]);
  expect(await tokens.find('anthropic')).toBeUndefined();
});

const jwt = (claims: object): string =>
  `${Buffer.from('{"alg":"none"}').toString('base64url')}.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.x`;

it.each([
  ['a JSON Web Token', 'openai', jwt({ exp: 1_900_000_000 }), 'api-key'],
  [
    'the credentials of Claude',
    'anthropic',
    JSON.stringify({ claudeAiOauth: { accessToken: 'sk-ant-oat01-abcdef', expiresAt: 1_900_000_000_000 } }),
    'oauth',
  ],
] as const)('knows when %s ends', async (...[, provider, text, kind]) => {
  const { tokens } = await open();
  await tokens.set(provider, text, {});
  expect(await tokens.find(provider)).toMatchObject({ kind, expires: '2030-03-17T17:46:40.000Z' });
});

it('keeps an end that it is told, and refuses what is no token or no date', async () => {
  const { tokens } = await open();
  await tokens.set('gemini', 'AIzaSomething', { expires: '2031-01-31' });
  expect(await tokens.find('gemini')).toMatchObject({ expires: '2031-01-31T00:00:00.000Z' });
  await expect(tokens.set('gemini', 'two words', {})).rejects.toMatchObject({ code: 'usage' });
  await expect(tokens.set('gemini', 'AIzaSomething', { expires: 'soon' })).rejects.toMatchObject({
    code: 'usage',
  });
  await expect(tokens.set('gemini', 'AIzaSomething', { store: 'keychain' })).rejects.toMatchObject({
    code: 'config',
  });
});

/** Puts a program into a folder of its own that writes down its argv and keeps secrets in a file. */
const fakeProgram = async (name: string, body: string) => {
  const dir = await tempDir();
  const program = join(dir, 'bin', name);
  mkdirSync(join(dir, 'bin'));
  writeFileSync(program, `#!/bin/sh\necho "$@" >> "${dir}/argv"\ncd "${dir}" || exit 1\n${body}`, {
    mode: 0o755,
  });
  const env = { PATH: `${join(dir, 'bin')}${delimiter}${process.env['PATH'] ?? ''}` };
  return { env, argv: () => readFileSync(join(dir, 'argv'), 'utf8'), dir };
};

it('gives secret-tool the secret on its standard input, never in its argv', async () => {
  const { env, argv } = await fakeProgram(
    'secret-tool',
    'case $1 in store) cat > kept;; lookup) cat kept 2>/dev/null || exit 1;; clear) rm -f kept;; esac\n',
  );
  const { tokens } = await open({ keychain: createKeychain(env, 'linux') });
  expect(await tokens.set('anthropic', TOKEN, { store: 'keychain' })).toBe('keychain (libsecret)');
  expect(await tokens.find('anthropic')).toMatchObject({ value: TOKEN, from: 'keychain (libsecret)' });
  expect(await tokens.remove('anthropic')).toEqual(['keychain (libsecret)']);
  expect(await tokens.find('anthropic')).toBeUndefined();
  expect(argv()).toContain('store --label=ralph anthropic service ralph account anthropic');
  expect(argv()).not.toContain(TOKEN);
});

it("gives macOS' security the whole command on its standard input", async () => {
  const { env, argv } = await fakeProgram(
    'security',
    `case $1 in
-i) read -r line; echo "$line" | sed 's/.* -X //' | xxd -r -p > kept 2>/dev/null || perl -e 'print pack("H*", <STDIN> =~ /-X (\\w+)/)' > kept;;
find-generic-password) [ -s kept ] && cat kept && echo;;
delete-generic-password) rm kept;;
esac\n`,
  );
  const { tokens } = await open({ keychain: createKeychain(env, 'darwin') });
  expect(await tokens.set('anthropic', TOKEN, { store: 'keychain' })).toBe('keychain (macOS)');
  expect(await tokens.find('anthropic')).toMatchObject({ value: TOKEN });
  expect(argv()).not.toContain(TOKEN);
  expect(argv()).not.toContain(Buffer.from(TOKEN).toString('hex'));
  await expect(tokens.set('anthropic', 'x'.repeat(5000), { store: 'keychain' })).rejects.toThrow(
    'did not take',
  );
  expect(await tokens.remove('anthropic')).toEqual(['keychain (macOS)']);
});

it('goes on where there is no keychain at all', async () => {
  const keychain = createKeychain({ PATH: '/nonexistent' }, 'linux');
  const { tokens } = await open({ keychain });
  expect(await tokens.find('openai')).toBeUndefined();
  await expect(tokens.set('openai', TOKEN, { store: 'keychain' })).rejects.toMatchObject({
    hint: expect.stringContaining('session bus') as string,
  });
});

const hasProgram = (name: string): boolean => {
  try {
    execFileSync('sh', ['-c', `command -v ${name}`]);
    return true;
  } catch {
    return false;
  }
};
const lacking = ['dbus-run-session', 'gnome-keyring-daemon', 'secret-tool'].filter(
  (name) => !hasProgram(name),
);
const isRequired = (process.env['RALPH_REQUIRE_BACKENDS'] ?? '').split(',').includes('keychain');

it.skipIf(lacking.length > 0 && !isRequired)(
  `keeps a token in a real keyring${lacking.length > 0 ? ` (skipped: no ${lacking.join(', ')})` : ''}`,
  { timeout: 180_000 },
  async () => {
    const home = await tempDir();
    const program = join(home, 'keep.ts');
    const adapter = new URL('../../../src/adapters/tokens/keychain.ts', import.meta.url).href;
    writeFileSync(
      program,
      `import { createKeychain } from ${JSON.stringify(adapter)};
const keychain = createKeychain(process.env);
const wrote = await keychain.write('anthropic', '{"value":"${TOKEN}"}');
const read = await keychain.read('anthropic');
const removed = await keychain.remove('anthropic');
process.stdout.write(JSON.stringify([wrote, read, removed, await keychain.read('anthropic') ?? null]));`,
    );
    const script = `echo pass | gnome-keyring-daemon --unlock --components=secrets >/dev/null 2>&1; exec "${process.execPath}" "${program}"`;
    const env = { ...process.env, HOME: home, XDG_RUNTIME_DIR: home, XDG_DATA_HOME: home };
    const out = execFileSync('dbus-run-session', ['--', 'sh', '-c', script], {
      env,
      encoding: 'utf8',
      timeout: 50_000,
    });
    expect(JSON.parse(out)).toEqual([true, `{"value":"${TOKEN}"}`, true, null]);
  },
);
