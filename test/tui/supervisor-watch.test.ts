import { expect, it } from 'vitest';
import { createSupervisorWatch } from '../../src/tui/supervisor-watch.ts';

const watched = (options: { readonly readOnly?: boolean; readonly fails?: boolean } = {}) => {
  const toasts: string[] = [];
  let starts = 0;
  let now = 0;
  const lost = createSupervisorWatch({
    readOnly: options.readOnly ?? false,
    now: () => now,
    supervisor: {
      logFile: '/state/supervisor.log',
      ensure: () => {
        starts += 1;
        return options.fails ? Promise.reject(new Error('no\u001B[2J disk')) : Promise.resolve();
      },
    },
  });
  return {
    toasts,
    starts: () => starts,
    dies: async (at: number) => {
      now = at;
      lost({ toast: (text, tone) => toasts.push(`${tone}: ${text}`) });
      await Promise.resolve();
      await Promise.resolve();
    },
  };
};

it('says that the supervisor died and starts it again', async () => {
  const one = watched();
  await one.dies(0);
  expect(one.toasts).toEqual([
    'warn: the supervisor died; it is being started again',
    'good: the supervisor died and was started again; its runs go on',
  ]);
});

it('starts it three times within ten minutes, and no more until some time has gone by', async () => {
  const one = watched();
  for (const at of [0, 1, 2, 3]) await one.dies(at * 60_000);
  expect([one.starts(), one.toasts.at(-1)]).toEqual([
    3,
    'bad: the supervisor died 4 times within ten minutes and stays off: see /state/supervisor.log',
  ]);
  await one.dies(10 * 60_000 + 1);
  expect(one.starts()).toBe(4);
});

it('only says so on a screen that may only look', async () => {
  const one = watched({ readOnly: true });
  await one.dies(0);
  expect([one.starts(), one.toasts]).toEqual([0, [expect.stringContaining('read-only')]]);
});

it('says why it cannot be started', async () => {
  const one = watched({ fails: true });
  await one.dies(0);
  expect(one.toasts.at(-1)).toBe('bad: the supervisor died and cannot be started: no disk');
});
