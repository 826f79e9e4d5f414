import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { SandboxReport } from '../../src/engine/describe-sandbox.ts';
import { answer, answers, makeWorld, taskFile, type World } from '../fakes/world.ts';
import { podmanMissing, testImage } from '../fixtures/container/engine.ts';

const missing = podmanMissing();
const TWENTY_MINUTES = 1_200_000;

/** Every file below a folder as one text. */
const everything = (dir: string): string =>
  readdirSync(dir, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => readFileSync(join(entry.parentPath, entry.name), 'latin1'))
    .join('\n');

describe.skipIf(missing !== undefined)(`a run in a container${missing ? ` (${missing})` : ''}`, () => {
  const secret = 'hush-4711-hush';
  let world: World;
  let image: string;
  beforeAll(async () => {
    image = testImage();
    const run = (command: string) => ({ type: 'run', command });
    world = await makeWorld({
      files: { 'README.md': 'hello\n', '.gitignore': '.env.ralph\n' },
      script: answers(
        answer([run('echo "key $MY_KEY in $GREETING"')]),
        answer([{ type: 'write', path: 'file.txt', content: 'good\n' }], ['M1.1', 'M1.2']),
      ),
    });
  }, TWENTY_MINUTES);
  afterAll(() => world.destroy());
  const task = (extra = '') =>
    taskFile({
      test: 'grep -q good file.txt',
      extra: `sandbox_image: ${image}\nsandbox_env_file: .env.ralph\n${extra}`,
    });

  it('does not start with an env file that others can read', async () => {
    writeFileSync(join(world.repo, '.env.ralph'), `MY_KEY=${secret}\nGREETING=hello\n`, { mode: 0o644 });
    await expect(world.create(task(), { backend: 'podman' })).rejects.toThrow('can be read by others');
    expect(world.app.runs()).toEqual([]);
  });
  it('does not start without its image, and never on the host instead', async () => {
    const none = task().replace(image, 'localhost/ralph-none:1');
    await expect(world.create(none, { backend: 'podman' })).rejects.toMatchObject({
      code: 'config',
      message: 'podman has no image localhost/ralph-none:1',
      hint: expect.stringContaining('ralph image build') as string,
    });
    expect(world.app.runs()).toEqual([]);
  });
  it('has its limits, its network and its variables, and tells no secret to anybody', async () => {
    const file = join(world.repo, '.env.ralph');
    world.git(world.repo, 'clean', '-fdxq');
    writeFileSync(file, `MY_KEY=${secret}\nGREETING=hello\n`, { mode: 0o600 });
    const made = await world.create(task('sandbox_preset: heavy'), {
      backend: 'podman',
      preset: 'light',
      network: 'none',
    });
    expect(made.state.sandbox).toEqual({
      preset: 'light',
      network: 'none',
      defaults: { preset: 'medium', network: 'proxy' },
      envFile: file,
    });
    let report: SandboxReport | undefined;
    const engine = await world.app.engine();
    const { state, entries } = await world.resume(made.id, {
      onEntry: (entry) => {
        if (entry.type === 'iteration.started')
          void engine.describeSandbox(made.id).then((found) => (report ??= found));
      },
    });
    expect(state).toMatchObject({ status: 'succeeded', image });
    expect(entries.find((entry) => entry.type === 'command.output')).toMatchObject({
      text: 'key [redacted] in hello\n',
    });
    expect(report).toMatchObject({
      state: 'there',
      network: 'none',
      image: { name: image },
      resources: { vcpu: 1, memoryGib: 1, pids: 256 },
      stats: { memoryLimitBytes: 2 ** 30, cpuLimitPercent: 100, pidsLimit: 256 },
    });
    expect(everything(made.dir)).not.toContain(secret);
    expect(everything(world.remote)).not.toContain(secret);
    await engine.removeRun(made.id);
  }, 300_000);
});
