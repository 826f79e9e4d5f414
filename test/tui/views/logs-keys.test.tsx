import { describe, expect, it } from 'vitest';
import type { RunEvent } from '../../../src/domain/event.ts';
import { createLogBuffer, type LogBuffer } from '../../../src/tui/log-buffer.ts';
import { entriesOf } from '../../fakes/entry.ts';
import { events, iteration } from '../../fakes/log-events.ts';
import { openLogTab } from '../../fakes/log-tab.tsx';

process.env['TZ'] = 'UTC';

const bufferOf = (...made: readonly RunEvent[]): LogBuffer => createLogBuffer(entriesOf(...made), 0);
const open = (width: number, height = 12) => openLogTab(bufferOf(...events), { width, height });
/** What of the lines comes after time and kind. */
const texts = (lines: readonly string[]): readonly string[] =>
  lines.slice(0, -1).map((line) => line.slice(24));

describe('following', () => {
  it('shows what comes; held, it shows the same lines, and following again the newest', () => {
    const log = bufferOf(...events);
    const tab = openLogTab(log, { width: 100, height: 6 });
    const [first] = entriesOf({ type: 'warning', about: 'x', text: 'something new' });
    const more = (seq: number): void => log.push([{ ...first!, seq }]);
    more(100);
    expect(tab.lines().join()).toContain('something new');
    tab.press('f');
    const held = texts(tab.lines());
    expect(tab.status()).toMatch(/^ held/);
    more(101);
    more(102);
    expect(texts(tab.lines())).toEqual(held);
    tab.press('f');
    expect(tab.status()).toMatch(/^ following/);
    expect(tab.lines().filter((line) => line.includes('something new'))).toHaveLength(3);
  });

  it.each([
    [['k'], 'held'],
    [['k', 'j'], 'following'],
    [['ctrl+u', 'ctrl+d'], 'following'],
    [['g'], 'held'],
    [['g', 'G'], 'following'],
    [['pgup', 'pgup', 'pgup', 'pgup', 'pgdn', 'pgdn', 'pgdn', 'pgdn'], 'following'],
  ] as const)('after %j it is %s', (chords, word) => {
    const tab = open(100);
    tab.press(...chords);
    expect(tab.status()).toMatch(new RegExp(`^ ${word}`));
  });

  it('has nowhere to go where all of the log is seen', () => {
    const tab = openLogTab(bufferOf(...iteration(1)), { width: 100, height: 30 });
    tab.press('k', 'ctrl+u', 'g', 'j');
    expect(tab.lines()[0]).toContain('iteration    1 started');
  });

  it('scrolls a line a key, each line once, from the end to the beginning', () => {
    const lines = Array.from({ length: 30 }, (_, i): RunEvent => ({
      type: 'warning',
      about: 'at',
      text: `${i}`,
    }));
    for (const wrap of [false, true]) {
      const tab = openLogTab(bufferOf(...lines), { width: 100, height: 6 });
      if (wrap) tab.press('w');
      const seen: string[] = [];
      for (let i = 0; i < 27; i += 1) {
        seen.push(/at: (\d+)/.exec(tab.lines()[0]!)![1]!);
        tab.press('k');
      }
      expect(seen.map(Number)).toEqual([...Array.from({ length: 26 }, (_, i) => 25 - i), 0]);
    }
  });
});

describe('filters', () => {
  const kindsAfter = (...chords: readonly string[]): readonly string[] => {
    const tab = open(100, 60);
    tab.press(...chords);
    return [
      ...new Set(
        tab
          .lines()
          .slice(0, -1)
          .map((line) => line.slice(11, 22).trim()),
      ),
    ].filter(Boolean);
  };
  it('go round by kind', () => {
    const t = (count: number): string[] => Array.from({ length: count }, () => 't');
    expect(kindsAfter(...t(2))).toEqual(['iteration']);
    expect(kindsAfter(...t(3))).toEqual(['prompt', 'model']);
    expect(kindsAfter(...t(4))).toEqual(['write']);
    expect(kindsAfter(...t(5))).toEqual(['test']);
    expect(kindsAfter(...t(6))).toEqual(['loop_score']);
    expect(kindsAfter(...t(7))).toEqual(['control']);
    expect(kindsAfter(...t(8))).toEqual(['diff']);
    expect(kindsAfter(...t(10))).toEqual(kindsAfter());
  });
  it('show one stream', () => {
    const tab = open(100, 60);
    tab.press('s');
    expect(texts(tab.lines()).filter(Boolean)).toEqual(Array(3).fill('│ ✓ returns 200 for valid input'));
    tab.press('s');
    expect(texts(tab.lines()).filter(Boolean)).toHaveLength(3);
    expect(tab.status()).toContain('only stderr');
  });
  it('go on with what comes, and with lines that go', () => {
    const log = bufferOf(...events);
    const tab = openLogTab(log, { width: 100, height: 6 });
    tab.press('t', 't', 't', 't', 't', 't', 't');
    const both = ['control.taken', 'diff'].map((type) => events.find((event) => event.type === type)!);
    const [taken, diff] = entriesOf(...both);
    for (let seq = 100; seq < 60_100; seq += 2)
      log.push([
        { ...diff!, seq },
        { ...taken!, seq: seq + 1 },
      ]);
    expect(
      tab
        .lines()
        .slice(0, -1)
        .every((line) => line.includes('control')),
    ).toBe(true);
    expect(tab.status()).toContain('entry 60,099 of 60,099');
  });
});

describe('searching', () => {
  const matches = (tab: ReturnType<typeof open>): string =>
    /\/\S+ (\S+ of \d+)/.exec(tab.status())?.[1] ?? '';
  it('goes up from the end, down with n, and round at both ends', () => {
    const tab = open(120, 8);
    tab.search('ASSERTIONERROR');
    const steps = [matches(tab)];
    for (const chord of ['N', 'N', 'N', 'n', 'n']) {
      tab.press(chord);
      steps.push(matches(tab));
      expect(tab.lines().filter((line) => line.startsWith('▸'))).toHaveLength(1);
    }
    expect(steps).toEqual(['3 of 3', '2 of 3', '1 of 3', '3 of 3', '1 of 3', '2 of 3']);
  });
  it('goes down from what is held', () => {
    const tab = open(120, 8);
    tab.press('g');
    tab.search('assertion');
    expect(matches(tab)).toBe('1 of 3');
  });
  it('stays within the filter', () => {
    const tab = open(120, 8);
    tab.press('t', 't', 't');
    tab.search('assertion');
    expect(tab.status()).toContain('/assertion not found');
  });
  it('takes what is typed as it is, and finds kinds as well', () => {
    const tab = open(120, 8);
    tab.search('.*');
    expect(tab.status()).toContain('/.* not found');
    tab.search('loop_score');
    expect(matches(tab)).toBe('3 of 3');
    tab.search('');
    expect(tab.status()).not.toContain('/');
  });
  it('n is a search key only while something is searched for', () => {
    const tab = open(120, 8);
    tab.search('assertion');
    expect(tab.state.match).toBeDefined();
    tab.press('n');
    expect(tab.state.search).toBe('assertion');
  });
});

describe('to the side', () => {
  it('moves texts, not time and kind, as far as something is cut', () => {
    const tab = open(80, 30);
    const before = tab.lines();
    tab.press('right');
    const after = tab.lines();
    const heads = (lines: readonly string[]): readonly string[] =>
      lines.slice(0, -1).map((line) => line.slice(0, 24).trimEnd());
    expect(heads(after)).toEqual(heads(before));
    expect(after.find((line) => line.includes('of a test'))).toContain('500 to be 400');
    tab.press('right', 'right', 'right', 'right', 'right', 'right');
    expect(tab.state.column).toBeLessThan(100);
    tab.press('left', 'left', 'left', 'left', 'left', 'left', 'left', 'left');
    expect(tab.lines()).toEqual(before);
  });
});

describe('a match beyond the border', () => {
  it('is moved to', () => {
    const tab = open(80);
    tab.search('goes on');
    expect(tab.lines().find((line) => line.startsWith('▸'))).toContain('goes on');
    tab.search('assertion');
    expect(tab.lines().find((line) => line.startsWith('▸'))).toContain('│ Assertion');
  });
});

describe('an iteration', () => {
  it('is jumped to, and one that is not there is told', () => {
    const tab = open(100, 6);
    tab.jump(2);
    expect(tab.lines()[0]).toContain('iteration    2 started');
    expect(tab.status()).toContain('iteration 2 · entry 12 of 34');
    tab.jump(9);
    expect(tab.status()).toContain('iteration 9 is not in the log');
    expect(tab.lines()[0]).toContain('iteration    2 started');
  });
});

describe('copying', () => {
  it('takes the match, else what is seen', () => {
    const tab = open(100, 4);
    const pane = (): string => tab.lines().slice(0, -1).join('\n');
    expect(tab.copy()).toBe(pane().replaceAll(/^ /gm, ''));
    tab.search('assertion');
    expect(tab.copy()).toMatch(/^12:00:00 {15}│ AssertionError.*goes on$/);
  });
});
