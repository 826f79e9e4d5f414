import { describe, expect, it } from 'vitest';
import { atFirst, makeGithubWorld, supervise, type GithubWorld } from '../fakes/github-world.ts';
import { answer, answers } from '../fakes/world.ts';

const ASKED = 'GET /repos/{owner}/{repo}';
const LIST = 'GET /repos/{owner}/{repo}/pulls';
const CREATE = 'POST /repos/{owner}/{repo}/pulls';
const LABELS = 'POST /repos/{owner}/{repo}/issues/{issue_number}/labels';
const PATCH = 'PATCH /repos/{owner}/{repo}/pulls/{pull_number}';
const STATUS = 'POST /repos/{owner}/{repo}/statuses/{sha}';
const GRAPHQL = 'POST /graphql';
const run = (command: string) => ({ type: 'run', command });
/** Changes something, whatever is there already. */
const script = answers(
  answer([run('echo one >> log.txt')]),
  answer([run('echo two >> log.txt; echo good > file.txt')], ['M1.1', 'M1.2']),
);

/** A run whose branch is pushed and has an open pull request, and a second one on that branch. */
const makeStack = async ({ makeRun, propose, world }: GithubWorld) => {
  const { branch, id: under } = world.app.replay(await makeRun());
  propose(branch, { 'under.txt': 'work of the other run\n' });
  return { under, branch, id: await makeRun([], { base_branch: branch }) };
};

/** Merges a pull request as a human does it at the forge, with real commits. */
const merge = ({ github, world }: GithubWorld, number: number, how: 'merge' | 'squash'): void => {
  const pull = github.pulls[number - 1]!;
  const sha = (ref: string): string => world.git(github.bare, 'rev-parse', ref).trim();
  const parents = ['-p', sha(pull.base), ...(how === 'merge' ? ['-p', sha(pull.head)] : [])];
  const made = world.git(github.bare, 'commit-tree', `${pull.head}^{tree}`, ...parents, '-m', 'merged');
  world.git(github.bare, 'update-ref', `refs/heads/${pull.base}`, made.trim());
  Object.assign(pull, { state: 'closed', merged: true });
};
const removeBranch = ({ github, world }: GithubWorld, branch: string): void => {
  world.git(github.bare, 'update-ref', '-d', `refs/heads/${branch}`);
};

describe('a run on the branch of another run', () => {
  it('goes into what that one was merged into, with its own branch as it is', async (test) => {
    const place = await makeGithubWorld(test, { script });
    const { github, world } = place;
    const { branch, id } = await makeStack(place);
    const bases: string[] = [];
    const { state, entries } = await world.resume(id, {
      onEntry: atFirst('pr.updated', () => {
        bases.push(github.pulls[1]!.base);
        merge(place, 1, 'merge');
      }),
    });
    expect([bases, state.status, state.baseBranch, state.stackedOn]).toEqual([
      [branch],
      'succeeded',
      'main',
      undefined,
    ]);
    expect(entries.filter(({ type }) => type === 'base.changed')).toMatchObject([
      { from: branch, to: 'main', merged: 1, lacks: false },
    ]);
    expect(github.pulls[1]).toMatchObject({ base: 'main', state: 'open', draft: false });
    expect(world.git(github.bare, 'rev-parse', state.branch).trim()).toBe(state.headSha);
    // What it did itself, and nothing of what it stands on.
    const range = `main...${state.branch}`;
    expect(world.git(github.bare, 'diff', '--numstat', range)).toBe('1\t0\tfile.txt\n2\t0\tlog.txt\n');
    const show = await world.cli(['logs', id]);
    expect(show.stdout).toContain(`goes into main now, no longer into ${branch}`);
  });

  it('costs no call more while nothing changes than the look that all runs share', async (test) => {
    const place = await makeGithubWorld(test, { script });
    const { github, world } = place;
    const { under, branch, id } = await makeStack(place);
    const before = github.calls.length;
    const { state } = await world.resume(id);
    expect([state.status, state.baseBranch, state.stackedOn]).toEqual(['succeeded', branch, under]);
    expect(github.calls.slice(before)).toEqual([
      GRAPHQL,
      LIST,
      CREATE,
      LABELS,
      STATUS,
      LIST,
      GRAPHQL,
      PATCH,
      GRAPHQL,
      STATUS,
    ]);
    expect(github.calls[before - 1]).toBe(ASKED);
    expect(github.pulls[1]).toMatchObject({ base: branch });
  });

  it('opens its pull request on the right branch when the other was squashed and removed before', async (test) => {
    const place = await makeGithubWorld(test, { script });
    const { github, world } = place;
    const { branch, id } = await makeStack(place);
    merge(place, 1, 'squash');
    removeBranch(place, branch);
    const { state, entries } = await world.resume(id);
    expect([state.status, state.baseBranch, github.pulls[1]?.base]).toEqual(['succeeded', 'main', 'main']);
    expect(entries.find(({ type }) => type === 'base.changed')).toMatchObject({ merged: 1, lacks: true });
    expect((await world.cli(['logs', id])).stdout).toContain('main lacks commits that this run is built on');
  });

  it('goes down a whole stack of merged branches', async (test) => {
    const place = await makeGithubWorld(test, { script });
    const { github, world } = place;
    const { branch, id: middle } = await makeStack(place);
    const between = world.app.replay(middle).branch;
    github.pulls[place.propose(between, { 'between.txt': 'x\n' }) - 1]!.base = branch;
    const id = await place.makeRun([], { base_branch: between });
    merge(place, 2, 'merge');
    merge(place, 1, 'merge');
    const { state } = await world.resume(id);
    expect([state.status, state.baseBranch, github.pulls[2]?.base]).toEqual(['succeeded', 'main', 'main']);
  });

  it('takes the base that the forge or a human has set, and sets no other', async (test) => {
    const place = await makeGithubWorld(test, { script });
    const { github, world } = place;
    const { branch, id } = await makeStack(place);
    world.git(github.bare, 'branch', 'next', 'main');
    const { state, entries } = await world.resume(id, {
      onEntry: atFirst('pr.updated', () => {
        github.pulls[1]!.base = 'next';
        removeBranch(place, branch);
      }),
    });
    expect([state.status, state.baseBranch, github.pulls[1]!.base]).toEqual(['succeeded', 'next', 'next']);
    const changed = entries.flatMap((e) => (e.type === 'base.changed' ? [[e.to, e.merged]] : []));
    expect(changed).toEqual([['next', undefined]]);
  });

  it('warns once when the other was closed without a merge, and pauses when its branch is gone too', async (test) => {
    const place = await makeGithubWorld(test, { script });
    const { github, world } = place;
    const { branch, id } = await makeStack(place);
    const lost = await place.makeRun([], { base_branch: branch });
    github.pulls[0]!.state = 'closed';
    const { state, entries } = await world.resume(id);
    expect([state.status, github.pulls[1]?.base]).toEqual(['succeeded', branch]);
    expect(entries.filter((e) => e.type === 'warning' && e.about === 'base branch')).toHaveLength(1);
    removeBranch(place, branch);
    const { state: alone } = await world.resume(lost);
    expect([alone.status, alone.reason]).toEqual(['paused', 'human']);
    expect(alone.detail).toContain(`${branch} is gone at the remote, and its pull request #1 was closed`);
    expect(github.pulls).toHaveLength(2);
  });
});

describe('a run on a branch that is not known to be a run’s', () => {
  it('stays on it although something of it was merged, as long as it is there', async (test) => {
    const place = await makeGithubWorld(test, { script });
    place.propose('develop', { 'new.txt': 'new\n' });
    const id = await place.makeRun([], { base_branch: 'develop' });
    merge(place, 1, 'merge');
    const { state } = await place.world.resume(id);
    expect([state.status, state.baseBranch, place.github.pulls[1]?.base]).toEqual([
      'succeeded',
      'develop',
      'develop',
    ]);
  });

  it('goes into what it was merged into when it is gone', async (test) => {
    const place = await makeGithubWorld(test, { script });
    place.propose('ralph/elsewhere', { 'new.txt': 'new\n' });
    const id = await place.makeRun([], { base_branch: 'ralph/elsewhere' });
    merge(place, 1, 'merge');
    removeBranch(place, 'ralph/elsewhere');
    const { state } = await place.world.resume(id);
    expect([state.status, state.baseBranch, place.github.pulls[1]?.base]).toEqual([
      'succeeded',
      'main',
      'main',
    ]);
  });
});

describe('a run that has ended on the branch of another run', { timeout: 180_000 }, () => {
  it('goes into what that one was merged into, by the supervisor, which asks once for all of them', async (test) => {
    const place = await makeGithubWorld(test, { script });
    const { github, world } = place;
    const { branch, id } = await makeStack(place);
    const other = await place.makeRun([], { base_branch: branch });
    for (const run of [id, other]) expect((await world.resume(run)).state.status).toBe('succeeded');
    const before = github.calls.length;
    await supervise(place, () => github.calls.length >= before + 3);
    expect(new Set(github.calls.slice(before))).toEqual(new Set([GRAPHQL]));
    merge(place, 1, 'merge');
    removeBranch(place, branch);
    const merged = github.calls.length;
    const isDone = (): boolean => [id, other].every((run) => world.app.replay(run).stackedOn === undefined);
    await supervise(place, isDone);
    expect(github.pulls.slice(1)).toMatchObject([
      { base: 'main', state: 'open', draft: false },
      { base: 'main', state: 'open', draft: false },
    ]);
    // Which pull request it is, what became of the one below, and the change: three for each.
    const calls = github.calls.slice(merged).filter((call) => call !== GRAPHQL);
    expect(calls).toEqual([LIST, LIST, PATCH, LIST, LIST, PATCH]);
    expect(world.app.replay(id)).toMatchObject({ status: 'succeeded', baseBranch: 'main' });
    expect(world.app.runs().find((run) => run.id === id)?.state.baseBranch).toBe('main');
    expect((await world.cli(['logs', id])).stdout).toContain(`goes into main now, no longer into ${branch}`);
  });

  it('is written down after a kill -9 right after the forge was told, and told once', async (test) => {
    const place = await makeGithubWorld(test, { script });
    const { github, world } = place;
    const { id } = await makeStack(place);
    await world.resume(id);
    merge(place, 1, 'squash');
    const before = github.calls.length;
    const env = { RALPH_FAILPOINT: 'stack.followed:1' };
    expect((await world.cli(['supervisor', 'run'], { env })).signal).toBe('SIGKILL');
    expect([github.pulls[1]?.base, world.app.replay(id).baseBranch]).not.toEqual(['main', 'main']);
    await supervise(place, () => world.app.replay(id).baseBranch === 'main');
    expect(github.calls.slice(before).filter((call) => call === PATCH)).toHaveLength(1);
  });

  it('stays as it is where its own pull request is closed, or the one below was closed without a merge', async (test) => {
    const place = await makeGithubWorld(test, { script });
    const { github, world } = place;
    const { branch, id } = await makeStack(place);
    await world.resume(id);
    github.pulls[0]!.state = 'closed';
    const before = github.calls.length;
    await supervise(place, () => github.calls.length >= before + 5);
    // Looked at closely once, and not in each round.
    expect(github.calls.slice(before).filter((call) => call !== GRAPHQL)).toEqual([LIST, LIST]);
    expect([github.pulls[1]?.base, world.app.replay(id).baseBranch]).toEqual([branch, branch]);
    Object.assign(github.pulls[0]!, { merged: true });
    github.pulls[1]!.state = 'closed';
    const closed = github.calls.length;
    await supervise(place, () => github.calls.length > closed);
    expect([github.calls.slice(closed).includes(PATCH), github.pulls[1]?.base]).toEqual([false, branch]);
  });
});
