import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { RunEvent } from '../../src/domain/event.ts';
import { createLogBuffer, openLogBuffer, type LogBuffer } from '../../src/tui/log-buffer.ts';
import { entriesOf } from '../fakes/entry.ts';
import { makeLogFile, oneTo, type LogFile } from '../fakes/log-file.ts';

let file: LogFile;
beforeEach(() => {
  file = makeLogFile();
});
afterEach(() => file.remove());

const warning = (text: string): RunEvent => ({ type: 'warning', about: 'w', text });
/** `count` warnings of about 500 bytes each, named by their seq. */
const fill = (count: number, from = 1): void => {
  file.add(...oneTo(count).map((i) => warning(`line ${i + from - 1} ${'x'.repeat(400)}`)));
};
const output = (lines: number): RunEvent => ({
  type: 'command.output',
  key: 'k',
  stream: 'stdout',
  text: 'o\n'.repeat(lines),
});
const seqsOf = (log: LogBuffer): number[] =>
  Array.from({ length: log.end - log.first }, (_, i) => log.at(log.first + i)!.seq);
const isContiguous = (seqs: readonly number[]): boolean =>
  seqs.every((seq, i) => i === 0 || seq - seqs[i - 1]! <= 1);

describe('the window', () => {
  it('begins at the end of a log, whatever stands before it', () => {
    fill(5_000);
    const log = openLogBuffer(file.reader);
    expect(log.lastSeq).toBe(5_000);
    expect(log.end - log.first).toBeLessThan(300);
    expect(log.hasOlder).toBe(true);
    expect(file.asked).toBeLessThan(100_000);
  });

  it('reads older lines in front, a MiB a step, up to the first one', () => {
    fill(5_000);
    const log = openLogBuffer(file.reader);
    const { first } = log;
    const top = log.at(first);
    expect(log.readOlder()).toBe(true);
    expect(file.asked).toBeLessThan(1_200_000);
    expect(log.at(first)).toEqual(top);
    while (log.readOlder());
    expect(log.hasOlder).toBe(false);
    expect(seqsOf(log)).toEqual(oneTo(5_000));
  });

  it('knows where it stands in the file after its oldest lines went', () => {
    fill(200);
    const log = openLogBuffer(file.reader);
    for (let i = 0; i < 12; i += 1) log.push(file.add(...oneTo(5_000).map((n) => warning(`more ${i} ${n}`))));
    expect(log.end - log.first).toBeLessThanOrEqual(55_000);
    const oldest = log.at(log.first)!.seq;
    expect(oldest).toBeGreaterThan(4_000);
    const { first } = log;
    log.hold(first);
    expect(log.readOlder()).toBe(true);
    expect(log.at(first)!.seq).toBe(oldest);
    expect(log.at(first - 1)!.seq).toBe(oldest - 1);
    expect(isContiguous(seqsOf(log))).toBe(true);
    while (log.readOlder());
    expect(log.at(log.first)!.seq).toBe(1);
  });

  it('loses the newest lines while older ones are read, and comes back to them step by step or at once', () => {
    file.add(...oneTo(70_000).map((n) => warning(`${n}`)));
    const log = openLogBuffer(file.reader);
    log.hold(log.first);
    while (log.readOlder()) log.hold(log.first);
    expect(log.at(log.first)!.seq).toBe(1);
    expect(log.end - log.first).toBeLessThanOrEqual(55_000);
    expect(log.isDetached).toBe(true);
    log.push(file.add(warning('said meanwhile')));
    expect(log).toMatchObject({ isDetached: true, newestSeq: 70_001 });
    log.hold(log.end - 10);
    while (log.readNewer()) log.hold(log.end - 10);
    expect(log).toMatchObject({ isDetached: false, lastSeq: 70_001 });
    expect(isContiguous(seqsOf(log))).toBe(true);
    log.toBegin();
    expect(log.isDetached).toBe(true);
    log.hold(undefined);
    expect(log).toMatchObject({ isDetached: false, lastSeq: 70_001 });
    log.push(file.add(warning('live again')));
    expect(log.at(log.end - 1)!.text).toContain('live again');
  });

  it('goes to the true beginning, and to a seq or an iteration anywhere, with few reads', () => {
    for (const n of oneTo(30)) {
      file.add({ type: 'iteration.started', n, startSha: 'a', profile: 'p' });
      fill(400, n * 1000);
    }
    const log = openLogBuffer(file.reader);
    log.toBegin();
    expect(log.at(log.first)!.seq).toBe(1);
    for (const n of [17, 3, 30, 1]) {
      const line = log.toPlace({ iteration: n })!;
      expect(log.at(line)).toMatchObject({ kind: 'iteration', iteration: n });
    }
    expect(log.toPlace({ iteration: 31 })).toBeUndefined();
    expect(log.at(log.toPlace({ seq: 6_000 })!)!.seq).toBe(6_000);
    expect(file.asked).toBeLessThan(8_000_000);
  });

  it('never gives a number to two lines', () => {
    fill(3_000);
    const log = openLogBuffer(file.reader);
    const seen = new Map<number, number>();
    const look = (): void => {
      for (let at = log.first; at < log.end; at += 1) {
        expect(seen.get(at) ?? log.at(at)!.seq).toBe(log.at(at)!.seq);
        seen.set(at, log.at(at)!.seq);
      }
    };
    look();
    log.readOlder();
    look();
    log.toBegin();
    look();
    log.readNewer();
    look();
    log.toEnd();
    look();
  });
});

describe('memory', () => {
  it('is bounded in lines while a log grows', () => {
    const log = openLogBuffer(file.reader);
    for (let i = 0; i < 30; i += 1) log.push(file.add(output(8_000)));
    expect(log.end - log.first).toBeLessThanOrEqual(55_000);
    expect(log.lastSeq).toBe(30);
    expect(isContiguous(seqsOf(log))).toBe(true);
  });

  it('is bounded in characters where lines are long', () => {
    const log = openLogBuffer(file.reader);
    const long = Array.from({ length: 8 }, () => 'y'.repeat(1_999)).join('\n');
    for (let i = 0; i < 1_000; i += 1)
      log.push(file.add({ type: 'command.output', key: 'k', stream: 'stdout', text: long }));
    expect((log.end - log.first) * 2_000).toBeLessThan(14_000_000);
    expect(log.lastSeq).toBe(1_000);
  });

  it('keeps an entry whole or not at all, so that reading on misses no line of it', () => {
    for (let i = 0; i < 40; i += 1) file.add(output(7_000));
    const log = openLogBuffer(file.reader);
    log.hold(log.first);
    while (log.readOlder()) log.hold(log.first);
    expect(seqsOf(log).filter((seq) => seq === 1)).toHaveLength(7_000);
    for (;;) {
      const seqs = seqsOf(log);
      for (const seq of new Set(seqs)) expect(seqs.filter((one) => one === seq)).toHaveLength(7_000);
      log.hold(log.end - 1);
      if (!log.readNewer()) break;
    }
    expect(log.lastSeq).toBe(40);
  });

  it('keeps what one reads, however much is written meanwhile', () => {
    fill(100);
    const log = openLogBuffer(file.reader);
    const line = log.first + 3;
    const read = log.at(line);
    log.hold(line);
    for (let i = 0; i < 14; i += 1) log.push(file.add(...oneTo(5_000).map((n) => warning(`more ${i} ${n}`))));
    expect(log.at(line)).toBe(read);
    expect(log).toMatchObject({ isDetached: true, newestSeq: 70_100 });
    expect(log.end - log.first).toBeLessThanOrEqual(55_000);
    log.hold(undefined);
    expect(log).toMatchObject({ isDetached: false, lastSeq: 70_100 });
  });
});

describe('what comes', () => {
  it('is taken once, also when the follower was behind the file', () => {
    const made = file.add(...oneTo(10).map((n) => warning(`${n}`)));
    const log = openLogBuffer(file.reader);
    log.push(made.slice(5));
    log.push(file.add(warning('eleven')));
    expect(seqsOf(log)).toEqual(oneTo(11));
  });

  it('shows the end of the log while the follower is still far behind it', () => {
    const early = file.add(...oneTo(50).map((n) => warning(`${n}`)));
    const log = openLogBuffer(file.reader);
    file.add(...oneTo(20).map((n) => warning(`live ${n}`)));
    log.push(early.slice(0, 10));
    expect(log.at(log.end - 1)!.text).toBe('w: live 20');
    expect(seqsOf(log)).toEqual(oneTo(70));
    const { first } = log;
    log.hold(first);
    fill(2_000, 71);
    log.push(early.slice(10, 20));
    expect(log.at(first)!.seq).toBe(1);
    log.hold(undefined);
    log.push(early.slice(20, 30));
    expect(log).toMatchObject({ lastSeq: 2_070, isDetached: false });
    expect(isContiguous(seqsOf(log))).toBe(true);
  });

  it('replaces everything when the log was written anew, and nothing when it is only read again', () => {
    const made = file.add(...oneTo(10).map((n) => warning(`${n}`)));
    const log = openLogBuffer(file.reader);
    log.push(made);
    expect(log.epoch).toBe(0);
    const other = makeLogFile();
    const anew = other.add(warning('new'), warning('newer'));
    const moved = createLogBuffer(made, 0, other.reader);
    moved.push(anew);
    expect(Array.from({ length: 2 }, (_, i) => moved.at(moved.first + i)?.text)).toEqual([
      'w: new',
      'w: newer',
    ]);
    expect(moved.lastSeq).toBe(2);
    other.remove();
  });
});

describe('lines', () => {
  const started = (purpose: 'test' | 'action'): RunEvent => ({
    type: 'command.started',
    command: 'npm test',
    purpose,
    key: 'k',
  });
  it('know their iteration and what they are about, also where the log was entered in the middle', () => {
    file.add(
      { type: 'iteration.started', n: 1, startSha: 'a', profile: 'p' },
      started('test'),
      ...oneTo(400).map((): RunEvent => ({
        type: 'command.output',
        key: 'k',
        stream: 'stdout',
        text: 'z'.repeat(400),
      })),
      started('action'),
      output(1),
    );
    const log = openLogBuffer(file.reader);
    expect(log.at(log.first)).toMatchObject({ iteration: undefined, group: 'command' });
    const { first } = log;
    log.readOlder();
    expect(log.at(first)).toMatchObject({ iteration: 1, group: 'checks' });
    expect(log.at(log.end - 1)).toMatchObject({ iteration: 1, group: 'command' });
  });

  it('have no tabs, and of an entry of a later version at least its type', () => {
    const log = createLogBuffer(
      [
        ...entriesOf({ type: 'command.output', key: 'k', stream: 'stderr', text: 'a\tb' }),
        { ...entriesOf(warning('x'))[0]!, seq: 2, type: 'future.thing' } as never,
      ],
      0,
    );
    expect(log.at(log.first)).toMatchObject({ text: '│ a    b', stream: 'stderr', group: 'command' });
    expect(log.at(log.first + 1)).toMatchObject({ kind: 'future.thi…', group: 'run' });
  });
});
