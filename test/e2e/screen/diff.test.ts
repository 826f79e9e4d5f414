import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { keys, openScreen, shows } from '../../fakes/screen.ts';
import type { RealTerminal } from '../../fakes/terminal.ts';
import { answer, answers, makeWorld, taskFile, type World } from '../../fakes/world.ts';

let world: World;
let terminal: RealTerminal | undefined;
afterEach(() => {
  terminal?.kill('SIGKILL');
  world.destroy();
});
const task = taskFile({ test: 'grep -q good file.txt', extra: 'sandbox_provider: local' });

it('shows what an agent changes while it works, then what the branch and each iteration have changed', async () => {
  const script = answers(
    answer([{ type: 'write', path: 'README.md', content: 'hello there\n' }]),
    answer(
      [
        { type: 'write', path: 'file.txt', content: 'good\n' },
        { type: 'run', command: 'while [ ! -e ../go ]; do sleep 0.05; done' },
      ],
      ['M1.1', 'M1.2'],
    ),
  );
  world = await makeWorld({ script });
  const { id } = await world.create(task);
  const waits = new Promise<void>((resolve) => {
    void world.resume(id, {
      onEntry: (entry) => {
        if (entry.type === 'command.started' && entry.command.includes('../go')) resolve();
      },
    });
  });
  await waits;
  const screen = openScreen(world);
  terminal = screen;
  await screen.until(shows(id), 'the run');
  screen.press('d');
  await screen.until(shows('current: work tree of iteration 2'), 'the diff of the work tree');
  expect(screen.screen().join('\n')).toMatch(/A file\.txt +\+1 −0/);
  screen.press(keys.enter);
  await screen.until(shows('1 +good'), 'the file');
  writeFileSync(join(world.app.homes.dir, id, 'sandbox', 'go'), '');
  await screen.until(shows('current: ralph/task-1'), 'the diff of the branch');
  expect(screen.screen().join('\n')).toMatch(/│ +1 \+good/);
  screen.press('t');
  await screen.until(shows('iteration 2: '), 'the patch of the last iteration');
  screen.press('i');
  await screen.until(shows(/iteration/i), 'the field');
  screen.press('1');
  screen.press(keys.enter);
  await screen.until(shows('iteration 1: '), 'the patch of the first iteration');
  await screen.until(shows(/M README\.md +\+1 −1/), 'its file');
  screen.press('7');
  await screen.until(shows('prompt response actions patch'), 'the iterations');
  screen.press(keys.enter);
  screen.press('\u001B[C');
  await screen.until(shows('"summary": "work"'), 'the answer');
});
