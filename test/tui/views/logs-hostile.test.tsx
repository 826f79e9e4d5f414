import { Box } from 'ink';
import { render } from 'ink-testing-library';
import stringWidth from 'string-width';
import { createElement } from 'react';
import { describe, expect, it } from 'vitest';
import type { Entry, RunEvent } from '../../../src/domain/event.ts';
import { createLogBuffer } from '../../../src/tui/log-buffer.ts';
import { themeOf } from '../../../src/tui/theme.ts';
import { lineText } from '../../../src/tui/views/log-export.ts';
import { logsPane } from '../../../src/tui/views/logs.tsx';
import { entriesOf } from '../../fakes/entry.ts';
import { openLogTab, type LogTab } from '../../fakes/log-tab.tsx';

const output = (text: string, stream: 'stdout' | 'stderr' = 'stdout'): RunEvent => ({
  type: 'command.output',
  key: 'k',
  stream,
  text,
});
const nasty: Readonly<Record<string, string>> = {
  'a title': '\u001b]0;owned\u0007after the title',
  'a clipboard write': '\u001b]52;c;b3duZWQ=\u0007after the clipboard',
  'a clipboard write by C1': '\u009d52;c;b3duZWQ=\u009cafter the C1 clipboard',
  'a question to the terminal': '\u001b[6n\u001b[c\u001bP$q"p\u001b\\after the question',
  'a cleared screen': '\u001b[2J\u001b[H\u001b[?1049lafter the cleared screen',
  'moving back': 'aaaa\b\b\b\bbbbb\rcccc\u001b[10Ddddd',
  bidi: 'if (admin) \u202e } \u2066 // check \u2069 \u2066',
  'zero width': 'pass\u200bword\u2060\ufeff\u{e0041}',
  'wide characters': '世界'.repeat(80),
  emoji: '👩‍👩‍👧‍👦🏳️‍🌈👍🏽'.repeat(30),
  'combining marks': `z${'\u0301'.repeat(500)}algo`,
  'half a pair': `x\ud800y\udc00z${'\ud83d'.repeat(20)}`,
  'a line of a megabyte': 'm'.repeat(1_000_000),
  'a wide line of a megabyte': '漢'.repeat(333_333),
  'many lines': 'l\n'.repeat(100_000),
  tabs: '\ta\tb\t\tc',
};
/** The same in fields that programs and models fill. */
const everywhere = (text: string): readonly RunEvent[] => [
  { type: 'warning', about: text, text },
  { type: 'action.started', n: 1, i: 1, action: text, label: text },
  { type: 'command.started', command: text, purpose: 'action', key: 'k' },
  output(text),
  output(text, 'stderr'),
  { type: 'run.status', status: 'paused', reason: text, detail: text },
];

const widths = (tab: LogTab): readonly number[] => {
  const { width } = tab.facts.size;
  const { lastFrame, unmount } = render(
    <Box width={width} flexDirection="column">
      {createElement(logsPane.View, { state: tab.state, facts: tab.facts, theme: themeOf('none') })}
    </Box>,
  );
  const found = (lastFrame() ?? '').split('\n').map((line) => stringWidth(line));
  unmount();
  return found;
};
/** No escape but the styles that Ink itself writes; no control, and nothing that is not seen. */
const isSafe = (text: string): boolean =>
  !/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u200b\u2028-\u202e\u2060-\u2069\ufeff]|[\u{e0000}-\u{e007f}]/u.test(
    text.replaceAll(/\u001b\[[\d;]*m/g, ''),
  );

describe.each(Object.entries(nasty))('%s in a log', (_name, text) => {
  const open = (width: number): LogTab =>
    openLogTab(createLogBuffer(entriesOf(...everywhere(text)), 0), { width, height: 10 });

  it.each([60, 80, 120])('is drawn safely within %i columns, moved and wrapped too', (width) => {
    const tab = open(width);
    for (const chords of [[], ['right'], ['right', 'right'], ['g'], ['w'], ['g'], ['pgdn'], ['f']]) {
      tab.press(...chords);
      const lines = tab.lines();
      expect(lines).toHaveLength(10);
      expect(lines.every(isSafe)).toBe(true);
      expect(Math.max(...widths(tab))).toBeLessThanOrEqual(width);
    }
  });

  it('is safe where it is copied or searched for', () => {
    const tab = open(80);
    tab.press('g');
    expect(tab.copy().split('\n').every(isSafe)).toBe(true);
    tab.search(text.slice(0, 40));
    expect(tab.lines().every(isSafe)).toBe(true);
    expect(Math.max(...widths(tab))).toBeLessThanOrEqual(80);
    const { log } = tab.facts;
    for (let at = log.first; at < Math.min(log.end, log.first + 50); at += 1)
      expect(isSafe(lineText(log.at(at)!))).toBe(true);
  });
});

describe('columns', () => {
  it('stay where they are beside wide characters, also when these begin outside', () => {
    const log = createLogBuffer(
      entriesOf(output('世界'.repeat(40)), output(`a${'世界'.repeat(40)}`), output('0123456789'.repeat(9))),
      0,
    );
    const tab = openLogTab(log, { width: 60, height: 4 });
    // A wide character that does not fit leaves its first column free.
    const ends = (): void => expect(Math.min(...widths(tab).slice(0, 3))).toBeGreaterThanOrEqual(59);
    ends();
    tab.press('right');
    expect(tab.lines().slice(0, 3)).toMatchInlineSnapshot(`
      [
        " 12:00:00               界世界世界世界世界世界世界世界世界…",
        " 12:00:00                界世界世界世界世界世界世界世界世界…",
        " 12:00:00               45678901234567890123456789012345678…",
      ]
    `);
    ends();
  });
  it('are drawn for an entry that is not what its type says', () => {
    const [entry] = entriesOf({ type: 'diff', n: 1, files: 1, added: 1, removed: 1 });
    const { files: _files, ...damaged } = entry as Extract<Entry, { type: 'diff' }>;
    const tab = openLogTab(createLogBuffer([damaged as Entry], 0), { width: 60, height: 3 });
    expect(tab.lines()[0]).toContain('damaged      diff');
  });
});
