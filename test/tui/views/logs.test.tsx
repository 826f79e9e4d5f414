import { describe, expect, it } from 'vitest';
import type { RunEvent } from '../../../src/domain/event.ts';
import { createLogBuffer, type LogBuffer } from '../../../src/tui/log-buffer.ts';
import { entriesOf } from '../../fakes/entry.ts';
import { events } from '../../fakes/log-events.ts';
import { openLogTab } from '../../fakes/log-tab.tsx';

process.env['TZ'] = 'UTC';

const bufferOf = (...made: readonly RunEvent[]): LogBuffer => createLogBuffer(entriesOf(...made), 0);
const open = (width: number, height = 12) => openLogTab(bufferOf(...events), { width, height });
describe('frames', () => {
  it('follows the end with time, kind and text in columns', () => {
    expect(open(80).lines().join('\n')).toMatchInlineSnapshot(`
      " 12:00:00  iteration    3 started · fast
       12:00:00  prompt       9.1 kB
       12:00:00  model        6.8 s · 8,214 tokens in, 611 out · $0.0040
       12:00:00  write        src/foo/handler.ts
       12:00:00  test         $ npm test
       12:00:00               │ ✓ returns 200 for valid input
       12:00:00               │ AssertionError: expected 500 to be 400 in iteration 3…
       12:00:00               exit 1 · 1.2 s
       12:00:00  loop_score   0.20 · repeated 0.00, stagnation 0.00, thrash 0.20
       12:00:00  diff         4 files +112 -9
       12:00:00  iteration    3 ended · 60.0 s · abcdef1234
       following · all kinds · both streams              iteration 3 · entry 34 of 34"
    `);
    expect(open(120).lines().join('\n')).toMatchInlineSnapshot(`
      " 12:00:00  iteration    3 started · fast
       12:00:00  prompt       9.1 kB
       12:00:00  model        6.8 s · 8,214 tokens in, 611 out · $0.0040
       12:00:00  write        src/foo/handler.ts
       12:00:00  test         $ npm test
       12:00:00               │ ✓ returns 200 for valid input
       12:00:00               │ AssertionError: expected 500 to be 400 in iteration 3 of a test with quite a long name that g…
       12:00:00               exit 1 · 1.2 s
       12:00:00  loop_score   0.20 · repeated 0.00, stagnation 0.00, thrash 0.20
       12:00:00  diff         4 files +112 -9
       12:00:00  iteration    3 ended · 60.0 s · abcdef1234
       following · all kinds · both streams                                                      iteration 3 · entry 34 of 34"
    `);
  });
  it('wraps long lines below their text', () => {
    const tab = open(80);
    tab.press('w', 'k', 'k');
    expect(tab.lines().join('\n')).toMatchInlineSnapshot(`
      " 12:00:00  iteration    2 ended · 60.0 s · abcdef1234
       12:00:00  iteration    3 started · fast
       12:00:00  prompt       9.1 kB
       12:00:00  model        6.8 s · 8,214 tokens in, 611 out · $0.0040
       12:00:00  write        src/foo/handler.ts
       12:00:00  test         $ npm test
       12:00:00               │ ✓ returns 200 for valid input
       12:00:00               │ AssertionError: expected 500 to be 400 in iteration 3
                              of a test with quite a long name that goes on
       12:00:00               exit 1 · 1.2 s
       12:00:00  loop_score   0.20 · repeated 0.00, stagnation 0.00, thrash 0.20
       held · all kinds · both streams · wrapped         iteration 2 · entry 23 of 34"
    `);
  });
  it('marks matches, and the one that was come to', () => {
    const tab = open(120);
    tab.search('assertion');
    expect(tab.lines().join('\n')).toMatchInlineSnapshot(`
      " 12:00:00  iteration    3 started · fast
       12:00:00  prompt       9.1 kB
       12:00:00  model        6.8 s · 8,214 tokens in, 611 out · $0.0040
       12:00:00  write        src/foo/handler.ts
       12:00:00  test         $ npm test
       12:00:00               │ ✓ returns 200 for valid input
      ▸12:00:00               │ AssertionError: expected 500 to be 400 in iteration 3 of a test with quite a long name that g…
       12:00:00               exit 1 · 1.2 s
       12:00:00  loop_score   0.20 · repeated 0.00, stagnation 0.00, thrash 0.20
       12:00:00  diff         4 files +112 -9
       12:00:00  iteration    3 ended · 60.0 s · abcdef1234
       held · all kinds · both streams · /assertion 3 of 3                                       iteration 3 · entry 24 of 34"
    `);
    tab.press('N', 'N', 'N');
    expect(tab.status()).toContain('/assertion 3 of 3, went round');
  });
  it('shows one kind, and says so', () => {
    const tab = open(80);
    tab.press('t', 't', 't');
    expect(tab.lines().join('\n')).toMatchInlineSnapshot(`
      " 12:00:00  prompt       9.1 kB
       12:00:00  model        6.8 s · 8,214 tokens in, 611 out · $0.0040
       12:00:00  prompt       9.1 kB
       12:00:00  model        6.8 s · 8,214 tokens in, 611 out · $0.0040
       12:00:00  prompt       9.1 kB
       12:00:00  model        6.8 s · 8,214 tokens in, 611 out · $0.0040





       following · only model                            iteration 3 · entry 26 of 34"
    `);
  });
  it('says what to press where nothing is', () => {
    expect(openLogTab(bufferOf(), { width: 80, height: 3 }).lines().join('\n')).toMatchInlineSnapshot(`
      "  Nothing is logged yet.

       following · all kinds · both streams"
    `);
    const tab = open(80, 3);
    tab.press('t', 't', 't', 's', 's');
    expect(tab.lines().join('\n')).toMatchInlineSnapshot(`
      "  Nothing like that; t shows the next kind, s the other stream.

       following · only model · only stderr"
    `);
  });
});
