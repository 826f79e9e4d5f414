import { execFileSync } from 'node:child_process';
import { readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { createRun, failure, homesIn, makeFolder, startChild } from './run-home-fixture.ts';

const setUp = () => {
  const dir = makeFolder();
  const homes = homesIn(dir);
  return { dir, homes, home: createRun(homes) };
};

describe('state files', () => {
  test('are written whole, listed, hashed, appended to, renamed and removed', () => {
    const { home, homes } = setUp();
    const { state } = home;
    state.write('iterations/2/prompt.md', 'hello');
    state.write('iterations/2/prompt.md', 'hello again');
    state.append('errors.log', 'one\n');
    state.append('errors.log', 'two\n');
    expect(state.readText('errors.log')).toBe('one\ntwo\n');
    expect(state.sha256('errors.log')).toBe(
      'c3f9c8c283a2b1f2f1896f27a01cbe3cddc0c9d93f752e4639035a0f5b36f6e8',
    );
    state.rename('iterations/2', 'iterations/2.interrupted-1');
    expect(state.list('iterations')).toEqual(['2.interrupted-1']);
    expect(homes.listState('run-1', 'iterations/2.interrupted-1')).toEqual(['prompt.md']);
    expect(homes.readState('run-1', 'iterations/2.interrupted-1/prompt.md')).toBe('hello again');
    expect(state.list('')).toEqual(['activity.log', 'control', 'errors.log', 'iterations', 'run.json']);
    state.remove('iterations');
    state.remove('iterations');
    expect(state.exists('iterations')).toBe(false);
    expect(state.readText('nothing')).toBeUndefined();
    expect(state.sha256('nothing')).toBeUndefined();
    expect(state.list('nothing')).toEqual([]);
  });

  test('never lie outside of .ralph', () => {
    const { home, homes } = setUp();
    writeFileSync(join(home.dir, 'outside'), 'secret');
    symlinkSync(home.dir, join(home.dir, '.ralph', 'link'));
    for (const path of [
      '../outside',
      '/etc/hostname',
      'a/../../outside',
      'link/outside',
      'a//b',
      './a',
      'a\0b',
      '',
    ]) {
      for (const act of [
        () => home.state.readText(path),
        () => home.state.write(path, 'x'),
        () => home.state.append(path, 'x'),
        () => home.state.remove(path),
        () => home.state.exists(path),
        () => home.state.rename('run.json', path),
        () => homes.readState('run-1', path),
      ]) {
        expect(failure(act).code).toBe('usage');
      }
    }
    expect(readFileSync(join(home.dir, 'outside'), 'utf8')).toBe('secret');
  });

  test('are replaced where something else stands in their place, which is neither read nor waited for', () => {
    const { home } = setUp();
    const at = (name: string): string => join(home.dir, '.ralph', name);
    const outside = join(home.dir, 'outside');
    writeFileSync(outside, 'secret');
    symlinkSync(outside, at('notes.md'));
    execFileSync('mkfifo', [at('progress.md')]);
    for (const name of ['notes.md', 'progress.md']) {
      expect(home.state.readText(name)).toBeUndefined();
      expect(home.state.sha256(name)).toBeUndefined();
      expect(failure(() => home.state.append(name, 'x')).code).toBe('disk');
      home.state.write(name, 'new');
      expect(home.state.readText(name)).toBe('new');
    }
    expect(readFileSync(outside, 'utf8')).toBe('secret');
    home.state.write('folder/file', 'x');
    expect(failure(() => home.state.write('folder', 'x')).code).toBe('disk');
    expect(home.state.list('').some((name) => name.startsWith('.'))).toBe(false);
  });

  test('show either the old or the new text to a reader while they are replaced', async () => {
    const { dir, home, homes } = setUp();
    home.release();
    const child = startChild(
      dir,
      `const home = homes.open('run-1'); home.state.write('progress.md', 'a'.repeat(50000)); console.log('ready');
       const end = Date.now() + 800; for (let i = 0; Date.now() < end; i += 1) home.state.write('progress.md', (i % 2 ? 'a' : 'b').repeat(50000));`,
    );
    await child.said('ready');
    let over = false;
    void child.ended.then(() => (over = true));
    while (!over) {
      expect(homes.readState('run-1', 'progress.md')).toMatch(/^(a{50000}|b{50000})$/u);
      await new Promise((turn) => setTimeout(turn, 1));
    }
  });
});
