import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { localProvider } from '../../../src/adapters/sandbox/local.ts';
import { sandboxProvider } from '../../../src/adapters/sandbox/registry.ts';
import { sandboxConformance } from '../../conformance/sandbox.ts';

const root = mkdtempSync(join(tmpdir(), 'ralph-local-'));
const registryDir = join(root, 'registry');
const env = { ...process.env, SECRET_KEY: 'never', LC_ALL: 'C.UTF-8' };
const provider = localProvider({ env, registryDir });
const attachProgram = join(root, 'attach.ts');
const adapter = new URL('../../../src/adapters/sandbox/local.ts', import.meta.url).href;
writeFileSync(
  attachProgram,
  `import { localProvider } from ${JSON.stringify(adapter)};
const provider = localProvider({ env: process.env, registryDir: ${JSON.stringify(registryDir)} });
const box = await provider.attach(JSON.parse(process.argv[2]!));
process.stdout.write((await box!.exec({ argv: ['cat', 'note'] })).stdout);`,
);
afterAll(() => rmSync(root, { recursive: true, force: true }));

sandboxConformance({ provider, attachProgram });
sandboxConformance({ provider, stripped: true });
sandboxConformance({ provider, resident: true });

const create = (name: string, hostDir = join(root, name, 'box')) =>
  provider.create({ name, hostDir, env: {}, labels: {} });

it('gives commands an allow-listed environment and a home of their own', async () => {
  const box = await create('env');
  const { stdout } = await box.exec({ argv: ['env'] });
  expect(stdout).not.toContain('SECRET_KEY');
  expect(stdout).toContain('LC_ALL=C.UTF-8\n');
  expect(stdout).toContain(`HOME=${join(root, 'env', 'home')}\n`);
  await box.destroy();
});
it('lets version managers find their toolchains, which lie below the HOME that commands do not have', async () => {
  const HOME = join(root, 'user');
  mkdirSync(join(HOME, '.rustup'), { recursive: true });
  const user = { PATH: process.env['PATH'], HOME, VOLTA_HOME: root, CARGO_HOME: root };
  const box = await localProvider({ env: user, registryDir }).create({
    name: 'tools',
    hostDir: join(root, 'tools', 'box'),
    env: {},
    labels: {},
  });
  const lines = (await box.exec({ argv: ['env'] })).stdout.split('\n');
  expect(lines).toContain(`RUSTUP_HOME=${join(HOME, '.rustup')}`);
  expect(lines).toContain(`VOLTA_HOME=${root}`);
  expect(lines.filter((line) => /^(?:PYENV_ROOT|CARGO_HOME)=/.test(line))).toEqual([]);
  await box.destroy();
});
it('ends processes that left their group when it is stopped', async () => {
  const box = await create('stop');
  const { stdout } = await box.exec({ argv: ['sh', '-c', 'setsid sleep 600 >/dev/null 2>&1 & echo $!'] });
  await box.stop();
  const state = await box.exec({ argv: ['sh', '-c', `cat /proc/${stdout.trim()}/cmdline 2>/dev/null`] });
  expect(state.stdout).toBe('');
  await box.destroy();
});
it('never takes over, nor removes, a folder that it did not make', async () => {
  const dir = join(root, 'foreign', 'box');
  mkdirSync(dir, { recursive: true });
  writeFileSync(join(dir, 'mine'), 'x');
  await expect(create('foreign', dir)).rejects.toMatchObject({ code: 'sandbox.unavailable' });
  expect(await provider.attach({ backend: 'local', id: dir })).toBeUndefined();
});
it('talks to a long-lived helper line by line', async () => {
  const box = await create('helper');
  const helper = await box.open!(['sh', '-c', 'while read -r x; do echo "got $x"; done']);
  const lines = helper.lines[Symbol.asyncIterator]();
  helper.write('one\n');
  expect((await lines.next()).value).toBe('got one');
  helper.write('two\n');
  expect((await lines.next()).value).toBe('got two');
  helper.close();
  expect((await lines.next()).done).toBe(true);
  await box.destroy();
});
it('says which backends this version does not have', async () => {
  await expect(sandboxProvider('lima', { env, registryDir })).rejects.toMatchObject({
    code: 'sandbox.unavailable',
  });
  expect((await sandboxProvider('local', { env, registryDir })).id).toBe('local');
});
it('finds what it needs on this machine', async () => {
  const findings = await provider.check();
  expect(findings.filter((finding) => finding.level === 'fail')).toEqual([]);
  expect(findings.some((finding) => /^git \d/.test(finding.what))).toBe(true);
});
