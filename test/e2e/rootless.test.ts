import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { readMachine } from '../../src/adapters/sandbox/container/machine.ts';
import { containerProvider } from '../../src/adapters/sandbox/container/provider.ts';
import { sandboxConformance } from '../conformance/sandbox.ts';
import { answer, answers, makeWorld, taskFile } from '../fakes/world.ts';
import { podmanMissing, testImage } from '../fixtures/container/engine.ts';

const isRequired = (process.env['RALPH_REQUIRE_BACKENDS'] ?? '').split(',').includes('rootless');
const uid = process.getuid?.() ?? 0;
const missing =
  uid === 0 && !isRequired
    ? 'needs an ordinary user: sh test/fixtures/container/as-user.sh'
    : podmanMissing();

describe.skipIf(missing !== undefined)(`Podman without root${missing ? ` (${missing})` : ''}`, () => {
  if (missing !== undefined) return;
  const root = mkdtempSync(join(tmpdir(), 'ralph-rootless-'));
  afterAll(() => rmSync(root, { recursive: true, force: true }));
  const image = testImage();
  const provider = containerProvider('podman', {
    env: process.env,
    registryDir: join(root, 'registry'),
    image: () => Promise.resolve(image),
  });
  // Podman itself says so where cgroups are of the first version; the rest of this file holds either way.
  const holdsLimits = readMachine().cgroups === 'v2';

  sandboxConformance({ provider, title: 'podman, without root' });

  it('is found usable, and named as what it is', async () => {
    const findings = await provider.check();
    expect(findings[0]?.what).toMatch(/^Podman \d.*, rootless/);
    expect(findings.filter(({ level }) => level === 'fail')).toEqual([]);
    expect(findings.some(({ noLimits }) => noLimits)).toBe(!holdsLimits);
  });

  it('says that a sandbox is lost when it is killed, keeps its files, and counts nothing that is not its own', async () => {
    const hostDir = join(root, 'killed', 'box');
    const resources = { memoryGib: 0.25, pids: 100 };
    const box = await provider.create({ name: 'killed', hostDir, env: {}, labels: {}, resources });
    const stats = await box.stats!();
    expect([stats.memoryLimitBytes, stats.pidsLimit]).toEqual(
      holdsLimits ? [2 ** 28, 100] : [undefined, undefined],
    );
    expect(stats.memoryBytes ?? 0).toBeLessThanOrEqual(2 ** 28);
    const lost = box.exec({
      argv: ['sh', '-c', 'id -u > file; echo go; sleep 60'],
      onOutput: () => execFileSync('podman', ['kill', box.ref.id]),
    });
    await expect(lost).rejects.toMatchObject({ code: 'sandbox.unavailable' });
    expect(statSync(join(hostDir, 'file')).uid).toBe(uid);
    const again = await provider.attach(box.ref);
    expect((await again!.exec({ argv: ['cat', 'file'] })).stdout).toBe(`${uid}\n`);
    await again!.destroy();
    expect(readdirSync(join(root, 'killed'))).toEqual([]);
  });

  it('carries a whole run: green, its files the user’s own, and nothing left of it after prune', async () => {
    const world = await makeWorld({
      script: answers(
        answer([{ type: 'run', command: 'echo "me: $(id -u)"; touch ~/mine made.txt' }]),
        answer([{ type: 'write', path: 'file.txt', content: 'good\n' }], ['M1.1', 'M1.2']),
      ),
    });
    try {
      const test = 'grep -q good file.txt';
      const task = taskFile({ test, extra: `sandbox_image: ${image}` });
      world.app.files.writeText('ralph_task.md', task, { overwrite: true });
      const said = await world.cli(['run', '--backend', 'podman', '--network', 'none', '--json']);
      expect([said.code, said.stderr]).toEqual([0, expect.any(String)]);
      const [run] = world.app.runs();
      const entries = [...world.app.homes.entries(run!.id)];
      expect(run?.state).toMatchObject({ status: 'succeeded', backend: 'podman', isolated: true });
      expect(entries).toContainEqual(
        expect.objectContaining({ type: 'command.output', text: `me: ${uid}\n` }),
      );
      const unheld = entries.find((e) => e.type === 'warning' && e.text.includes('have no effect'));
      expect(unheld === undefined).toBe(holdsLimits);
      const home = join(world.app.homes.dir, run!.id);
      for (const path of ['sandbox/repo/made.txt', 'sandbox/repo/file.txt', 'home/mine'])
        expect(statSync(join(home, path)).uid).toBe(uid);
      expect(world.git(world.repo, 'show', `${run!.state.branch}:file.txt`)).toBe('good\n');
      expect((await world.cli(['prune', run!.id, '--yes'])).code).toBe(0);
      expect(existsSync(home)).toBe(false);
      const left = execFileSync('podman', ['ps', '-aq', '--filter', `label=ralph.run=${run!.id}`]);
      expect(left.toString()).toBe('');
    } finally {
      world.destroy();
    }
  }, 120_000);
});
