import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { networkInterfaces, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { containerProvider } from '../../../../src/adapters/sandbox/container/provider.ts';
import { supervise } from '../../../../src/engine/workspace/supervise.ts';
import type { Sandbox, SandboxSpec } from '../../../../src/ports/sandbox.ts';
import { podmanMissing, testImage } from '../../../fixtures/container/engine.ts';

const missing = podmanMissing();
const why = missing === undefined ? '' : ` (skipped: ${missing})`;

describe.skipIf(missing !== undefined)(`a container of Podman${why}`, () => {
  const root = mkdtempSync(join(tmpdir(), 'ralph-container-'));
  const env = { ...process.env, XDG_RUNTIME_DIR: root };
  const image = missing === undefined ? testImage() : '';
  const provider = containerProvider('podman', {
    env,
    registryDir: join(root, 'registry'),
    image: () => Promise.resolve(image),
  });
  const boxes: Sandbox[] = [];
  const servers: Server[] = [];
  let made = 0;
  const create = async (spec: Partial<SandboxSpec> = {}): Promise<Sandbox> => {
    const name = `test-${(made += 1)}`;
    const hostDir = join(root, name, 'box');
    const box = await provider.create({ name, hostDir, env: {}, labels: { 'ralph.run': name }, ...spec });
    boxes.push(box);
    return box;
  };
  const sh = (
    box: Sandbox,
    text: string,
    rest: { readonly timeoutMs?: number; readonly cwd?: string } = {},
  ) => box.exec({ argv: ['sh', '-c', text], ...rest });
  const out = async (box: Sandbox, text: string): Promise<string> => (await sh(box, text)).stdout.trim();
  const podman = (...args: readonly string[]): string =>
    execFileSync('podman', args, { encoding: 'utf8', env }).trim();
  const listen = (server: Server, at: object): Promise<void> => {
    servers.push(server);
    return new Promise((resolve) => server.listen(at, resolve));
  };
  afterEach(async () => {
    for (const box of boxes.splice(0)) await box.destroy();
    for (const server of servers.splice(0)) server.close();
  });
  afterAll(() => rmSync(root, { recursive: true, force: true }));

  it('holds its limits of memory and processes, and measures what it takes against them', async () => {
    const box = await create({ resources: { vcpu: 1, memoryGib: 0.125, pids: 40 } });
    const eaten = await sh(box, `python3 -c 'x = bytearray(400_000_000)'`);
    expect(eaten.exit).toEqual({ kind: 'code', code: 137 });
    expect(await out(box, 'echo still here')).toBe('still here');
    await box.stats!();
    await sh(box, 'i=0; while [ $i -lt 300000 ]; do i=$((i+1)); done');
    const stats = await box.stats!();
    expect(stats).toMatchObject({ cpuLimitPercent: 100, memoryLimitBytes: 128 * 1024 * 1024, pidsLimit: 40 });
    expect([stats.cpuPercent! > 0, stats.memoryBytes! > 0, stats.pids! > 0]).toEqual([true, true, true]);
  });
  it('outlives a fork bomb, which ends with its timeout', async () => {
    const box = await create({ resources: { pids: 60 } });
    let id = 0;
    const watched = supervise(box, () => `bomb${(id += 1)}`);
    const bomb = watched.exec({
      argv: ['sh', '-c', 'f() { f | f & }; f 2>/dev/null; sleep 30'],
      timeoutMs: 2_000,
    });
    expect((await bomb).exit).toEqual({ kind: 'timeout' });
    await box.stop();
    const again = await provider.attach(box.ref);
    expect(await out(again!, 'echo fine')).toBe('fine');
  });
  it('reaps what its commands leave behind', async () => {
    const box = await create();
    await sh(box, 'for i in 1 2 3; do (sleep 0.05 &) ; done; sleep 0.3');
    expect(await out(box, "ps -eo stat= | grep -c '^Z'")).toBe('0');
  });
  it('reaches nothing without a network: no address of this machine, no name', async () => {
    let reached = 0;
    const server = createServer((socket) => void ((reached += 1), socket.destroy()));
    await listen(server, { port: 0, host: '0.0.0.0' });
    const { port } = server.address() as { port: number };
    const own = Object.values(networkInterfaces()).flatMap((list) =>
      (list ?? []).filter((one) => one.family === 'IPv4').map((one) => one.address),
    );
    const box = await create();
    const addresses = [...own, '10.88.0.1', '10.0.2.2', 'localhost'];
    const probe = `import socket,sys
for host in sys.argv[2:]:
    try:
        socket.create_connection((host, int(sys.argv[1])), 2); print('reached', host)
    except OSError: pass
try: print(socket.getaddrinfo('example.com', 80))
except OSError: print('no name')`;
    const { stdout } = await box.exec({ argv: ['python3', '-c', probe, String(port), ...addresses] });
    expect([stdout, reached]).toEqual(['no name\n', 0]);
    expect(await out(box, 'ls /sys/class/net')).toBe('lo');
  });
  it('reaches what listens on this machine as host.containers.internal where the network is `full`', async () => {
    const server = createServer((socket) => socket.end('a model of this machine'));
    await listen(server, { port: 0, host: '0.0.0.0' });
    const { port } = server.address() as { port: number };
    const box = await create({ network: 'full' });
    const program = `import socket,sys
print(socket.create_connection(('host.containers.internal', int(sys.argv[1])), 20).recv(100).decode())`;
    const { stdout, stderr } = await box.exec({ argv: ['python3', '-c', program, String(port)] });
    expect([stdout, stderr]).toEqual(['a model of this machine\n', '']);
  });
  it('shows the gate where the network is `proxy`: its socket answers, its folder cannot be written', async () => {
    const gateDir = join(root, 'gate');
    mkdirSync(gateDir);
    await listen(
      createServer((socket) => socket.end('hello from the gate')),
      { path: join(gateDir, 'gate.sock') },
    );
    const box = await create({ network: 'proxy', gateDir });
    const program = `import socket
s = socket.socket(socket.AF_UNIX); s.connect('${box.gateDir}/gate.sock'); print(s.recv(100).decode())`;
    expect((await box.exec({ argv: ['python3', '-c', program] })).stdout).toBe('hello from the gate\n');
    expect((await sh(box, `touch ${box.gateDir}/mine`)).stderr).toContain('Read-only');
    expect(await out(box, 'ls /sys/class/net')).toBe('lo');
    const shut = await create({ network: 'none', gateDir });
    expect([shut.gateDir, (await sh(shut, 'ls /run/ralph')).exit]).toEqual([
      undefined,
      { kind: 'code', code: 2 },
    ]);
    expect((await provider.attach(box.ref))?.gateDir).toBe(box.gateDir);
  });
  it('can write nothing but temporary folders where it is read-only, and keeps its files', async () => {
    const hostDir = join(root, 'read-only', 'box');
    const first = await create({ name: 'read-only', hostDir });
    await sh(first, 'echo text > file');
    const box = await create({ name: 'read-only', hostDir, readOnly: true });
    expect(box.ref).toEqual(first.ref);
    for (const path of ['/workspace/x', '/workspace/file', '/etc/x', '/usr/x'])
      expect((await sh(box, `echo x > ${path}`)).stderr).toContain('Read-only');
    expect(await out(box, 'echo x > /tmp/x && echo y > ~/y && cat /workspace/file /tmp/x ~/y')).toBe(
      'text\nx\ny',
    );
  });
  it('gives no privilege away', async () => {
    const box = await create();
    const status = await out(box, 'cat /proc/self/status');
    expect(/CapBnd:\s*(\w+)/.exec(status)?.[1]).toBe('00000000000000fb');
    expect(status).toContain('NoNewPrivs:\t1');
    expect((await sh(box, 'mount -t tmpfs none /mnt')).exit).not.toEqual({ kind: 'code', code: 0 });
    expect(await out(box, 'find / -xdev -type s 2>/dev/null')).toBe('');
    expect(Number(await out(box, 'ulimit -Hn'))).toBeGreaterThan(1000);
  });
  it.each([
    ['killed', ['kill'], /has ended/],
    ['removed', ['rm', '-f'], /is gone|has ended/],
  ])('says that the sandbox is lost when it is %s during a command', async (_how, verb, text) => {
    const box = await create();
    const lost = box.exec({
      argv: ['sh', '-c', 'echo kept > file; echo go; sleep 60'],
      onOutput: () => podman(...verb, box.ref.id),
    });
    await expect(lost).rejects.toMatchObject({
      code: 'sandbox.unavailable',
      message: expect.stringMatching(text),
    });
    await expect(box.exec({ argv: ['true'] })).rejects.toMatchObject({ code: 'sandbox.unavailable' });
    expect(readFileSync(join(root, `test-${made}`, 'box', 'file'), 'utf8')).toBe('kept\n');
    const again = await provider.attach(box.ref);
    if (again) expect(await out(again, 'cat file')).toBe('kept');
    else expect(podman('ps', '-aq', '--filter', `name=${box.ref.id}`)).toBe('');
  });
  it('starts its service again when that was killed, and loses no container by it', async () => {
    const own = join(root, 'own-service');
    const other = containerProvider('podman', {
      env: { ...env, XDG_RUNTIME_DIR: own },
      registryDir: join(root, 'registry'),
      image: () => Promise.resolve(image),
    });
    mkdirSync(own);
    const box = await other.create({
      name: 'service',
      hostDir: join(root, 'service', 'box'),
      env: {},
      labels: {},
    });
    boxes.push(box);
    const kill = (): void => {
      const pids = execFileSync('pgrep', ['-f', `system service .*${own}/`], { encoding: 'utf8' });
      for (const pid of pids.trim().split('\n')) process.kill(Number(pid), 'SIGKILL');
    };
    kill();
    expect(await out(box, 'echo again')).toBe('again');
    const cut = box.exec({ argv: ['sh', '-c', 'echo go; sleep 5'], onOutput: kill });
    await expect(cut).rejects.toMatchObject({ code: 'sandbox.unavailable' });
    expect(await out((await other.attach(box.ref))!, 'echo and again')).toBe('and again');
  });
  it('reports a full disk inside as what a command says, and goes on', async () => {
    const box = await create({ readOnly: true, resources: { memoryGib: 0.25 } });
    const full = await sh(box, 'dd if=/dev/zero of=/dev/shm/fill bs=1M count=500 2>&1');
    expect([full.exit, full.stdout]).toEqual([
      { kind: 'code', code: 1 },
      expect.stringContaining('No space left on device'),
    ]);
    expect(await out(box, 'rm /dev/shm/fill; echo free')).toBe('free');
  });
  it('is replaced when a crash left one of the same name, and started when it had been stopped', async () => {
    const hostDir = join(root, 'again', 'box');
    const first = await create({ name: 'again', hostDir });
    await sh(first, 'echo mine > file');
    const second = await create({ name: 'again', hostDir });
    expect([second.ref, await out(second, 'cat file')]).toEqual([first.ref, 'mine']);
    podman('stop', '-t', '0', second.ref.id);
    expect(await provider.list({ 'ralph.run': `test-${made}` })).toEqual([second.ref]);
    expect(await out((await provider.attach(second.ref))!, 'cat file')).toBe('mine');
  });
  it('takes no folder that it did not make, and leaves none of its own behind', async () => {
    const foreign = join(root, 'foreign', 'box');
    mkdirSync(foreign, { recursive: true });
    writeFileSync(join(foreign, 'mine'), 'x');
    await expect(create({ hostDir: foreign })).rejects.toMatchObject({ code: 'sandbox.unavailable' });
    const box = await create();
    const at = join(root, `test-${made}`);
    await sh(
      box,
      'mkdir -p locked/in; echo x > locked/in/x; chown -R 4321:4321 locked; chmod 0 locked; touch ~/x',
    );
    await box.destroy();
    expect([existsSync(join(at, 'box')), existsSync(join(at, 'home'))]).toEqual([false, false]);
  });
  it('names the way to an image that is not there', async () => {
    await expect(create({ image: 'localhost/ralph-no-such:1' })).rejects.toMatchObject({
      code: 'sandbox.unavailable',
      message: expect.stringContaining('the image is not there'),
      hint: expect.stringContaining('ralph image build'),
    });
  });
  it('says what to do where no engine answers, or a remote one is named', async () => {
    const at = (id: 'podman' | 'docker', vars: object) =>
      containerProvider(id, { env: { ...env, ...vars }, registryDir: join(root, 'registry') }).check();
    expect(await at('docker', { DOCKER_HOST: `unix://${root}/none.sock` })).toEqual([
      expect.objectContaining({ level: 'fail', hint: expect.stringContaining('Start Docker') }),
    ]);
    expect(await at('podman', { CONTAINER_HOST: 'ssh://far/podman.sock' })).toEqual([
      expect.objectContaining({ level: 'fail', hint: expect.stringContaining('folder of this machine') }),
    ]);
    expect(await at('podman', { PATH: root, XDG_RUNTIME_DIR: join(root, 'nowhere') })).toEqual([
      expect.objectContaining({ level: 'fail', what: 'podman was not found' }),
    ]);
  });
  it('talks to a long-lived helper line by line', async () => {
    const box = await create();
    const helper = await box.open!(['sh', '-c', 'while read -r x; do echo "got $x"; done; touch ended']);
    const lines = helper.lines[Symbol.asyncIterator]();
    for (const word of ['one', 'two', 'ü'.repeat(50_000)]) {
      helper.write(`${word}\n`);
      expect((await lines.next()).value).toBe(`got ${word}`);
    }
    helper.close();
    expect((await lines.next()).done).toBe(true);
    expect(await out(box, 'cat ended && echo yes')).toBe('yes');
  });
  it('unpacks only inside, whatever the links in the work tree say', async () => {
    const box = await create();
    const outside = join(root, 'outside');
    mkdirSync(outside);
    await sh(box, `mkdir -p ${root}; ln -s ${outside} link`);
    const tar = execFileSync('tar', ['-cf', '-', '-C', join(import.meta.dirname), 'container.test.ts']);
    const parts = async function* (): AsyncGenerator<Uint8Array> {
      yield tar;
    };
    await expect(box.put!(parts(), `${box.workdir}/link`)).rejects.toMatchObject({ code: 'sandbox.exec' });
    expect(existsSync(join(outside, 'container.test.ts'))).toBe(false);
    await box.put!(parts(), box.workdir);
    expect(await out(box, 'head -c 6 container.test.ts')).toBe('import');
  });
  it('makes and removes fifty at once', { timeout: 240_000 }, async () => {
    const many = await Promise.all(Array.from({ length: 50 }, () => create()));
    const said = await Promise.all(many.map((box, at) => box.queue!(() => out(box, `echo ${at}`))));
    expect(said).toEqual(many.map((_box, at) => String(at)));
    await Promise.all(many.map((box) => box.destroy()));
    expect(podman('ps', '-a', '--format', '{{.Names}}')).not.toContain(many[0]!.ref.id);
  });
});
