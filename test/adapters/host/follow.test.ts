import { appendFileSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Entry } from '../../../src/domain/event.ts';
import type { RunHomes } from '../../../src/ports/run-home.ts';
import { createRun, homesIn, later, makeFolder, startChild, until, warning } from './run-home-fixture.ts';

const following = (homes: RunHomes, offset = 0) => {
  const entries: Entry[] = [];
  const stop = new AbortController();
  const done = homes.follow('run-1', {
    offset,
    onEntry: (entry) => entries.push(entry),
    signal: stop.signal,
  });
  later(() => stop.abort());
  return { entries, done, stop, seqs: () => entries.map((entry) => entry.seq) };
};
const oneTo = (count: number): number[] => Array.from({ length: count }, (_, i) => i + 1);
const setUp = (count: number) => {
  const homes = homesIn(makeFolder());
  const home = createRun(homes);
  for (let i = 0; i < count; i += 1) home.journal.append(warning(`entry ${i}`));
  return { homes, home, log: join(home.dir, '.ralph/activity.log') };
};

test('two followers get each entry once and in order while another process writes', async () => {
  const dir = makeFolder();
  const homes = homesIn(dir);
  const child = startChild(
    dir,
    `const home = homes.create('run-1'); console.log('ready');
     let i = 0; const more = () => { for (let k = 0; k < 20; k += 1) home.journal.append({ type: 'warning', about: 'x', text: 'y'.repeat(i++ * 3) });
       if (i < 1500) setTimeout(more, 2); else console.log('done'); }; more(); setInterval(() => {}, 1000);`,
  );
  await child.said('ready');
  const followers = [following(homes), following(homes)];
  await child.said('done');
  for (const { entries, seqs } of followers) {
    await until(() => entries.length >= 1500);
    expect(seqs()).toEqual(oneTo(1500));
  }
  for (const { stop, done } of followers) {
    stop.abort();
    await done;
  }
});

test('begins at the offset that is asked for, and inside a line with the next one', async () => {
  const { homes, home, log } = setUp(3);
  const border = readFileSync(log).indexOf('\n') + 1;
  for (const [offset, expected] of [
    [border, [2, 3]],
    [border + 5, [3]],
    [border - 1, [2, 3]],
    [home.journal.bytes, []],
    [home.journal.bytes + 1000, []],
  ] as const) {
    const { done, stop, seqs } = following(homes, offset);
    await new Promise((turn) => setTimeout(turn, 50));
    expect(seqs()).toEqual(expected);
    stop.abort();
    await done;
  }
});

test('shows no half line, and goes on when a torn end is cut off and written anew', async () => {
  const { homes, home, log } = setUp(2);
  const border = home.journal.bytes;
  appendFileSync(log, '{"v":1,"seq":3,"at":"20');
  const early = following(homes);
  const late = following(homes, statSync(log).size);
  await until(() => early.entries.length === 2);
  truncateSync(log, border);
  home.journal.append(warning('three, longer than what was torn'));
  home.journal.append(warning('four'));
  await until(() => early.entries.length >= 4 && late.entries.length >= 2);
  expect(early.seqs()).toEqual([1, 2, 3, 4]);
  expect(late.seqs()).toEqual([3, 4]);
});

test('ends with run.damaged and the offset at a damaged line', async () => {
  const { homes, log } = setUp(3);
  const lines = readFileSync(log, 'utf8').split('\n');
  writeFileSync(log, [lines[0], lines[1]?.replace('entry 1', 'entry 7'), lines[2], ''].join('\n'));
  const { done, seqs } = following(homes);
  await expect(done).rejects.toMatchObject({
    code: 'run.damaged',
    message: expect.stringContaining(`byte offset ${(lines[0]?.length ?? 0) + 1}`) as string,
  });
  expect(seqs()).toEqual([1]);
});

test('ends when the run is removed, when it is aborted from a callback, and is refused for no run', async () => {
  const { homes, home } = setUp(1);
  const { done } = following(homes);
  const stop = new AbortController();
  let calls = 0;
  home.journal.append(warning('b'));
  await homes.follow('run-1', {
    offset: 0,
    signal: stop.signal,
    onEntry: () => {
      calls += 1;
      stop.abort();
    },
  });
  expect(calls).toBe(1);
  home.release();
  homes.remove('run-1');
  await done;
  await expect(following(homes).done).rejects.toMatchObject({ code: 'run.not-found' });
});

test('keeps the process alive until it is aborted', async () => {
  const dir = makeFolder();
  createRun(homesIn(dir)).release();
  const child = startChild(
    dir,
    `const stop = new AbortController(); setTimeout(() => stop.abort(), 700).unref();
     await homes.follow('run-1', { offset: 0, onEntry: () => {}, signal: stop.signal }); console.log('over');`,
  );
  expect(await child.ended).toMatchObject({ code: 0, stdout: 'over\n' });
});
