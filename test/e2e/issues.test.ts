import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { fakeIssue, type FakeIssue } from '../fakes/github-issues.ts';
import { startGithub, type GithubServer } from '../fakes/github-server.ts';
import { answer, answers, makeWorld, type World } from '../fakes/world.ts';

const TOKEN = 'ghp_0123456789abcdefghijABCDEFGHIJ';
const COMMENT = 'POST /repos/{owner}/{repo}/issues/{issue_number}/comments';
const PATCH_ISSUE = 'PATCH /repos/{owner}/{repo}/issues/{issue_number}';
const DEFAULTS = '---\ntest_command: grep -q good file.txt\nsetup_commands: []\n---\n';
const BODY =
  'branch: sandbox\r\nmax_iterations: 4\r\ntest_command: "true"\r\n\r\nWhy: because.\r\n\r\n### Step 1: Write it\r\n\r\n- [ ] it is good\r\n';
const write = (path: string, content: string) => ({ type: 'write', path, content });
const twoSteps = answers(
  answer([write('a.txt', 'a\n')]),
  answer([write('file.txt', 'good\n')], ['S1', 'S1.1']),
);

let root: string;
let github: GithubServer;
let world: World;
let issue: FakeIssue;

const begin = async (script = twoSteps): Promise<void> => {
  world = await makeWorld({ script, env: { ...github.env, GITHUB_PAT: TOKEN } });
  mkdirSync(join(root, 'acme'));
  world.git(root, 'clone', '-q', '--bare', world.remote, 'acme/widget.git');
  world.git(world.repo, 'remote', 'add', 'origin', github.repoUrl);
  writeFileSync(join(world.dir, 'defaults.md'), DEFAULTS);
};
const flags = (): string[] => ['--backend', 'local', '--defaults', join(world.dir, 'defaults.md')];
const makeRun = async (): Promise<string> => {
  const engine = await world.app.engine();
  const options = { backend: 'local', defaults: DEFAULTS, isTrusted: false } as const;
  const { request } = await engine.intake.issueTask('acme/widget#42', options);
  return (await engine.createRun(request)).id;
};

beforeEach(async () => {
  root = mkdtempSync(join(tmpdir(), 'ralph-issues-'));
  github = await startGithub({ root, owner: 'acme', name: 'widget', tokens: [TOKEN] });
  issue = fakeIssue(42, { title: 'Make it good', body: BODY });
  github.issues.push(issue);
});
afterEach(async () => {
  await github.close();
  world.destroy();
  rmSync(root, { recursive: true, force: true });
  if (github.violations.length > 0) throw new Error(github.violations.join('\n'));
});

describe('ralph run --issue', () => {
  it('prints the task without starting anything, and says what it did not take', async () => {
    await begin();
    const printed = await world.cli(['run', '--issue', '#42', '--print', ...flags()]);
    expect([printed.code, printed.stderr]).toEqual([
      0,
      expect.stringContaining('acme/widget#42: test_command: set aside: the issue is not trusted with it'),
    ]);
    writeFileSync(join(world.dir, 'task.md'), printed.stdout);
    const lint = await world.cli(['lint', join(world.dir, 'task.md')]);
    expect([lint.code, lint.stdout]).toEqual([0, expect.stringContaining('ready (2 boxes')]);
    expect(printed.stdout).toContain(`issue: ${github.origin}/acme/widget/issues/42`);
    expect([issue.comments, world.app.runs(), issue.body]).toEqual([[], [], BODY]);
  });

  it('runs it in the foreground: shown first, one comment edited, steps marked, closed by the pull request', async () => {
    await begin();
    const edited: string[] = [];
    github.onCall = ({ name, body }) => {
      if (name.endsWith('/issues/comments/{comment_id}')) edited.push(JSON.stringify(body['body']));
    };
    const ran = await world.cli(['run', '--issue', 'acme/widget#42', ...flags()]);
    expect(ran.stderr).toContain('  | # Task: Make it good');
    expect(ran.stderr).toContain('no isolation');
    expect(ran.code).toBe(0);
    const [run] = world.app.runs();
    expect(run?.state.issue).toBe(`${github.origin}/acme/widget/issues/42`);
    expect(run?.state.branch).toBe('ralph/issue-42/sandbox');
    expect(issue.comments).toHaveLength(1);
    expect(issue.comments[0]!.body).toMatch(/^<!-- ralph:issue [a-z0-9]+ -->\n\*\*Ralph\*\* is done/);
    expect(issue.comments[0]!.body).toContain('- [x] S1 Write it\n- [x] S1.1 it is good');
    expect(issue.comments[0]!.body).toContain(`${github.origin}/acme/widget/pull/1`);
    expect(github.calls.filter((call) => call === COMMENT)).toHaveLength(1);
    // Told when something changed, not at every breath.
    expect([edited.at(-1)?.includes('is done'), edited.length < 6, new Set(edited).size]).toEqual([
      true,
      true,
      edited.length,
    ]);
    expect(issue.body).toBe(BODY.replace('Write it', 'Write it [DONE]').replace('- [ ]', '- [x]'));
    expect(github.pulls[0]!.body).toMatch(/^Closes acme\/widget#42\n/);
  });

  it('makes no second comment after a kill -9 right after the first, nor after a lost answer', async () => {
    await begin();
    const id = await makeRun();
    const first = await world.cli(['resume', id, '-f'], { env: { RALPH_FAILPOINT: 'issue.commented:1' } });
    expect([first.signal, issue.comments.length]).toEqual(['SIGKILL', 1]);
    expect((await world.resume(id)).state.status).toBe('succeeded');
    expect(issue.comments).toHaveLength(1);
    expect(issue.comments[0]!.body).toContain('is done');
    issue.comments = [];
    github.fault(COMMENT, { status: 502, done: true });
    const other = await makeRun();
    const { state } = await world.resume(other);
    expect([state.status, issue.comments.length]).toEqual(['succeeded', 1]);
    expect(issue.comments[0]!.body).toContain(other);
  });

  it('loses no edit of the issue that is made while it runs, not even between its look and its write', async () => {
    await begin();
    const id = await makeRun();
    let edits = 0;
    github.onCall = ({ name }) => {
      // Right before the write is carried out, and after our first look.
      if (name !== 'GET /repos/{owner}/{repo}/issues/{issue_number}' || edits >= 3) return;
      edits += 1;
      issue.body += `edit ${edits}\n`;
    };
    expect((await world.resume(id)).state.status).toBe('succeeded');
    expect(edits).toBe(3);
    expect(issue.body).toBe(
      `${BODY.replace('Write it', 'Write it [DONE]').replace('- [ ]', '- [x]')}edit 1\nedit 2\nedit 3\n`,
    );
  });

  it('goes on where the issue may not be written, and says so once', async () => {
    await begin();
    const id = await makeRun();
    for (const operation of [COMMENT, PATCH_ISSUE])
      github.fault(operation, { status: 403, message: 'Resource not accessible', times: 100 });
    const { state, entries } = await world.resume(id);
    expect(state.status).toBe('succeeded');
    const warnings = entries.filter((e) => e.type === 'warning' && e.about === 'issue');
    expect(warnings).toHaveLength(1);
    expect(issue.body).toBe(BODY);
  });

  it('leaves a comment alone that a human deleted', async () => {
    await begin();
    const id = await makeRun();
    const { state } = await world.resume(id, {
      onEntry: (entry) => {
        if (entry.type === 'issue.comment' && entry.comment !== undefined) issue.comments = [];
      },
    });
    expect([state.status, issue.comments]).toEqual(['succeeded', []]);
  });

  it("starts no stranger's issue on this machine itself unless that is trusted", async () => {
    await begin();
    issue.author = 'mallory';
    const refused = await world.cli(['run', '--issue', 'acme/widget#42', ...flags()]);
    expect([refused.code, refused.stderr]).toEqual([2, expect.stringContaining('is no member')]);
    const trusted = await world.cli(['run', '--issue', '#42', '--print', '--trust-issue', ...flags()]);
    expect([trusted.code, trusted.stdout]).toEqual([0, expect.stringContaining('test_command: "true"')]);
    expect(world.app.runs()).toEqual([]);
  });
});
