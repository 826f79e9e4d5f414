import { execFileSync, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { answer, answers, makeWorld, taskFile, type World } from '../fakes/world.ts';
import { brokenPromises, look, makeCrashWorld, onlyRun, task } from './crash-world.ts';

let world: World;
let unmount = (): void => undefined;
afterEach(() => {
  unmount();
  unmount = () => undefined;
  world.destroy();
});

/** Mounting needs to be root of a machine that lets one. */
const canMount = ((): boolean => {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return false;
  const dir = `/tmp/ralph-mount-${process.pid}`;
  try {
    mkdirSync(dir);
    execFileSync('mount', ['-t', 'tmpfs', 'tmpfs', dir], { stdio: 'ignore' });
    execFileSync('umount', [dir]);
    return true;
  } catch {
    return false;
  } finally {
    execFileSync('rmdir', [dir]);
  }
})();
if (!canMount) process.stderr.write('SKIPPED: full and read-only disks (no right to mount a tmpfs)\n');

const mount = (size: string): string => {
  const dir = join(world.dir, 'state');
  mkdirSync(dir, { recursive: true });
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${size}`, 'tmpfs', dir]);
  unmount = () => execFileSync('umount', ['-l', dir]);
  return dir;
};
const remount = (dir: string, options: string): void => {
  execFileSync('mount', ['-o', `remount,${options}`, dir]);
};
const taskIn = (at: World): string => {
  const file = join(at.dir, 'task.md');
  writeFileSync(file, task.replace(/^---\n/, `---\nrepo_url: ${at.remote}\n`));
  return file;
};
const logOf = (at: World, id: string): string => join(at.app.homes.dir, id, '.ralph/activity.log');
const message = /^ralph: \S/m;

describe.skipIf(!canMount)('a full disk', () => {
  it.each([
    '8k',
    '64k',
    '128k',
    '192k',
    '232k',
    '304k',
    '352k',
    '50m,nr_inodes=60',
    '50m,nr_inodes=90',
    '50m,nr_inodes=100',
    '50m,nr_inodes=130',
  ])('of %s: recorded or clearly said, and the run goes on when there is room', async (size) => {
    world = await makeCrashWorld();
    const dir = mount(size);
    const first = await world.cli(['run', taskIn(world), '--backend', 'local']);
    const ids = world.app.homes.list();
    expect(ids.length).toBeLessThan(2);
    const id = ids[0];
    if (id === undefined) {
      expect([first.code, first.stderr]).toEqual([1, expect.stringMatching(message)]);
      expect(first.stderr).not.toMatch(/^ {4}at /m);
      return;
    }
    if (first.code === 0) return;
    const state = world.app.replay(id);
    // Where there is room but no name left, not every git says so.
    const reasons = size.includes('inodes') ? ['disk full', 'blocked'] : ['disk full'];
    if (state.status === 'paused') expect(reasons).toContain(state.reason);
    else expect(first.stderr).toMatch(message);
    const remains = look(world, id);
    remount(dir, 'size=200m,nr_inodes=20000');
    const second = await world.cli(['resume', id, '--foreground']);
    expect([second.code, second.stderr]).toEqual([0, '']);
    expect(brokenPromises(world, id, { remains, controls: [] })).toEqual([]);
  });

  it('under a supervisor: it outlives that, and so does the command that is at work', async () => {
    const finish = answer([{ type: 'write', path: 'file.txt', content: 'good\n' }], ['M1.1', 'M1.2']);
    const wait = 'until test -e "$PWD/../../../../../../go"; do sleep 0.1; done';
    world = await makeWorld({ script: answers(answer([{ type: 'run', command: wait }]), finish) });
    const dir = mount('50m');
    const { supervisor, sleep } = world.app;
    const until = async (what: () => boolean): Promise<void> => {
      for (let i = 0; i < 600 && !what(); i += 1) await sleep(100);
      expect(what()).toBe(true);
    };
    const { id } = await world.create(taskFile({ test: 'grep -q good file.txt' }));
    const child = world.start(['supervisor', 'run']);
    let said = '';
    child.stdout?.on('data', (text: Buffer) => (said += text.toString()));
    await until(() => supervisor.running);
    supervisor.enqueue(id);
    await until(() => world.app.homes.entries(id).some((e) => e.type === 'command.started'));
    expect(() =>
      execFileSync('sh', ['-c', 'cat /dev/zero > "$1"', 'sh', join(dir, 'fill')], { stdio: 'pipe' }),
    ).toThrow(/No space left/);
    // It writes its report every two seconds, and could not.
    await until(() => /report\.json: ENOSPC/.test(said));
    rmSync(join(dir, 'fill'));
    writeFileSync(join(world.dir, 'go'), '');
    await until(() => world.app.replay(id).status === 'succeeded');
    expect(child.exitCode).toBe(null);
    supervisor.stop();
    await once(child, 'close');
    expect(child.exitCode).toBe(0);
  });

  it('that becomes read-only in the middle: said, and the run goes on when it can be written again', async () => {
    world = await makeCrashWorld();
    const dir = mount('200m');
    await world.cli(['run', taskIn(world), '--backend', 'local'], {
      env: { RALPH_FAILPOINT: 'answer.saved:1' },
    });
    const id = onlyRun(world);
    remount(dir, 'ro');
    const readOnly = await world.cli(['resume', id, '--foreground']);
    expect([readOnly.code, readOnly.stderr]).toEqual([1, expect.stringMatching(message)]);
    expect(readOnly.stderr).toMatch(/read-only|EROFS/);
    expect(readOnly.stderr).not.toMatch(/^ {4}at /m);
    const looked = await world.cli(['show', id]);
    expect([looked.code, looked.stderr]).toEqual([0, '']);
    const created = await world.cli(['run', taskIn(world), '--backend', 'local']);
    expect([created.code, created.stderr]).toEqual([1, expect.stringMatching(/^ralph: .*EROFS/m)]);
    remount(dir, 'rw');
    expect((await world.cli(['resume', id, '--foreground'])).code).toBe(0);
    expect(brokenPromises(world, id, { controls: [] })).toEqual([]);
  });
});

describe('a place that takes no more output', () => {
  it.skipIf(!existsSync('/dev/full')).each(['ls', 'ls --json', 'show', '--help'])(
    'of `ralph %s` is said, with exit 1',
    async (line) => {
      world = await makeCrashWorld();
      const { id } = await world.create(task);
      const argv = line === 'show' ? ['show', id] : line.split(' ');
      const script = 'exec "$@" > /dev/full';
      const main = join(import.meta.dirname, '../../src/main.ts');
      const { status, stderr } = spawnSync('sh', ['-c', script, 'sh', process.execPath, main, ...argv], {
        env: world.env,
        cwd: world.repo,
        encoding: 'utf8',
      });
      expect([status, stderr]).toEqual([1, 'ralph: cannot write the output: ENOSPC\n']);
    },
  );
});

describe('a damaged log', () => {
  const crashed = async (): Promise<string> => {
    world = await makeCrashWorld();
    await world.cli(['run', taskIn(world), '--backend', 'local'], { env: { RALPH_FAILPOINT: 'snapshot:2' } });
    return onlyRun(world);
  };

  it('with a torn last line: the piece is moved aside, said, and the run goes on', async () => {
    const id = await crashed();
    appendFileSync(logOf(world, id), '{"v":1,"seq":9999,"at":"20');
    expect((await world.cli(['show', id])).code).toBe(0);
    const { code } = await world.cli(['resume', id, '--foreground']);
    expect(code).toBe(0);
    expect(brokenPromises(world, id, { controls: [] })).toEqual([]);
    expect(world.app.homes.entries(id)).toContainEqual(
      expect.objectContaining({ type: 'run.recovered', how: 'log-repaired' }),
    );
    const aside = readdirSync(join(logOf(world, id), '..')).filter((name) =>
      name.startsWith('activity.log.torn-'),
    );
    expect(aside).toHaveLength(1);
    expect(readFileSync(join(logOf(world, id), '..', aside[0]!), 'utf8')).toContain('9999');
  });

  it('with one flipped byte in the middle: refused, with line and offset, and nothing is changed', async () => {
    const id = await crashed();
    const log = logOf(world, id);
    const bytes = readFileSync(log);
    const at = bytes.indexOf('"model.requested"') + 3;
    bytes[at] = bytes[at]! ^ 1;
    writeFileSync(log, bytes);
    const line = bytes.subarray(0, at).filter((byte) => byte === 10).length + 1;
    for (const args of [
      ['resume', id, '--foreground'],
      ['logs', id],
    ]) {
      const { code, stderr } = await world.cli(args);
      expect([args[0], code]).toEqual([args[0], 1]);
      expect(stderr).toMatch(
        new RegExp(`^ralph: .*activity\\.log is damaged at line ${line}, byte offset \\d+`, 'm'),
      );
      expect(stderr).not.toMatch(/^ {4}at /m);
    }
    expect(readFileSync(log).equals(bytes)).toBe(true);
  });

  it('of which every line is gone: refused', async () => {
    const id = await crashed();
    writeFileSync(logOf(world, id), '');
    const { code, stderr } = await world.cli(['resume', id, '--foreground']);
    expect([code, stderr]).toEqual([1, expect.stringMatching(/^ralph: .*missing or empty/m)]);
  });

  it('of another tool: refused, left as it is', async () => {
    const id = await crashed();
    const ralph = join(world.app.homes.dir, id, '.ralph');
    writeFileSync(join(ralph, 'run.json'), '{"schema":"somebody-else/9","state":{}}');
    const before = readFileSync(logOf(world, id));
    const { code, stderr } = await world.cli(['resume', id, '--foreground']);
    expect(code).not.toBe(0);
    expect(stderr).toMatch(message);
    expect(stderr).not.toMatch(/^ {4}at /m);
    expect(readFileSync(logOf(world, id)).equals(before)).toBe(true);
    expect(readFileSync(join(ralph, 'run.json'), 'utf8')).toContain('somebody-else');
  });

  it.each(['run.json', 'iterations/1/metrics.json', 'progress.md', 'notes.md'])(
    'does not need %s: what can be rebuilt is',
    async (name) => {
      const id = await crashed();
      writeFileSync(join(world.app.homes.dir, id, '.ralph', name), '\u0000\u0001 not what it was');
      const { code, stderr } = await world.cli(['resume', id, '--foreground']);
      expect([code, stderr]).toEqual([0, '']);
      expect(world.app.replay(id).status).toBe('succeeded');
    },
  );
});
