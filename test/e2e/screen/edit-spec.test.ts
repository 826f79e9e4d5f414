import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { builtMain } from '../../fakes/built.ts';
import { openTerminal, type RealTerminal } from '../../fakes/terminal.ts';
import { answer, answers, makeWorld, taskFile, type World } from '../../fakes/world.ts';

let world: World;
let terminal: RealTerminal | undefined;
afterEach(() => {
  terminal?.kill('SIGKILL');
  world.destroy();
});

const script = answers(answer([{ type: 'pause', reason: 'which colour?' }]));
/** A run that waits for its human; nobody works on it. */
const pausedRun = async (): Promise<string> => {
  world = await makeWorld({ script });
  const { state } = await world.run(taskFile({ test: 'grep -q good file.txt' }));
  expect(state.status).toBe('paused');
  return state.id;
};
/** An editor as a shell script; the file to edit is its first argument. */
const editor = (body: string): string => {
  const path = join(world.dir, 'editor.sh');
  writeFileSync(path, `#!/bin/sh\n${body}\n`);
  chmodSync(path, 0o755);
  return path;
};
const open = (
  args: readonly string[],
  env: Readonly<Record<string, string>>,
  shell?: string,
): RealTerminal => {
  const argv = [process.execPath, builtMain(), ...args] as const;
  terminal = openTerminal({
    argv: shell === undefined ? argv : ['sh', '-c', shell, 'sh', ...argv],
    env: { ...world.env, TMPDIR: world.dir, ...env },
    cwd: world.repo,
  });
  return terminal;
};
const has =
  (text: string) =>
  (lines: readonly string[]): boolean =>
    lines.some((line) => line.includes(text));

const openSpec = async (env: Readonly<Record<string, string>>, shell?: string): Promise<RealTerminal> => {
  const screen = open([], env, shell);
  await screen.until(has('paused'), 'the run');
  screen.press('\r');
  await screen.until(has('Done when'), 'the overview');
  screen.press('4');
  await screen.until(has('task_id'), 'the task file');
  return screen;
};

describe('editing the task file from the screen', () => {
  it('gives the terminal to the editor, takes it back, and sends what lints', async () => {
    const id = await pausedRun();
    const path = editor('echo "editor has $1"; read line; sed -i "s/It holds/It really holds/" "$1"');
    const screen = await openSpec({ EDITOR: path });
    screen.press('e');
    await screen.until(has('editor has'), 'the editor');
    expect(screen.isAlternate).toBe(false);
    screen.press('go\r');
    await screen.until(has('spec acknowledged'), 'the acknowledgement');
    expect(screen.isAlternate).toBe(true);
    await screen.until(has('It really holds'), 'the new text');
    expect(world.app.homes.readTask(id)).toContain('It really holds');
    screen.press('1');
    await screen.until(has('Done when'), 'keys to work again');
  });

  it('sends nothing that does not lint, shows why, and lets one edit again', async () => {
    const id = await pausedRun();
    const before = world.app.homes.readTask(id);
    const path = editor(
      'if grep -q test_command "$1"; then sed -i "/test_command/d" "$1"; else sed -i "2itest_command: sh test.sh" "$1"; fi',
    );
    const screen = await openSpec({ EDITOR: path });
    screen.press('e');
    const asked = await screen.until(has('does not lint: nothing was sent'), 'the findings');
    expect(asked.join('\n')).toMatch(/line \d+: error: /);
    expect(world.app.homes.readTask(id)).toBe(before);
    screen.press('e');
    await screen.until(has('spec acknowledged'), 'the acknowledgement');
    expect(world.app.homes.readTask(id)).toContain('sh test.sh');
  });

  it('keeps the text in a named file where one sends nothing', async () => {
    const id = await pausedRun();
    const before = world.app.homes.readTask(id);
    const screen = await openSpec({ EDITOR: editor('sed -i "/test_command/d" "$1"; echo mine >> "$1"') });
    screen.press('e');
    await screen.until(has('does not lint'), 'the findings');
    screen.press('d');
    const lines = await screen.until(has('your text is kept'), 'where the text is');
    const kept = /--file (\S+ralph_task\.md)/.exec(lines.join('\n'))?.[1] ?? '';
    expect(readFileSync(kept, 'utf8')).toContain('mine');
    expect(world.app.homes.readTask(id)).toBe(before);
  });

  it('takes the terminal back from an editor that is killed in disorder, and loses nothing it had saved', async () => {
    const id = await pausedRun();
    const path = editor(
      'sed -i "s/It holds/It still holds/" "$1"; stty raw -echo; printf "\\033[?1049h\\033[?1000h\\033[?25l"; kill -9 $$',
    );
    const screen = await openSpec({ EDITOR: path }, '"$@"; code=$?; stty -a; exit $code');
    screen.press('e');
    await screen.until(has('The editor failed'), 'the question');
    expect(screen.isAlternate).toBe(true);
    screen.press('s');
    await screen.until(has('spec acknowledged'), 'the acknowledgement');
    expect(world.app.homes.readTask(id)).toContain('It still holds');
    screen.press('q');
    const settings = await screen.until(has('icanon'), 'the settings of the terminal');
    expect(settings.join(' ')).toMatch(/ icanon .* echo /);
    expect(await screen.ended).toMatchObject({ code: 0 });
    expect(screen.isAlternate).toBe(false);
  });

  it('says that another changed the task meanwhile, and sends nothing over it unasked', async () => {
    const id = await pausedRun();
    const home = join(world.app.homes.dir, id, 'ralph_task.md');
    const path = editor(`sed -i "s/It holds/Mine/" "$1"; sed -i "s/It holds/Theirs/" ${home}`);
    const screen = await openSpec({ EDITOR: path });
    screen.press('e');
    const lines = await screen.until(has('was changed while you edited'), 'the question');
    expect(lines.join('\n')).toContain('Theirs');
    screen.press('d');
    await screen.until(has('your text is kept'), 'where the text is');
    expect(world.app.homes.readTask(id)).toContain('Theirs');
  });

  it('keeps what the runner ticked meanwhile', async () => {
    const id = await pausedRun();
    const home = join(world.app.homes.dir, id, 'ralph_task.md');
    const path = editor(`sed -i "s/It holds/Mine/" "$1"; sed -i "s/\\[ \\] M1.2/[x] M1.2/" ${home}`);
    const screen = await openSpec({ EDITOR: path });
    screen.press('e');
    await screen.until(has('spec acknowledged'), 'the acknowledgement');
    expect(world.app.homes.readTask(id)).toMatch(/Mine[\s\S]*\[x\] M1\.2/);
  });

  it('says what to do without an editor', async () => {
    await pausedRun();
    const screen = await openSpec({ EDITOR: '', VISUAL: '' });
    screen.press('e');
    const lines = await screen.until(has('$EDITOR is not set'), 'the hint');
    expect(lines.join('\n')).toContain('export EDITOR=nano');
  });
});

describe('ralph spec --edit', () => {
  it('asks at a terminal what to do with a text that does not lint', async () => {
    const id = await pausedRun();
    const screen = open(['spec', id, '--edit'], { EDITOR: editor('sed -i "/test_command/d" "$1"') });
    await screen.until(has('e edit again   d send nothing >'), 'the question');
    screen.press('d\r');
    await screen.until(has('your text is kept'), 'where the text is');
    expect(await screen.ended).toMatchObject({ code: 2 });
  });

  it('leaves the terminal as it was after an editor that was killed in disorder', async () => {
    const id = await pausedRun();
    const path = editor('stty raw -echo; kill -9 $$');
    const screen = open(['spec', id, '--edit'], { EDITOR: path }, '"$@"; stty -a; exit 7');
    const lines = await screen.until(has('icanon'), 'the settings of the terminal');
    expect(lines.join(' ')).toMatch(/ icanon .* echo /);
    expect(lines.join(' ')).toContain('the editor failed: nothing is changed');
  });

  it('keeps and names the text where nobody can answer, and drops it once it was sent', async () => {
    const id = await pausedRun();
    const bad = await world.cli(['spec', id, '--edit'], {
      env: { TMPDIR: world.dir, EDITOR: editor('sed -i "/test_command/d" "$1"') },
    });
    expect(bad.code).toBe(2);
    expect(bad.stderr).toMatch(/line \d+: error:/);
    const kept = /--file (\S+)/.exec(bad.stdout)?.[1] ?? '';
    expect(existsSync(kept)).toBe(true);
    const good = await world.cli(['spec', id, '--edit'], {
      env: { TMPDIR: world.dir, EDITOR: editor('echo "$1" > "$HOME/where"; sed -i "s/It holds/Well/" "$1"') },
    });
    expect([good.code, good.stdout]).toEqual([0, expect.stringContaining('spec acknowledged')]);
    expect(existsSync(readFileSync(join(world.dir, 'where'), 'utf8').trim())).toBe(false);
  });
});
