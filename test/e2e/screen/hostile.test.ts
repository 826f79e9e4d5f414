import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeHostileHome } from '../../fakes/hostile-home.ts';
import { keys, openScreen, settled, shows } from '../../fakes/screen.ts';
import type { RealTerminal } from '../../fakes/terminal.ts';
import { answer, answers, makeWorld, taskFile, type World } from '../../fakes/world.ts';
import { widthOf } from '../../../src/tui/fit.ts';

let world: World;
beforeAll(async () => {
  world = await makeWorld({
    script: answers(answer([{ type: 'write', path: 'file.txt', content: 'good\n' }], ['M1.1', 'M1.2'])),
  });
  await world.run(taskFile({ test: 'grep -q good file.txt', extra: 'sandbox_provider: local' }));
  const { dir } = world.app.homes;
  makeHostileHome(dir, 'evil01', { type: 'run.status', status: 'paused', reason: 'human', detail: 'why' });
  makeHostileHome(dir, 'evil02', { type: 'run.status', status: 'failed', reason: 'bug', detail: 'why' });
});
afterAll(() => world.destroy());

const nothing = { titles: [], clipboard: [], replies: [], bells: 0, notifications: [] };
/** What only hostile text would have written. */
const isHarmless = (screen: RealTerminal): void => {
  expect(screen.effects).toEqual(nothing);
  expect(screen.modes).toMatchObject({ alternate: true, mouse: false });
  expect(screen.raw).not.toMatch(/[\u0080-\u009F\u0005\u000E\u202E\u2066\u200B]|\u001Bc|\u001BP/);
};
const isWhole = (lines: readonly string[], width: number): void => {
  expect(lines.map(widthOf).filter((columns) => columns > width)).toEqual([]);
};

describe('a run that lies in every string', () => {
  it.each([
    [120, 30],
    [80, 24],
  ])('can do nothing to a terminal of %i×%i', async (columns, rows) => {
    const screen = openScreen(world, [], { columns, rows });
    const rule = '─'.repeat(columns);
    await screen.until((lines) => shows('evil01')(lines) && shows('evil02')(lines), 'the runs');
    const fleet = await settled(screen);
    isHarmless(screen);
    isWhole(fleet, columns);
    expect([fleet[0]!.startsWith(' ralph'), fleet[1]]).toEqual([true, rule]);
    const statuses = ['STATUS', 'paused', 'failed', 'succeeded'].map((word, i) =>
      screen.columnOf(2 + i, word),
    );
    expect(new Set(statuses).size).toBe(1);
    const iterations = ['ITER', '1/5', '1/5', '1/6'].map(
      (word, i) => screen.columnOf(2 + i, word) + word.length,
    );
    expect(new Set(iterations).size).toBe(1);

    screen.press(keys.enter);
    await screen.until(shows('‹'), 'a run');
    for (const tab of '123456789') {
      for (const key of [tab, 'j', keys.enter, 'G']) {
        screen.press(key);
        const lines = await settled(screen, 50);
        isWhole(lines, columns);
        expect([lines[1], lines[rows - 2]]).toEqual([rule, rule]);
      }
      isHarmless(screen);
    }
    for (const key of ['n', 'm', 'x', ':', '?', '!']) {
      screen.press(key);
      isWhole(await settled(screen, 60), columns);
      screen.press(keys.esc);
      // An escape and the next key that are read at once would be one key.
      await settled(screen);
    }
    isHarmless(screen);
    // Copying is asked for by a person, and is the only thing that reaches the clipboard.
    screen.press('2');
    await settled(screen);
    screen.press('y');
    await screen.until(() => screen.effects.clipboard.length > 0, 'a copy');
    expect(screen.effects.clipboard.join()).not.toMatch(/[\u0000-\u0008\u000B-\u001F\u007F-\u009F]/);
    screen.press('q');
    await screen.ended;
    expect(screen.effects).toMatchObject({ ...nothing, clipboard: [expect.any(String)] });
  });
});
