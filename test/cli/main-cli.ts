import { z } from 'zod';
import { runCli } from '../../src/cli/main-cli.ts';
import type { App } from '../../src/commands/app.ts';
import { defineCommand } from '../../src/commands/define.ts';
import { RalphError } from '../../src/domain/error.ts';
import { commands } from './commands.ts';

/** A real process around `runCli`, for main-cli.test.ts. */
const none = z.object({});
const base = { group: 'Look', args: none } as const;
const more = [
  defineCommand({
    ...base,
    id: 'big',
    title: 'Print a lot',
    cli: { path: 'big' },
    run: ({ out }) => Promise.resolve(out.json('x'.repeat(8 * 1024 * 1024))),
  }),
  defineCommand({
    ...base,
    id: 'endless',
    title: 'Print for ever',
    cli: { path: 'endless' },
    run: async ({ out }) => {
      for (;;) {
        out.print('line');
        await new Promise((done) => setImmediate(done));
      }
    },
  }),
  defineCommand({
    ...base,
    id: 'worker',
    title: 'Print while there is work, and end by what came of it',
    cli: { path: 'worker' },
    outlivesReader: true,
    run: async ({ out }) => {
      for (let line = 0; line < 200; line += 1) {
        out.print(`line ${line}`);
        await new Promise((done) => setTimeout(done, 1));
      }
      return 3;
    },
  }),
  defineCommand({
    ...base,
    id: 'fail',
    title: 'Fail',
    args: z.object({ code: z.string() }),
    cli: { path: 'fail', positional: ['code'] },
    run: (_context, { code }) => {
      if (code === 'plain') throw new TypeError('broken \u001b[31mred');
      throw new RalphError(code as 'usage', 'it went wrong', { hint: 'Do this.' });
    },
  }),
  defineCommand({
    ...base,
    id: 'wait',
    title: 'Wait for Ctrl-C',
    cli: { path: 'wait' },
    run: async ({ out, interrupted }) => {
      const signal = interrupted();
      out.print('waiting');
      const alive = setInterval(() => undefined, 1000);
      await new Promise((done) => signal.addEventListener('abort', done));
      clearInterval(alive);
      out.print('cleaned up');
      return 130;
    },
  }),
];
await runCli(process.argv.slice(2), {
  commands: [...commands, ...more],
  version: '1.2.3',
  makeContext: (_globals, given) => Promise.resolve({ ...given, app: {} as App }),
  runIds: () => ['7f3a11', '04de33'],
});
