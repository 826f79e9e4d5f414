import { beforeAll, describe, expect, it } from 'vitest';
import type { CommandOutput } from '../../../src/tui/outputs.ts';
import { beginPager, pagerOverlay, type PagerState } from '../../../src/tui/overlays/pager.tsx';
import { boxFrame, pressBox } from '../../fakes/box-frame.tsx';

beforeAll(() => {
  process.env['TZ'] = 'UTC';
});
const at = Date.parse('2026-03-01T12:04:31Z');
const outputs: readonly CommandOutput[] = [
  { at, title: 'ls', tone: 'good', lines: Array.from({ length: 30 }, (_, i) => `line ${i}`) },
  { at, title: '', tone: 'bad', lines: ['no run "x"'] },
  { at, title: 'show 7f3a', tone: 'warn', lines: ['run 7f3a', `\tlong ${'x'.repeat(100)}`, 'end'] },
];
const size = { width: 80, height: 15 };

describe('the output of commands', () => {
  it('begins at the newest, or at the end', () => {
    expect(boxFrame(pagerOverlay, beginPager(outputs), size)).toMatchInlineSnapshot(`
      " ╭────────────────────────────────────────────────────────────────────────────╮
       │ Output   27–36 of 36                                                       │
       │ line 25                                                                    │
       │ line 26                                                                    │
       │ line 27                                                                    │
       │ line 28                                                                    │
       │ line 29                                                                    │
       │ 12:04:31  ✗ no run "x"                                                     │
       │ 12:04:31  ! show 7f3a                                                      │
       │ run 7f3a                                                                   │
       │     long xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx…│
       │ end                                                                        │
       │ j k g G scroll   w wrap   y copy all   esc leave                           │
       ╰────────────────────────────────────────────────────────────────────────────╯"
    `);
    const long = [...outputs, outputs[0]!];
    expect(boxFrame(pagerOverlay, beginPager(long, 'newest'), { width: 120, height: 12 }))
      .toMatchInlineSnapshot(`
      " ╭────────────────────────────────────────────────────────────────────────────────────────────────────────────────────╮
       │ Output   37–43 of 67                                                                                               │
       │ 12:04:31  ✓ ls                                                                                                     │
       │ line 0                                                                                                             │
       │ line 1                                                                                                             │
       │ line 2                                                                                                             │
       │ line 3                                                                                                             │
       │ line 4                                                                                                             │
       │ line 5                                                                                                             │
       │ j k g G scroll   w wrap   y copy all   esc leave                                                                   │
       ╰────────────────────────────────────────────────────────────────────────────────────────────────────────────────────╯"
    `);
  });

  it('scrolls and wraps', () => {
    const top = pressBox<PagerState>(pagerOverlay, beginPager(outputs), { keys: ['g'], size }).state;
    expect(boxFrame(pagerOverlay, top, size)).toContain('1–10 of 36');
    const wrapped = pressBox<PagerState>(pagerOverlay, beginPager(outputs), { keys: ['w'], size }).state;
    expect(boxFrame(pagerOverlay, wrapped, size)).toContain('of 37');
    expect(boxFrame(pagerOverlay, wrapped, size)).not.toContain('…');
  });

  it('wishes its text to be copied', () => {
    const { wishes, closed } = pressBox(pagerOverlay, beginPager(outputs.slice(1, 2)), { keys: ['y'] });
    expect(wishes).toEqual([{ copy: '12:04:31  ✗ no run "x"' }]);
    expect(closed).toBeUndefined();
  });

  it('says what to press while there is nothing, and leaves', () => {
    expect(boxFrame(pagerOverlay, beginPager([]), size)).toContain(
      'No command has said anything yet. : runs one.',
    );
    expect(pressBox(pagerOverlay, beginPager([]), { keys: ['y'] }).wishes).toEqual([]);
    for (const key of ['esc', 'q', '!', 'ctrl+c'])
      expect(pressBox(pagerOverlay, beginPager([]), { keys: [key] }).closed).toEqual({ result: undefined });
  });
});
