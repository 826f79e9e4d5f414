import { afterEach, expect, it } from 'vitest';
import { builtMain } from '../../fakes/built.ts';
import { openTerminal, type RealTerminal } from '../../fakes/terminal.ts';
import { answer, makeWorld, taskFile, type World } from '../../fakes/world.ts';

let world: World;
let terminal: RealTerminal | undefined;
afterEach(() => {
  terminal?.kill('SIGKILL');
  world.destroy();
});
const has =
  (text: string) =>
  (lines: readonly string[]): boolean =>
    lines.some((line) => line.includes(text));

const report = {
  pattern: 'Nobody asks which colour.',
  evidence: ['iteration 1 paused'],
  cause: 'The task does not say it.',
  guardrails: [
    { name: 'ask once', trigger: 'a colour is missing', instruction: 'use blue', evidence: 'iteration 1' },
  ],
  spec_edits: [{ old: '# Task: Make it so', new: '# Task: Make it so, in blue', reason: 'it was open' }],
  model_profile: null,
};

/** The screen on a run that waits for its human, and its id. */
const open = async (extra = ''): Promise<{ screen: RealTerminal; id: string }> => {
  world = await makeWorld({
    script: JSON.stringify({
      answers: [answer([{ type: 'pause', reason: '?' }])],
      diagnose: [{ answer: report }],
    }),
  });
  const { state } = await world.run(taskFile({ test: 'grep -q good file.txt', extra }));
  const screen = openTerminal({
    argv: [process.execPath, builtMain()],
    env: world.env,
    cwd: world.repo,
  });
  terminal = screen;
  await screen.until(has('paused'), 'the run');
  screen.press('\r');
  await screen.until(has('Done when'), 'the overview');
  return { screen, id: state.id };
};

it('adds a sign with g and a note with n, and shows both in their tabs', async () => {
  const { screen, id } = await open();
  screen.press('5');
  await screen.until(has('in every prompt'), 'the signs');
  screen.press('g');
  await screen.until(has('do this'), 'the form');
  screen.press('never use red\twhen painting\r');
  await screen.until(has('guardrail acknowledged'), 'the acknowledgement');
  await screen.until(has('do     never use red'), 'the sign');
  expect(world.app.homes.readState(id, 'guardrails.md')).toContain('- trigger: when painting');
  screen.press('6');
  await screen.until(has('No notes yet'), 'the notes');
  screen.press('n');
  const form = await screen.until(has('every coming session reads it'), 'the form');
  expect(form.join('\n')).not.toContain('clarify');
  screen.press('the API is in src/http\r');
  await screen.until(has('   the API is in src/http'), 'the note');
});

it('offers a guided run the kinds of hints', async () => {
  const { screen } = await open('steering_mode: guided');
  screen.press('n');
  await screen.until(has('clarify'), 'the kinds');
  screen.press('look at file.txt\t  \r');
  await screen.until(has('hint acknowledged'), 'the acknowledgement');
});

it('asks for a diagnosis with D, shows what it would change, and applies it with a', async () => {
  const { screen, id } = await open();
  screen.press('8');
  await screen.until(has('No diagnosis yet'), 'the empty tab');
  screen.press('a');
  await screen.until(has('there is no diagnose report yet'), 'why not');
  screen.press('D');
  await screen.until(has('+ # Task: Make it so, in blue'), 'the proposed edit');
  expect(world.app.homes.readTask(id)).not.toContain('in blue');
  screen.press('a');
  await screen.until(has('applied'), 'that it is applied');
  await screen.until((lines) => has('Guardrails  added')(lines), 'that the signs are added');
  expect(world.app.homes.readTask(id)).toContain('in blue');
});

it('says of the sandbox what it is, where it lies and who works there', async () => {
  const { screen, id } = await open();
  screen.press('9');
  const lines = await screen.until(has('disk use'), 'the report');
  const text = lines.join('\n');
  expect(text).toContain('none: plain processes of this user');
  expect(text).toContain('nobody works on it');
  expect(text).toMatch(/disk use +\d+\.\d (M|G)iB/);
  expect(text).toContain(`${id}/sandbox`);
});
