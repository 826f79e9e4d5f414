import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { answer, answers, makeWorld, taskFile, type World } from '../fakes/world.ts';

let world: World;
afterEach(async () => {
  await world.cli(['supervisor', 'stop']);
  world.destroy();
});

const good = answers(
  answer([{ type: 'run', command: 'sleep 0.3' }]),
  answer([{ type: 'write', path: 'file.txt', content: 'good\n' }], ['M1.1', 'M1.2']),
);
/** Works only once the test says so. */
const gated = answers(
  answer([{ type: 'run', command: 'until test -e "$PWD/../../../../../../go"; do sleep 0.1; done' }]),
  answer([{ type: 'write', path: 'file.txt', content: 'good\n' }], ['M1.1', 'M1.2']),
);
const task = taskFile({ test: 'grep -q good file.txt', extra: 'sandbox_provider: local' });

const statusesOf = () => world.app.runs().map((r) => r.state.status);
const until = async (what: () => boolean, seconds = 150): Promise<void> => {
  for (let i = 0; i < seconds * 10 && !what(); i += 1) await world.app.sleep(100);
  expect(what()).toBe(true);
};
const launch = async (n: number): Promise<readonly string[]> => {
  world.app.files.writeText('ralph_task.md', task, { overwrite: true });
  const { code, stdout, stderr } = await world.cli([
    'launch',
    '--json',
    '--count',
    String(n),
    '--concurrency',
    '2',
  ]);
  expect([code, stderr]).toEqual([0, expect.stringContaining('no isolation')]);
  return stdout
    .trim()
    .split('\n')
    .map((line) => (JSON.parse(line) as { run: string }).run);
};

describe('the supervisor', () => {
  it('works on launched runs in the background, each on a branch of its own, and says what it does', async () => {
    world = await makeWorld({ script: good });
    await launch(3);
    const status = await world.cli(['supervisor', 'status', '--json']);
    expect(JSON.parse(status.stdout)).toMatchObject({ running: true });
    await until(() => statusesOf().every((s) => s === 'succeeded'));
    const branches = world
      .git(world.repo, 'branch', '--format=%(refname:short)', '--list', 'ralph/*')
      .trim()
      .split('\n');
    expect(branches).toHaveLength(3);
    expect((await world.cli(['supervisor', 'stop'])).stdout).toBe('stopped\n');
  });

  it('goes on with its runs after kill -9', async () => {
    world = await makeWorld({ script: gated });
    await launch(3);
    await until(() => statusesOf().includes('running'));
    const status = await world.cli(['supervisor', 'status', '--json']);
    const { pid } = (JSON.parse(status.stdout) as { report: { pid: number } }).report;
    process.kill(pid, 'SIGKILL');
    writeFileSync(join(world.dir, 'go'), '');
    await until(() => !world.app.supervisor.running);
    await world.app.supervisor.ensure();
    await until(() => statusesOf().every((s) => s === 'succeeded'));
  });

  it('pauses a run that is still queued, and takes it up again on resume', async () => {
    world = await makeWorld({ script: gated });
    const ids = await launch(4);
    await until(() => statusesOf().filter((s) => s === 'running').length === 2);
    const last = ids.at(-1)!;
    const paused = await world.cli(['pause', last]);
    expect(paused.stdout).toContain('pause acknowledged');
    writeFileSync(join(world.dir, 'go'), '');
    await until(() => statusesOf().filter((s) => s === 'succeeded').length === 3);
    expect(world.app.replay(last).status).toBe('paused');
    expect((await world.cli(['resume', last])).code).toBe(0);
    await until(() => statusesOf().every((s) => s === 'succeeded'));
  });
});
