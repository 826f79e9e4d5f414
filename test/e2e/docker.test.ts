import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { containerProvider } from '../../src/adapters/sandbox/container/provider.ts';
import type { Entry } from '../../src/domain/event.ts';
import { answer, answers, makeWorld, taskFile, type World } from '../fakes/world.ts';
import { podmanMissing, realDocker, testImage, type RealDocker } from '../fixtures/container/engine.ts';

const engine = podmanMissing() ?? realDocker();
const missing = typeof engine === 'string' ? engine : undefined;

describe.skipIf(missing !== undefined)(`a real Docker engine${missing ? ` (${missing})` : ''}`, () => {
  const { env, docker } = engine as RealDocker;
  let world: World;
  afterEach(() => world.destroy());
  const containersOf = (run: string): string => docker('ps', '-aq', '--filter', `label=ralph.run=${run}`);

  it('carries a whole run, whose container is killed in the middle, to green; prune leaves nothing of it', async () => {
    world = await makeWorld({
      backend: 'docker',
      env,
      script: answers(
        answer([{ type: 'run', command: 'echo half > half.txt; echo begun; sleep 3; echo over' }]),
        answer([{ type: 'write', path: 'file.txt', content: 'good\n' }], ['M1.1', 'M1.2']),
      ),
    });
    let killed = 0;
    const onEntry = (entry: Entry): void => {
      if (killed > 0 || entry.type !== 'command.output' || !entry.text.includes('begun')) return;
      killed += 1;
      docker('kill', containersOf(entry.run ?? ''));
    };
    const extra = `sandbox_image: ${testImage()}\nsandbox_preset: light`;
    const { state, entries } = await world.run(taskFile({ test: 'grep -q good file.txt', extra }), {
      onEntry,
    });
    expect([state.status, state.committed, killed]).toEqual(['succeeded', 2, 1]);
    expect(entries.filter(({ type }) => type === 'sandbox.lost')).toHaveLength(1);
    expect(entries).toContainEqual(expect.objectContaining({ type: 'run.recovered', how: 'rolled-back' }));
    expect(world.git(world.remote, 'show', `${state.branch}:file.txt`)).toBe('good\n');
    const home = join(world.app.homes.dir, state.id);
    expect(statSync(join(home, 'sandbox', 'repo', 'file.txt')).uid).toBe(process.getuid?.());
    // It rests: what a session left running has ended with the run.
    expect(docker('inspect', '-f', '{{.State.Running}}', containersOf(state.id))).toBe('false');
    const pruned = await world.cli(['prune', state.id, '--yes']);
    expect([pruned.code, existsSync(home), containersOf(state.id)]).toEqual([0, false, '']);
  }, 120_000);

  it('holds the limits that a sandbox asks for, measures against them, and is read-only where that is asked', async () => {
    world = await makeWorld({ script: answers(answer([])) });
    const image = testImage();
    const provider = containerProvider('docker', { env, registryDir: world.dir });
    expect((await provider.check()).map(({ level }) => level)).not.toContain('fail');
    const box = await provider.create({
      name: 'limits',
      hostDir: join(world.dir, 'limits', 'box'),
      image,
      env: {},
      labels: {},
      readOnly: true,
      resources: { vcpu: 1, memoryGib: 0.125, pids: 40 },
    });
    try {
      const eaten = await box.exec({ argv: ['python3', '-c', 'x = bytearray(400_000_000)'] });
      expect(eaten.exit).toEqual({ kind: 'code', code: 137 });
      expect(await box.stats!()).toMatchObject({
        cpuLimitPercent: 100,
        memoryLimitBytes: 2 ** 27,
        pidsLimit: 40,
      });
      const write = await box.exec({ argv: ['sh', '-c', 'echo x > /workspace/x; ls /sys/class/net'] });
      expect([write.stderr, write.stdout]).toEqual([expect.stringContaining('Read-only'), 'lo\n']);
    } finally {
      await box.destroy();
    }
  });
});
