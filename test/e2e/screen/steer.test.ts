import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import {
  isAlive,
  keys,
  launched,
  lineWith,
  openScreen,
  ralph,
  shows,
  supervisorPid,
  until,
} from '../../fakes/screen.ts';
import type { RealTerminal } from '../../fakes/terminal.ts';
import { answer, makeWorld, taskFile, type World } from '../../fakes/world.ts';

let world: World;
const screens: RealTerminal[] = [];
afterEach(async () => {
  for (const screen of screens.splice(0)) if (isAlive(screen.pid)) screen.kill('SIGKILL');
  await ralph(world, 'supervisor', 'stop').catch(() => {});
  await until(() => !world.app.supervisor.running, 'the end of the supervisor');
  world.destroy();
});
const open = (args: readonly string[] = [], env: Readonly<Record<string, string>> = {}): RealTerminal => {
  const screen = openScreen(world, args, { env });
  screens.push(screen);
  return screen;
};
const task = taskFile({ test: 'grep -q good file.txt', extra: 'sandbox_provider: local' });
const nap = (seconds: number) => ({ type: 'run', command: `sleep ${seconds}` });
const report = {
  pattern: 'It sleeps and never writes.',
  evidence: ['iteration 1'],
  cause: 'Nobody told it to write.',
  guardrails: [
    { name: 'write', trigger: 'always', instruction: 'write file.txt first', evidence: 'iteration 1' },
  ],
  spec_edits: [],
  model_profile: null,
};
/** A world with two profiles whose model naps and gets nowhere; another script where one is given. */
const napping = async (
  answers: readonly unknown[],
  files?: Readonly<Record<string, string>>,
): Promise<void> => {
  const profile = { answers, diagnose: [{ answer: report }], tags: ['doctor'] };
  const script = JSON.stringify({ profiles: { fake: profile, other: profile } });
  world = await makeWorld({ script, ...(files && { files }) });
  const path = `scripted/${world.dir}/script.yaml`;
  world.app.files.writeText(
    world.modelsFile,
    `profiles:\n  fake: { litellm_model: ${JSON.stringify(path)} }\n  other: { litellm_model: ${JSON.stringify(path)} }\n`,
    { overwrite: true },
  );
};
const state = (id: string) => world.app.replay(id);
const file = (id: string, path: string): string => world.app.homes.readState(id, path) ?? '';
const order = async (screen: RealTerminal, key: string, done: () => boolean): Promise<void> => {
  screen.press(key);
  await until(done, () => `what ${key} asks for, on:\n${screen.screen().join('\n')}`);
};
const type = async (screen: RealTerminal, key: string, text: string): Promise<void> => {
  const before = screen.screen().join();
  screen.press(key);
  await screen.until((lines) => lines.join() !== before && shows('╭')(lines), `a box for ${key}`);
  screen.press(text);
  await screen.until(shows(text), `${text} in its field`);
};

describe('one run', () => {
  it('is launched, watched and steered from its first key to its last', async () => {
    await napping([answer([nap(1.5), nap(0.1)]), answer([nap(2), nap(2)])]);
    const [id] = await launched(world, task, 1);
    const editor = join(world.dir, 'editor.sh');
    writeFileSync(
      editor,
      `echo 'the editor'; read line; echo "$line" > ${world.dir}/typed; sed -i 's/It holds/It really holds/' "$1"`,
    );
    const screen = open([], { EDITOR: `sh ${editor}` });
    await screen.until((lines) => lineWith(lines, id).includes('running'), 'the run at work');
    await screen.until(shows('sleep 1.5'), 'its log');
    screen.press('p');
    await screen.until((lines) => lineWith(lines, id).includes('pausing…'), 'that the pause is on its way');
    await screen.until((lines) => /paused · human/.test(lineWith(lines, id)), 'the pause');

    await type(screen, 'n', 'use blue');
    await order(screen, keys.enter, () => file(id, 'notes.md').includes('use blue'));
    await screen.until((lines) => !shows('╭')(lines), 'the box closed');
    screen.press('m');
    await screen.until(shows('other'), 'the profiles');
    screen.press('other');
    await order(screen, keys.enter, () => state(id).profile === 'other');
    await screen.until((lines) => lineWith(lines, id).includes('other'), 'the new model');
    await order(screen, 'D', () => state(id).report !== undefined);
    screen.press(keys.enter);
    await screen.until(shows('a applies it'), 'the run with its report');
    await order(screen, 'a', () => file(id, 'guardrails.md').includes('sign: write'));
    await type(screen, 'g', 'never sleep');
    await order(screen, keys.enter, () => {
      if (shows('╭')(screen.screen())) screen.press(keys.enter);
      return file(id, 'guardrails.md').includes('never sleep');
    });
    screen.press('5');
    await screen.until(shows('never sleep'), 'the sign on its tab');

    screen.press('e');
    await screen.until((lines) => shows('the editor')(lines) && !screen.isAlternate, 'the editor');
    expect(screen.modes).toEqual({ alternate: false, mouse: false, paste: false, cursorShown: true });
    // Every key is the editor's: none is lost to the screen below.
    await order(screen, 'q quit p 1234567890\r', () =>
      world.app.homes.readTask(id)!.includes('It really holds'),
    );
    expect(readFileSync(join(world.dir, 'typed'), 'utf8')).toBe('q quit p 1234567890\n');
    await screen.until((lines) => screen.isAlternate && shows('‹')(lines), 'the screen again');

    await order(screen, 'c', () => state(id).status === 'running');
    await until(() => state(id).iteration === 2, 'the second iteration');
    await order(screen, 'o', () =>
      world.app.homes
        .entries(id)
        .some((e) => e.type === 'control.taken' && e.order === 'rotate' && e.outcome === 'accepted'),
    );
    screen.press('q');
    expect(await screen.ended).toMatchObject({ code: 0 });
    expect(screen.isAlternate).toBe(false);
    expect(world.app.supervisor.running).toBe(true);
    expect(state(id).status).toBe('running');

    const [one, two] = [open(), open(['tui', id])];
    await one.until((lines) => lineWith(lines, id).includes('running'), 'the run on the fleet');
    await two.until((lines) => shows('Done when')(lines) && shows(id)(lines), 'the run by its id');
    one.press('x');
    await one.until(shows(/Stop .* for good/), 'the question');
    one.press('n');
    await one.until((lines) => !shows('for good')(lines), 'the question gone');
    expect(state(id).status).toBe('running');
    one.press('x');
    await one.until(shows(/Stop .* for good/), 'the question');
    one.press('y');
    await one.until((lines) => lineWith(lines, id).includes('stopped'), 'the end');
    await two.until(shows('stopped'), 'the end on the other screen');
    two.press('p');
    await two.until(shows(/has been stopped/), 'why the key does nothing');
  });
});

describe('several runs', () => {
  it('are filtered, selected and paused together; a read-only screen only looks', async () => {
    await napping([answer([nap(1), nap(1)])]);
    const ids = await launched(world, task, 3);
    const [screen, looker] = [open(), open(['--read-only'])];
    const running = (lines: readonly string[]): boolean =>
      ids.every((id) => lineWith(lines, id).includes('running'));
    await screen.until(running, 'three runs at work');
    await looker.until((lines) => running(lines) && shows('read-only')(lines), 'the same');
    for (const key of ['p', 'x', 'n', 'N', 'o']) {
      looker.press(key);
      await looker.until(shows(/the screen is read-only/), `that ${key} is refused`);
    }
    screen.press(`/${ids[1]}`);
    await screen.until((lines) => !shows(ids[0])(lines) && shows(ids[1]!)(lines), 'one run');
    screen.press(keys.esc);
    await screen.until((lines) => ids.every((id) => shows(id)(lines)), 'all of them');
    // Pasted keys are no keys.
    screen.press('\u001B[200~xy\u001B[201~');
    await screen.until(shows(/paste/), 'that nothing takes it');
    screen.press('A');
    await screen.until(shows('3 selected'), 'all selected');
    screen.press('p');
    await screen.until(
      (lines) => ids.every((id) => /paused · human/.test(lineWith(lines, id))),
      'all of them paused',
    );
    await looker.until((lines) => ids.every((id) => /paused/.test(lineWith(lines, id))), 'the same');

    await screen.until(shows('pause acknowledged'), 'what each of them answered');
    screen.press(keys.esc);
    await screen.until((lines) => !shows('╭')(lines), 'the box closed');
    screen.press(keys.esc);
    await screen.until((lines) => ids.every((id) => lineWith(lines, id)[1] !== '+'), 'none selected');
    screen.press(keys.enter);
    await screen.until(shows('Done when'), 'a run');
    for (const [key, tab] of Array.from({ length: 9 }, (_, i) => [String(i + 1), i] as const)) {
      screen.press(key);
      const title = ['Overview', 'Logs', 'Diff', 'Spec', 'Guardrails', 'Notes', 'Iterations'][tab];
      if (title !== undefined) await screen.until((lines) => lines[0]!.includes(title), `the tab ${title}`);
    }
    await screen.until((lines) => lines[1] === '─'.repeat(120) && shows('‹')(lines), 'the last tab');
    screen.press('M');
    await until(() => screen.modes.mouse, 'the mouse');
    screen.press('\u001B[<0;2;1M\u001B[<0;2;1m');
    await screen.until((lines) => ids.every((id) => shows(id)(lines)), 'the fleet by a click');
    screen.press('\u001B[<0;20;6M\u001B[<0;20;6m');
    await screen.until((lines) => lines[5]!.startsWith('▸'), 'the third row by a click');
    screen.press('\u001B[<0;20;5M\u001B[<0;20;5m\u001B[<0;20;5M\u001B[<0;20;5m');
    await screen.until(shows('‹'), 'a run by a double click');
    screen.press(`\u001B[<0;${screen.columnOf(0, '3 Diff') + 1};1M`);
    await screen.until(shows('an iteration’s'), 'a tab by a click');
    screen.press('\u001B[<0;2;1M');
    await screen.until((lines) => ids.every((id) => shows(id)(lines)), 'the fleet again');
    screen.press('/');
    screen.press('\u001B[<64;20;6M\u001B[<0;5;5Mab');
    await screen.until(shows(/^ \/ab/), 'only what was typed in the field');
    for (const one of [screen, looker]) {
      one.press(keys.ctrlC);
      one.press(keys.ctrlC);
      expect(await one.ended).toMatchObject({ code: 0 });
    }
  });
});

describe('the supervisor', () => {
  it('killed while the screen is open is told of and started again, and its runs go on', async () => {
    const nothing = answer([nap(0.7)]);
    const last = answer([{ type: 'write', path: 'file.txt', content: 'good\n' }], ['M1.1', 'M1.2']);
    await napping([nothing, nothing, last]);
    const ids = await launched(world, task, 2);
    const all = (word: string) => (lines: readonly string[]) =>
      ids.every((id) => lineWith(lines, id).includes(word));
    const kill = async (): Promise<number> => {
      // Its report comes every two seconds.
      await until(() => world.app.supervisor.report()?.running.length === 2, 'the report on both');
      const pid = supervisorPid(world);
      process.kill(pid, 'SIGKILL');
      return pid;
    };
    const looker = open(['--read-only'], { RALPH_NOTIFY: 'osc9', RALPH_BELL: 'all' });
    await looker.until(all('running'), 'both at work');
    await kill();
    await looker.until(shows(/the supervisor died; the screen is read-only/), 'that it died');
    await looker.until(shows('supervisor ✗ died'), 'the same for good');
    expect(world.app.supervisor.running).toBe(false);

    const screen = open();
    await screen.until(shows(/the supervisor died, its runs stand still/), 'that it had died');
    screen.press('c');
    await screen.until(shows('supervisor ●'), 'that it runs again');
    const pid = await kill();
    await screen.until(shows(/started again; its runs go on/), 'that it was started again');
    expect(supervisorPid(world)).not.toBe(pid);
    await screen.until(all('succeeded'), 'both done', 40_000);
    await looker.until(all('succeeded'), 'the same');
    // As one, or one after the other.
    const told = (): string => looker.effects.notifications.join();
    await until(() => /2 succeeded|succeeded.*succeeded/.test(told()), 'both told of', 10);
    expect(looker.effects.bells).toBe(looker.effects.notifications.length);
    expect(screen.effects).toMatchObject({ bells: 0, notifications: [] });
  });
});
