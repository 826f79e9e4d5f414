import { describe, expect, it } from 'vitest';
import { makeGithubWorld, supervise } from '../fakes/github-world.ts';
import { answer, answers } from '../fakes/world.ts';

const COMMENT = 'POST /repos/{owner}/{repo}/issues/{issue_number}/comments';
const COMMENTS = 'GET /repos/{owner}/{repo}/issues/{issue_number}/comments';
const STATUS = 'POST /repos/{owner}/{repo}/statuses/{sha}';
const SECRET = 'sk-ant-api03-abcdefghijklmnopqrstuvwxyz0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ';
const write = (path: string, content: string) => ({ type: 'write', path, content });
const asksForHelp = answers(
  answer([write('a.txt', 'a\n')]),
  answer([
    { type: 'run', command: `echo ${SECRET}` },
    { type: 'pause', reason: `I need @you: closes #1 \`\`\` ${SECRET}` },
  ]),
);

describe.concurrent('what a run says at its pull request', { timeout: 180_000 }, () => {
  it('is the reason and the end of the log when it pauses for a human, without secrets and mentions', async (test) => {
    const { github, world, makeRun } = await makeGithubWorld(test, { script: asksForHelp });
    const id = await makeRun();
    const { state, entries } = await world.resume(id);
    expect([state.status, state.reason, state.owed]).toEqual(['paused', 'blocked', undefined]);
    const [comment = '', ...more] = github.pulls[0]!.comments;
    expect(more).toEqual([]);
    expect(comment).toContain(`**Ralph** run \`${id}\` is paused for a human: blocked`);
    expect(comment).toContain(`\`ralph resume ${id}\``);
    expect(comment).toMatch(/^````text\nI need @you/m);
    expect(comment).toContain('status       paused · blocked');
    expect(comment).not.toContain(SECRET);
    const told = entries.find((e) => e.type === 'pr.commented');
    expect(told).toMatchObject({ number: 1, about: entries.findLast((e) => e.type === 'run.status')?.seq });
  });

  it('is said once, also after a kill -9 right after it was said, and again for the next pause', async (test) => {
    const { github, world, makeRun } = await makeGithubWorld(test, { script: asksForHelp });
    const id = await makeRun();
    const first = await world.cli(['resume', id, '-f'], { env: { RALPH_FAILPOINT: 'pr.commented:1' } });
    expect([first.signal, github.pulls[0]?.comments.length]).toEqual(['SIGKILL', 1]);
    await world.app.steer(id, { kind: 'note', text: 'look here' });
    expect(github.pulls[0]?.comments).toHaveLength(1);
    await world.app.steer(id, { kind: 'resume' });
    const { state } = await world.resume(id);
    expect([state.status, github.pulls[0]?.comments.length]).toEqual(['paused', 2]);
  });

  it('is not doubled when the answer to it got lost', async (test) => {
    const { github, world, makeRun } = await makeGithubWorld(test, { script: asksForHelp });
    const id = await makeRun();
    github.fault(COMMENT, { status: 502, done: true });
    const { state } = await world.resume(id);
    expect([state.owed, github.pulls[0]?.comments.length]).toEqual([undefined, 1]);
    expect(github.calls.slice(-3)).toEqual([COMMENTS, COMMENT, COMMENTS]);
  });

  it('is nothing when the operator himself paused it', async (test) => {
    const { github, world, makeRun } = await makeGithubWorld(test, { script: asksForHelp });
    const id = await makeRun();
    const { state } = await world.resume(id, {
      onEntry: (entry) => {
        if (entry.type === 'pr.updated') void world.app.steer(id, { kind: 'pause' });
      },
    });
    expect([state.status, state.reason]).toEqual(['paused', 'human']);
    expect(github.pulls).toMatchObject([{ comments: [] }]);
  });

  it('is why it failed; that it may not be said is a warning', async (test) => {
    const script = answers(
      answer([write('a.txt', 'a\n')]),
      answer([{ type: 'stop_failure', reason: 'no way' }]),
    );
    const { github, world, makeRun } = await makeGithubWorld(test, { script });
    const told = await world.resume(await makeRun());
    expect(told.state.status).toBe('failed');
    expect(github.pulls[0]!.comments[0]).toContain('has failed: agent failed');
    github.fault(COMMENTS, { status: 403, message: 'Resource not accessible by integration' });
    const mute = await world.resume(await makeRun([], { task_id: 'task-2' }));
    expect([mute.state.status, mute.state.owed]).toEqual(['failed', undefined]);
    expect(mute.entries.filter((e) => e.type === 'warning')).toMatchObject([{ about: 'comment' }]);
    expect(github.pulls[1]!.comments).toEqual([]);
  });

  it('comes later, by the supervisor, where the forge takes no calls at that moment', async (test) => {
    const place = await makeGithubWorld(test, { script: asksForHelp });
    const { github, world, makeRun } = place;
    github.fault(COMMENTS, { status: 429, headers: { 'retry-after': '1' }, times: 2 });
    const { state, entries } = await world.resume(await makeRun());
    expect([state.status, github.pulls[0]?.comments]).toEqual(['paused', []]);
    expect(entries.filter((e) => e.type === 'warning')).toMatchObject([{ about: 'comment to come' }]);
    await supervise(place, () => world.app.replay(state.id).owed === undefined);
    expect(github.pulls[0]?.comments).toEqual([expect.stringContaining('is paused for a human: blocked')]);
    expect(world.app.replay(state.id)).toMatchObject({ status: 'paused', reason: 'blocked' });
    expect(world.app.runs()[0]?.state.owed).toBeUndefined();
  });

  it('is no commit status where that is forbidden: noted once, never asked for again', async (test) => {
    const script = answers(
      answer([write('a.txt', 'a\n')]),
      answer([write('b.txt', 'b\n')]),
      answer([write('file.txt', 'good\n')], ['M1.1', 'M1.2']),
    );
    const { github, world, makeRun } = await makeGithubWorld(test, { script });
    github.fault(STATUS, { status: 403, message: 'Resource not accessible by integration', times: 9 });
    const { state, entries } = await world.resume(await makeRun());
    expect(state.status).toBe('succeeded');
    expect(entries.filter((e) => e.type === 'warning')).toMatchObject([{ about: 'commit status' }]);
    expect(github.calls.filter((call) => call === STATUS)).toHaveLength(1);
  });
});
