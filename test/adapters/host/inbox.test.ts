import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, readdirSync, renameSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openInbox } from '../../../src/adapters/host/inbox.ts';
import type { Control } from '../../../src/domain/control.ts';
import { createRun, failure, homesIn, later, makeFolder, startChild, until } from './run-home-fixture.ts';

const control = (id: string, text = 'look at the tests'): Control => ({
  v: 1,
  id,
  at: '2026-01-01T00:00:00.000Z',
  by: 'tester',
  order: { kind: 'note', text },
});
const inboxOf = () => {
  const homes = homesIn(makeFolder());
  const home = createRun(homes);
  return { homes, home, dir: join(home.dir, '.ralph/control') };
};

test('controls are taken in the order they were dropped, and are gone once removed', () => {
  const { homes, home, dir } = inboxOf();
  for (const id of ['z', 'a', '../m', 'b']) homes.dropControl('run-1', control(id));
  const pending = home.inbox.pending();
  expect(pending.map((item) => item.control?.id)).toEqual(['z', 'a', '../m', 'b']);
  expect(readdirSync(dir).every((name) => /^\d{8}T\d{9}Z-\d{8}-[\w-]+\.json$/u.test(name))).toBe(true);
  expect(statSync(join(dir, pending[0]?.name ?? '')).mode & 0o777).toBe(0o600);
  for (const item of pending) home.inbox.remove(item.name);
  expect(home.inbox.pending()).toEqual([]);
});

test('what is no control is named with its problem, blocks nothing, and does not hide its neighbours', () => {
  const { homes, home, dir } = inboxOf();
  execFileSync('mkfifo', [join(dir, '01-fifo.json')]);
  symlinkSync('/etc/hostname', join(dir, '02-link.json'));
  symlinkSync('/dev/zero', join(dir, '03-device.json'));
  mkdirSync(join(dir, '04-folder.json'));
  writeFileSync(join(dir, '05-large.json'), ' '.repeat(1024 * 1024));
  writeFileSync(join(dir, '06-text.json'), 'TOKEN=abc is not JSON');
  writeFileSync(join(dir, '07-latin.json'), Buffer.from([0x22, 0xff, 0x22]));
  writeFileSync(join(dir, '08-other.json'), '{"v":1,"order":{"kind":"explode"}}');
  writeFileSync(join(dir, '09-empty.json'), '');
  writeFileSync(join(dir, 'README'), 'not looked at');
  writeFileSync(join(dir, '.tmp-half.json'), '{');
  homes.dropControl('run-1', control('good'));
  const pending = home.inbox.pending();
  expect(pending.map(({ name, problem }) => `${name.slice(0, 2)} ${problem}`)).toEqual([
    '01 it is not a regular file',
    '02 it is not a regular file',
    '03 it is not a regular file',
    '04 it is not a regular file',
    '05 it is larger than 512 KiB',
    '06 it is not JSON',
    '07 it is not JSON',
    expect.stringMatching(/^08 it is not a control: /u) as string,
    '09 it is not JSON',
    '20 undefined',
  ]);
  expect(pending.at(-1)?.control?.id).toBe('good');
  expect(JSON.stringify(pending.slice(0, -1))).not.toContain('TOKEN');
  for (const item of pending) home.inbox.remove(item.name);
  expect(readdirSync(dir).toSorted()).toEqual(['.tmp-half.json', 'README']);
});

test('at most 1,000 files are taken at a time, the first by name', () => {
  const { home, dir } = inboxOf();
  for (let i = 0; i < 1100; i += 1) writeFileSync(join(dir, `${String(i).padStart(5, '0')}.json`), '{}');
  const pending = home.inbox.pending();
  expect(pending).toHaveLength(1000);
  expect(pending.at(-1)?.name).toBe('00999.json');
});

test('a name that leads out of the inbox removes nothing', () => {
  const { home } = inboxOf();
  home.inbox.remove('../run.json');
  home.inbox.remove('../../ralph_task.json');
  expect(home.state.exists('run.json')).toBe(true);
});

test('a missing inbox is empty, and a control makes it anew', () => {
  const { homes, home } = inboxOf();
  home.state.remove('control');
  expect(home.inbox.pending()).toEqual([]);
  homes.dropControl('run-1', control('a'));
  expect(home.inbox.pending()).toHaveLength(1);
});

test('an order that no runner would take is refused where it is given', () => {
  const { homes } = inboxOf();
  expect(failure(() => homes.dropControl('run-1', control('a', ''))).code).toBe('usage');
  expect(failure(() => homes.dropControl('run-1', control('a', 'x'.repeat(70_000)))).code).toBe('usage');
  expect(failure(() => homes.dropControl('nobody', control('a'))).code).toBe('run.not-found');
});

test('in a folder that cannot be written removing is silent and the control stays', ({ skip }) => {
  if (process.getuid?.() === 0) return skip('root writes everywhere');
  const { homes, home, dir } = inboxOf();
  homes.dropControl('run-1', control('a'));
  chmodSync(dir, 0o500);
  later(() => chmodSync(dir, 0o700));
  home.inbox.remove(home.inbox.pending()[0]?.name ?? '');
  expect(home.inbox.pending()).toHaveLength(1);
});

test('a watcher hears of controls that another process drops, until it stops', async () => {
  const { home } = inboxOf();
  let calls = 0;
  const stop = home.inbox.watch(() => (calls += 1));
  const drop = (id: string): string => `homes.dropControl('run-1', ${JSON.stringify(control(id))});`;
  await startChild(join(home.dir, '..'), drop('a')).ended;
  await until(() => calls > 0 && home.inbox.pending().length === 1);
  stop();
  const heard = calls;
  await startChild(join(home.dir, '..'), drop('b')).ended;
  await new Promise((done) => setTimeout(done, 600));
  expect(calls).toBe(heard);
  expect(home.inbox.pending()).toHaveLength(2);
});

test('a folder that comes after the watch began is heard of by the poll', async () => {
  const dir = join(makeFolder(), 'later');
  const inbox = openInbox(dir);
  let calls = 0;
  later(inbox.watch(() => (calls += 1)));
  mkdirSync(`${dir}.new`);
  writeFileSync(join(`${dir}.new`, 'a.json'), JSON.stringify(control('a')));
  renameSync(`${dir}.new`, dir);
  await until(() => calls > 0);
  expect(inbox.pending()).toHaveLength(1);
});

test('a watch alone does not keep the process alive', async () => {
  const child = startChild(
    makeFolder(),
    `homes.create('run-1').inbox.watch(() => {}); console.log('watching');`,
  );
  expect(await child.ended).toMatchObject({ code: 0, stdout: 'watching\n' });
});

test('500 watched inboxes cost little while nothing happens', async () => {
  const dir = makeFolder();
  for (let i = 0; i < 500; i += 1) {
    mkdirSync(join(dir, String(i)));
    later(openInbox(join(dir, String(i))).watch(() => {}));
  }
  await new Promise((done) => setTimeout(done, 500));
  const before = process.cpuUsage();
  await new Promise((done) => setTimeout(done, 2000));
  const { user, system } = process.cpuUsage(before);
  expect((user + system) / 1000).toBeLessThan(500);
});
