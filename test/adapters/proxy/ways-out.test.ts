import { execFile } from 'node:child_process';
import { existsSync, readFileSync, mkdirSync } from 'node:fs';
import { createServer, request as httpRequest, type IncomingMessage } from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, it, onTestFinished } from 'vitest';
import { isOwnAddress } from '../../../src/domain/gate/public-address.ts';
import { createDial } from '../../../src/adapters/proxy/dial.ts';
import { gateEnvironment } from '../../../src/domain/gate/environment.ts';
import type { Gate } from '../../../src/ports/gate.ts';
import { startGitHttpServer } from '../../fakes/git-http-server.ts';
import { closeServer, json } from '../../fakes/provider-server.ts';
import { provider, REAL, startGate, tempDir } from './gate-fixture.ts';

const exec = promisify(execFile);

/** A registry on this machine; the gate's connections are led there, whatever their host. */
const startRegistry = async () => {
  const seen: IncomingMessage[] = [];
  const server = createServer((request, response) => {
    seen.push(request);
    if (request.url === '/moved') response.writeHead(302, { location: 'http://deb.debian.org/new' }).end();
    else response.end(`package ${request.url ?? ''}`);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => closeServer(server));
  const dialled: string[] = [];
  const dial = (host: string, port: number): Promise<Socket> => {
    dialled.push(`${host}:${port}`);
    return Promise.resolve(connect((server.address() as AddressInfo).port, '127.0.0.1'));
  };
  return { seen, dialled, dial };
};
const basic = (pass: string) => ({
  'proxy-authorization': `Basic ${Buffer.from(`ralph:${pass}`).toString('base64')}`,
});

const tunnel = (gate: Gate, target: string, headers: Record<string, string>) =>
  new Promise<{ status: number | undefined; socket: Socket }>((resolve, reject) => {
    const { port } = new URL(gate.url);
    const request = httpRequest({ port, method: 'CONNECT', path: target, headers });
    request.on('connect', (response, socket) =>
      resolve({ status: response.statusCode, socket: socket as Socket }),
    );
    request.on('error', reject).end();
  });
const through = async (gate: Gate, target: string, headers: Record<string, string>) => {
  const { status, socket } = await tunnel(gate, target, headers);
  onTestFinished(() => void socket.destroy());
  if (status !== 200) return { status, text: '' };
  socket.write('GET /left-pad HTTP/1.0\r\n\r\n');
  const parts: Buffer[] = [];
  for await (const part of socket) parts.push(part as Buffer);
  return { status, text: Buffer.concat(parts).toString() };
};
const none = () => provider(json(200, {}));

it('opens tunnels to package registries, to hosts that the user adds, and nowhere else', async () => {
  const { dial, dialled } = await startRegistry();
  const { gate, calls } = await startGate((await none()).url, {
    options: { dial, allow: ['pkg.example.com'] },
  });
  const good = basic(gate.pass);
  expect(await through(gate, 'registry.npmjs.org:443', good)).toMatchObject({
    status: 200,
    text: expect.stringContaining('package /left-pad') as string,
  });
  expect(await through(gate, 'PKG.example.com:443', good)).toMatchObject({ status: 200 });
  for (const target of [
    'example.com:443',
    'registry.npmjs.org.evil.com:443',
    'registry.npmjs.org:22',
    'registry.npmjs.org:80',
    '127.0.0.1:443',
    '[::1]:443',
    'localhost:443',
    '169.254.169.254:443',
    'api.anthropic.com:443',
    'nonsense',
  ])
    expect([target, (await through(gate, target, good)).status]).not.toEqual([target, 200]);
  expect((await through(gate, 'pypi.org:443', {})).status).toBe(407);
  expect(dialled).toEqual(['registry.npmjs.org:443', 'pkg.example.com:443']);
  expect(calls.filter(({ refused }) => refused === undefined).map(({ host }) => host)).toEqual([
    'registry.npmjs.org:443',
    'pkg.example.com:443',
  ]);
});

it.each([
  ['127.0.0.1'],
  ['10.1.2.3'],
  ['169.254.169.254'],
  ['192.168.1.1'],
  ['100.64.0.1'],
  ['::1'],
  ['fe80::1'],
  ['fd00::1'],
  ['::ffff:127.0.0.1'],
  ['2002:7f00:1::'],
  ['nonsense'],
])('connects to no name that points to %s, also not beside a public address', async (address) => {
  const dial = createDial(() => Promise.resolve([{ address: '93.184.215.14' }, { address }]));
  expect(await dial('pypi.org', 443)).toEqual({
    refused: 'pypi.org points to an address that is not public',
  });
});

it('lets a host that the user named be in a network of his own, never on this machine', async () => {
  for (const address of ['127.0.0.1', '169.254.169.254', '::1', 'fe80::1', '100.64.0.1']) {
    const dial = createDial(() => Promise.resolve([{ address }]));
    expect(await dial('pkg.example.com', 443, true)).toEqual({
      refused: 'pkg.example.com points to an address that is not public, nor of a network of your own',
    });
  }
  expect(['10.1.2.3', '172.31.255.254', '192.168.1.1', 'fd00::1'].every(isOwnAddress)).toBe(true);
  expect(['172.32.0.1', '11.0.0.1', '192.169.0.1', 'fe80::1', 'nonsense'].some(isOwnAddress)).toBe(false);
});

it('proxies plain HTTP to Debian, read only, and hands redirects to the caller', async () => {
  const { dial, seen } = await startRegistry();
  const { gate, calls } = await startGate((await none()).url, { options: { dial } });
  const { port } = new URL(gate.url);
  const get = (path: string, method = 'GET', headers: Record<string, string> = basic(gate.pass)) =>
    new Promise<{ status: number | undefined; text: string; location: string | undefined }>(
      (resolve, reject) => {
        const request = httpRequest(
          { port, path, method, headers: { ...headers, cookie: 'a=b' } },
          (response) => {
            let text = '';
            response.setEncoding('utf8').on('data', (part: string) => (text += part));
            response.on('end', () =>
              resolve({ status: response.statusCode, text, location: response.headers.location }),
            );
          },
        );
        request.on('error', reject).end();
      },
    );
  expect(await get('http://deb.debian.org/debian/x?y=1')).toMatchObject({
    status: 200,
    text: 'package /debian/x?y=1',
  });
  expect(seen[0]?.headers).toMatchObject({ host: 'deb.debian.org' });
  expect(JSON.stringify(seen[0]?.headers)).not.toMatch(/cookie|authorization/);
  expect(await get('http://deb.debian.org/moved')).toMatchObject({
    status: 302,
    location: 'http://deb.debian.org/new',
  });
  for (const [path, method] of [
    ['http://deb.debian.org/x', 'POST'],
    ['http://deb.debian.org:8080/x', 'GET'],
    ['http://pypi.org/x', 'GET'],
    ['http://10.0.0.1/x', 'GET'],
    ['https://deb.debian.org/x', 'GET'],
  ] as const)
    expect((await get(path, method)).status, `${method} ${path}`).toBe(403);
  expect((await get('http://deb.debian.org/x', 'GET', {})).status).toBe(407);
  expect(seen).toHaveLength(2);
  expect(calls.every(({ path }) => !path.includes('?'))).toBe(true);
});

const TOKEN = Buffer.from(`x-access-token:${REAL}`).toString('base64');

it('lets git clone and fetch the repositories of the run with the real credential, and push nothing', async () => {
  const root = await tempDir();
  const git = (...args: string[]) => exec('git', args, { cwd: root });
  for (const name of ['widget', 'secret']) {
    mkdirSync(join(root, 'acme'), { recursive: true });
    await git('init', '-q', '-b', 'main', `${name}-work`);
    await git(
      '-C',
      `${name}-work`,
      '-c',
      'user.name=a',
      '-c',
      'user.email=a@b',
      'commit',
      '-q',
      '--allow-empty',
      '-m',
      'one',
    );
    await git('clone', '-q', '--bare', `${name}-work`, `acme/${name}.git`);
    await git('-C', `acme/${name}.git`, 'config', 'http.receivepack', 'true');
  }
  const server = await startGitHttpServer({ root, authorization: `Basic ${TOKEN}` });
  onTestFinished(() => server.close());
  const asked: string[] = [];
  const gitAuth = (url: string) => {
    asked.push(url);
    return Promise.resolve({ header: `Authorization: Basic ${TOKEN}` });
  };
  const repos = [`${server.url}/acme/widget.git`];
  const { gate, calls } = await startGate((await none()).url, { repos, options: { gitAuth } });
  const HOME = await tempDir();
  const env = {
    PATH: process.env['PATH'] ?? '',
    HOME,
    GIT_TERMINAL_PROMPT: '0',
    ...gateEnvironment({ url: gate.url, pass: gate.pass, repos }),
  };
  const inside = (...args: string[]) => exec('git', args, { cwd: HOME, env });
  await inside('clone', '-q', `${server.url}/acme/widget.git`, 'clone');
  await inside('-C', 'clone', 'fetch', '-q');
  await expect(inside('-C', 'clone', 'push', '-q', 'origin', 'main:evil')).rejects.toThrow('403');
  await expect(
    inside('clone', '-q', `${gate.url}/git/${new URL(server.url).host}/acme/secret`),
  ).rejects.toThrow('403');
  expect(asked.every((url) => url === repos[0])).toBe(true);
  expect(existsSync(join(HOME, 'clone/.git/HEAD'))).toBe(true);
  const everything = `${readFileSync(join(HOME, 'clone/.git/config'), 'utf8')}${JSON.stringify([env, calls])}`;
  expect(everything).not.toContain(TOKEN);
  expect(everything).not.toContain(REAL);
  expect(calls.map(({ refused }) => refused)).toContain(
    'nothing can be pushed from inside; the runner pushes',
  );
  await expect(
    exec('git', ['clone', `${gate.url}/git/${new URL(server.url).host}/acme/widget`, 'no'], {
      cwd: HOME,
      env: { ...env, GIT_CONFIG_COUNT: '0' },
    }),
  ).rejects.toThrow(/40[13]|terminal prompts disabled/);
});
