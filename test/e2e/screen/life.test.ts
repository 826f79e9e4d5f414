import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { childOf, isAlive, keys, openScreen, openShell, shows, until } from '../../fakes/screen.ts';
import { openTerminal, type RealTerminal } from '../../fakes/terminal.ts';
import { answer, answers, makeWorld, taskFile, type World } from '../../fakes/world.ts';
import { builtMain } from '../../fakes/built.ts';

let world: World;
const open: RealTerminal[] = [];
const opened = (terminal: RealTerminal): RealTerminal => {
  open.push(terminal);
  return terminal;
};
beforeAll(async () => {
  world = await makeWorld({ script: answers() });
  // Throws in the midst of the program when it is told to.
  writeFileSync(
    join(world.dir, 'crash.cjs'),
    `process.on('SIGUSR2', () => { throw new Error('it broke\\u001b]0;title\\u0007'); });
     process.on('SIGALRM', () => { Promise.reject(new Error('nobody caught it')); });`,
  );
});
afterEach(() => {
  for (const terminal of open.splice(0)) if (isAlive(terminal.pid)) terminal.kill('SIGKILL');
});
afterAll(() => world.destroy());

const left = { alternate: false, mouse: false, paste: false, cursorShown: true };
const saved = (name: string): string => readFileSync(join(world.repo, name), 'utf8');
const fleet = shows('No runs yet');
const help = shows(/│ Keys/);
const inShell = (name: string): RealTerminal =>
  opened(
    openShell(
      world,
      `stty -g > ${name}-a; NODE_OPTIONS="--require ${join(world.dir, 'crash.cjs')}" $RALPH; echo "ended $?" > ${name}-code; stty -g > ${name}-b; echo over; exec sleep 20`,
    ),
  );
const program = (terminal: RealTerminal): number => childOf(terminal.pid, 'main.js');

describe('the terminal is left as it was', () => {
  it.each([
    ['q', 0, (screen: RealTerminal) => screen.press('q')],
    ['ctrl-c', 0, (screen: RealTerminal) => screen.press(keys.ctrlC)],
    ['term', 143, (screen: RealTerminal) => process.kill(program(screen), 'SIGTERM')],
    ['hup', 129, (screen: RealTerminal) => process.kill(program(screen), 'SIGHUP')],
    ['int', 130, (screen: RealTerminal) => process.kill(program(screen), 'SIGINT')],
    ['crash', 1, (screen: RealTerminal) => process.kill(program(screen), 'SIGUSR2')],
    ['rejection', 1, (screen: RealTerminal) => process.kill(program(screen), 'SIGALRM')],
  ])('after %s, with exit code %i', async (name, code, leave) => {
    const screen = inShell(name);
    await screen.until(fleet, 'the fleet');
    screen.press('M');
    await screen.until(() => screen.modes.mouse, 'the mouse switched on');
    expect(screen.modes).toEqual({ alternate: true, mouse: true, paste: true, cursorShown: false });
    leave(screen);
    await screen.until(shows('over'), 'the shell again');
    expect(screen.modes).toEqual(left);
    expect(saved(`${name}-code`)).toBe(`ended ${code}\n`);
    expect(saved(`${name}-b`)).toBe(saved(`${name}-a`));
    expect(screen.effects.titles).toEqual([]);
  });

  it('before it says what broke', async () => {
    const screen = inShell('said');
    await screen.until(fleet, 'the fleet');
    process.kill(program(screen), 'SIGUSR2');
    const lines = await screen.until(shows('over'), 'the shell again');
    expect(lines.join('\n')).toContain('ralph: it broke');
    expect(screen.raw.indexOf('it broke')).toBeGreaterThan(screen.raw.lastIndexOf('\u001B[?1049l'));
  });

  it('while it is stopped, and is taken again by fg', async () => {
    const shell = opened(
      openTerminal({
        argv: ['bash', '--norc', '--noprofile', '-i'],
        cwd: world.repo,
        env: { ...world.env, PS1: 'shell> ', RALPH: `${process.execPath} ${builtMain()}` },
      }),
    );
    shell.press('stty -g > z-a; $RALPH\r');
    await shell.until(fleet, 'the fleet');
    shell.press('M');
    await shell.until(() => shell.modes.mouse, 'the mouse switched on');
    shell.press(keys.ctrlZ);
    await shell.until((lines) => shows('Stopped')(lines) && shows(/shell> $|shell>$/)(lines), 'the shell');
    expect(shell.modes).toEqual({ ...left, paste: shell.modes.paste });
    shell.press('fg\r');
    await shell.until((lines) => fleet(lines) && shell.isAlternate, 'the fleet again');
    await shell.until(() => shell.modes.mouse && shell.modes.paste, 'mouse and paste on again');
    shell.press('?');
    await shell.until(help, 'that it takes keys');
    shell.press(keys.esc);
    await shell.until((lines) => !help(lines), 'the help closed');
    shell.press('q');
    await shell.until(() => !shell.isAlternate, 'the shell');
    shell.press('stty -g > z-b; $RALPH\r');
    // Stopped from outside, without a word to us.
    await shell.until((lines) => fleet(lines) && shell.isAlternate, 'the fleet');
    const pid = program(shell);
    process.kill(pid, 'SIGTSTP');
    await shell.until((lines) => !shell.isAlternate && shows('Stopped')(lines), 'the shell');
    shell.press('fg\r');
    await shell.until((lines) => fleet(lines) && shell.isAlternate, 'the fleet again');
    shell.press('q');
    await shell.until(() => !shell.isAlternate, 'the shell');
    expect(saved('z-b').length).toBeGreaterThan(10);
  });

  it('is no longer asked for when it is gone', async () => {
    const screen = opened(openScreen(world));
    await screen.until(fleet, 'the fleet');
    const { pid } = screen;
    screen.hangUp();
    await until(() => !isAlive(pid), 'the end of a program without a terminal', 10);
  });
});

it('gives every key to an editor while that has the terminal', async () => {
  const typed = join(world.dir, 'typed');
  const editor = join(world.dir, 'editor.sh');
  writeFileSync(editor, `echo 'the editor'; read line; echo "$line" >> ${typed}`);
  const paused = await makeWorld({ script: answers(answer([{ type: 'pause', reason: '?' }])) });
  const { state } = await paused.run(taskFile({ test: 'false', extra: 'sandbox_provider: local' }));
  const screen = opened(openScreen(paused, ['tui', state.id], { env: { EDITOR: `sh ${editor}` } }));
  const words = ['abcdefghij', 'qqqqqqqqqq', 'pxpxpxpxpx', '0123456789'];
  for (const word of words) {
    await screen.until((lines) => screen.isAlternate && shows('Done when')(lines), 'the run');
    screen.press('e');
    await screen.until((lines) => !screen.isAlternate && shows('the editor')(lines), 'the editor');
    for (const key of Array.from(`${word}\r`)) {
      screen.press(key);
      await sleep(8);
    }
  }
  await screen.until((lines) => screen.isAlternate && shows('Done when')(lines), 'the run');
  expect(saved('../typed').trim().split('\n')).toEqual(words);
  screen.press('q');
  await screen.ended;
  paused.destroy();
});

describe('terminals without much', () => {
  it.each([['vt100'], ['dumb']])('%s gets no alternate screen, and keeps the last frame', async (term) => {
    const screen = opened(openShell(world, '$RALPH; echo over; exec sleep 20', { env: { TERM: term } }));
    await screen.until(fleet, 'the fleet');
    expect(screen.isAlternate).toBe(false);
    screen.press('?');
    await screen.until(help, 'the help');
    screen.press(keys.esc);
    await screen.until((lines) => !help(lines), 'the help closed');
    screen.press('q');
    const lines = await screen.until(shows('over'), 'the shell');
    expect(screen.raw).not.toContain('\u001B[?1049h');
    expect(lines.filter((line) => line.includes('No runs yet'))).toHaveLength(1);
    expect(screen.modes).toEqual(left);
  });

  it('stays on the main screen with --inline', async () => {
    const screen = opened(
      openShell(world, 'seq 1 50; $RALPH --inline --theme none; echo over; exec sleep 20'),
    );
    await screen.until(fleet, 'the fleet');
    expect(screen.isAlternate).toBe(false);
    // No colours: only bold, dim and inverse.
    expect(screen.raw).not.toMatch(/\u001B\[(?:3[0-9]|4[0-9]|9[0-7])/);
    screen.press('q');
    await screen.until(shows('over'), 'the shell');
  });

  it('draws without colours where NO_COLOR says so', async () => {
    const screen = opened(openScreen(world, [], { env: { NO_COLOR: '1' } }));
    await screen.until(fleet, 'the fleet');
    expect(screen.raw).not.toMatch(/\u001B\[(?:3[0-9]|4[0-9]|9[0-7])/);
    screen.press('q');
    await screen.ended;
  });

  it('is told to use another command where there is no terminal', async () => {
    const { code, stderr } = await world.cli(['tui']);
    expect([code, stderr]).toEqual([2, expect.stringContaining('ralph ls')]);
    expect(await world.cli(['--inline', '--filter', 'x'])).toMatchObject({ code: 2 });
  });
});

it('tells of keys in the settings that cannot be, at its start and in the doctor', async () => {
  const env = { RALPH_KEYS: '{"run.puase":"P","screen.filter":"x"}' };
  const screen = opened(openScreen(world, [], { env }));
  await screen.until(shows(/did you mean run\.pause\? \(and 1 more: ralph doctor\)/), 'what is wrong');
  screen.press('q');
  await screen.ended;
  const { stdout } = await world.cli(['doctor'], { env });
  expect(stdout).toContain('did you mean run.pause?');
  expect(stdout).toContain('keys: x is both screen.filter and run.stop');
});

describe('size', () => {
  it('may change 200 times at once: nothing breaks, and the last frame is right', async () => {
    const screen = opened(openScreen(world));
    await screen.until(fleet, 'the fleet');
    let seed = 7;
    const random = (from: number, to: number): number => {
      seed = (seed * 1_103_515_245 + 12_345) % 2 ** 31;
      return from + (seed % (to - from + 1));
    };
    for (let i = 0; i < 200; i += 1) screen.resize(random(20, 300), random(5, 100));
    screen.resize(40, 10);
    await screen.until(shows('ralph needs 60×15, this is 40×10'), 'that it is too small');
    screen.resize(100, 24);
    const lines = await screen.until(
      (now) => fleet(now) && now.every((line, i) => !line.includes(' ralph ') || i === 0),
      'one frame of the right size',
    );
    await screen.until(
      (now) => now[1] === '─'.repeat(100) && now[23]?.startsWith(' p pause') === true,
      'a frame',
    );
    expect(lines).toHaveLength(24);
    screen.press('q');
    expect(await screen.ended).toMatchObject({ code: 0 });
  });

  it('that came back to what it was leaves nothing of the one between', async () => {
    const screen = opened(openScreen(world, ['--inline'], { columns: 100, rows: 30 }));
    await screen.until(fleet, 'the fleet');
    for (let i = 0; i < 5; i += 1) {
      screen.resize(60, 15);
      screen.resize(100, 30);
    }
    const isWhole = (lines: readonly string[]): boolean =>
      lines.filter((line) => line.includes(' ralph ')).length === 1 && lines[1] === '─'.repeat(100);
    await screen.until(isWhole, 'one whole frame');
    screen.press('q');
    expect(await screen.ended).toMatchObject({ code: 0 });
  });
});
