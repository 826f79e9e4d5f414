import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { RunEvent } from '../../../src/domain/event.ts';
import { openLogBuffer } from '../../../src/tui/log-buffer.ts';
import { viewOf } from '../../../src/tui/views/log-view.ts';
import { seekOf } from '../../../src/tui/views/log-seek.ts';
import { logsPane } from '../../../src/tui/views/logs.tsx';
import { makeLogFile, oneTo, type LogFile } from '../../fakes/log-file.ts';
import { openLogTab } from '../../fakes/log-tab.tsx';

process.env['TZ'] = 'UTC';

let file: LogFile;
beforeEach(() => {
  file = makeLogFile();
});
afterEach(() => file.remove());

const warning = (text: string): RunEvent => ({ type: 'warning', about: 'at', text });
/** About 0.5 kB each. */
const padded = (text: string): RunEvent => warning(`${text} ${'x'.repeat(400)}`);
const fill = (count: number, word = 'line'): void => {
  for (let i = 0; i < count; i += 1_000)
    file.add(...oneTo(Math.min(1_000, count - i)).map((n) => padded(`${word} ${n + i}`)));
};
const open = (height = 12) => openLogTab(openLogBuffer(file.reader), { width: 100, height });
const placeOf = (status: string): string => /entry [\d,]+ of [\d,]+/.exec(status)?.[0] ?? '';

describe('a log that is far larger than what is in memory', () => {
  it('opens with its end, is read upwards as one scrolls, and followed again', () => {
    fill(20_000);
    const tab = open();
    expect(file.asked).toBeLessThan(100_000);
    expect(placeOf(tab.status())).toBe('entry 20,000 of 20,000');
    const seen: number[] = [];
    for (let i = 0; i < 300; i += 1) {
      tab.press('pgup');
      seen.push(Number(/line (\d+)/.exec(tab.lines()[0]!)![1]));
    }
    // Ten lines a page of eleven: none is left out, none comes twice.
    expect(seen).toEqual(oneTo(300).map((page) => 19_990 - page * 10));
    expect(file.asked).toBeLessThan(3_500_000);
    tab.press('G');
    expect(tab.status()).toMatch(/^ following/);
  });

  it('goes to its true beginning and down from there', () => {
    fill(20_000);
    const tab = open();
    tab.press('g');
    expect(tab.lines()[0]).toContain('line 1 ');
    expect(tab.status()).toMatch(/^ held · [\d,]+ newer entries/);
    for (let i = 0; i < 250; i += 1) tab.press('pgdn');
    expect(tab.lines()[0]).toContain('line 2501 ');
    tab.press('f');
    expect(placeOf(tab.status())).toBe('entry 20,000 of 20,000');
  });

  it('comes from its beginning to its live end by scrolling', () => {
    file.add(...oneTo(1_000).map((n) => warning(`line ${n}`)));
    fill(6_000, 'more');
    const tab = open(50);
    tab.press('g');
    for (let i = 0; i < 200 && tab.state.at !== undefined; i += 1) tab.press('pgdn');
    expect(tab.status()).toMatch(/^ following/);
    tab.facts.log.push(file.add(warning('live')));
    expect(tab.lines().at(-2)).toContain('live');
  });

  it('is searched further back with each N, in short steps, until the text is found', () => {
    file.add(warning('the needle'));
    fill(40_000);
    const tab = open();
    const before = tab.lines().slice(0, -1);
    tab.search('needle');
    let keys = 1;
    const looked: number[] = [];
    while (tab.state.match === undefined && keys < 500) {
      expect(tab.status()).toMatch(/\/needle not in the [\d,]+ entries before, N goes on/);
      // What one saw stays while nothing is found.
      expect(tab.lines().slice(0, -1)).toEqual(before);
      looked.push(seekOf(tab.facts.log)!.entries);
      tab.press('N');
      keys += 1;
    }
    expect(looked.every((count, i) => i === 0 || count > looked[i - 1]!)).toBe(true);
    expect(tab.lines().join('\n')).toContain('▸12:00:01  warning      at: the needle');
    expect(tab.status()).toContain('/needle 1 of 1+');
  });

  it('is searched on from where the search was, though its oldest lines in memory go meanwhile', () => {
    file.add(warning('the needle'));
    fill(30_000);
    const tab = open();
    tab.search('needle');
    const seek = seekOf(tab.facts.log)!;
    const { first } = tab.facts.log;
    const looked = seek.entries;
    for (let i = 0; i < 12; i += 1) tab.facts.log.push(file.add(...oneTo(5_000).map((n) => warning(`${n}`))));
    expect(tab.facts.log.first).toBeGreaterThan(first);
    tab.press('N');
    expect(seekOf(tab.facts.log)).toBe(seek);
    expect(seek.entries).toBeGreaterThan(looked);
    for (let keys = 0; keys < 500 && tab.state.match === undefined; keys += 1) tab.press('N');
    expect(tab.lines().join('\n')).toMatch(/▸.*the needle/);
  });

  it('says that a text is nowhere once the whole log was looked through', () => {
    fill(3_000);
    const tab = open();
    tab.search('needle');
    for (let keys = 0; keys < 500 && tab.state.searched === 'older'; keys += 1) tab.press('N');
    expect(tab.status()).toContain('/needle not found');
    expect(tab.status()).toMatch(/^ following/);
  });

  it('goes round to its newest match from the oldest', () => {
    file.add(warning('needle one'));
    fill(3_000);
    file.add(warning('needle two'));
    fill(10);
    const tab = open();
    const found: string[] = [];
    tab.search('needle');
    for (let keys = 0; keys < 500 && found.length < 4; keys += 1) {
      const line = /▸.*(needle \w+)/.exec(tab.lines().join('\n'))?.[1];
      if (line !== undefined && tab.state.searched !== 'older') found.push(line);
      tab.press('N');
    }
    expect(found).toEqual(['needle two', 'needle one', 'needle two', 'needle one']);
  });

  it('is searched forward in what follows a window that was moved away', () => {
    fill(6_000);
    file.add(warning('needle'));
    fill(3_000);
    const tab = open();
    tab.press('g');
    tab.search('needle');
    for (let keys = 0; keys < 500 && tab.state.searched === 'newer'; keys += 1) tab.press('n');
    expect(tab.lines().join('\n')).toMatch(/▸.*at: needle/);
    expect(tab.state.searched).toBe('found');
  });

  it('is jumped in to any iteration at once', () => {
    for (const n of oneTo(60)) {
      file.add({ type: 'iteration.started', n, startSha: 'a', profile: 'p' });
      fill(300);
    }
    const tab = open();
    for (const n of [2, 59, 30, 1, 60]) {
      tab.jump(n);
      expect(tab.lines()[0]).toContain(`iteration    ${n} started`);
      expect(tab.status()).toContain(`iteration ${n} ·`);
    }
    tab.jump(61);
    expect(tab.status()).toContain('iteration 61 is not in the log');
    expect(file.asked).toBeLessThan(12_000_000);
  });

  it('shows what is rare by a filter, older parts of the file as one scrolls', () => {
    for (const n of oneTo(30)) {
      file.add({ type: 'diff', n, files: n, added: 0, removed: 0 });
      fill(400);
    }
    const tab = open();
    tab.press('t', 't', 't', 't', 't', 't', 't', 't');
    for (let keys = 0; keys < 300 && !tab.lines()[0]!.includes('1 file '); keys += 1) tab.press('pgup');
    expect(
      tab
        .lines()
        .slice(0, 3)
        .map((line) => line.slice(11)),
    ).toEqual(['diff         1 file +0 -0', 'diff         2 files +0 -0', 'diff         3 files +0 -0']);
  });

  it('is exported whole, part by part, up to what is its end then', () => {
    fill(9_000);
    const tab = open();
    const made = logsPane.exportParts!(tab.state, tab.facts);
    expect(made.name).toBe('ralph-run-1-log.txt');
    const parts: string[] = [];
    for (const part of made.parts) {
      parts.push(part);
      tab.facts.log.push(file.add(warning('written meanwhile')));
    }
    expect(Math.max(...parts.map((part) => part.length))).toBeLessThan(700_000);
    const lines = parts.join('').trimEnd().split('\n');
    expect(lines.map((line) => Number(/line (\d+)/.exec(line)?.[1]))).toEqual(oneTo(9_000));
  });
});

describe('the index', () => {
  it('looks at each line once, however often it is asked', () => {
    const log = openLogBuffer(file.reader);
    let reads = 0;
    const counted = new Proxy(log, {
      get: (target, name) => {
        if (name === 'at') reads += 1;
        return Reflect.get(target, name) as unknown;
      },
    });
    const filter = { group: 'run', stream: 'both', text: 'even' } as const;
    for (let frame = 1; frame <= 50; frame += 1) {
      log.push(file.add(...oneTo(300).map((n) => warning(n % 2 === 0 ? 'even' : 'odd'))));
      expect(viewOf(counted, filter).count).toBe(frame * 150);
      expect(viewOf(counted, filter).count).toBe(frame * 150);
    }
    expect(reads).toBe(15_000);
  });

  it('gives what a look at all lines would, whatever happens to the window', () => {
    fill(8_000);
    const log = openLogBuffer(file.reader);
    const filter = { group: 'all', stream: 'both', text: '7 ' } as const;
    const check = (): void => {
      const expected: number[] = [];
      for (let at = log.first; at < log.end; at += 1) if (log.at(at)!.text.includes('7 ')) expected.push(at);
      const view = viewOf(log, filter);
      expect(Array.from({ length: view.count }, (_, i) => view.line(i))).toEqual(expected);
      for (const [i, line] of expected.entries()) {
        expect(view.indexFrom(line)).toBe(i);
        expect(view.indexFrom(line + 1)).toBe(i + 1);
      }
    };
    const steps = [
      () => log.readOlder(),
      () => log.push(file.add(padded('17 more'))),
      () => log.readOlder(),
      () => log.toBegin(),
      () => log.readNewer(),
      () => log.toPlace({ seq: 7_000 }),
      () => log.toEnd(),
      () => {
        for (let i = 0; i < 12; i += 1)
          log.push(file.add(...oneTo(5_000).map((n) => warning(`${i * 5_000 + n} m`))));
      },
      () => log.hold(log.first),
      () => log.readOlder(),
    ];
    check();
    for (const step of steps) {
      step();
      check();
    }
  });
});
