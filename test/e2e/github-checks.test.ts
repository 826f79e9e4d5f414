import { describe, expect, it } from 'vitest';
import type { Entry } from '../../src/domain/event.ts';
import { checkRun } from '../fakes/github-checks.ts';
import { atFirst, makeGithubWorld, statusesOf, type GithubWorld } from '../fakes/github-world.ts';
import { answer, answers } from '../fakes/world.ts';

const WAIT = ['wait_for_checks: true'];
const write = (path: string, content: string) => ({ type: 'write', path, content });
const BOTH = ['M1.1', 'M1.2'];
const one = answers(answer([write('file.txt', 'good\n')], BOTH));
const two = answers(
  answer([write('file.txt', 'good\n')], BOTH),
  answer([write('file.txt', 'good and mended\n')], BOTH),
);
const SECRET = 'sk-ant-api03-abcdefghijklmnopqrstuvwxyz0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ';

const checksOf = (entries: readonly Entry[]) =>
  entries.flatMap((e) => (e.type === 'checks.seen' ? [e.state] : []));
const isWaiting = (entry: Extract<Entry, { type: 'run.status' }>): boolean =>
  entry.status === 'waiting' && entry.reason === 'checks';
/** What the checks say once the branch is there. */
const onPush = ({ github }: GithubWorld, conclusions: readonly (string | null)[]) => {
  let pushes = 0;
  const known = new Set<string>();
  return (entry: Entry): void => {
    if (entry.type !== 'branch.pushed' || known.has(entry.sha)) return;
    known.add(entry.sha);
    const conclusion = conclusions[pushes] ?? null;
    pushes += 1;
    const status = conclusion === null ? 'in_progress' : 'completed';
    github.checkRuns.push(checkRun({ id: 40 + pushes, sha: entry.sha, conclusion, status }));
  };
};

describe.concurrent('a run that waits for the checks of its pull request', { timeout: 180_000 }, () => {
  it('succeeds when they are green, and makes the pull request ready only then', async (test) => {
    const place = await makeGithubWorld(test, { script: one });
    const { github, world } = place;
    const id = await place.makeRun(WAIT);
    const drafts: boolean[] = [];
    const pushed = onPush(place, ['success']);
    const { state, entries } = await world.resume(id, {
      onEntry: (entry) => {
        pushed(entry);
        if (entry.type === 'checks.seen') drafts.push(github.pulls[0]!.draft);
      },
    });
    expect([state.status, state.checks?.state, state.checks?.sha]).toEqual([
      'succeeded',
      'green',
      state.headSha,
    ]);
    expect(drafts).toEqual([true]);
    expect(github.pulls).toMatchObject([{ draft: false }]);
    expect(statusesOf(entries)).toEqual(['starting', 'running', 'waiting', 'running', 'succeeded']);
    const waiting = entries.find((e) => e.type === 'run.status' && isWaiting(e));
    expect(waiting).toMatchObject({ reason: 'checks', until: expect.any(String) });
  });

  it('goes on with the failed job’s log in the prompt when they are red, until they are green', async (test) => {
    const place = await makeGithubWorld(test, { script: two });
    const { github, world } = place;
    const id = await place.makeRun(WAIT);
    github.logs.set(41, `noise\nexpected 1\u001b[2J, got 2\nkey ${SECRET}\n##[error]Process exited\n`);
    const { state, entries } = await world.resume(id, { onEntry: onPush(place, ['failure', 'success']) });
    expect([state.status, state.committed]).toEqual(['succeeded', 2]);
    expect(checksOf(entries)).toEqual(['red', 'green']);
    const prompt = world.app.homes.readState(id, 'iterations/2/prompt.md') ?? '';
    expect(prompt).toContain('### build: failed\n\nnoise\nexpected 1, got 2\nkey [redacted');
    expect(prompt).toContain('checks of the forge failed on it');
    expect(JSON.stringify(entries)).not.toContain(SECRET);
    expect(github.pulls).toMatchObject([{ draft: false }]);
  });

  it('keeps its budgets while they stay red', async (test) => {
    const place = await makeGithubWorld(test, { script: two });
    const id = await place.makeRun(WAIT, { max_iterations: '2' });
    const { state } = await place.world.resume(id, { onEntry: onPush(place, ['failure', 'failure']) });
    expect([state.status, state.reason, state.committed]).toEqual(['failed', 'budget: iterations', 2]);
    expect(place.github.pulls).toMatchObject([{ draft: true }]);
  });

  it('pauses where nothing reports, never takes that for green, and looks again when it is resumed', async (test) => {
    const place = await makeGithubWorld(test, { script: one });
    const { world } = place;
    const id = await place.makeRun(WAIT);
    const { state, entries } = await world.resume(id);
    expect([state.status, state.reason]).toEqual(['paused', 'blocked']);
    expect(state.detail).toContain('are unknown: no check has reported');
    expect(checksOf(entries)).toEqual(['unknown']);
    expect(place.github.pulls).toMatchObject([{ draft: true }]);
    place.github.checkRuns.push(checkRun({ conclusion: 'success' }));
    await world.app.steer(id, { kind: 'resume' });
    expect((await world.resume(id)).state.status).toBe('succeeded');
  });

  it('pauses where the credential may not read them, and says so', async (test) => {
    const place = await makeGithubWorld(test, { script: one });
    place.github.repository.checks = false;
    const id = await place.makeRun(WAIT);
    const { state } = await place.world.resume(id);
    expect([state.status, state.reason]).toEqual(['paused', 'blocked']);
    expect(state.detail).toContain('the credential may not read check runs');
  });

  it('pauses when they do not end in time, and counts the time before a kill -9', async (test) => {
    const place = await makeGithubWorld(test, { script: one, env: { RALPH_CHECKS_LIMIT_MIN: '0.15' } });
    const { world } = place;
    const id = await place.makeRun(WAIT);
    place.github.checkRuns.push(checkRun({ conclusion: null, status: 'queued' }));
    const runner = world.start(['resume', id, '-f']);
    const ended = new Promise((resolve) => runner.on('exit', resolve));
    await expect
      .poll(() => world.app.homes.entries(id).map((e) => e.type), { timeout: 120_000 })
      .toContain('checks.seen');
    runner.kill('SIGKILL');
    await ended;
    const { state, entries } = await world.resume(id);
    expect([state.status, state.reason]).toEqual(['paused', 'blocked']);
    expect(state.detail).toContain('did not end in time: 1 of 1 are not done');
    const all = world.app.homes.entries(id);
    const first = all.find((e) => e.type === 'checks.seen')!;
    const again = entries.find((e) => e.type === 'run.status' && isWaiting(e));
    const limit = Date.parse(first.at) + 0.15 * 60_000;
    expect(again?.type === 'run.status' && Date.parse(again.until!)).toBeLessThanOrEqual(limit + 1000);
  });

  it('can be paused, noted to and stopped while it waits, and is not charged running time', async (test) => {
    const place = await makeGithubWorld(test, { script: one });
    const { world } = place;
    place.github.checkRuns.push(checkRun({ conclusion: null, status: 'queued' }));
    const id = await place.makeRun(WAIT);
    const paused = await world.resume(id, {
      onEntry: atFirst('checks.seen', () => {
        void world.app
          .steer(id, { kind: 'note', text: 'be patient' })
          .then(() => world.app.sleep(5000))
          .then(() => world.app.steer(id, { kind: 'pause' }));
      }),
    });
    expect([paused.state.status, paused.state.reason]).toEqual(['paused', 'human']);
    expect(world.app.homes.readState(id, 'notes.md')).toContain('be patient');
    const seen = paused.entries.find((e) => e.type === 'checks.seen')!;
    expect(paused.state.spent.runningMs - seen.up).toBeLessThan(4500);
    await world.app.steer(id, { kind: 'resume' });
    const stopped = await world.resume(id, {
      onEntry: atFirst('run.status', () => void world.app.steer(id, { kind: 'stop' }), isWaiting),
    });
    expect(stopped.state.status).toBe('stopped');
  });
});
