import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import type { Entry } from '../../src/domain/event.ts';
import { stripProvider } from '../conformance/sandbox.ts';
import { answer, answers, makeWorld, taskFile, type World } from '../fakes/world.ts';
import { podmanMissing, testImage } from '../fixtures/container/engine.ts';

const missing = podmanMissing();
const why = missing === undefined ? '' : ` (skipped: ${missing})`;

describe.skipIf(missing !== undefined)(`a run in a container${why}`, { timeout: 240_000 }, () => {
  let world: World;
  afterEach(() => {
    for (const id of world.app.homes.list())
      for (const container of containersOf(id)) execFileSync('podman', ['rm', '-f', container]);
    world.destroy();
  });
  const containersOf = (id: string): readonly string[] =>
    execFileSync('podman', ['ps', '-aq', '--filter', `label=ralph.run=${id}`], { encoding: 'utf8' })
      .split('\n')
      .filter((line) => line !== '');
  const task = () => taskFile({ test: 'grep -q good file.txt', extra: `sandbox_image: ${testImage()}` });
  const script = answers(
    answer([{ type: 'write', path: 'a.txt', content: 'one\n' }]),
    answer([{ type: 'run', command: 'echo half > half.txt; echo begun; sleep 3; echo over' }]),
    answer([{ type: 'write', path: 'file.txt', content: 'good\n' }], ['M1.1', 'M1.2']),
  );

  /** All of the state ref, without what differs from run to run. */
  const stateTree = (id: string, backend: string): Record<string, readonly string[]> => {
    const git = (...args: readonly string[]): string => world.git(world.remote, ...args);
    const same = (text: string): string =>
      text
        .replaceAll(world.dir, 'DIR')
        .replaceAll(id, 'RUN')
        .replaceAll(
          new RegExp(`"(DIR/state/ralph/runs/RUN/sandbox|ralph-RUN-[0-9a-f]{8})"`, 'g'),
          '"SANDBOX"',
        )
        // Limits and image are of the backend, and a local run has neither.
        .replaceAll(/,?\s*"sandbox":\s*\{\s*"defaults":\s*\{[^}]*\}\s*\}/g, '')
        .replaceAll(/,?\s*"image":\s*"[^"]*"/g, '')
        .replaceAll(`"backend":"${backend}"`, '"backend":"B"')
        .replaceAll(`"backend": "${backend}"`, '"backend": "B"')
        .replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, 'TIME')
        .replaceAll(
          /"(up|ms|pid|reservedTokens|reservedUsd|logBytes|bytes|total|model|commands|runner|[a-z_]*(?:ms|Ms|wall|Wall)[a-z_]*)"(: ?)[\d.]+/g,
          '"$1"$20',
        )
        .replaceAll(/"(crc|call|key)":"\w+"/g, '"$1":"ID"')
        .replaceAll(/\b[0-9a-f]{9,64}\b/g, 'HASH')
        .replaceAll(/wall time: [\d.]+ min/g, 'wall time: N min')
        .replaceAll(/"isolated":( ?)(true|false)/g, '"isolated":$1I')
        .replaceAll(/after [\d.]+ m?s/g, 'after N s');
    const paths = git('ls-tree', '-r', '--name-only', 'refs/ralph/task-1').trim().split('\n');
    return Object.fromEntries(
      paths.map((path) => [path, same(git('show', `refs/ralph/task-1:${path}`)).split('\n')]),
    );
  };

  it.each([
    ['killed', ['kill']],
    ['removed', ['rm', '-f']],
  ])('succeeds although its container is %s in the middle of an iteration', async (_how, verb) => {
    world = await makeWorld({ script, backend: 'podman' });
    let done = false;
    const onEntry = (entry: Entry): void => {
      if (done || entry.type !== 'command.output' || !entry.text.includes('begun')) return;
      done = true;
      for (const id of containersOf(entry.run ?? '')) execFileSync('podman', [...verb, id]);
    };
    const { state, entries } = await world.run(task(), { onEntry });
    expect(done).toBe(true);
    expect([state.status, state.committed]).toEqual(['succeeded', 3]);
    expect(entries.filter(({ type }) => type === 'sandbox.lost')).toHaveLength(1);
    const recovered = entries.find(({ type }) => type === 'run.recovered');
    expect(recovered).toMatchObject({
      how: 'rolled-back',
      n: 2,
      detail: expect.stringContaining('ralph-wip'),
    });
    // What the cut command had written is kept, because the work folder outlives the container.
    const ref = /refs\/ralph-wip\/\S+/.exec(JSON.stringify(recovered))?.[0] ?? '';
    const home = join(world.app.homes.dir, state.id);
    expect(world.git(join(home, 'repo.git'), 'show', `${ref.replace(/[",].*/, '')}:half.txt`)).toBe('half\n');
  });

  it('pauses when its image is gone along with its container, and goes on once it is there again', async () => {
    world = await makeWorld({ script, backend: 'podman' });
    const image = `localhost/ralph-test-gone:${process.pid}`;
    const tag = (): void => void execFileSync('podman', ['tag', testImage(), image]);
    const untag = (): void => void execFileSync('podman', ['untag', testImage(), image]);
    tag();
    let done = false;
    const onEntry = (entry: Entry): void => {
      if (done || entry.type !== 'command.output' || !entry.text.includes('begun')) return;
      done = true;
      untag();
      for (const id of containersOf(entry.run ?? '')) execFileSync('podman', ['rm', '-f', '-t', '0', id]);
    };
    const { state } = await world.run(task().replace(testImage(), image), { onEntry });
    expect(state).toMatchObject({ status: 'paused', reason: 'blocked', committed: 1 });
    expect(state.detail).toContain(`podman has no image ${image} (podman pull ${image}`);
    tag();
    try {
      await world.app.steer(state.id, { kind: 'resume' });
      const again = await world.resume(state.id);
      expect([again.state.status, again.state.committed]).toEqual(['succeeded', 3]);
      expect(again.entries.find(({ type }) => type === 'sandbox.ready')).toMatchObject({ how: 'recreated' });
    } finally {
      untag();
    }
  });

  it('is stopped with all that runs in it when the run ends, and looked at without being woken', async () => {
    const actions = [
      { type: 'run', command: 'setsid sleep 600 >/dev/null 2>&1 & echo left' },
      { type: 'write', path: 'file.txt', content: 'good\n' },
    ];
    world = await makeWorld({ script: answers(answer(actions, ['M1.1', 'M1.2'])), backend: 'podman' });
    const { state } = await world.run(task());
    expect(state.status).toBe('succeeded');
    const [container = ''] = containersOf(state.id);
    const isUp = (): string =>
      execFileSync('podman', ['inspect', '-f', '{{.State.Running}}', container], { encoding: 'utf8' }).trim();
    expect(isUp()).toBe('false');
    const report = await (await world.app.engine()).describeSandbox(state.id);
    expect(report).toMatchObject({ state: 'stopped', stats: undefined });
    expect(isUp()).toBe('false');
  });

  it('leaves the same state behind as a local run of the same script, also with optional members stripped', async () => {
    const trees: unknown[] = [];
    const places = [
      { backend: 'local' },
      { backend: 'podman' },
      { backend: 'podman', asProvider: stripProvider },
    ] as const;
    for (const [at, place] of places.entries()) {
      const { backend } = place;
      world = await makeWorld({ script, ...place });
      const { state } = await world.run(task());
      expect(state.status).toBe('succeeded');
      trees.push(stateTree(state.id, backend));
      for (const id of containersOf(state.id)) execFileSync('podman', ['rm', '-f', '-t', '0', id]);
      if (at < places.length - 1) world.destroy();
    }
    expect(Object.keys(trees[0] as object)).toHaveLength(34);
    expect(trees[1]).toEqual(trees[0]);
    expect(trees[2]).toEqual(trees[0]);
  });
});
