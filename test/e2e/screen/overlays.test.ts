import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { keys, lineWith, openScreen, settled, shows } from '../../fakes/screen.ts';
import type { RealTerminal } from '../../fakes/terminal.ts';
import { answer, answers, makeWorld, taskFile, type World } from '../../fakes/world.ts';

let world: World;
let terminal: RealTerminal | undefined;
afterEach(async () => {
  terminal?.kill('SIGKILL');
  await terminal?.ended;
  if (world.app.supervisor.running) {
    world.app.supervisor.stop();
    for (let i = 0; i < 100 && world.app.supervisor.running; i += 1) await world.app.sleep(100);
  }
  world.destroy();
});

const task = taskFile({ test: 'grep -q good file.txt', extra: 'sandbox_provider: local' });
const good = answers(answer([{ type: 'write', path: 'file.txt', content: 'good\n' }], ['M1.1', 'M1.2']));
/** Types as a person does: one key a chunk. */
const type = async (screen: RealTerminal, text: string): Promise<void> => {
  for (const char of text) screen.press(char);
  await settled(screen, 60);
};

it('shows the help and the palette over the screen, which stays there', async () => {
  world = await makeWorld({ script: good });
  const { state } = await world.run(task);
  terminal = openScreen(world);
  await terminal.until(shows(state.id), 'the run');
  terminal.press('?');
  const help = await terminal.until(shows('Pause after the current action'), 'the help');
  expect(lineWith(help, 'ralph ')).toContain('ralph  1 suc');
  terminal.press(keys.esc);
  await terminal.until((lines) => !shows('Pause after the current action')(lines), 'no help');
  terminal.press(':');
  await terminal.until(shows('⏎ run'), 'the palette');
  await type(terminal, 'show');
  terminal.press(keys.enter);
  await terminal.until(shows('= repeated failure'), 'the output of a command on the run under the cursor');
  terminal.press('y');
  await terminal.until(shows('copied'), 'that it was copied');
  expect(terminal.effects.clipboard[0]).toContain(`run          ${state.id}`);
  terminal.press(keys.esc);
  await terminal.until((lines) => !shows('= repeated failure')(lines), 'no pager');
});

it('keeps a line that failed, with its reason, and says what works elsewhere only', async () => {
  world = await makeWorld({ script: good });
  const { state } = await world.run(task);
  terminal = openScreen(world);
  await terminal.until(shows(state.id), 'the run');
  terminal.press(':');
  await type(terminal, 'note 7zzz hello');
  terminal.press(keys.enter);
  const failed = await terminal.until(shows('no run "7zzz"'), 'why not');
  expect(lineWith(failed, ' : ')).toContain('note 7zzz hello');
  terminal.press('\u0015');
  await type(terminal, 'demo');
  terminal.press(keys.enter);
  await terminal.until(shows('There: ralph demo'), 'where it works');
  terminal.press(keys.esc);
  await settled(terminal);
  terminal.press('!');
  await terminal.until(shows('✗ note 7zzz hello'), 'it in the list of outputs');
  terminal.press(keys.esc);
  await settled(terminal);
  terminal.press(':');
  await type(terminal, 'q');
  terminal.press(keys.enter);
  expect(await terminal.ended).toMatchObject({ code: 0 });
});

it('launches a run from the form, after it was said that nothing isolates it', async () => {
  world = await makeWorld({ script: good });
  const text = task.replace(/^---\n/, `---\nrepo_url: ${JSON.stringify(world.remote)}\n`);
  writeFileSync(join(world.repo, 'ralph_task.md'), text.replace('max_iterations: 6', 'max_iterations: x'));
  terminal = openScreen(world);
  await terminal.until(shows('No runs yet'), 'the empty fleet');
  terminal.press('N');
  await terminal.until(shows('NO ISOLATION'), 'the form');
  terminal.press('\u0013');
  await terminal.until(shows('not launched: max_iterations'), 'why not');
  // The cursor went to what is wrong.
  terminal.press('\u0015');
  await type(terminal, '4');
  await terminal.until(shows('ready'), 'no error any more');
  terminal.press('\u0013');
  await terminal.until(shows('no isolation'), 'the question');
  terminal.press('y');
  const lines = await terminal.until(shows(/✓ launched /), 'the run', 60_000);
  const id = /launched (\w+)/.exec(lineWith(lines, 'launched'))![1]!;
  await terminal.until(shows(new RegExp(`▸ ✓ +${id}`)), 'its success, under the cursor', 60_000);
  expect(world.app.replay(id).budgets.maxIterations).toBe(4);
});

it('offers a starter where there is no task file', async () => {
  world = await makeWorld({ script: good, files: { 'package.json': '{"scripts":{"test":"node --test"}}' } });
  terminal = openScreen(world);
  await terminal.until(shows('No runs yet'), 'the empty fleet');
  terminal.press('N');
  await terminal.until(shows('there is no ralph_task.md'), 'that it is not there');
  terminal.press('\u000E');
  await terminal.until(shows('wrote ralph_task.md'), 'the starter');
  await terminal.until(shows(/errors? keeps? it from starting/), 'what is to be filled in');
  expect(world.app.files.readText('ralph_task.md')).toContain('npm test');
});

it('lets one pick another model for a run, and says that the run took it', async () => {
  const models = ['fake', 'other'].map((name) => `  ${name}:\n    litellm_model: "scripted/script.yaml"\n`);
  world = await makeWorld({ script: good, models: `profiles:\n${models.join('')}` });
  const { id } = await world.create(task);
  terminal = openScreen(world);
  await terminal.until(shows(id), 'the run');
  terminal.press('m');
  await terminal.until(shows(/● fake/), 'the profiles, the one in use marked');
  await type(terminal, 'oth');
  terminal.press(keys.enter);
  await terminal.until(shows('model acknowledged'), 'that it was taken');
  expect(world.app.replay(id).profile).toBe('other');
});
