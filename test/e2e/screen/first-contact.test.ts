import { afterEach, expect, it } from 'vitest';
import { builtMain } from '../../fakes/built.ts';
import { openTerminal, type RealTerminal } from '../../fakes/terminal.ts';
import { answer, answers, makeWorld, taskFile, type World } from '../../fakes/world.ts';

let world: World;
let terminal: RealTerminal | undefined;
afterEach(() => {
  terminal?.kill('SIGKILL');
  world.destroy();
});
const open = (args: readonly string[] = []): RealTerminal => {
  terminal = openTerminal({
    argv: [process.execPath, builtMain(), ...args],
    env: world.env,
    cwd: world.repo,
  });
  return terminal;
};
const task = taskFile({ test: 'grep -q good file.txt', extra: 'sandbox_provider: local' });
const good = answers(answer([{ type: 'write', path: 'file.txt', content: 'good\n' }], ['M1.1', 'M1.2']));

it('shows the fleet, opens a run, and leaves the terminal as it was', async () => {
  world = await makeWorld({ script: good });
  const { state } = await world.run(task);
  const screen = open();
  await screen.until((lines) => lines.some((line) => line.includes(state.id)), 'the run');
  expect(screen.isAlternate).toBe(true);
  screen.press('\r');
  await screen.until((lines) => lines.some((line) => line.includes('Done when')), 'the overview');
  screen.press('q');
  expect(await screen.ended).toMatchObject({ code: 0 });
  expect(screen.isAlternate).toBe(false);
});

it('says what to press where there is no run yet', async () => {
  world = await makeWorld({ script: good });
  const lines = await open().until((now) => now.some((line) => line.includes('No runs yet')), 'a hint');
  expect(lines.join('\n')).toContain('ralph demo');
});
