import { describe, expect, it } from 'vitest';
import { atFirst, makeGithubWorld } from '../fakes/github-world.ts';
import { answer, answers } from '../fakes/world.ts';

const CREATE = 'POST /repos/{owner}/{repo}/pulls';
const write = (path: string, content: string) => ({ type: 'write', path, content });
const script = answers(
  answer([write('a.txt', 'a\n')]),
  answer([write('file.txt', 'good\n')], ['M1.1', 'M1.2']),
);

describe.concurrent('a run on a GitHub whose answers get lost', { timeout: 180_000 }, () => {
  it('makes one pull request, though GitHub said 502 after it had made it', async (test) => {
    const { github, world, makeRun } = await makeGithubWorld(test, { script });
    const id = await makeRun();
    github.fault(CREATE, { status: 502, done: true });
    const { state } = await world.resume(id);
    expect([state.status, state.pr?.number]).toEqual(['succeeded', 1]);
    expect(github.pulls).toMatchObject([{ draft: false, labels: ['ralph'] }]);
    expect(github.calls.filter((call) => call === CREATE)).toHaveLength(1);
  });

  it('makes one pull request, though the connection was cut after it had made it', async (test) => {
    const { github, world, makeRun } = await makeGithubWorld(test, { script });
    const id = await makeRun();
    github.fault(CREATE, { done: true });
    const { state } = await world.resume(id);
    expect([state.status, github.pulls.length]).toEqual(['succeeded', 1]);
  });

  it('goes on when the base was force-pushed to another history, and overwrites nothing', async (test) => {
    const { github, world, makeRun } = await makeGithubWorld(test, { script });
    const id = await makeRun();
    let rewritten = '';
    const { state } = await world.resume(id, {
      onEntry: atFirst('pr.updated', () => {
        const tree = world.git(github.bare, 'rev-parse', 'main^{tree}').trim();
        rewritten = world.git(github.bare, 'commit-tree', tree, '-m', 'anew').trim();
        world.git(github.bare, 'update-ref', 'refs/heads/main', rewritten);
      }),
    });
    expect(state.status).toBe('succeeded');
    expect(world.git(github.bare, 'rev-parse', state.branch).trim()).toBe(state.headSha);
    expect(world.git(github.bare, 'rev-parse', 'main').trim()).toBe(rewritten);
  });
});

describe.concurrent('a run whose first push is cut', { timeout: 180_000 }, () => {
  it.for([
    // The remote itself is asked: it is there.
    ['had arrived', 'unanswered', 0],
    ['never arrives', 'lost', 1],
    ['arrives when nobody waits for it any more', 'late', 1],
  ] as const)('ends well when it %s', async ([, fault, failures], test) => {
    const { github, world, makeRun } = await makeGithubWorld(test, { script });
    const id = await makeRun();
    github.pushFault = fault;
    const { state, entries } = await world.resume(id, {
      onEntry: ({ type }) => {
        if (type !== 'push.failed' && type !== 'branch.pushed') return;
        github.pushFault = undefined;
        github.arrive();
        github.arrive = () => {};
      },
    });
    expect(entries.filter(({ type }) => type === 'push.failed')).toHaveLength(failures);
    expect([state.status, state.moved]).toEqual(['succeeded', undefined]);
    expect(world.git(github.bare, 'rev-parse', state.branch).trim()).toBe(state.headSha);
    expect(github.pulls).toMatchObject([{ draft: false }]);
  });
});
