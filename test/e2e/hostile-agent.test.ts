import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import type { Entry } from '../../src/domain/event.ts';
import type { RunState } from '../../src/domain/run-state.ts';
import { answer, answers, makeWorld, taskFile, type World } from '../fakes/world.ts';

let world: World;
afterEach(() => world.destroy());

const run = (command: string) => ({ type: 'run', command });
const test = 'grep -q good file.txt';
const finish = { type: 'write', path: 'file.txt', content: 'good\n' };

interface Seen {
  readonly state: RunState;
  readonly entries: readonly Entry[];
  readonly home: string;
  /** Files of the pushed branch. */
  readonly files: readonly string[];
}

/** One hostile session, then one that says what it finds and does the work. */
const afterHostile = async (actions: readonly unknown[], mend: readonly unknown[] = []): Promise<Seen> => {
  world = await makeWorld({
    script: answers(
      answer([{ type: 'write', path: 'kept.txt', content: 'kept\n' }, ...actions]),
      answer([...mend, finish], ['M1.1', 'M1.2']),
    ),
    files: { 'README.md': 'hello\n', 'src/a.txt': 'a\n' },
  });
  mkdirSync(join(world.dir, 'victim'));
  writeFileSync(join(world.dir, 'victim/progress.md'), 'not yours\n');
  const { state, entries } = await world.run(taskFile({ test }));
  const listed = world.git(world.remote, 'ls-tree', '-r', '--name-only', state.branch).trim();
  return { state, entries, home: join(world.app.homes.dir, state.id), files: listed.split('\n') };
};

const restored = (seen: Seen): readonly string[] =>
  seen.entries.flatMap((e) => (e.type === 'state.restored' ? [e.path] : []));

/** What holds after each of them: the run goes on, nothing of the session is lost, and only its work is pushed. */
const expectUnharmed = (seen: Seen): void => {
  expect([seen.state.status, seen.state.detail]).toEqual(['succeeded', expect.any(String)]);
  expect(seen.files).toEqual(expect.arrayContaining(['README.md', 'file.txt', 'kept.txt']));
  expect(seen.files.filter((f) => f.startsWith('.ralph') || f === 'ralph_task.md')).toEqual([]);
  expect(world.git(world.remote, 'merge-base', 'main', seen.state.branch).trim()).toBe(seen.state.baseSha);
  expect(world.app.replay(seen.state.id)).toEqual(seen.state);
};

describe('an agent that turns on its own run', () => {
  it.each([
    ['deletes .ralph and the task file', 'rm -rf .ralph ralph_task.md'],
    ['cleans everything that git does not track', 'git add kept.txt && git clean -fdxq'],
    ['puts a file where .ralph was', 'rm -rf .ralph && echo x > .ralph'],
    ['makes .ralph unreadable', 'chmod 000 .ralph/*.md .ralph/activity.log'],
    [
      'puts FIFOs where its files were',
      'cd .ralph && rm -f *.md && mkfifo progress.md notes.md guardrails.md',
    ],
    [
      'puts folders where its files were',
      'cd .ralph && rm -f *.md ../ralph_task.md && mkdir progress.md ../ralph_task.md',
    ],
  ])('%s: the copy is back in the next session', async (_, command) => {
    const seen = await afterHostile(
      [run(command)],
      [
        run(
          'test -s .ralph/guardrails.md -a -s .ralph/progress.md -a -s .ralph/activity.log -a -s ralph_task.md && echo all-there',
        ),
      ],
    );
    expectUnharmed(seen);
    expect(readFileSync(join(seen.home, '.ralph/iterations/2/test_output.txt'), 'utf8')).toContain(
      'all-there',
    );
  });

  it('cannot write through a .ralph that it made a link', async () => {
    const seen = await afterHostile([run('rm -rf .ralph && ln -s ../../../../../../victim .ralph')]);
    expectUnharmed(seen);
    expect(readdirSync(join(world.dir, 'victim'))).toEqual(['progress.md']);
    expect(readFileSync(join(world.dir, 'victim/progress.md'), 'utf8')).toBe('not yours\n');
    expect(readFileSync(join(seen.home, '.ralph/progress.md'), 'utf8')).not.toContain('not yours');
  });

  it('forges its log, its done.json and its run.json: the run home does not believe it', async () => {
    const seen = await afterHostile([
      run(
        'echo forged >> .ralph/activity.log; mkdir -p .ralph/iterations/1 .ralph/control; echo forged > .ralph/iterations/1/done.json; echo forged > .ralph/run.json; echo forged > .ralph/control/0.json',
      ),
    ]);
    expectUnharmed(seen);
    expect(restored(seen)).toEqual(expect.arrayContaining(['.ralph/activity.log', '.ralph/run.json']));
    for (const name of ['activity.log', 'run.json', 'iterations/1/done.json']) {
      const text = readFileSync(join(seen.home, '.ralph', name), 'utf8');
      const lines = text.split('\n').filter((line) => line === 'forged');
      expect([name, ...lines]).toEqual([name]);
    }
    expect(seen.entries.some((e) => e.type === 'control.taken')).toBe(false);
  });

  it('changes test_command and its budgets: refused, said, and put back', async () => {
    const edit = `sed -i 's/^max_iterations: .*/max_iterations: 600/; s/^test_command: .*/test_command: "true"/; s/^max_cost.*/max_cost_usd_estimate: 5000/' ralph_task.md`;
    const seen = await afterHostile([run(edit)], [run('cat ralph_task.md')]);
    expectUnharmed(seen);
    expect(restored(seen)).toContain('ralph_task.md');
    expect(seen.state.budgets).toMatchObject({ maxIterations: 6, maxCostUsd: 5 });
    expect(readFileSync(join(seen.home, 'ralph_task.md'), 'utf8')).toContain(`test_command: "${test}"`);
    expect(readFileSync(join(seen.home, '.ralph/iterations/2/test_output.txt'), 'utf8')).toContain(
      'max_iterations: 6\n',
    );
  });

  it('ticks boxes in its copy: they count only when the runner has verified them', async () => {
    const seen = await afterHostile([run("sed -i 's/- \\[ \\]/- [x]/' ralph_task.md")]);
    expectUnharmed(seen);
    const first = seen.entries.findIndex((e) => e.type === 'iteration.ended');
    const ticks = seen.entries.slice(0, first).filter((e) => e.type === 'box.changed' && e.checked);
    expect(ticks).toEqual([]);
  });

  it.each([
    ['deletes .git', 'rm -rf .git'],
    ['empties .git', 'rm -rf .git/* && echo broken > .git/HEAD'],
    ['makes .git a file', 'rm -rf .git && echo "gitdir: /nowhere" > .git'],
    [
      'damages its objects',
      'find .git/objects -type f -exec sh -c \'chmod u+w "$1"; echo x > "$1"\' _ {} \\;',
    ],
    ['leaves a lock behind', 'touch .git/index.lock .git/HEAD.lock'],
    ['hides its change from git', 'echo more >> README.md && git update-index --assume-unchanged README.md'],
  ])('%s: its work is kept and committed by the runner', async (_, command) => {
    const seen = await afterHostile([run(command)]);
    expectUnharmed(seen);
  });

  it.each([
    ['commits .ralph and the task file', 'git add -f .ralph ralph_task.md kept.txt && git commit -qm own'],
    [
      'rewrites history',
      'git checkout -q --orphan fresh && git add -A kept.txt src && git commit -qm all-new && git branch -M fresh2',
    ],
    ['amends the commit that it began from', 'git add kept.txt && git commit -q --amend -m changed'],
    [
      'goes to another branch',
      'git checkout -q -b elsewhere && git add kept.txt && git commit -qm elsewhere',
    ],
    ['detaches its HEAD', 'git checkout -q --detach && git add kept.txt && git commit -qm lost'],
    ['resets below its start', 'git update-ref -d HEAD'],
  ])("%s: the branch still descends from its base, without the run's own files", async (_, command) => {
    const identity =
      'export GIT_AUTHOR_NAME=a GIT_AUTHOR_EMAIL=a@b GIT_COMMITTER_NAME=a GIT_COMMITTER_EMAIL=a@b; ';
    const seen = await afterHostile([run(identity + command)]);
    expectUnharmed(seen);
    const log = world.git(world.remote, 'log', '--format=', '--name-only', `main..${seen.state.branch}`);
    expect(log.split('\n').filter((f) => f.startsWith('.ralph') || f === 'ralph_task.md')).toEqual([]);
  });

  it('makes a repository inside: named, not green until it is gone, then taken', async () => {
    const nested = 'mkdir inner && cd inner && git init -q && echo deep > deep.txt';
    const seen = await afterHostile([run(nested), finish], [run('rm -rf inner/.git')]);
    expectUnharmed(seen);
    expect(seen.state.committed).toBe(2);
    expect(seen.files).toContain('inner/deep.txt');
    expect(readFileSync(join(seen.home, '.ralph/errors.log'), 'utf8')).toMatch(
      /inner.*git repository of its own/,
    );
  });

  it('plants hooks, fsmonitor, filters and signing in its clone: the runner executes none of them', async () => {
    const seen = await afterHostile([
      run(
        [
          'bad="$PWD/../../../../../../victim/executed"',
          'printf "#!/bin/sh\\ntouch \\"$bad\\"\\n" > .git/bad.sh; chmod +x .git/bad.sh',
          'for h in pre-commit post-commit commit-msg reference-transaction post-index-change post-checkout pre-push; do cp .git/bad.sh .git/hooks/$h; done',
          'for k in core.fsmonitor core.pager core.editor core.sshCommand diff.external gpg.program core.alternateRefsCommand filter.x.clean filter.x.smudge filter.x.process diff.x.textconv diff.x.command merge.x.driver uploadpack.packObjectsHook; do git config $k "$PWD/.git/bad.sh" ; done',
          'rm -f "$bad"; git config commit.gpgsign true; git config alias.status "!$PWD/.git/bad.sh"; rm -f "$bad"',
          'printf "* filter=x diff=x merge=x\\n" > .gitattributes',
        ].join('\n'),
      ),
    ]);
    expectUnharmed(seen);
    expect(existsSync(join(world.dir, 'victim/executed'))).toBe(false);
  });
});
