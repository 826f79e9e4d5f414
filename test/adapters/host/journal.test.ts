import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
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
  warning,
} from './run-home-fixture.ts';

const filled = (count = 3) => {
  const dir = join(makeFolder(), 'runs');
  const homes = homesIn(dir);
  const home = createRun(homes);
  for (let i = 1; i <= count; i += 1) home.journal.append(warning(`entry ${i}`));
  home.release();
  return { dir, homes, log: join(dir, 'run-1', '.ralph', 'activity.log') };
};

const flip = (path: string, offset: number): void => {
  const bytes = readFileSync(path);
  bytes[offset] = (bytes[offset] ?? 0) ^ 0x01;
  writeFileSync(path, bytes);
};

describe('the log', () => {
  test('holds a line with a right crc for each entry, and replays the same entries', () => {
    const { homes, log, dir } = filled(0);
    const home = openRun(homes);
    const seen: unknown[] = [];
    home.journal.subscribe((entry) => seen.push(entry));
    const texts = [
      'plain',
      'ümläut 漢字 🙂',
      'line\nbreak "quoted" \u2028 \0 \u001b[31m',
      '\ud800 half a pair',
    ];
    const made = texts.map((text) => home.journal.append(warning(text), { sync: true }));
    expect(seen).toEqual(made);
    expect(home.journal.bytes).toBe(statSync(log).size);
    expect(checkIndependently(log)).toBe(4);
    home.release();
    expect(openRun(homesIn(dir)).journal.replayed).toEqual(JSON.parse(JSON.stringify(made)));
    expect(made.map((entry) => entry.seq)).toEqual([1, 2, 3, 4]);
    expect(statSync(log).mode & 0o777).toBe(0o600);
  });

  test('goes on with seq and running time where it stopped, and counts no paused time', async () => {
    const { homes } = filled(0);
    const first = openRun(homes);
    first.journal.startClock();
    await new Promise((done) => setTimeout(done, 60));
    first.journal.stopClock();
    const before = first.journal.up;
    expect(before).toBeGreaterThanOrEqual(50);
    await new Promise((done) => setTimeout(done, 60));
    expect(first.journal.up).toBe(before);
    first.journal.append(warning('a'));
    first.release();
    const second = openRun(homes);
    expect(second.journal.up).toBe(before);
    expect(second.journal.append(warning('b'))).toMatchObject({ seq: 2, up: before });
  });

  test('lets every text pass the redaction, nested ones too, and gives listeners the redacted entry', () => {
    const homes = homesIn(makeFolder(), (text) => text.replaceAll('s3cret', '•••'));
    const home = createRun(homes);
    const entry = home.journal.append({
      type: 'spec.changed',
      budgets: { maxIterations: 1, maxWallTimeMinutes: 2, maxConsecutiveGutter: 3 },
      steering: 'autonomous',
      boxes: [{ id: 'A1', text: 'use "s3cret"\n' }],
      by: 's3cret',
    });
    expect(entry).toMatchObject({
      by: '•••',
      boxes: [{ id: 'A1', text: 'use "•••"\n' }],
      budgets: { maxIterations: 1 },
    });
    expect(homes.readState('run-1', 'activity.log')).not.toContain('s3cret');
    expect(homes.entries('run-1')).toEqual([entry]);
  });

  test('never writes a line of more than 256 KiB, whatever the entry holds', () => {
    const homes = homesIn(makeFolder());
    const home = createRun(homes);
    const long = home.journal.append(warning('\u0001'.repeat(3_000_000)));
    expect((long as { text: string }).text).toMatch(/…\[cut \d+ characters\]$/u);
    const boxes = Array.from({ length: 50_000 }, (_, i) => ({ id: `B${i}`, text: `🙂`.repeat(50) }));
    home.journal.append({ ...warning('x'), boxes } as never);
    const lines = home.journal.slice(0).split('\n');
    expect(lines.every((line) => Buffer.byteLength(line) < 256 * 1024)).toBe(true);
    expect(checkIndependently(join(home.dir, '.ralph/activity.log'))).toBe(2);
    expect(homes.entries('run-1')).toHaveLength(2);
  });

  test('gives out its text from an offset on', () => {
    const { homes } = filled(2);
    const { journal } = openRun(homes);
    const border = journal.bytes;
    journal.append(warning('ü later'));
    expect(journal.slice(border)).toMatch(/^\{"v":1,"seq":3,.*ü later.*\}\n$/u);
    expect(journal.slice(journal.bytes + 10)).toBe('');
  });

  test('stands although a listener throws', () => {
    const { homes } = filled(0);
    const { journal } = openRun(homes);
    const warned: unknown[] = [];
    const note = (text: unknown): void => void warned.push(text);
    process.on('warning', note);
    later(() => process.off('warning', note));
    const seen: number[] = [];
    journal.subscribe(() => {
      throw new Error('listener broke');
    });
    const stop = journal.subscribe((entry) => seen.push(entry.seq));
    journal.append(warning('a'));
    stop();
    journal.append(warning('b'));
    expect(seen).toEqual([1]);
    expect(homes.entries('run-1')).toHaveLength(2);
  });

  test('replays 20,000 entries', () => {
    const { homes, log } = filled(20_000);
    const { journal } = openRun(homes);
    expect(journal.replayed).toHaveLength(20_000);
    expect(journal.replayed.at(-1)).toMatchObject({ seq: 20_000, text: 'entry 20000' });
    expect(checkIndependently(log)).toBe(20_000);
  });

  test('is read whole when lines span the borders of the chunks it is read in', () => {
    const { homes } = filled(0);
    const home = openRun(homes);
    const texts = Array.from({ length: 40 }, (_, i) => `${i} `.repeat(25_000 + i));
    for (const text of texts) home.journal.append(warning(text));
    home.release();
    expect(openRun(homes).journal.replayed.map((entry) => (entry as { text: string }).text)).toEqual(texts);
  });
});

describe('a torn last line', () => {
  test.each([
    ['half an entry', Buffer.from('{"v":1,"seq":4,"at":"2026')],
    ['zeros that a power cut left', Buffer.alloc(5000)],
    ['garbage with a line end', Buffer.from('garbage\n')],
    ['two megabytes', Buffer.alloc(2 * 1024 * 1024, 'x')],
  ])('is moved aside and reported: %s', (_name, tail) => {
    const { homes, log } = filled(3);
    const border = statSync(log).size;
    appendFileSync(log, tail);
    expect(homes.entries('run-1')).toHaveLength(3);
    expect(statSync(log).size).toBe(border + tail.length);
    const home = openRun(homes);
    expect(home.journal.repaired).toContain('activity.log.torn-1');
    expect(readFileSync(`${log}.torn-1`).equals(tail)).toBe(true);
    expect(statSync(log).size).toBe(border);
    expect(home.journal.append(warning('next')).seq).toBe(4);
    expect(checkIndependently(log)).toBe(4);
  });

  test('is any prefix of a line, also one that lacks the line end only, and each tail is kept', () => {
    const { homes, log } = filled(3);
    const whole = readFileSync(log);
    const last = whole.lastIndexOf('\n', whole.length - 2) + 1;
    let k = 0;
    for (let size = last + 1; size < whole.length; size += 7) {
      writeFileSync(log, whole.subarray(0, size));
      const home = openRun(homes);
      expect(home.journal.replayed).toHaveLength(2);
      home.release();
      k += 1;
      expect(readFileSync(`${log}.torn-${k}`).equals(whole.subarray(last, size))).toBe(true);
    }
    truncateSync(log, last);
    expect(openRun(homes).journal.repaired).toBeUndefined();
  });
});

describe('damage before the last line', () => {
  test('refuses the run and names line and byte offset, for a flipped byte anywhere in a line', () => {
    const { homes, log } = filled(5);
    const whole = readFileSync(log);
    const from = whole.indexOf('\n') + 1;
    const to = whole.indexOf('\n', from);
    for (let at = from; at <= to; at += 1) {
      writeFileSync(log, whole);
      flip(log, at);
      const error = failure(() => homes.open('run-1'));
      expect(error.code).toBe('run.damaged');
      expect(error.message).toContain(`line 2, byte offset ${from}`);
      expect(error.hint).toBeTruthy();
      expect(failure(() => homes.entries('run-1')).code).toBe('run.damaged');
    }
    writeFileSync(log, whole);
    expect(openRun(homes).journal.replayed).toHaveLength(5);
  });

  test('leaves everything as it was, and frees the lock', () => {
    const { homes, log } = filled(5);
    flip(log, 30);
    const before = readFileSync(log);
    expect(failure(() => homes.open('run-1')).message).toContain('line 1, byte offset 0');
    expect(readFileSync(log).equals(before)).toBe(true);
    expect(existsSync(`${log}.torn-1`)).toBe(false);
    expect(homes.peek('run-1')?.locked).toBe(false);
  });

  test('is also a gap in seq, an entry twice, and a line that was taken out', () => {
    const { homes, log } = filled(4);
    const lines = readFileSync(log, 'utf8').split('\n').slice(0, 4);
    const pick = (...numbers: number[]): string => numbers.map((n) => `${lines[n - 1]}\n`).join('');
    for (const [text, line] of [
      [pick(1, 2, 4), 3],
      [pick(1, 2, 2), 3],
      [pick(2, 3, 4), 1],
    ] as const) {
      writeFileSync(log, text);
      expect(failure(() => homes.open('run-1')).message).toContain(`line ${line}, byte offset`);
    }
  });

  test('is a log that is gone while there are iterations, and nothing is made in its place', () => {
    const { homes, log, dir } = filled(2);
    mkdirSync(join(dir, 'run-1/.ralph/iterations/1'), { recursive: true });
    rmSync(log);
    expect(failure(() => homes.open('run-1'))).toMatchObject({ code: 'run.damaged' });
    expect(existsSync(log)).toBe(false);
  });
});
