import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildArgs, contentHash } from '../../../src/adapters/container-store/build-image.ts';
import { engineArgv, engineText } from '../../../src/adapters/container-store/engine-command.ts';
import { createContainerStore } from '../../../src/adapters/container-store/store.ts';
import type { ImageRecipe } from '../../../src/domain/image.ts';
import type { BuiltImage } from '../../../src/ports/container-store.ts';
import { noRootfs } from '../../fakes/podman.ts';

const imageDir = join(import.meta.dirname, '../../../src/images/default');
const dir = mkdtempSync(join(tmpdir(), 'ralph-image-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

const recipe: ImageRecipe = { method: 'registry', base: 'docker.io/library/node:24', agents: [] };
const option = (args: readonly string[], name: string): readonly string[] =>
  args.flatMap((arg, at) => (arg === name ? [args[at + 1] ?? ''] : []));

describe('a build', () => {
  const args = (of: ImageRecipe, rebuild = false, engine: 'podman' | 'docker' = 'podman') =>
    buildArgs(of, { engine, hash: 'abc', rebuild, dir: '/context' });

  it('names base, agents, tag and labels, and takes the network only where it has to', () => {
    const agents = ['@openai/codex@1', 'opencode-ai'];
    const online = args({ ...recipe, agents });
    expect(option(online, '--build-arg')).toEqual([
      'BASE=docker.io/library/node:24',
      'AGENTS=@openai/codex@1 opencode-ai',
    ]);
    expect(option(online, '--tag')).toEqual(['localhost/ralph-default:abc']);
    expect(option(online, '--label')[1]).toBe('ralph.image.hash=abc');
    expect(option(online, '--network')).toEqual(['host']);
    expect(option(args({ ...recipe, method: 'rootfs' }), '--network')).toEqual(['none']);
  });
  it('takes nothing old when it is to be made anew, and asks no registry for what only this machine has', () => {
    expect(args(recipe, true)).toEqual(expect.arrayContaining(['--no-cache', '--pull']));
    expect(args({ ...recipe, base: 'localhost/x:1' }, true)).not.toContain('--pull');
    expect(args(recipe, true, 'docker')).not.toContain('--layers=false');
  });
  it('has another tag as soon as a text or a wish is another one', () => {
    const changed = join(dir, 'changed');
    cpSync(imageDir, changed, { recursive: true });
    writeFileSync(join(changed, 'setup.sh'), 'true\n');
    const hashes = [
      contentHash(imageDir, recipe),
      contentHash(changed, recipe),
      contentHash(imageDir, { ...recipe, base: 'x' }),
      contentHash(imageDir, { ...recipe, agents: ['a'] }),
      contentHash(imageDir, { ...recipe, method: 'rootfs', node: 24 }),
    ];
    expect(new Set(hashes).size).toBe(hashes.length);
    expect(contentHash(imageDir, { ...recipe })).toBe(hashes[0]);
  });
});

const TWENTY_MINUTES = 1_200_000;

describe.skipIf(noRootfs)('images in a real Podman', { timeout: TWENTY_MINUTES }, () => {
  const options = { backend: 'podman', env: process.env, imageDir, cacheDir: join(dir, 'cache') } as const;
  const store = createContainerStore(options);
  const engine = { backend: 'podman', env: process.env } as const;
  const onLine = (): void => undefined;
  const mine: string[] = [];
  let base: BuiltImage;
  beforeAll(async () => {
    base = await store.build({ rootfs: true, agents: [], onLine });
  }, TWENTY_MINUTES);
  afterAll(async () => {
    for (const id of mine) await store.removeContainer(id);
    // `latest` stands where it stood.
    await store.build({ rootfs: true, agents: [], onLine });
  }, TWENTY_MINUTES);

  const inside = (image: string, script: string): Promise<string> =>
    engineText(engine, [
      'run',
      '--rm',
      '--network',
      'none',
      '--ulimit',
      'nofile=1024:1024',
      '--ulimit',
      'nproc=4096:4096',
      image,
      'sh',
      '-c',
      script,
    ]);

  it('made from Debian packages have all that runs need', async () => {
    const tools = 'node npm pnpm python3 pip3 git jq curl rg setsid sh base64 tar ps';
    const text = await inside(
      base.name,
      `for tool in ${tools}; do command -v $tool >/dev/null || echo no $tool; done
       python3 -m venv /tmp/venv && npm --version >/dev/null && pnpm --version >/dev/null && node -p process.version`,
    );
    expect(text.trim()).toBe(process.version);
  });
  it('are built on another base, found again, told apart from outdated ones, and removed', async () => {
    const made = await store.build({ from: base.name, agents: [], onLine });
    expect(made).toMatchObject({ built: true, image: { kind: 'default', recipe: { base: base.name } } });
    expect(await store.build({ from: base.name, agents: [], onLine })).toMatchObject({ built: false });
    expect((await store.images()).map(({ id }) => id)).toContain(made.image.id);
    const next = join(dir, 'next');
    cpSync(imageDir, next, { recursive: true });
    writeFileSync(join(next, 'Containerfile'), 'FROM scratch\n');
    const later = createContainerStore({ ...options, imageDir: next });
    expect([store.isOutdated(made.image), later.isOutdated(made.image)]).toEqual([false, true]);
    const id = (
      await engineText(engine, [
        'create',
        '--label',
        'ralph.run=of-a-test',
        '--label',
        'x=y',
        '--label',
        'ralph.fleet=/of/a/test',
        made.name,
        'true',
      ])
    ).trim();
    mine.push(id);
    expect(await store.removeImage(made.image)).toBe(false);
    const found = (await store.containers('/of/a/test')).find((one) => one.id === id);
    expect(found).toMatchObject({ running: false, labels: { 'ralph.run': 'of-a-test', x: 'y' } });
    expect(found?.bytes).toBeTypeOf('number');
    expect(await store.containers('/of/another')).toEqual([]);
    await store.removeContainer(id);
    await store.removeContainer(id);
    const again = await store.image(made.image.id);
    expect(again && (await store.removeImage(again))).toBe(true);
    expect(await store.image(made.name)).toBeUndefined();
  });
  it('that cannot be built leave nothing behind and say what the base lacks', async () => {
    const lines: string[] = [];
    const before = await store.images();
    await expect(
      store.build({ from: 'localhost/ralph-rootfs:trixie', agents: [], onLine: (line) => lines.push(line) }),
    ).rejects.toMatchObject({ code: 'sandbox.exec', hint: expect.stringContaining('--rootfs') as string });
    expect(lines.join('\n')).toContain('the base has no Node 22 or newer');
    expect(await store.images()).toEqual(before);
  });
});

it('says which engine does not answer, with a hint', async () => {
  const store = createContainerStore({ backend: 'podman', env: { PATH: dir }, imageDir, cacheDir: dir });
  await expect(store.images()).rejects.toMatchObject({ code: 'sandbox.unavailable' });
  expect(engineArgv({ backend: 'docker', env: {} }, ['ps'])).toEqual(['docker', 'ps']);
});
