import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { answer, answers, makeWorld, taskFile, type World } from '../fakes/world.ts';

let world: World;
afterEach(() => world.destroy());

const run = (command: string) => ({ type: 'run', command });
const test = 'grep -q good file.txt';
const finish = { type: 'write', path: 'file.txt', content: 'good\n' };

/** Regular files below a folder. */
const filesOf = (dir: string, without: ReadonlySet<string> = new Set()): readonly string[] =>
  readdirSync(dir, { withFileTypes: true }).flatMap((item) => {
    const path = join(dir, item.name);
    if (without.has(item.name)) return [];
    return item.isDirectory() ? filesOf(path, without) : item.isFile() ? [path] : [];
  });

describe('secrets', () => {
  const token = 'Zq7mK2pXv9LtR4wB8nYc5sHd';
  const forms = [
    token,
    Buffer.from(token).toString('base64').replace(/=+$/, ''),
    Buffer.from(token).toString('hex'),
  ];

  /** Everything that was written for good: the state, the log, git objects by their content. */
  const leaks = (id: string): readonly string[] => {
    const home = join(world.app.homes.dir, id);
    const files = filesOf(join(world.dir, 'state'), new Set(['sandbox', 'objects'])).filter((path) => {
      const bytes = readFileSync(path);
      return forms.some((form) => bytes.includes(form));
    });
    const inGit = [join(home, 'repo.git'), world.remote].filter((dir) => {
      const all = world.git(dir, 'rev-list', '--all').trim().split('\n');
      return forms.some((form) => {
        if (world.git(dir, 'log', '--all', '--format=%B').includes(form)) return true;
        try {
          return world.git(dir, 'grep', '-lF', form, ...all) !== '';
        } catch {
          return false;
        }
      });
    });
    return [...files, ...inGit];
  };

  it('that a command prints, whole, encoded or split over writes, are nowhere on disk or on the screen', async () => {
    const [a, b, c] = [token.slice(0, 7), token.slice(7, 15), token.slice(15)];
    world = await makeWorld({
      script: answers(
        answer(
          [
            run(`echo 'whole ${token} end'`),
            run(`printf '${a}'; sleep 0.3; printf '${b}'; sleep 0.3; echo '${c}'`),
            run(
              `printf '${token}' | base64; printf '${token}' | od -An -v -tx1 | tr -d ' \\n'; echo; echo '${token}' >&2; exit 4`,
            ),
            run(`echo '${token}' >> .ralph/progress.md; echo '${token}' >> .ralph/notes.md`),
            { type: 'commit', message: `with ${token} in it` },
            finish,
          ],
          ['M1.1', 'M1.2'],
          `my summary is ${token}`,
        ),
      ),
      env: { RALPH_TEST_TOKEN: token },
    });
    const file = join(world.dir, 'task.md');
    writeFileSync(file, taskFile({ test }).replace(/^---\n/, `---\nrepo_url: ${world.remote}\n`));
    const { code, stdout, stderr } = await world.cli(['run', file, '--backend', 'local']);
    expect([code, stderr]).toEqual([0, expect.stringContaining('no isolation')]);
    const id = world.app.homes.list()[0]!;
    expect(forms.filter((form) => stdout.includes(form))).toEqual([]);
    expect(stdout).toContain('whole ');
    expect(leaks(id)).toEqual([]);
  });

  it('that the agent writes into the repository are not pushed, and it is told', async () => {
    world = await makeWorld({
      script: answers(
        answer([{ type: 'write', path: 'config.txt', content: `key=${token}\n` }, finish], ['M1.1', 'M1.2']),
        answer([run('rm config.txt'), finish], ['M1.1', 'M1.2']),
      ),
      env: { RALPH_TEST_TOKEN: token },
    });
    const { state } = await world.run(taskFile({ test }));
    expect(state.status).toBe('succeeded');
    expect(state.committed).toBe(2);
    expect(leaks(state.id).filter((path) => path === world.remote)).toEqual([]);
  });

  it.each([
    [
      'a file that a later commit removes',
      `echo ${token} > s.txt && git add s.txt && git commit -qm one && git rm -q s.txt && git commit -qm two`,
    ],
    ['the subject of a commit', `echo x > s.txt && git add s.txt && git commit -qm 'with ${token}'`],
  ])('that the agent commits in %s are not pushed with the history', async (_, command) => {
    const identity =
      'export GIT_AUTHOR_NAME=a GIT_AUTHOR_EMAIL=a@b GIT_COMMITTER_NAME=a GIT_COMMITTER_EMAIL=a@b; ';
    world = await makeWorld({
      script: answers(answer([run(identity + command)]), answer([finish], ['M1.1', 'M1.2'])),
      env: { RALPH_TEST_TOKEN: token },
    });
    const { state } = await world.run(taskFile({ test }));
    expect(state.status).toBe('succeeded');
    expect(leaks(state.id).filter((path) => path === world.remote)).toEqual([]);
  });

  it('are not in the environment of the commands', async () => {
    world = await makeWorld({
      script: answers(
        answer([run('env; cat /proc/$PPID/environ | tr "\\0" "\\n"'), finish], ['M1.1', 'M1.2']),
      ),
      env: { RALPH_TEST_TOKEN: token, SOME_OTHER_VARIABLE: 'not-on-the-list' },
    });
    const { state } = await world.run(taskFile({ test }));
    const output = readFileSync(
      join(world.app.homes.dir, state.id, '.ralph/iterations/1/test_output.txt'),
      'utf8',
    );
    expect(output).toContain('PATH=');
    expect(output).not.toContain('RALPH_TEST_TOKEN');
    expect(output).not.toContain('not-on-the-list');
  });
});

describe('terminal escapes', () => {
  const evil =
    '\u001b]0;owned\u0007\u001b[2J\u001b[?1003h\u001b]52;c;b3duZWQ=\u0007\u009b31m\u001bP1$q\u001b\\';
  // oxlint-disable-next-line no-control-regex -- they are what is looked for.
  const control = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/;

  it('in output, file names, commit subjects, summaries and reasons reach neither screen nor prompt', async () => {
    const octal = "printf '\\033]0;owned\\007\\033[2J\\033[?1003h\\302\\2331m\\r\\nplain-line\\n'";
    world = await makeWorld({
      script: answers(
        answer(
          [
            run(`${octal}; ${octal} >&2`),
            run(`touch "$(printf 'name\\033[2Jx\\rfile')" && touch "$(printf 'line\\nbreak')"`),
            { type: 'commit', message: `subject ${evil}` },
            run(`echo '${'x'.repeat(10)}' # ${evil}`),
            { type: 'patch', path: `p${evil}`, patch: 'nothing' },
            { type: 'rotate', reason: `because ${evil}` },
          ],
          [`M1${evil}`],
          `summary ${evil} visible-summary`,
        ),
        answer([finish], ['M1.1', 'M1.2']),
      ),
    });
    const file = join(world.dir, 'task.md');
    writeFileSync(file, taskFile({ test }).replace(/^---\n/, `---\nrepo_url: ${world.remote}\n`));
    const first = await world.cli(['run', file, '--backend', 'local', '--no-color']);
    expect(first.code).toBe(0);
    expect(first.stdout).toContain('plain-line');
    expect(first.stdout).toContain('visible-summary');
    const id = world.app.homes.list()[0]!;
    const shown = [first.stdout, first.stderr];
    for (const args of [['logs', id], ['show', id], ['diff', id], ['iterations', id], ['ls']]) {
      const { stdout, stderr, code } = await world.cli([...args, '--no-color']);
      expect([args[0], code]).toEqual([args[0], 0]);
      shown.push(stdout, stderr);
    }
    expect(shown.flatMap((text) => text.split('\n').filter((line) => control.test(line)))).toEqual([]);
    const home = join(world.app.homes.dir, id, '.ralph/iterations/2');
    const prompt = readFileSync(join(home, 'prompt.md'), 'utf8');
    expect(prompt.split('\n').filter((line) => control.test(line))).toEqual([]);
    const coloured = await world.cli(['run', file, '--backend', 'local', '--color']);
    // oxlint-disable-next-line no-control-regex -- our own colours are let through.
    const left = coloured.stdout.replace(/\u001b\[[\d;]*m/g, '');
    expect(left.split('\n').filter((line) => control.test(line))).toEqual([]);
  });
});
