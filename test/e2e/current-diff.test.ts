import { join } from 'node:path';
import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { afterEach, expect, it } from 'vitest';
import { createHost } from '../../src/adapters/host/host.ts';
import { createRunRepo } from '../../src/adapters/host/run-repo.ts';
import { sandboxProvider } from '../../src/adapters/sandbox/registry.ts';
import type { CurrentDiff } from '../../src/domain/current-diff.ts';
import { viewPatch } from '../../src/domain/patch-view.ts';
import { currentDiff } from '../../src/engine/current-diff.ts';
import { parseRunJson } from '../../src/engine/run-json.ts';
import { answer, answers, makeWorld, taskFile, type World } from '../fakes/world.ts';

let world: World;
afterEach(() => world.destroy());

const pathsOf = (diff: CurrentDiff): readonly string[] =>
  diff.kind === 'none'
    ? [diff.why]
    : viewPatch(diff.patch).files.map((file) => `${file.change} ${file.path}`);

const task = taskFile({ test: 'grep -q good file.txt', extra: 'sandbox_provider: local' });

it('shows the work tree of the iteration that is under way, then the branch', async () => {
  const script = answers(
    answer([{ type: 'write', path: 'first.txt', content: 'one\n' }]),
    answer(
      [
        { type: 'write', path: 'file.txt', content: 'good\n' },
        { type: 'write', path: 'README.md', content: 'changed\n' },
        { type: 'run', command: 'while [ ! -e ../go ]; do sleep 0.05; done' },
      ],
      ['M1.1', 'M1.2'],
    ),
  );
  world = await makeWorld({ script });
  const engine = await world.app.engine();
  const { id } = await world.create(task);
  let seen: Promise<CurrentDiff> | undefined;
  const { state } = await world.resume(id, {
    onEntry: (entry) => {
      if (entry.type !== 'command.started' || !entry.command.includes('../go')) return;
      seen = engine.currentDiff(id).finally(() => {
        writeFileSync(join(world.app.homes.dir, id, 'sandbox', 'go'), '');
      });
    },
  });
  expect(state.status).toBe('succeeded');
  const during = await seen!;
  expect(during).toMatchObject({ kind: 'work-tree', iteration: 2, cut: false, note: undefined });
  expect(pathsOf(during)).toEqual(['modified README.md', 'added file.txt']);
  const after = await engine.currentDiff(id);
  expect(after).toMatchObject({ kind: 'branch', from: state.baseSha, to: state.headSha, note: undefined });
  expect(pathsOf(after)).toEqual(['modified README.md', 'added file.txt', 'added first.txt']);
});

it('falls back to the branch, and says why, where there is no sandbox or it cannot be asked', async () => {
  world = await makeWorld({
    script: answers(answer([{ type: 'write', path: 'file.txt', content: 'good\n' }], ['M1.1', 'M1.2'])),
  });
  const { state } = await world.run(task);
  const { homes } = world.app;
  const host = createHost(world.env);
  const repo = createRunRepo({ dir: join(homes.dir, state.id, 'repo.git'), env: world.env });
  const ask = (change: {
    readonly withSandbox: boolean;
    readonly breaks?: boolean;
  }): Promise<CurrentDiff> => {
    const peek = homes.peek(state.id)!;
    const json = parseRunJson(peek.runJson)!;
    const { sandbox, ...others } = json;
    const runJson = {
      ...others,
      ...(change.withSandbox && sandbox && { sandbox }),
      state: { ...json.state, status: 'running' },
    };
    const real = sandboxProvider('local', { env: world.env, registryDir: join(world.dir, 'registry') });
    return currentDiff(
      {
        homes: { ...homes, peek: () => ({ ...peek, locked: true, runJson }) },
        host,
        redact: (text) => text,
        provider: async () => ({
          ...(await real),
          attach: async (ref) => (change.breaks ? (await real).attach(ref) : undefined),
        }),
      },
      { id: state.id, repo },
    );
  };
  expect(await ask({ withSandbox: false })).toMatchObject({
    kind: 'branch',
    note: 'there is no sandbox yet',
  });
  const gone = await ask({ withSandbox: true });
  expect(gone).toMatchObject({ kind: 'branch', note: 'the sandbox is gone' });
  expect(pathsOf(gone)).toEqual(['added file.txt']);
  const clone = join(homes.dir, state.id, 'sandbox', 'repo', '.git');
  expect(existsSync(clone)).toBe(true);
  rmSync(clone, { recursive: true });
  const broken = await ask({ withSandbox: true, breaks: true });
  expect(broken).toMatchObject({ kind: 'branch' });
  expect(broken.kind === 'branch' && broken.note).toMatch(/no \.git folder/);
});

it('says calmly that there is no such run', async () => {
  world = await makeWorld({ script: answers(answer([])) });
  await expect((await world.app.engine()).currentDiff('nobody')).rejects.toMatchObject({
    code: 'run.not-found',
  });
});
