import { appendFileSync, readFileSync, renameSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createFleetFollower } from '../../../src/adapters/host/fleet-follower.ts';
import type { RunId } from '../../../src/domain/event.ts';
import { oneTo } from '../../fakes/log-file.ts';
import { createRun, homesIn, later, makeFolder, startChild, until, warning } from './run-home-fixture.ts';

/** A follower that does with a broken log what the screen does: reads it from its beginning, once. */
const follow = (dir: string, options: { readonly again?: boolean } = {}) => {
  const seqs = new Map<RunId, number[]>();
  const broken: string[] = [];
  const batches: number[] = [];
  const follower = createFleetFollower(dir, {
    entries: (id, entries) => {
      batches.push(entries.length);
      seqs.set(id, [...(seqs.get(id) ?? []), ...entries.map((entry) => entry.seq)]);
    },
    broken: (id, problem) => {
      broken.push(problem);
      if (!options.again || broken.length > 1) return;
      seqs.delete(id);
      follower.add(id, 0);
    },
    runsChanged: () => {},
  });
  later(() => follower.stop());
  return { follower, broken, batches, of: (id: RunId) => seqs.get(id) ?? [] };
};

const setUp = (count: number) => {
  const dir = makeFolder();
  const homes = homesIn(dir);
  const home = createRun(homes);
  for (let i = 0; i < count; i += 1) home.journal.append(warning(`entry ${i}`));
  return { dir, home, log: join(home.dir, '.ralph/activity.log') };
};

test('hands out each entry of several runs once and in order while another process writes', async () => {
  const dir = makeFolder();
  const child = startChild(
    dir,
    `const made = ['run-1', 'run-2', 'run-3'].map((id) => homes.create(id)); console.log('ready');
     let i = 0;
     const more = () => {
       for (const home of made) for (let k = 0; k < 20; k += 1) home.journal.append({ type: 'warning', about: 'x', text: 'y'.repeat((i * 37) % 3000) });
       i += 20; if (i < 1500) setTimeout(more, 2); else console.log('done'); };
     process.stdin.once('data', more); setInterval(() => {}, 1000);`,
  );
  await child.said('ready');
  const one = follow(dir);
  const other = follow(dir);
  for (const id of ['run-1', 'run-2', 'run-3']) for (const { follower } of [one, other]) follower.add(id, 0);
  one.follower.focus('run-2');
  child.process.stdin.write('go\n');
  await child.said('done');
  for (const { of, broken } of [one, other]) {
    for (const id of ['run-1', 'run-2', 'run-3']) {
      await until(() => of(id).length >= 1500);
      expect(of(id)).toEqual(oneTo(1500));
    }
    expect(broken).toEqual([]);
  }
});

test('goes on behind what the cache knows, and takes what it lacks piece by piece', async () => {
  const { dir, home } = setUp(0);
  for (let i = 0; i < 6_000; i += 1) home.journal.append(warning('z'.repeat(300)));
  const { follower, of, batches } = follow(dir);
  follower.add('run-1', 10);
  await until(() => of('run-1').length >= 5_990);
  expect(of('run-1')).toEqual(oneTo(6_000).slice(10));
  expect(Math.max(...batches)).toBeLessThan(3_000);
  home.journal.append(warning('one more'));
  await until(() => of('run-1').length >= 5_991);
  expect(of('run-1').at(-1)).toBe(6_001);
});

test('tells when the cache knows more than the log, and begins again', async () => {
  const { dir, home } = setUp(3);
  const { follower, of, broken } = follow(dir, { again: true });
  follower.add('run-1', 9);
  await until(() => of('run-1').length >= 3);
  expect(broken).toEqual(['it ends at 3, before 9']);
  home.journal.append(warning('four'));
  await until(() => of('run-1').length >= 4);
  expect(of('run-1')).toEqual([1, 2, 3, 4]);
});

test('shows no half line, whether that is completed, or cut off and written anew', async () => {
  const { dir, home, log } = setUp(2);
  const border = statSync(log).size;
  home.journal.append(warning('three'));
  const third = readFileSync(log).subarray(border);
  truncateSync(log, border);
  appendFileSync(log, third.subarray(0, 30));
  const { follower, of, broken } = follow(dir);
  follower.add('run-1', 0);
  await until(() => of('run-1').length >= 2);
  appendFileSync(log, third.subarray(30));
  await until(() => of('run-1').length >= 3);
  const { size } = statSync(log);
  appendFileSync(log, '{"v":1,"se');
  await new Promise((turn) => setTimeout(turn, 80));
  truncateSync(log, size);
  home.journal.append(warning('four'));
  await until(() => of('run-1').length >= 4);
  expect(of('run-1')).toEqual([1, 2, 3, 4]);
  expect(broken).toEqual([]);
});

test('tells that a log was written anew, and reads the new one from its beginning', async () => {
  const { dir, log } = setUp(5);
  const { follower, of, broken } = follow(dir, { again: true });
  follower.add('run-1', 0);
  await until(() => of('run-1').length >= 5);
  const other = setUp(7);
  writeFileSync(`${log}.new`, readFileSync(other.log));
  renameSync(`${log}.new`, log);
  await until(() => of('run-1').length >= 7);
  expect(broken).toEqual(['it was written anew']);
  expect(of('run-1')).toEqual(oneTo(7));
});

test('hands out nothing of a run that was removed from it, nor after it was stopped', async () => {
  const { dir, home } = setUp(1);
  const { follower, of } = follow(dir);
  follower.add('run-1', 0);
  await until(() => of('run-1').length === 1);
  follower.remove('run-1');
  home.journal.append(warning('unheard'));
  await new Promise((turn) => setTimeout(turn, 120));
  expect(of('run-1')).toEqual([1]);
  follower.add('run-1', 1);
  await until(() => of('run-1').length === 2);
  follower.stop();
  home.journal.append(warning('unheard as well'));
  await new Promise((turn) => setTimeout(turn, 120));
  expect(of('run-1')).toEqual([1, 2]);
});
