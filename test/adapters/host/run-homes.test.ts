import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { systemClock } from '../../../src/adapters/host/clock.ts';
import { createRun, failure, homesIn, makeFolder, openRun, warning } from './run-home-fixture.ts';

const setUp = () => {
  const dir = join(makeFolder(), 'ralph', 'runs');
  const homes = homesIn(dir);
  return { dir, homes, home: createRun(homes), ralph: join(dir, 'run-1', '.ralph') };
};

describe('a run home', () => {
  test('is private to its user, and holds the mark, the log and the inbox from the start', () => {
    const { dir, home, ralph } = setUp();
    expect(readdirSync(ralph).toSorted()).toEqual(['activity.log', 'control', 'run.json']);
    expect(home.dir).toBe(join(dir, 'run-1'));
    expect(home.repo.dir).toBe(join(dir, 'run-1', 'repo.git'));
    for (const folder of [dir, home.dir, ralph]) expect(statSync(folder).mode & 0o777).toBe(0o700);
    home.state.write('iterations/1/done.json', '{}');
    home.writeTask('# task');
    for (const file of ['lock', 'ralph_task.md', '.ralph/run.json', '.ralph/iterations/1/done.json']) {
      expect(statSync(join(home.dir, file)).mode & 0o777).toBe(0o600);
    }
    expect(home.readTask()).toBe('# task');
  });

  test('is refused for an id that exists or is no name', () => {
    const { homes } = setUp();
    for (const id of ['run-1', '', '..', '.new-x', 'a/b', 'a\0b', 'x'.repeat(200)]) {
      expect(failure(() => homes.create(id)).code).toBe('usage');
    }
    for (const id of ['nobody', '..', '', 'a/../run-1']) {
      expect(failure(() => homes.open(id)).code).toBe('run.not-found');
      expect(failure(() => homes.entries(id)).code).toBe('run.not-found');
      expect(homes.peek(id)).toBeUndefined();
      expect(homes.readState(id, 'run.json')).toBeUndefined();
    }
  });

  test('opens with a run.json that is missing or broken, which is a cache only', () => {
    const { homes, home, ralph } = setUp();
    home.journal.append(warning('a'));
    home.release();
    for (const spoil of [
      () => rmSync(join(ralph, 'run.json')),
      () => writeFileSync(join(ralph, 'run.json'), '{"schema":"ral'),
      () => writeFileSync(join(ralph, 'run.json'), ''),
    ]) {
      spoil();
      const again = openRun(homes);
      expect(again.journal.replayed).toHaveLength(1);
      again.release();
      expect(homes.peek('run-1')).toMatchObject({ id: 'run-1', runJson: undefined });
    }
  });

  test('says so when its .ralph folder is gone', () => {
    const { homes, home, ralph } = setUp();
    home.release();
    rmSync(ralph, { recursive: true });
    expect(failure(() => homes.open('run-1')).code).toBe('run.damaged');
    expect(existsSync(ralph)).toBe(false);
  });

  test('that was half made or half removed by a killed process is never seen, and swept later', () => {
    const { dir, homes } = setUp();
    for (const name of ['.new-a-1', '.removed-b-2']) {
      mkdirSync(join(dir, name, '.ralph'), { recursive: true });
      utimesSync(join(dir, name), 1, 1);
    }
    expect(homes.list()).toEqual(['run-1']);
    createRun(homesIn(dir), 'run-2');
    expect(readdirSync(dir).toSorted()).toEqual(['run-1', 'run-2']);
  });

  test('is left whole by kill -9 at any rename or fsync of its making', { timeout: 600_000 }, ({ skip }) => {
    try {
      execFileSync('strace', ['-V'], { stdio: 'ignore' });
    } catch {
      return skip('strace is not there');
    }
    const src = join(import.meta.dirname, '../../../src/adapters/host');
    let killed = 0;
    for (const call of ['rename', 'fsync']) {
      for (let point = 1; point <= 8; point += 1) {
        const dir = makeFolder();
        const program = `import { createRunHomes } from ${JSON.stringify(join(src, 'run-homes.ts'))};
          import { systemClock } from ${JSON.stringify(join(src, 'clock.ts'))};
          const home = createRunHomes({ dir: ${JSON.stringify(dir)}, clock: systemClock, makeRepo: (dir) => ({ dir }), redact: (t) => t }).create('run-1');
          home.state.write('progress.md', 'p');`;
        const inject = `inject=${call}:signal=KILL:when=${point}`;
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
        try {
          execFileSync('strace', argv, { stdio: 'ignore' });
        } catch {
          killed += 1;
        }
        const homes = homesIn(dir);
        for (const id of homes.list()) {
          const home = openRun(homes, id);
          expect(home.journal.append(warning('goes on')).seq).toBe(1);
          expect(['p', undefined]).toContain(home.state.readText('progress.md'));
          expect(readdirSync(join(home.dir, '.ralph')).some((name) => name.startsWith('.tmp-'))).toBe(false);
          home.release();
        }
        if (homes.list().length === 0) createRun(homes).release();
      }
    }
    expect(killed).toBeGreaterThan(8);
  });
});

describe('state of another tool', () => {
  const foreign = (files: Record<string, string>) => {
    const dir = makeFolder();
    const ralph = join(dir, 'theirs', '.ralph');
    mkdirSync(ralph, { recursive: true });
    for (const [name, text] of Object.entries(files)) writeFileSync(join(ralph, name), text);
    return { homes: homesIn(dir), dir, ralph };
  };
  test.each([
    ['files we do not know', { 'prd.json': '{}' }],
    ['a log that is not ours', { 'activity.log': 'started\nstopped\n' }],
    ['a run.json with another mark', { 'run.json': '{"schema":"other/1"}' }],
    ['a run.json of a later version', { 'run.json': '{"schema":"ralph-fleet/2"}', 'activity.log': '' }],
    ['a run.json without a mark', { 'run.json': '{"id":1}' }],
  ])('is neither opened nor changed nor removed: %s', (_name, files) => {
    const { homes, dir, ralph } = foreign(files);
    expect(failure(() => homes.open('theirs'))).toMatchObject({ code: 'run.foreign-state' });
    expect(failure(() => homes.remove('theirs')).code).toBe('run.foreign-state');
    expect(readdirSync(join(dir, 'theirs'))).toEqual(['.ralph']);
    for (const [name, text] of Object.entries(files))
      expect(readFileSync(join(ralph, name), 'utf8')).toBe(text);
  });

  test('is a folder without .ralph and lock, too', () => {
    const dir = makeFolder();
    mkdirSync(join(dir, 'photos'));
    writeFileSync(join(dir, 'photos', 'a.jpg'), 'x');
    expect(failure(() => homesIn(dir).remove('photos')).code).toBe('run.foreign-state');
    expect(existsSync(join(dir, 'photos', 'a.jpg'))).toBe(true);
  });
});

describe('the list of runs', () => {
  test('is sorted by age, whatever the names are', () => {
    const { dir, homes } = setUp();
    for (const [i, id] of ['zeta', 'alpha', 'mid'].entries()) {
      createRun(homes, id).release();
      utimesSync(join(dir, id, 'lock'), 1000 + i, 1000 + i);
    }
    writeFileSync(join(dir, 'file'), '');
    expect(homes.list()).toEqual(['zeta', 'alpha', 'mid', 'run-1']);
    expect(homesIn(join(dir, 'none')).list()).toEqual([]);
  });

  test('of 1,000 runs costs little more than reading their run.json', () => {
    const dir = makeFolder();
    for (let i = 0; i < 1000; i += 1) {
      mkdirSync(join(dir, `r${i}`, '.ralph'), { recursive: true });
      writeFileSync(join(dir, `r${i}`, 'lock'), '');
      writeFileSync(
        join(dir, `r${i}`, '.ralph/run.json'),
        JSON.stringify({ schema: 'ralph-fleet/1', pad: 'x'.repeat(3000) }),
      );
    }
    const homes = homesIn(dir);
    const timed = (act: () => unknown): number => {
      const rounds = Array.from({ length: 7 }, () => {
        const start = performance.now();
        act();
        return performance.now() - start;
      });
      return Math.min(...rounds);
    };
    const floor = timed(() =>
      readdirSync(dir).map(
        (id) => JSON.parse(readFileSync(`${dir}/${id}/.ralph/run.json`, 'utf8')) as unknown,
      ),
    );
    const listed = timed(() => homes.list().map((id) => homes.peek(id, { withLock: false })?.runJson));
    expect(listed / floor).toBeLessThan(3);
  });
});

describe('removing a run', () => {
  test('takes everything, also folders that forbid it, and follows no link', () => {
    const { dir, homes, home } = setUp();
    const outside = makeFolder();
    writeFileSync(join(outside, 'keep'), '');
    symlinkSync(outside, join(home.dir, 'link'));
    mkdirSync(join(home.dir, 'cache', 'deep'), { recursive: true });
    writeFileSync(join(home.dir, 'cache', 'deep', 'file'), '');
    chmodSync(join(home.dir, 'cache', 'deep'), 0o500);
    expect(failure(() => homes.remove('run-1')).code).toBe('run.locked');
    home.release();
    homes.remove('run-1');
    expect(readdirSync(dir)).toEqual([]);
    expect(existsSync(join(outside, 'keep'))).toBe(true);
    expect(failure(() => homes.remove('run-1')).code).toBe('run.not-found');
  });

  test('is preceded by its size on the disk, links not followed and hard links counted once', () => {
    const { homes, home } = setUp();
    const outside = makeFolder();
    writeFileSync(join(outside, 'big'), Buffer.alloc(5_000_000, 1));
    symlinkSync(outside, join(home.dir, 'link'));
    const before = homes.diskBytes('run-1');
    writeFileSync(join(home.dir, 'some'), Buffer.alloc(1_000_000, 1));
    execFileSync('ln', [join(home.dir, 'some'), join(home.dir, 'same')]);
    const grown = homes.diskBytes('run-1') - before;
    expect(grown).toBeGreaterThanOrEqual(1_000_000);
    expect(grown).toBeLessThan(1_100_000);
    expect(homes.diskBytes('nobody')).toBe(0);
  });
});

describe('the clock', () => {
  test('sleeps as long as asked, and wakes at once when the signal aborts', async () => {
    const start = systemClock.monotonicMs();
    await systemClock.sleep(80);
    expect(systemClock.monotonicMs() - start).toBeGreaterThanOrEqual(79);
    const stop = new AbortController();
    const asleep = systemClock.sleep(10 ** 12, stop.signal);
    let awake = false;
    void asleep.then(() => (awake = true));
    await systemClock.sleep(30);
    expect(awake).toBe(false);
    stop.abort();
    await asleep;
    await systemClock.sleep(10 ** 6, stop.signal);
  });
});
