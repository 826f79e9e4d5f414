import { expect, it } from 'vitest';
import type { RunInfo } from '../../src/commands/app.ts';
import { blankRun } from '../../src/domain/run-state.ts';
import { createScreenSource, firstFrame } from '../../src/tui/screen-source.ts';
import type { Frame, Screen } from '../../src/tui/screen-types.ts';

const run = (id: string, status: RunInfo['state']['status']): RunInfo => ({
  id,
  dir: '/nowhere',
  state: { ...blankRun(id), status },
  orphaned: false,
});
const first = (): Frame =>
  firstFrame({
    runs: [run('a1', 'running'), run('b2', 'paused')],
    size: { width: 80, height: 24 },
    theme: 'none',
    now: 0,
  });

it('lists the runs in the order of the screen, before there is a screen', () => {
  const frame = first();
  expect(frame.order).toEqual(['b2', 'a1']);
  expect(frame.ui.cursor).toBe('b2');
  expect(frame.totals.byRank).toMatchObject({ paused: 1, running: 1 });
});

it('gives the keys that came early to the screen, in their order, and draws that from then on', () => {
  const source = createScreenSource(first());
  source.press({ chord: 'j', text: 'j' });
  source.press({ chord: 'enter', text: '' });
  const pressed: string[] = [];
  const listeners: (() => void)[] = [];
  const frame = first();
  const screen = {
    subscribe: (listener: () => void) => {
      listeners.push(listener);
      return () => {};
    },
    frame: () => frame,
    press: ({ chord }) => void pressed.push(chord),
  } as Partial<Screen> as Screen;
  let told = 0;
  source.subscribe(() => (told += 1));
  source.adopt(screen, {} as Parameters<typeof source.adopt>[1]);
  expect(pressed).toEqual(['j', 'enter']);
  expect(source.frame()).toBe(frame);
  for (const listener of listeners) listener();
  expect(told).toBe(2);
});
