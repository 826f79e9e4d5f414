import { mkdirSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { isLocked, takeLock, type HeldLock } from '../../../src/adapters/host/lock.ts';
import { createRun, failure, homesIn, makeFolder, openRun, startChild } from './run-home-fixture.ts';

const hold = `const home = homes.create('run-1'); console.log('held'); setInterval(() => {}, 1000);`;

test('a second process is told locked at once, and so is the holder itself', async () => {
  const dir = makeFolder();
  const homes = homesIn(dir);
  const home = createRun(homes);
  expect(homes.open('run-1')).toBe('locked');
  const child = startChild(dir, `console.log(homes.open('run-1'), homes.peek('run-1').locked);`);
  expect(await child.ended).toMatchObject({ code: 0, stdout: 'locked true\n' });
  home.release();
  home.release();
  const next = startChild(
    dir,
    `console.log(typeof homes.open('run-1'), homes.peek('run-1').locked); process.exit()`,
  );
  expect(await next.ended).toMatchObject({ stdout: 'object true\n' });
});

test('kill -9 of the holder frees the lock', async () => {
  const dir = makeFolder();
  const homes = homesIn(dir);
  const child = startChild(dir, hold);
  await child.said('held');
  expect(homes.peek('run-1')?.locked).toBe(true);
  expect(homes.open('run-1')).toBe('locked');
  expect(failure(() => homes.remove('run-1')).code).toBe('run.locked');
  child.process.kill('SIGKILL');
  await child.ended;
  expect(homes.peek('run-1')?.locked).toBe(false);
  expect(openRun(homes).id).toBe('run-1');
});

test('of many processes that open a run at the same moment exactly one gets it', async () => {
  const dir = makeFolder();
  createRun(homesIn(dir)).release();
  const children = Array.from({ length: 5 }, () =>
    startChild(
      dir,
      `console.log('ready'); process.stdin.once('data', () => {
         const got = homes.open('run-1'); console.log(got === 'locked' ? 'locked' : 'owner');
         process.stdin.once('data', () => process.exit()); });`,
    ),
  );
  await Promise.all(children.map((child) => child.said('ready')));
  for (const child of children) child.process.stdin.write('go\n');
  const answers = await Promise.all(
    children.map((child) => Promise.race([child.said('locked'), child.said('owner')])),
  );
  expect(answers.toSorted()).toEqual(['locked', 'locked', 'locked', 'locked', 'owner']);
  for (const child of children) child.process.stdin.write('end\n');
  await Promise.all(children.map((child) => child.ended));
});

test('a lock that nothing refers to any more outlives the garbage collector', async () => {
  const dir = makeFolder();
  createRun(homesIn(dir)).release();
  const child = startChild(
    dir,
    `const { setFlagsFromString } = await import('node:v8'); const { runInNewContext } = await import('node:vm');
     setFlagsFromString('--expose-gc'); const collect = runInNewContext('gc');
     homes.open('run-1');
     for (let i = 0; i < 3; i += 1) { await new Promise((done) => setTimeout(done, 20)); collect(); }
     console.log('collected'); setInterval(() => {}, 1000);`,
  );
  await child.said('collected');
  expect(homesIn(dir).open('run-1')).toBe('locked');
});

test('looking whether a run is locked never keeps its next owner out', async () => {
  const dir = makeFolder();
  createRun(homesIn(dir)).release();
  const child = startChild(
    dir,
    `console.log('looking'); const end = Date.now() + 1500; let seen = 0;
     while (Date.now() < end) if (homes.peek('run-1').locked) seen += 1; console.log('seen ' + seen);`,
  );
  await child.said('looking');
  const homes = homesIn(dir);
  let refused = 0;
  for (let i = 0; i < 150; i += 1) {
    const home = homes.open('run-1');
    if (home === 'locked') refused += 1;
    else home.release();
  }
  expect(refused).toBe(0);
  await child.ended;
});

test('measuring a run that this process owns does not free its lock', async () => {
  const dir = makeFolder();
  const homes = homesIn(dir);
  createRun(homes);
  expect(homes.diskBytes('run-1')).toBeGreaterThan(0);
  homes.list();
  homes.peek('run-1');
  homes.open('run-1');
  const child = startChild(dir, `console.log(homes.open('run-1'));`);
  expect((await child.ended).stdout).toBe('locked\n');
});

test('500 locks in one process stay small and leave no file but their own', () => {
  const dir = makeFolder();
  mkdirSync(dir, { recursive: true });
  const before = process.memoryUsage().rss;
  const locks = Array.from({ length: 500 }, (_, i) => takeLock(join(dir, `lock-${i}`)));
  const grown = process.memoryUsage().rss - before;
  expect(locks.filter((lock) => lock === 'locked')).toEqual([]);
  expect(grown).toBeLessThan(100 * 1024 * 1024);
  expect(readdirSync(dir)).toHaveLength(500);
  expect(statSync(join(dir, 'lock-7')).size).toBe(0);
  for (const lock of locks as HeldLock[]) lock.release();
  expect(isLocked(join(dir, 'lock-7'))).toBe(false);
  expect(isLocked(join(dir, 'no-such-lock'))).toBe(false);
});

test('nothing is printed when the lock is first used, and later warnings still are', async () => {
  const dir = makeFolder();
  const child = startChild(dir, `homes.create('run-1').release(); process.emitWarning('of my own');`);
  const { stdout, stderr } = await child.ended;
  expect(stdout).toBe('');
  expect(stderr).not.toContain('SQLite');
  expect(stderr).toContain('of my own');
});
