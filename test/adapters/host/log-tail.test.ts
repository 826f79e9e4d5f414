import { appendFileSync, mkdtempSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { encodeLine } from '../../../src/adapters/host/log-lines.ts';
import { offsetOf, readBack, readTail, startAfter } from '../../../src/adapters/host/log-tail.ts';
import type { RunEvent } from '../../../src/domain/event.ts';
import { oneTo } from '../../fakes/log-file.ts';
import { warning } from './run-home-fixture.ts';

let dir: string;
let log: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'ralph-tail-'));
  log = join(dir, 'activity.log');
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const lineOf = (seq: number, event: RunEvent): Buffer =>
  encodeLine(JSON.stringify({ v: 1, seq, at: '2026-01-01T12:00:00.000Z', up: 0, run: 'run-1', ...event }));
const write = (count: number, length = 10): void =>
  writeFileSync(log, Buffer.concat(oneTo(count).map((seq) => lineOf(seq, warning('x'.repeat(length))))));

/** Reads to the end as a follower does; seqs in their order, then the problem. */
const drain = (position: ReturnType<typeof startAfter>): readonly (number | string)[] => {
  const seen: (number | string)[] = [];
  for (;;) {
    const read = readTail(log, position);
    if ('problem' in read) return [...seen, read.problem];
    seen.push(...read.entries.map((entry) => entry.seq));
    if (!read.hasMore) return seen;
  }
};

describe('the tail', () => {
  test('takes a large log piece by piece, each entry once and in order', () => {
    write(5_000, 400);
    const position = startAfter(0);
    const first = readTail(log, position);
    expect(first).toMatchObject({ hasMore: true });
    const count = 'entries' in first ? first.entries.length : 0;
    expect(count).toBeLessThan(2_000);
    expect(drain(position)).toEqual(oneTo(5_000).slice(count));
  });

  test.each([0, 1, 9, 500, 4_998, 4_999, 5_000])(
    'goes on behind the seq that a cache knows, however far behind it is: %i',
    (seq) => {
      write(5_000, 400);
      expect(drain(startAfter(seq))).toEqual(oneTo(5_000).slice(seq));
    },
  );

  test('hands out nothing where the cache knows all, also when the last line is long', () => {
    write(3);
    appendFileSync(log, lineOf(4, warning('y'.repeat(200_000))));
    const position = startAfter(4);
    expect(drain(position)).toEqual([]);
    appendFileSync(log, lineOf(5, warning('more')));
    expect(drain(position)).toEqual([5]);
  });

  test('tells when the cache is ahead of the log, however long that is', () => {
    write(3);
    expect(drain(startAfter(7))).toEqual(['it ends at 3, before 7']);
    write(5_000, 400);
    expect(drain(startAfter(9_000))).toEqual([expect.stringContaining('9000')]);
  });

  test('leaves a torn last line alone until it is whole, or cut off and written anew', () => {
    write(2);
    const whole = lineOf(3, warning('three'));
    const position = startAfter(0);
    appendFileSync(log, whole.subarray(0, 20));
    expect(drain(position)).toEqual([1, 2]);
    expect(drain(position)).toEqual([]);
    appendFileSync(log, whole.subarray(20));
    expect(drain(position)).toEqual([3]);
    const { size } = statSync(log);
    appendFileSync(log, '{"torn');
    expect(drain(position)).toEqual([]);
    truncateSync(log, size);
    appendFileSync(log, lineOf(4, warning('four')));
    expect(drain(position)).toEqual([4]);
  });

  test('tells that a log was written anew: shorter, another file, or other lines in the same one', () => {
    write(50);
    const position = startAfter(0);
    drain(position);
    write(2);
    expect(drain(position)).toEqual(['it was written anew']);
    write(50);
    const other = startAfter(0);
    drain(other);
    rmSync(log);
    writeFileSync(join(dir, 'keeps-the-inode-taken'), '');
    write(60);
    expect(drain(other)).toEqual([expect.stringMatching(/anew|follows/)]);
    write(50, 10);
    const same = startAfter(0);
    drain(same);
    write(70, 13);
    expect(drain(same)).toEqual([expect.stringMatching(/anew|follows/)]);
  });

  test('hands out what is good before it tells of damage, and of a line without end', () => {
    write(3);
    appendFileSync(log, 'no entry\n');
    expect(drain(startAfter(0))).toEqual([1, 2, 3, expect.stringContaining('it is not a log line')]);
    write(3);
    appendFileSync(log, 'x'.repeat(3_000_000));
    expect(drain(startAfter(0))).toEqual([1, 2, 3, expect.stringContaining('it is not a log line')]);
  });

  test('knows a gap', () => {
    writeFileSync(log, Buffer.concat([1, 2, 4].map((seq) => lineOf(seq, warning('x')))));
    expect(drain(startAfter(0))).toEqual(['seq 4 follows 2']);
  });

  test('of no log is nothing', () => expect(drain(startAfter(0))).toEqual([]));
});

describe('reading back', () => {
  const allBack = (bytes: number): { seqs: number[]; steps: number } => {
    let seqs: number[] = [];
    let steps = 0;
    for (let before: number | undefined; before !== 0; steps += 1) {
      const part = readBack(log, { bytes, ...(before !== undefined && { before }) });
      seqs = [...part.entries.map((entry) => entry.seq), ...seqs];
      before = part.from;
    }
    return { seqs, steps };
  };

  test.each([1, 100, 1_000, 50_000, 10_000_000])(
    'comes to the beginning with each entry once, %i bytes a step',
    (bytes) => {
      write(400);
      expect(allBack(bytes).seqs).toEqual(oneTo(400));
    },
  );

  test('never passes over a line that is longer than the step', () => {
    writeFileSync(
      log,
      Buffer.concat(oneTo(6).map((seq) => lineOf(seq, warning('z'.repeat(seq % 2 === 0 ? 200_000 : 5))))),
    );
    expect(allBack(4_096).seqs).toEqual(oneTo(6));
  });

  test('passes over damage, and comes to an end over lines without one', () => {
    write(2);
    appendFileSync(log, `damaged\n${'x'.repeat(2_000_000)}\n`);
    appendFileSync(log, lineOf(3, warning('after')));
    expect(allBack(100_000).seqs).toEqual([1, 2, 3]);
  });

  test('says where whole lines begin and end, without a torn last one', () => {
    write(3);
    const { size } = statSync(log);
    appendFileSync(log, '{"torn');
    const part = readBack(log, { bytes: 1_000_000 });
    expect(part).toMatchObject({ from: 0, end: size });
    const first = lineOf(1, warning('x'.repeat(10))).length;
    expect(readBack(log, { bytes: size - first, before: size })).toMatchObject({ from: first });
  });
});

describe('a place', () => {
  test('is found by its seq in a large log', () => {
    write(8_000, 100);
    const begins = [0];
    for (const seq of oneTo(8_000))
      begins.push(begins[seq - 1]! + lineOf(seq, warning('x'.repeat(100))).length);
    for (const seq of [1, 2, 77, 999, 4_000, 7_234, 8_000])
      expect(offsetOf(log, { seq })).toBe(begins[seq - 1]);
    expect(offsetOf(log, { seq: 8_001 })).toBeUndefined();
    expect(offsetOf(join(dir, 'none'), { seq: 1 })).toBeUndefined();
  });

  test('is found by its iteration, over entries that tell none', () => {
    const parts: Buffer[] = [];
    const begins: number[] = [];
    let seq = 0;
    let at = 0;
    const add = (event: RunEvent): void => {
      const line = lineOf((seq += 1), event);
      parts.push(line);
      at += line.length;
    };
    for (const n of oneTo(40)) {
      begins[n] = at;
      add({ type: 'iteration.started', n, startSha: 'a', profile: 'p' });
      for (let i = 0; i < 200; i += 1)
        add({ type: 'command.output', key: 'k', stream: 'stdout', text: 'o'.repeat(100) });
      add({ type: 'diff', n, files: 1, added: 1, removed: 0 });
    }
    writeFileSync(log, Buffer.concat(parts));
    for (const n of oneTo(40)) expect(offsetOf(log, { iteration: n })).toBe(begins[n]);
    expect(offsetOf(log, { iteration: 41 })).toBeUndefined();
  });
});
