import { randomBytes } from 'node:crypto';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { localProvider } from '../../../src/adapters/sandbox/local.ts';
import { materialise, rebuild } from '../../../src/engine/workspace/clone.ts';
import * as files from '../../../src/engine/workspace/files.ts';
import * as git from '../../../src/engine/workspace/git.ts';
import * as stateDir from '../../../src/engine/workspace/state-dir.ts';
import { supervise } from '../../../src/engine/workspace/supervise.ts';
import type { Sandbox } from '../../../src/ports/sandbox.ts';
import { sourceRepo, type SourceRepo } from '../../fixtures/source-repo.ts';

const root = mkdtempSync(join(tmpdir(), 'ralph-hostile-'));
const branch = 'ralph/task';
const author = { name: 'R', email: 'r@localhost' };
let source: SourceRepo;
let box: Sandbox;
let dir: string;
let n = 0;

beforeAll(async () => {
  source = await sourceRepo();
  const provider = localProvider({ env: process.env, registryDir: join(root, 'registry') });
  const raw = await provider.create({ name: 'h', hostDir: join(root, 'run', 'box'), env: {}, labels: {} });
  box = supervise(raw, () => randomBytes(6).toString('hex'));
});
afterAll(async () => {
  await box.destroy();
  await source.remove();
  rmSync(root, { recursive: true, force: true });
});
beforeEach(async () => {
  n += 1;
  dir = join(box.workdir, `repo${n}`);
  await materialise(box, dir, { repo: source, sha: source.sha, branch });
});
/** What an agent does in its clone. */
const agent = async (text: string): Promise<string> => {
  const id = 'git config user.name a; git config user.email a@localhost\n';
  const { exit, stdout, stderr } = await box.exec({
    argv: ['sh', '-ec', id + text],
    cwd: dir,
    timeoutMs: 30_000,
  });
  if (exit.kind !== 'code' || exit.code !== 0) throw new Error(`the agent failed: ${stderr}`);
  return stdout.trim();
};
const take = () => git.snapshot(box, dir, { branch, start: source.sha, message: 'it', author });
const taken = async (): Promise<git.SnapshotTaken> => {
  const snap = await take();
  if (snap.kind !== 'taken') throw new Error(snap.detail);
  return snap;
};
const paths = (snap: git.SnapshotTaken) => agent(`git ls-tree -r --name-only ${snap.head}`);

it('runs no code that the clone names: hooks, fsmonitor, filters, textconv, external diff, signing', async () => {
  const trap = join(root, 'ran');
  await agent(`printf '#!/bin/sh\\ntouch ${trap}\\ncat\\n' > ../evil; chmod +x ../evil; e=$(cd ..; pwd)/evil
    mkdir -p .git/hooks; for h in pre-commit post-commit commit-msg reference-transaction post-index-change post-checkout pre-auto-gc; do cp ../evil .git/hooks/$h; done
    printf '* filter=x diff=x\\n' | tee .gitattributes > .git/info/attributes
    git config core.hooksPath "$PWD/.git/hooks"; git config filter.x.clean $e; git config filter.x.smudge $e; git config filter.x.process $e
    git config filter.x.required true; git config diff.x.textconv $e; git config diff.external $e; git config commit.gpgsign true
    git config gpg.program $e; git config url.ext::$e.insteadOf https://; git config core.fsmonitor $e
    echo two > a.txt; echo new > b.txt; rm -f ${trap}`);
  await git.status(box, dir);
  await git.diff(box, dir, { from: source.sha, maxBytes: 10_000 });
  await git.writeTree(box, dir);
  expect((await git.commit(box, dir, { message: 'm', paths: ['a.txt'] })).ok).toBe(true);
  const snap = await taken();
  for await (const part of git.packFrom(box, dir, { head: snap.head, base: source.sha, maxBytes: 1e6 }))
    void part;
  await git.resetHard(box, dir, { branch, sha: source.sha });
  expect(existsSync(trap)).toBe(false);
});
it('leaves nested repositories out and names them, also one without a commit', async () => {
  await agent(`git init -q sub; cd sub; git -c user.name=a -c user.email=a@b commit -q --allow-empty -m x; cd ..
    git init -q bare; echo x > bare/f; echo new > kept.txt`);
  const snap = await taken();
  expect([...snap.nested].sort()).toEqual(['bare', 'sub']);
  expect(await paths(snap)).toBe('a.txt\nkept.txt');
});
it('reports a deleted, replaced or damaged .git, and rebuild keeps the work tree', async () => {
  for (const harm of [
    'rm -rf .git',
    'rm -rf .git; ln -s /tmp .git',
    'echo "[" > .git/config',
    'rm -rf .git/objects',
  ]) {
    await agent('echo kept > new.txt');
    await box.exec({ argv: ['sh', '-c', harm], cwd: dir });
    expect((await take()).kind).toBe('broken');
    await rebuild(box, dir, { repo: source, sha: source.sha, branch });
    expect(await paths(await taken())).toBe('a.txt\nnew.txt');
    await rebuild(box, dir, { repo: source, sha: source.sha, branch });
  }
});
it('keeps commits made on a detached HEAD or another branch, and comes back to its own branch', async () => {
  for (const how of [
    'git checkout -q --detach',
    'git checkout -q -b other',
    `git checkout -q -b x; git branch -D ${branch}`,
  ]) {
    await git.resetHard(box, dir, { branch, sha: source.sha });
    await agent(
      `git branch -D other x 2>/dev/null || true; ${how}; echo ${n++} > c.txt; git add c.txt; git commit -q -m own; echo more > d.txt`,
    );
    const snap = await taken();
    expect([snap.rewritten, snap.committedByAgent, await paths(snap)]).toEqual([
      false,
      1,
      'a.txt\nc.txt\nd.txt',
    ]);
    expect((await git.status(box, dir)).branch).toBe(branch);
  }
});
it('puts the files on top of the start when history was rewritten or lost', async () => {
  for (const how of [
    'git commit -q --amend -m other',
    'git update-ref -d HEAD',
    'git checkout -q --orphan new; git commit -q -m x',
  ]) {
    await git.resetHard(box, dir, { branch, sha: source.sha });
    await agent(`echo two > a.txt; git add a.txt; ${how}`);
    const snap = await taken();
    expect(snap.rewritten).toBe(true);
    expect(await agent(`git rev-parse ${snap.head}^; git show ${snap.head}:a.txt`)).toBe(
      `${source.sha}\ntwo`,
    );
  }
});
it('keeps .ralph and the task file out of commits, whatever the agent staged or committed', async () => {
  await agent(
    'mkdir .ralph; echo x > .ralph/notes.md; echo t > ralph_task.md; echo b > b.txt; git add -f .; git commit -q -m all',
  );
  const snap = await taken();
  expect([snap.rewritten, await paths(snap)]).toEqual([true, 'a.txt\nb.txt']);
  expect(await agent('cat .ralph/notes.md ralph_task.md')).toBe('x\nt');
});
it('sees changes that were hidden by index marks or exclude lists, but not the files that the runner hides', async () => {
  await agent(
    `git update-index --assume-unchanged a.txt; echo two > a.txt; echo '*' > .git/info/exclude; echo b > b.txt; echo s > env.test`,
  );
  await git.ignore(box, dir, ['env.test']);
  const snap = await taken();
  expect([await paths(snap), await agent(`git show ${snap.head}:a.txt`)]).toEqual(['a.txt\nb.txt', 'two']);
});
it('makes no commit when nothing changed, and sees that checks changed a file', async () => {
  expect(await taken()).toMatchObject({ head: source.sha, changed: false, rewritten: false });
  const before = await git.writeTree(box, dir);
  expect(await git.writeTree(box, dir)).toBe(before);
  await agent('echo x > made-by-check');
  expect(await git.writeTree(box, dir)).not.toBe(before);
  expect((await git.commit(box, dir, { message: 'x', paths: [':(exclude)a.txt'] })).ok).toBe(false);
});
it('refuses every path that leaves the clone or means its insides', async () => {
  await agent(
    'ln -s /etc etc; ln -s .git g; ln -s ../.. up; mkdir -p .ralph; ln -s ../.ralph/run.json s; ln -s a.txt ok',
  );
  const bad = [
    '',
    '.',
    '/etc/passwd',
    '../x',
    'a/../../x',
    'a\0b',
    '.git/config',
    '.GIT/config',
    '.git./x',
    '.git /x',
    'GIT~1/x',
    'x/.git/y',
    '.g\u200cit/x',
    '.git::$INDEX_ALLOCATION/x',
    'etc/passwd',
    'g/config',
    'up/x',
    's',
    '.ralph',
    '.ralph/run.json',
    '.ralph/control/x.json',
    '.Ralph/run.json',
  ];
  for (const path of bad)
    expect([path, (await files.resolveInside(box, dir, path)).ok]).toEqual([path, false]);
  const good = {
    'a.txt': 'a.txt',
    './new/deep/x': 'new/deep/x',
    ok: 'a.txt',
    '.ralph/notes.md': '.ralph/notes.md',
    '.gitignore': '.gitignore',
  };
  for (const [path, to] of Object.entries(good)) {
    expect(await files.resolveInside(box, dir, path)).toEqual({ ok: true, path: join(dir, to) });
  }
});
it('never reads from nor writes to a FIFO, device, folder or link', async () => {
  await agent('mkfifo fifo; ln -s /etc/passwd link; mkdir folder; ln -s /dev/zero zero');
  for (const name of ['fifo', 'link', 'folder', 'zero']) {
    expect((await files.readFile(box, join(dir, name))).kind).toBe('not-a-file');
    expect((await files.writeFile(box, join(dir, name), Buffer.from('x'))).ok).toBe(false);
  }
  expect((await files.readFile(box, '/dev/zero')).kind).toBe('not-a-file');
  expect((await files.readFile(box, join(dir, 'none'))).kind).toBe('missing');
  expect((await git.snapshot(box, dir, { branch, start: source.sha, message: 'it', author })).kind).toBe(
    'taken',
  );
});
it('writes the copy of .ralph over links, FIFOs and folders without following them, and reads none back', async () => {
  await agent(
    'mkdir ../out; mkdir -p .ralph/notes.md; mkfifo .ralph/progress.md; ln -s /etc/passwd .ralph/guardrails.md; ln -s ../../out .ralph/iterations',
  );
  const before = await stateDir.takeBack(box, dir, { iteration: 1 });
  expect([...before.files.values()]).toEqual([undefined, undefined, undefined, undefined]);
  const copy = new Map(
    ['.ralph/notes.md', '.ralph/progress.md', '.ralph/guardrails.md', '.ralph/iterations/1/prompt.md'].map(
      (path) => [path, 'ours'],
    ),
  );
  await stateDir.project(box, dir, copy);
  expect(await agent('ls ../out; cat .ralph/*.md .ralph/iterations/1/prompt.md')).toBe('oursoursoursours');
  await agent('rm -rf .ralph; ln -s ../out .ralph; echo bad > ../out/notes.md');
  const linked = await stateDir.takeBack(box, dir);
  expect([linked.replaced, linked.files.get('notes.md')]).toEqual([true, undefined]);
});
