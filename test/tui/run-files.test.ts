import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { ScreenFace } from '../../src/commands/screen-face.ts';
import { writeCurrentDiff, type CurrentDiff } from '../../src/domain/current-diff.ts';
import type { Entry } from '../../src/domain/event.ts';
import { createRunFiles } from '../../src/tui/run-files.ts';

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

const diff = (kind: 'work-tree' | 'branch', patch: string): string =>
  writeCurrentDiff({
    kind,
    from: 'a',
    to: undefined,
    iteration: 1,
    patch,
    cut: false,
    note: undefined,
  } satisfies CurrentDiff);
const entry = { type: 'action.ended' } as Entry;

/** A pane that draws whenever something changed, and so reads. */
const openLook = () => {
  let text = diff('work-tree', 'one');
  let looks = 0;
  let seen: string | undefined;
  const face = {
    slowText: async () => {
      looks += 1;
      const now = text;
      return new Promise<string>((resolve) => setTimeout(() => resolve(now), 100));
    },
  } as unknown as ScreenFace;
  const files = createRunFiles(face, () => draw());
  const draw = (): void => {
    if (look.isShown) seen = files.read('r', '@current-diff');
  };
  const look = {
    isShown: true,
    files,
    draw,
    put: (next: string) => (text = next),
    get looks() {
      return looks;
    },
    get seen() {
      return seen;
    },
  };
  draw();
  return look;
};

it('shows what is old until the new diff is there, and takes no more than two looks a second', async () => {
  const look = openLook();
  expect(look.seen).toBeUndefined();
  await vi.advanceTimersByTimeAsync(150);
  expect(look.seen).toBe(diff('work-tree', 'one'));
  look.put(diff('work-tree', 'two'));
  for (let i = 0; i < 100; i += 1) {
    look.files.took('r', [entry]);
    look.draw();
    expect(look.seen).toBeDefined();
    await vi.advanceTimersByTimeAsync(10);
  }
  expect(look.looks).toBeLessThanOrEqual(4);
  await vi.advanceTimersByTimeAsync(1_000);
  expect(look.seen).toBe(diff('work-tree', 'two'));
});

it('looks at a work tree again by itself while it is shown, and at a branch only after an entry', async () => {
  const look = openLook();
  for (let i = 0; i < 5; i += 1) {
    look.files.took('r', [entry]);
    look.draw();
    await vi.advanceTimersByTimeAsync(1_000);
  }
  const before = look.looks;
  look.put(diff('branch', 'end'));
  await vi.advanceTimersByTimeAsync(4_000);
  expect(look.seen).toBe(diff('branch', 'end'));
  expect(look.looks).toBeLessThanOrEqual(before + 2);
  const then = look.looks;
  await vi.advanceTimersByTimeAsync(60_000);
  expect(look.looks).toBe(then);
});

it('leaves the work tree alone while nobody looks', async () => {
  const look = openLook();
  await vi.advanceTimersByTimeAsync(150);
  look.isShown = false;
  await vi.advanceTimersByTimeAsync(60_000);
  expect(look.looks).toBe(1);
});
