import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { answer, answers, makeWorld, taskFile, type World } from '../fakes/world.ts';

let world: World;
afterEach(() => world.destroy());

const write = (path: string, content: string) => ({ type: 'write', path, content });
const done = { type: 'stop_success', reason: 'done' };
const filesOf = (branch: string): readonly string[] =>
  world.git(world.remote, 'ls-tree', '-r', '--name-only', branch).trim().split('\n');

describe('checks that write files', () => {
  it('leave caches behind that the repository forgot to ignore: no hindrance, and not in the branch', async () => {
    world = await makeWorld({
      files: { 'Cargo.toml': '[package]\n' },
      script: answers(
        answer([write('file.txt', 'good\n'), write('src/new.txt', 'kept\n')], ['M1.1', 'M1.2']),
      ),
    });
    const caches = ['src/__pycache__', 'node_modules/a', 'pkg.egg-info', 'target/debug'];
    const test = `grep -q good file.txt && mkdir -p ${caches.join(' ')} && for d in ${caches.join(' ')}; do date +%s%N > $d/x; done`;
    const { state } = await world.run(taskFile({ test }));
    expect([state.status, state.committed]).toEqual(['succeeded', 1]);
    expect(filesOf(state.branch)).toEqual(['Cargo.toml', 'file.txt', 'src/new.txt']);
  });

  it('do not hide files in a folder of that name which the repository tracks', async () => {
    world = await makeWorld({
      files: { 'node_modules/old.js': '1\n' },
      script: answers(
        answer([write('node_modules/new.js', '2\n'), write('file.txt', 'good\n')], ['M1.1', 'M1.2']),
      ),
    });
    const { state } = await world.run(taskFile({ test: 'grep -q good file.txt' }));
    expect(state.status).toBe('succeeded');
    expect(filesOf(state.branch)).toContain('node_modules/new.js');
  });

  it('are named to the next session, which can ignore them', async () => {
    world = await makeWorld({
      script: answers(
        answer([write('file.txt', 'good\n'), done], ['M1.1', 'M1.2']),
        answer([write('.gitignore', '/out/\n'), { type: 'run', command: 'rm -r out' }, done], []),
      ),
    });
    const test = 'mkdir -p out && date +%s%N > out/report.xml && grep -q good file.txt';
    const { state, entries } = await world.run(taskFile({ test }));
    const said = entries.flatMap((e) => (e.type === 'warning' && e.about === 'stop_success' ? [e.text] : []));
    expect(said).toEqual([expect.stringContaining('out/report.xml')]);
    const home = join(world.app.homes.dir, state.id, '.ralph');
    expect(readFileSync(join(home, 'iterations/2/prompt.md'), 'utf8')).toContain('out/report.xml');
    expect([state.status, state.committed]).toEqual(['succeeded', 2]);
    expect(filesOf(state.branch)).toEqual(['.gitignore', 'README.md', 'file.txt']);
  });
});

describe('the words of a model', () => {
  it('take `stop_success` as a claim of every box: the runner looks for itself', async () => {
    world = await makeWorld({ script: answers(answer([write('file.txt', 'good\n'), done], [])) });
    const { state } = await world.run(taskFile({ test: 'grep -q good file.txt' }));
    expect([state.status, state.committed]).toEqual(['succeeded', 1]);
  });

  it('take "." in a commit as everything, and the rest of the iteration goes on top', async () => {
    world = await makeWorld({
      script: answers(
        answer(
          [
            write('file.txt', 'good\n'),
            { type: 'commit', message: 'All of it', paths: ['.'] },
            write('later.txt', 'x\n'),
          ],
          ['M1.1', 'M1.2'],
        ),
      ),
    });
    const { state, entries } = await world.run(taskFile({ test: 'grep -q good file.txt' }));
    expect(entries).toContainEqual(expect.objectContaining({ type: 'action.ended', i: 1, outcome: 'ok' }));
    const subjects = world
      .git(world.remote, 'log', '--format=%s', `main..${state.branch}`)
      .trim()
      .split('\n');
    expect(subjects).toHaveLength(2);
    expect(subjects.at(-1)).toBe('All of it');
  });
});
