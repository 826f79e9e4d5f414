import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { localProvider } from '../../../src/adapters/sandbox/local.ts';
import { containerProvider } from '../../../src/adapters/sandbox/container/provider.ts';
import { openRelay, type Relay } from '../../../src/engine/workspace/relay.ts';
import { supervise } from '../../../src/engine/workspace/supervise.ts';
import type { Sandbox } from '../../../src/ports/sandbox.ts';
import { anthropicAnswer, events, streamed } from '../../fakes/provider-server.ts';
import { podmanMissing, testImage } from '../../fixtures/container/engine.ts';
import { MESSAGE, message, provider, startGate } from '../../adapters/proxy/gate-fixture.ts';

const root = mkdtempSync(join(tmpdir(), 'ralph-relay-'));
const boxes: Sandbox[] = [];
let ids = 0;
const newId = (): string => `id${(ids += 1)}`;
afterEach(async () => {
  for (const box of boxes.splice(0)) await box.destroy();
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

const where = (name: string): string | undefined => {
  try {
    return execFileSync('sh', ['-c', `command -v ${name}`], { encoding: 'utf8' }).trim();
  } catch {
    return undefined;
  }
};
/** A PATH with what the relay's scripts need and only the one program. */
const pathWith = (program: string | undefined): string => {
  const dir = mkdtempSync(join(root, 'bin-'));
  const tools = [
    'sh',
    'cat',
    'kill',
    'sleep',
    'setsid',
    'nohup',
    'grep',
    'printf',
    'base64',
    'tar',
    'sed',
    'rm',
  ];
  for (const tool of tools) if (where(tool)) symlinkSync(where(tool)!, join(dir, tool));
  // A version manager's shims need programs of their own.
  if (program === 'python3')
    symlinkSync(
      execFileSync('python3', ['-c', 'import sys; print(sys.executable)'], { encoding: 'utf8' }).trim(),
      join(dir, program),
    );
  else if (program === 'node') symlinkSync(process.execPath, join(dir, program));
  else if (program !== undefined) symlinkSync(where(program)!, join(dir, program));
  return dir;
};
const localBox = async (gateDir: string, path = process.env['PATH'] ?? ''): Promise<Sandbox> => {
  const registryDir = join(root, 'registry');
  const local = localProvider({ env: { ...process.env, PATH: path }, registryDir });
  const hostDir = mkdtempSync(join(root, 'box-'));
  const box = await local.create({ name: 'r', hostDir: join(hostDir, 'box'), env: {}, labels: {} });
  boxes.push(box);
  return supervise({ ...box, gateDir }, newId);
};
const open = (box: Sandbox): Promise<Relay> => openRelay(box, Math.random);
const ask = async ({ url }: Relay, phantom: string): Promise<string> =>
  (await fetch(`${url}/v1/messages`, { ...message, headers: { 'x-api-key': phantom } })).text();

const PROGRAMS = ['socat', 'node', 'python3', 'perl'] as const;

describe.each(PROGRAMS)('a relay of %s', (program) => {
  const isRequired = (process.env['RALPH_REQUIRE_BACKENDS'] ?? '').split(',').includes('relay');
  const missing = where(program) === undefined && !isRequired ? ` (skipped: no ${program} here)` : '';
  it.skipIf(missing !== '')(
    `carries whole calls and streams to a socket with a long path${missing}`,
    async () => {
      const up = await provider(streamed(anthropicAnswer(10, 5, 'x'.repeat(300_000))));
      const dir = join(mkdtempSync(join(root, 'gate-')), 'd'.repeat(120));
      const { session } = await startGate(up.url, { dir });
      const relay = await open(await localBox(dir, pathWith(program)));
      expect(relay.program).toBe(program);
      const answers = await Promise.all([1, 2, 3].map(() => ask(relay, session.phantom)));
      expect(answers).toEqual([1, 2, 3].map(() => anthropicAnswer(10, 5, 'x'.repeat(300_000))));
    },
  );

  it.skipIf(missing !== '')(`tells the gate at once that the agent hung up${missing}`, async () => {
    const up = await provider((_request, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write(events({ type: 'message_start' }));
    });
    const dir = mkdtempSync(join(root, 'gate-'));
    const { session, settled } = await startGate(up.url, { dir });
    const relay = await open(await localBox(dir, pathWith(program)));
    const client = new AbortController();
    const init = { ...message, headers: { 'x-api-key': session.phantom }, signal: client.signal };
    const response = await fetch(`${relay.url}/v1/messages`, init);
    await response.body!.getReader().read();
    client.abort();
    await vi.waitFor(() => expect(up.abandoned()).toBe(1), { timeout: 60_000 });
    await vi.waitFor(() => expect(settled).toMatchObject([{ failure: { kind: 'cancelled' } }]), {
      timeout: 60_000,
    });
  });
});

it('is one for a sandbox: reused, and started anew when it is gone or when the gate is another', async () => {
  const up = await provider(streamed(anthropicAnswer(1, 1)));
  const dir = mkdtempSync(join(root, 'gate-'));
  const first = await startGate(up.url, { dir });
  const box = await localBox(dir);
  const relay = await open(box);
  expect(await open(box)).toEqual(relay);
  await first.gate.close();
  const second = await startGate(up.url, { dir });
  expect(await open(box)).toEqual(relay);
  expect(await ask(relay, second.session.phantom)).toContain('message_stop');
  await box.stop();
  await expect(ask(relay, second.session.phantom)).rejects.toThrow('fetch failed');
  const again = await open(box);
  expect(await ask(again, second.session.phantom)).toContain('message_stop');
});

it('says what an image needs that has no program for it, and when there is no gate', async () => {
  const dir = mkdtempSync(join(root, 'gate-'));
  const error = { code: 'sandbox.unavailable' };
  await expect(open(await localBox(dir, pathWith(undefined)))).rejects.toMatchObject({
    ...error,
    hint: expect.stringContaining('socat, node, python3, perl') as string,
  });
  const { gateDir: _none, ...bare } = await localBox(dir);
  await expect(open(bare)).rejects.toMatchObject(error);
  await expect(open(await localBox(dir))).rejects.toThrow('no gate.sock');
});

const noPodman = podmanMissing();
it.skipIf(noPodman !== undefined)(
  `is the only way out of a container without network${noPodman === undefined ? '' : ` (skipped: ${noPodman})`}`,
  { timeout: 400_000 },
  async () => {
    const up = await provider(streamed(anthropicAnswer(1, 1)));
    const home = mkdtempSync(join(root, 'podman-'));
    const dir = join(home, 'gate');
    mkdirSync(dir);
    const { session, calls } = await startGate(up.url, { dir });
    const image = testImage();
    const podman = containerProvider('podman', {
      env: { ...process.env, XDG_RUNTIME_DIR: home },
      registryDir: join(home, 'registry'),
      image: () => Promise.resolve(image),
    });
    const spec = { name: newId(), hostDir: join(home, 'box'), gateDir: dir, network: 'proxy' } as const;
    const box = await podman.create({ ...spec, env: {}, labels: {} });
    onTestFinished(() => box.destroy());
    const relay = await open(supervise(box, newId));
    const port = relay.url.slice(relay.url.lastIndexOf(':') + 1);
    const text = `POST /v1/messages HTTP/1.0\r\nx-api-key: ${session.phantom}\r\nContent-Length: ${MESSAGE.length}\r\n\r\n${MESSAGE}`;
    const perl = `use IO::Socket::INET; my $c = IO::Socket::INET->new(PeerAddr => "$ARGV[0]:$ARGV[1]", Timeout => 3) or die "no way\\n"; print $c $ARGV[2]; print while <$c>;`;
    const reach = (host: string, at: string) => box.exec({ argv: ['perl', '-e', perl, host, at, text] });
    expect((await reach('127.0.0.1', port)).stdout).toContain('message_stop');
    expect(calls).toMatchObject([{ path: '/v1/messages', status: 200 }]);
    const { port: outside } = new URL(up.url);
    expect((await reach('127.0.0.1', outside)).stderr).toContain('no way');
    const routes = await box.exec({ argv: ['cat', '/proc/net/route'] });
    expect(routes.stdout.trim().split('\n')).toHaveLength(1);
  },
);
