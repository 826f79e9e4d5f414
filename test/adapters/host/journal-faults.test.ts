import { execFileSync, spawnSync } from 'node:child_process';
import { rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import {
  checkIndependently,
  createRun,
  failure,
  homesIn,
  later,
  makeFolder,
  openRun,
  startChild,
  warning,
} from './run-home-fixture.ts';

describe('a disk that refuses', () => {
  const isRoot = process.getuid?.() === 0;
  const mounted = (options: string): string | undefined => {
    const dir = makeFolder();
    if (!isRoot || spawnSync('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', dir]).status !== 0)
      return undefined;
    later(() => spawnSync('umount', ['-l', dir]));
    return dir;
  };

  test('full: the append throws disk, the log ends at a line border, and goes on when there is room', ({
    skip,
  }) => {
    const dir = mounted('size=256k');
    if (dir === undefined) return skip('mounting a small tmpfs needs root');
    const homes = homesIn(join(dir, 'runs'));
    const home = createRun(homes);
    const log = join(home.dir, '.ralph/activity.log');
    writeFileSync(join(dir, 'ballast'), Buffer.alloc(64 * 1024));
    let count = 0;
    const error = failure(() => {
      for (;;) {
        home.journal.append(warning('x'.repeat(700 + count)), { sync: true });
        count += 1;
      }
    });
    expect(error).toMatchObject({ code: 'disk', message: expect.stringContaining('ENOSPC') as string });
    expect(error.hint).toContain('free some space');
    expect(checkIndependently(log)).toBe(count);
    expect(statSync(log).size).toBe(home.journal.bytes);
    expect(failure(() => home.state.write('notes.md', 'n'.repeat(9000))).code).toBe('disk');
    expect(home.state.exists('notes.md')).toBe(false);
    rmSync(join(dir, 'ballast'));
    expect(home.journal.append(warning('room again'), { sync: true }).seq).toBe(count + 1);
    home.release();
    expect(openRun(homes).journal.replayed).toHaveLength(count + 1);
  });

  test('read-only: opening and creating throw disk with a hint, reading goes on', ({ skip }) => {
    const dir = mounted('size=1m');
    if (dir === undefined) return skip('mounting a tmpfs needs root');
    const homes = homesIn(dir);
    const home = createRun(homes);
    home.journal.append(warning('a'));
    home.release();
    expect(spawnSync('mount', ['-o', 'remount,ro', dir]).status).toBe(0);
    for (const act of [() => homes.open('run-1'), () => homes.create('run-2'), () => homes.remove('run-1')]) {
      const error = failure(act);
      expect(error.code).toBe('disk');
      expect(error.hint).toBeTruthy();
    }
    expect(homes.entries('run-1')).toHaveLength(1);
    expect(homes.peek('run-1')).toMatchObject({ locked: false });
    expect(homes.list()).toEqual(['run-1']);
  });
});

test('kill -9 in the midst of appending leaves a log that opens, with every synced entry in it', async () => {
  const dir = makeFolder();
  const child = startChild(
    dir,
    `const home = homes.create('run-1');
     for (;;) { const entry = home.journal.append({ type: 'warning', about: 'x', text: 'y'.repeat(2000) }, { sync: true });
       fs.writeSync(1, entry.seq + '\\n'); }`,
  );
  await child.said('40');
  child.process.kill('SIGKILL');
  const { stdout } = await child.ended;
  const acknowledged = Number(stdout.split('\n').slice(0, -1).at(-1));
  const { journal } = openRun(homesIn(dir));
  expect(journal.replayed.length).toBeGreaterThanOrEqual(acknowledged);
  checkIndependently(join(dir, 'run-1/.ralph/activity.log'));
});

test('after a disk lost what it had taken nothing more is written, and the log opens again', ({ skip }) => {
  if (spawnSync('strace', ['-V']).status !== 0) return skip('strace is not there');
  const dir = makeFolder();
  createRun(homesIn(dir)).release();
  const src = join(import.meta.dirname, '../../../src/adapters/host');
  const program = `import { createRunHomes } from ${JSON.stringify(join(src, 'run-homes.ts'))};
    import { systemClock } from ${JSON.stringify(join(src, 'clock.ts'))};
    const homes = createRunHomes({ dir: ${JSON.stringify(dir)}, clock: systemClock, makeRepo: (dir) => ({ dir }), redact: (t) => t });
    const { journal } = homes.open('run-1');
    const append = () => { try { return journal.append({ type: 'warning', about: 'a', text: 't' }, { sync: true }).seq; } catch (e) { return e.code + ' ' + e.cause.code; } };
    console.log([append(), append(), append(), journal.bytes].join(','));`;
  const inject = 'inject=fdatasync:error=EIO:when=2';
  const argv = [
    '-f',
    '-qq',
    '-o',
    '/dev/null',
    '-e',
    inject,
    process.execPath,
    '--input-type=module',
    '-e',
    program,
  ];
  const said = execFileSync('strace', argv, { encoding: 'utf8' }).trim();
  const log = join(dir, 'run-1/.ralph/activity.log');
  expect(said).toBe(`1,disk EIO,disk EIO,${statSync(log).size}`);
  expect(checkIndependently(log)).toBe(1);
  expect(openRun(homesIn(dir)).journal.append(warning('again')).seq).toBe(2);
});
