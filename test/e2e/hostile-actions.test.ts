import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { answer, answers, makeWorld, taskFile, type World } from '../fakes/world.ts';

let world: World;
afterEach(() => world.destroy());

const run = (command: string, more: object = {}) => ({ type: 'run', command, ...more });
const write = (path: string, content = 'hostile') => ({ type: 'write', path, content });
const patch = (path: string, text: string) => ({ type: 'patch', path, patch: text });
const test = 'grep -q good file.txt';
const finish = write('file.txt', 'good\n');
const diff = '--- a/x\n+++ b/x\n@@ -1 +1 @@\n-a\n+hostile\n';

/** One session with all these actions; `before` is a command that prepares the place. */
const session = async (before: string, actions: readonly unknown[]) => {
  world = await makeWorld({
    script: answers(answer([run(before), ...actions, finish], ['M1.1', 'M1.2'])),
    files: {
      'README.md': 'hello\n',
      'src/a.txt': 'a\n',
      'twice.txt': 'x\na\ny\nx\na\ny\n',
      'bin.dat': '\u0000\u0001',
    },
  });
  mkdirSync(join(world.dir, 'victim'));
  writeFileSync(join(world.dir, 'victim/a.txt'), 'a\n');
  const { state, entries } = await world.run(taskFile({ test }));
  const outcomes = entries.flatMap((e) =>
    e.type === 'action.ended' && e.i > 0 && e.i <= actions.length ? [e] : [],
  );
  return { state, entries, outcomes, home: join(world.app.homes.dir, state.id) };
};

const OUT = '../../../../../../victim';

describe('paths that lead where a model may not write', () => {
  const paths = [
    `${OUT}/new.txt`,
    `src/../${OUT}/new.txt`,
    '/tmp/ralph-hostile-absolute',
    'link/new.txt',
    'filelink',
    'deep/link2/a.txt',
    '.git/config',
    '.GIT/config',
    '.git./hooks/pre-commit',
    'src/.git/config',
    'git~1/config',
    '.ralph/run.json',
    '.ralph/activity.log',
    '.ralph/control/1.json',
    '.ralph/iterations/1/done.json',
    'nul\0byte',
    'line\nbreak',
    '.',
    'fifo',
    'src',
  ];
  it('refuses each of them, for write and for patch, and touches nothing', async () => {
    const before = [
      `ln -s ${OUT} link`,
      `ln -s ${OUT}/a.txt filelink`,
      'mkdir deep && ln -s ../link deep/link2',
      'mkfifo fifo',
    ].join(' && ');
    const actions = paths.flatMap((path) => [write(path), patch(path, diff)]);
    const { state, outcomes } = await session(before, actions);
    const let_through = outcomes.flatMap((e) =>
      e.outcome === 'ok' ? [JSON.stringify(actions[e.i - 1])] : [],
    );
    expect(let_through).toEqual([]);
    expect(outcomes).toHaveLength(actions.length);
    expect(readdirSync(join(world.dir, 'victim'))).toEqual(['a.txt']);
    expect(readFileSync(join(world.dir, 'victim/a.txt'), 'utf8')).toBe('a\n');
    expect(existsSync('/tmp/ralph-hostile-absolute')).toBe(false);
    expect(state.status).toBe('succeeded');
  });
});

describe('patches that a model gets wrong', () => {
  const cases: readonly (readonly [
    name: string,
    path: string,
    text: string,
    outcome: 'ok' | 'failed' | 'refused',
  ])[] = [
    ['good', 'src/a.txt', '--- a/src/a.txt\n+++ b/src/a.txt\n@@ -1 +1,2 @@\n a\n+b\n', 'ok'],
    ['no hunk at all', 'src/a.txt', 'change a to b, please', 'failed'],
    ['a hunk that is nowhere', 'src/a.txt', '@@ -1 +1 @@\n-nothing like it\n+b\n', 'failed'],
    ['two places it could be', 'twice.txt', '@@ -9,1 +9,1 @@\n-a\n+b\n', 'failed'],
    [
      'binary',
      'bin.dat',
      'GIT binary patch\nliteral 3\nKcmZQzU|?Vf0RR910002M\n\nliteral 0\nHcmV?d00001\n',
      'failed',
    ],
    [
      'V4A',
      'src/a.txt',
      '*** Begin Patch\n*** Update File: src/b.txt\n@@\n-nothing\n+b\n*** End Patch\n',
      'failed',
    ],
    ['a patch of a missing file', 'missing.txt', '@@ -1 +1 @@\n-a\n+b\n', 'failed'],
  ];
  it('takes the good one, says why for the others, and changes nothing where it says no', async () => {
    const { outcomes, home } = await session(
      'true',
      cases.map(([, path, text]) => patch(path, text)),
    );
    const found = outcomes.map((e) => [cases[e.i - 1]![0], e.outcome === 'refused' ? 'failed' : e.outcome]);
    expect(found).toEqual(cases.map(([name, , , outcome]) => [name, outcome]));
    expect(outcomes.filter((e) => e.outcome !== 'ok' && e.detail.length < 10)).toEqual([]);
    const repo = join(home, 'sandbox/repo');
    expect(readFileSync(join(repo, 'twice.txt'), 'utf8')).toBe('x\na\ny\nx\na\ny\n');
    expect(readFileSync(join(repo, 'src/a.txt'), 'utf8')).toBe('a\nb\n');
    expect(existsSync(join(repo, 'missing.txt'))).toBe(false);
  });
});

/** Processes with this text in their command line. */
const alive = (mark: string): readonly string[] =>
  readdirSync('/proc').filter((pid) => {
    if (!/^\d+$/.test(pid)) return false;
    try {
      return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(mark);
    } catch {
      return false;
    }
  });

describe('commands that do not behave', () => {
  it.skipIf(process.platform !== 'linux')(
    'kills the whole tree at the timeout, also what left its group',
    async () => {
      const mark = `7${Date.now() % 1_000_000}.125`;
      const command = `sleep ${mark} & (setsid sleep ${mark} &) ; nohup sleep ${mark} & trap '' TERM; sleep ${mark}`;
      const { entries, state } = await session('true', [run(command, { timeout_s: 1 })]);
      expect(entries).toContainEqual(
        expect.objectContaining({ type: 'command.ended', exit: { kind: 'timeout' } }),
      );
      expect(alive(mark)).toEqual([]);
      expect(state.status).toBe('succeeded');
    },
  );

  it.skipIf(process.platform !== 'linux')(
    'goes on after a command whose child keeps stdout open',
    async () => {
      const mark = `8${Date.now() % 1_000_000}.25`;
      const started = Date.now();
      const { entries, state } = await session('true', [run(`sleep ${mark} & echo started`)]);
      try {
        expect(state.status).toBe('succeeded');
        expect(Date.now() - started).toBeLessThan(60_000);
        expect(entries).toContainEqual(
          expect.objectContaining({ type: 'command.ended', exit: { kind: 'code', code: 0 } }),
        );
      } finally {
        for (const pid of alive(mark)) process.kill(Number(pid), 'SIGKILL');
      }
    },
  );

  it('takes bytes that are no text, a line of 100 MB and a flood, and keeps its files small', async () => {
    const { state, home, entries } = await session('true', [
      run("printf 'before \\377\\376\\300 after\\n'; head -c 3000 /dev/urandom"),
      run("head -c 100000000 /dev/zero | tr '\\0' x; echo; echo the-end"),
      run('yes flood | head -c 30000000; echo the-end >&2; exit 3'),
    ]);
    expect(state.status).toBe('succeeded');
    const output = readFileSync(join(home, '.ralph/iterations/1/test_output.txt'), 'utf8');
    expect(output).toContain('before ');
    expect(output.split('the-end').length).toBeGreaterThan(2);
    expect(output.length).toBeLessThan(2_000_000);
    expect(statSync(join(home, '.ralph/activity.log')).size).toBeLessThan(2_000_000);
    expect(entries.filter((e) => e.type === 'command.ended').map((e) => e.exit)).toContainEqual({
      kind: 'code',
      code: 3,
    });
  });

  it('does not hang on devices and FIFOs in the work tree', async () => {
    const { state, outcomes } = await session(
      'mkfifo pipe && (cd src && mkfifo inner) && ln -s /dev/zero zero',
      [
        patch('pipe', diff),
        patch('zero', diff),
        write('src/inner'),
        { type: 'commit', message: 'with a FIFO' },
      ],
    );
    expect(outcomes.map((e) => e.outcome === 'ok')).toEqual([false, false, false, expect.any(Boolean)]);
    expect(state.committed).toBeGreaterThan(0);
    expect(state.status).not.toBe('failed');
  });
});
