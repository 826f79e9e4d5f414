import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, type TestContext } from 'vitest';
import { atFirst, makeGithubWorld } from '../fakes/github-world.ts';
import { answer, answers } from '../fakes/world.ts';

const write = (path: string, content: string) => ({ type: 'write', path, content });
const steps = answers(
  answer([write('a.txt', 'ours\n')]),
  answer([write('b.txt', 'ours\n')]),
  answer([write('file.txt', 'good\n')], ['M1.1', 'M1.2']),
);

/** A run whose branch somebody else moved by a commit of their own, after the first push. */
const paused = async (
  test: Pick<TestContext, 'onTestFinished'>,
  theirs: readonly [path: string, text: string],
) => {
  const place = await makeGithubWorld(test, { script: steps });
  const { world, github, root } = place;
  const id = await place.makeRun();
  const moved: string[] = [];
  const move = (path: string, text: string): string => {
    const clone = join(root, `clone-${moved.length}`);
    const branch = world.app.runs().find((run) => run.id === id)!.state.branch;
    world.git(root, 'clone', '-q', '-b', branch, github.bare, clone);
    writeFileSync(join(clone, path), text);
    world.git(clone, 'add', '-A');
    world.git(clone, 'commit', '-q', '-m', 'by a human');
    world.git(clone, 'push', '-q', 'origin', branch);
    const sha = world.git(clone, 'rev-parse', 'HEAD').trim();
    moved.push(sha);
    rmSync(clone, { recursive: true });
    return sha;
  };
  const first = await world.resume(id, { onEntry: atFirst('pr.updated', () => move(...theirs)) });
  const { state } = first;
  expect([state.status, state.reason]).toEqual(['paused', 'branch moved']);
  const remote = (): string => world.git(github.bare, 'rev-parse', state.branch).trim();
  const file = (path: string): string => world.git(github.bare, 'show', `${state.branch}:${path}`);
  const kept = (): string =>
    world.git(join(world.app.homes.dir, id, 'repo.git'), 'for-each-ref', 'refs/ralph-wip');
  return { ...place, id, state, entries: first.entries, theirs: moved[0]!, move, remote, file, kept };
};

describe.concurrent('a branch that somebody else moved', { timeout: 180_000 }, () => {
  it('pauses the run with both commits, and loses neither', async (test) => {
    const { state, entries, theirs, remote } = await paused(test, ['human.txt', 'theirs\n']);
    const pushed = entries.find((e) => e.type === 'branch.pushed');
    expect(state.detail).toContain(`stands at ${theirs} at the remote, we pushed ${pushed?.sha} last`);
    expect(state.detail).toContain('--rebase, --force-with-lease or --abandon');
    expect([remote(), state.moved]).toEqual([theirs, { remote: theirs }]);
  });

  it('--rebase goes on on top of theirs, and verifies anew', async (test) => {
    const { world, id, state, theirs, remote, file, kept } = await paused(test, ['human.txt', 'theirs\n']);
    const said = await world.cli(['resume', id, '--rebase', '-f']);
    expect([said.code, said.stderr]).toEqual([0, expect.not.stringContaining('Error')]);
    const end = world.app.runs().find((run) => run.id === id)!.state;
    expect([end.status, end.headSha]).toEqual(['succeeded', remote()]);
    expect(file('human.txt') + file('a.txt') + file('b.txt')).toBe('theirs\nours\nours\n');
    expect(() =>
      world.git(
        join(world.app.homes.dir, id, 'repo.git'),
        'merge-base',
        '--is-ancestor',
        theirs,
        end.headSha!,
      ),
    ).not.toThrow();
    expect(kept()).toContain(state.headSha);
  });

  it('--rebase names the files where both changed the same, and stays paused with nothing changed', async (test) => {
    const { world, id, state, theirs, remote } = await paused(test, ['b.txt', 'theirs\n']);
    const said = await world.cli(['resume', id, '--rebase']);
    expect([said.code, said.stdout]).toEqual([1, expect.stringContaining('conflicts in b.txt')]);
    const after = world.app.runs().find((run) => run.id === id)!.state;
    expect([after.status, after.reason, after.headSha]).toEqual(['paused', 'branch moved', state.headSha]);
    expect([after.detail, remote()]).toEqual([expect.stringContaining('conflicts in b.txt'), theirs]);
  });

  it('--force-with-lease overwrites what the pause named, which is kept, and nothing newer', async (test) => {
    const { world, id, theirs, move, remote, file, kept } = await paused(test, ['human.txt', 'theirs\n']);
    const newer = move('late.txt', 'late\n');
    const no = await world.app.steer(id, { kind: 'resume', branch: 'force-with-lease' });
    expect(no).toMatchObject({ kind: 'refused', detail: expect.stringContaining(newer) });
    await world.app.steer(id, { kind: 'resume' });
    const again = await world.resume(id);
    expect([again.state.status, again.state.moved]).toEqual(['paused', { remote: newer }]);
    await world.app.steer(id, { kind: 'resume', branch: 'force-with-lease' });
    const { state } = await world.resume(id);
    expect([state.status, state.headSha]).toEqual(['succeeded', remote()]);
    expect(() => file('human.txt')).toThrow(/human\.txt/);
    expect(kept()).toContain(newer);
    const own = join(world.app.homes.dir, id, 'repo.git');
    expect(() => world.git(own, 'merge-base', '--is-ancestor', theirs, newer)).not.toThrow();
  });

  it('--abandon goes on from theirs alone, and keeps ours on a ref', async (test) => {
    const { world, id, state, theirs, file, kept } = await paused(test, ['human.txt', 'theirs\n']);
    const taken = await world.app.steer(id, { kind: 'resume', branch: 'abandon' });
    expect(taken).toMatchObject({ kind: 'accepted', detail: expect.stringContaining('refs/ralph-wip/') });
    const after = world.app.runs().find((run) => run.id === id)!.state;
    expect([after.headSha, after.status, after.moved]).toEqual([theirs, 'queued', undefined]);
    const end = await world.resume(id);
    expect(end.state.status).toBe('succeeded');
    expect(file('human.txt') + file('a.txt')).toBe('theirs\nours\n');
    expect(() => file('b.txt')).toThrow(/b\.txt/);
    expect(kept()).toContain(state.headSha);
  });

  it('is settled once, also when the settling was cut by a kill -9', async (test) => {
    const { world, id, remote, file } = await paused(test, ['human.txt', 'theirs\n']);
    const cut = await world.cli(['resume', id, '--rebase'], { env: { RALPH_FAILPOINT: 'branch.settled:1' } });
    expect(cut.signal).toBe('SIGKILL');
    const { state } = await world.resume(id);
    expect([state.status, state.headSha]).toEqual(['succeeded', remote()]);
    expect(file('human.txt') + file('b.txt')).toBe('theirs\nours\n');
  });

  it('takes no such order for a run whose branch was not moved, and not two at once', async (test) => {
    const { world, makeRun } = await makeGithubWorld(test, { script: steps });
    const id = await makeRun();
    await world.app.steer(id, { kind: 'pause' });
    const no = await world.cli(['resume', id, '--abandon']);
    expect([no.code, no.stdout]).toEqual([1, expect.stringContaining('this one was not')]);
    const both = await world.cli(['resume', id, '--abandon', '--rebase']);
    expect([both.code, both.stderr]).toEqual([2, expect.stringContaining('exclude each other')]);
  });
});
