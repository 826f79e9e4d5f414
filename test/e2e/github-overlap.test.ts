import { describe, expect, it } from 'vitest';
import { makeGithubWorld } from '../fakes/github-world.ts';
import { answer, answers } from '../fakes/world.ts';

const write = (path: string, content: string) => ({ type: 'write', path, content });
const long = Array.from({ length: 40 }, (_, i) => `line ${i}\n`);
const withLine = (n: number, text: string): string => long.with(n, `${text}\n`).join('');
const files = { 'long.txt': long.join('') };
const script = answers(
  answer([write('long.txt', withLine(2, 'ours'))]),
  answer([write('file.txt', 'good\n')], ['M1.1', 'M1.2']),
);
const FILES = 'GET /repos/{owner}/{repo}/pulls/{pull_number}/files';

describe.concurrent('other open pull requests', { timeout: 180_000 }, () => {
  it('that change the same file or lines are warned of, once, and hold nothing up', async (test) => {
    const { github, world, makeRun, propose } = await makeGithubWorld(test, { script, files });
    propose('far', { 'long.txt': withLine(35, 'theirs') });
    propose('near', { 'long.txt': withLine(3, 'theirs') });
    propose('elsewhere', { 'other.txt': 'x\n' });
    const { state, entries } = await world.resume(await makeRun());
    expect(state.status).toBe('succeeded');
    const found = entries.flatMap((e) =>
      e.type === 'overlap.found' ? [[e.number, e.files, e.sameLines]] : [],
    );
    expect(found).toEqual([
      [1, ['long.txt'], []],
      [2, ['long.txt'], ['long.txt']],
    ]);
    expect(github.calls.filter((call) => call === FILES)).toHaveLength(2);
  });

  it('that change the same lines pause the run where the task says so, and it goes on when it is resumed', async (test) => {
    const { world, makeRun, propose } = await makeGithubWorld(test, { script, files });
    propose('far', { 'long.txt': withLine(35, 'theirs') });
    propose('near', { 'long.txt': withLine(2, 'theirs') });
    const id = await makeRun(['on_overlap: pause']);
    const { state } = await world.resume(id);
    expect([state.status, state.reason, state.committed]).toEqual(['paused', 'blocked', 1]);
    expect(state.detail).toBe('pull request #2 changes the same lines of long.txt');
    await world.app.steer(id, { kind: 'resume' });
    expect((await world.resume(id)).state.status).toBe('succeeded');
  });

  it('are no hindrance where they may not be read', async (test) => {
    const { github, world, makeRun, propose } = await makeGithubWorld(test, { script, files });
    propose('near', { 'long.txt': withLine(2, 'theirs') });
    github.fault(FILES, { status: 403, message: 'Resource not accessible by integration', times: 9 });
    const { state, entries } = await world.resume(await makeRun(['on_overlap: pause']));
    expect(state.status).toBe('succeeded');
    expect(entries.filter((e) => e.type === 'warning')).toMatchObject([{ about: 'overlap' }]);
  });
});
