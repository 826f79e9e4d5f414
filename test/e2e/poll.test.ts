import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { addComment, fakeIssue, type FakeIssue } from '../fakes/github-issues.ts';
import { startGithub, type GithubServer } from '../fakes/github-server.ts';
import { answer, answers, makeWorld, type World } from '../fakes/world.ts';

const TOKEN = 'ghp_0123456789abcdefghijABCDEFGHIJ';
const OTHER = 'ghp_otherotherotherotherotherother';
const COMMENT = 'POST /repos/{owner}/{repo}/issues/{issue_number}/comments';
const LABEL = 'POST /repos/{owner}/{repo}/issues/{issue_number}/labels';
const LIST = 'GET /repos/{owner}/{repo}/issues';
const script = answers(answer([{ type: 'write', path: 'file.txt', content: 'good\n' }], ['I1', 'I2']));

let root: string;
let github: GithubServer;
let worlds: World[];

const makePoller = async (token = TOKEN, ours = script): Promise<World> => {
  const world = await makeWorld({
    script: ours,
    env: { ...github.env, GITHUB_PAT: token },
  });
  worlds.push(world);
  if (worlds.length === 1) {
    mkdirSync(join(root, 'acme'));
    world.git(root, 'clone', '-q', '--bare', world.remote, 'acme/widget.git');
  }
  const defaults = '---\ntest_command: grep -q good file.txt\nsetup_commands: []\n---\n';
  writeFileSync(join(world.dir, 'defaults.md'), defaults);
  return world;
};
const pollArgs = (world: World, ...more: string[]): string[] => [
  'poll',
  '--json',
  '--repo=acme/widget',
  '--backend=local',
  `--defaults=${join(world.dir, 'defaults.md')}`,
  ...more,
];
const jsonOf = (text: string): { event: string; [key: string]: unknown }[] =>
  text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line));
const add = (number: number, changed: Partial<FakeIssue> = {}): FakeIssue => {
  const issue = fakeIssue(number, { labels: ['ralph'], ...changed });
  github.issues.push(issue);
  return issue;
};
const until = async (what: () => boolean): Promise<void> => {
  for (let tries = 0; !what(); tries += 1) {
    if (tries > 600) throw new Error('it did not come');
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
};
const runs = (world: World) => world.app.runs().map(({ state }) => state);

beforeEach(async () => {
  root = mkdtempSync(join(tmpdir(), 'ralph-poll-'));
  worlds = [];
  github = await startGithub({ root, owner: 'acme', name: 'widget', tokens: [TOKEN, OTHER] });
  github.users.set(OTHER, 'other-bot');
  github.insiders.add('other-bot');
});
afterEach(async () => {
  for (const world of worlds) {
    world.app.supervisor.stop();
    await until(() => !world.app.supervisor.running);
  }
  await github.close();
  for (const world of worlds) world.destroy();
  rmSync(root, { recursive: true, force: true });
  if (github.violations.length > 0) throw new Error(github.violations.join('\n'));
});

describe('ralph poll', () => {
  it('takes issues in dependency order, one run each, as many at a time as it may', async () => {
    const world = await makePoller();
    const last = add(41, { body: 'depends: [42, 7]\n' });
    const first = add(42);
    add(43, { body: 'depends: 44\n' });
    add(44, { body: 'depends: "#43"\n' });
    github.issues.push(fakeIssue(7, { state: 'closed' }), fakeIssue(8));
    add(45, { body: 'depends: 8\n' });
    add(46, { labels: ['other'] });
    add(47, { assignees: ['acme'] });
    const once = await world.cli(pollArgs(world, '--once'));
    expect([once.code, once.stderr]).toEqual([0, '']);
    const found = jsonOf(once.stdout);
    expect(found.map(({ event, issue }) => [event, issue])).toEqual([
      ['cycle', undefined],
      ['waits', 'acme/widget#41'],
      ['waits', 'acme/widget#43'],
      ['waits', 'acme/widget#44'],
      ['waits', 'acme/widget#45'],
      ['taken', 'acme/widget#42'],
    ]);
    expect(found[0]).toMatchObject({ issues: ['acme/widget#43', 'acme/widget#44'] });
    expect([first.labels, first.assignees]).toEqual([['ralph', 'ralph-taken'], ['ralph-bot']]);
    await until(() => runs(world)[0]?.status === 'succeeded');
    expect(first.comments).toHaveLength(1);
    const again = jsonOf((await world.cli(pollArgs(world, '--once'))).stdout);
    expect(again.filter(({ event }) => event === 'taken')).toMatchObject([{ issue: 'acme/widget#41' }]);
    await until(() => runs(world).length === 2 && runs(world).every(({ status }) => status === 'succeeded'));
    await until(() => last.comments[0]!.body.includes('is done'));
    expect([first.comments.length, last.comments.length]).toEqual([1, 1]);
    expect((await world.cli(pollArgs(world, '--once'))).stdout).not.toContain('taken"');
  });

  it.each([
    ['of two accounts', OTHER],
    ['with one account', TOKEN],
  ])('two pollers %s that come at the same moment take an issue once', async (_name, second) => {
    const [a, b] = [await makePoller(TOKEN), await makePoller(second)];
    const issue = add(42);
    // Neither claims before the other has seen that the issue is free.
    let looks = 0;
    let open = (): void => {};
    const both = new Promise<void>((resolve) => (open = resolve));
    github.onCall = async ({ name }) => {
      if (name !== COMMENT || looks >= 2) return;
      looks += 1;
      if (looks === 2) open();
      await both;
    };
    const [one, two] = await Promise.all([a.cli(pollArgs(a, '--once')), b.cli(pollArgs(b, '--once'))]);
    expect([one.code, two.code, looks]).toEqual([0, 0, 2]);
    const events = [...jsonOf(one.stdout), ...jsonOf(two.stdout)].map(({ event }) => event).toSorted();
    expect(events).toEqual(['lost', 'taken']);
    expect(runs(a).length + runs(b).length).toBe(1);
    expect(issue.assignees).toEqual([
      runs(a).length === 1 ? 'ralph-bot' : second === OTHER ? 'other-bot' : 'ralph-bot',
    ]);
    await until(() => [...runs(a), ...runs(b)][0]?.status === 'succeeded');
    expect(issue.comments).toHaveLength(1);
  });

  it('is not kept from an issue by a stranger who writes what looks like a claim', async () => {
    const world = await makePoller();
    const issue = add(42);
    addComment(issue, 'mallory', '<!-- ralph:issue aaaaaa claim -->\nmine');
    const found = jsonOf((await world.cli(pollArgs(world, '--once'))).stdout);
    expect(found.map(({ event }) => event)).toEqual(['taken']);
  });

  it('gives an issue back when its run cannot be made', async () => {
    const world = await makePoller();
    const issue = add(42);
    const found = jsonOf((await world.cli(pollArgs(world, '--once', '--profile', 'nobody'))).stdout);
    expect(found).toMatchObject([{ event: 'refused', issue: 'acme/widget#42' }]);
    expect([issue.labels, issue.assignees, issue.comments]).toEqual([['ralph'], [], []]);
    expect([runs(world), readdirSync(join(world.dir, 'state/ralph/claims'))]).toEqual([[], []]);
  });

  it('gives back what a poller had taken that was killed before there was a run', async () => {
    const world = await makePoller();
    const issue = add(42);
    const poller = world.start(pollArgs(world));
    github.onCall = ({ name }) => {
      if (name === LABEL) poller.kill('SIGKILL');
    };
    await new Promise((resolve) => poller.on('close', resolve));
    await until(() => issue.labels.length === 2);
    github.onCall = undefined;
    const found = jsonOf((await world.cli(pollArgs(world, '--once'))).stdout);
    expect(found.map(({ event }) => event)).toEqual(['released', 'taken']);
    expect(issue.comments).toHaveLength(1);
  });

  it.each([
    ['looks for issues', LIST],
    ['takes one', LABEL],
  ])(
    'sits a rate limit out that comes when it %s, says until when, and takes the issue once',
    async (_when, call) => {
      const world = await makePoller();
      const issue = add(42);
      const headers = { 'retry-after': '2' };
      github.fault(call, {
        status: 403,
        message: 'You have exceeded a secondary rate limit.',
        headers,
        times: 2,
      });
      const poller = world.start(pollArgs(world, '--every', '1s'));
      let said = '';
      poller.stdout!.setEncoding('utf8').on('data', (text: string) => (said += text));
      const ended = new Promise<number | null>((resolve) => poller.on('close', resolve));
      await until(() => said.includes('"taken"'));
      poller.kill('SIGTERM');
      expect(await ended).toBe(0);
      const found = jsonOf(said).filter(({ event }) => event !== 'released');
      expect(found.map(({ event }) => event)).toEqual(['limited', 'limited', 'taken']);
      expect(Date.parse(String(found[0]!['until']))).toBeGreaterThan(0);
      expect([issue.labels, issue.assignees, runs(world).length]).toEqual([
        ['ralph', 'ralph-taken'],
        ['ralph-bot'],
        1,
      ]);
      await until(() => runs(world)[0]?.status === 'succeeded');
      expect(issue.comments).toHaveLength(1);
    },
  );

  it("does not take a stranger's issue without a sandbox, nor one whose front matter is broken", async () => {
    const world = await makePoller();
    const issue = add(42, { author: 'mallory' });
    add(43, { body: '---\ndepends: [1\n---\n' });
    const found = jsonOf((await world.cli(pollArgs(world, '--once'))).stdout);
    expect(found.map(({ event, issue: name }) => [event, name])).toEqual([
      ['refused', 'acme/widget#43'],
      ['refused', 'acme/widget#42'],
    ]);
    expect([issue.comments, issue.labels]).toEqual([[], ['ralph']]);
  });

  it.each(['SIGINT', 'SIGTERM'] as const)('ends on %s and leaves its runs going', async (signal) => {
    const slow = answers(
      answer(
        [
          { type: 'run', command: 'sleep 3' },
          { type: 'write', path: 'file.txt', content: 'good\n' },
        ],
        ['I1', 'I2'],
      ),
    );
    const world = await makePoller(TOKEN, slow);
    add(42);
    const poller = world.start(pollArgs(world, '--every', '1s'));
    const ended = new Promise<number | null>((resolve) => poller.on('close', resolve));
    await until(() => runs(world)[0]?.status === 'running');
    poller.kill(signal);
    expect(await ended).toBe(0);
    expect(runs(world)[0]?.status).toBe('running');
    await until(() => runs(world)[0]?.status === 'succeeded');
  });
});
