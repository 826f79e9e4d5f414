import { createHash, randomBytes } from 'node:crypto';
import { existsSync, globSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { localProvider } from '../../../src/adapters/sandbox/local.ts';
import { viewPatch } from '../../../src/domain/patch-view.ts';
import { materialise } from '../../../src/engine/workspace/clone.ts';
import { lookAtDiff } from '../../../src/engine/workspace/look.ts';
import { supervise } from '../../../src/engine/workspace/supervise.ts';
import type { Sandbox } from '../../../src/ports/sandbox.ts';
import { sourceRepo, type SourceRepo } from '../../fixtures/source-repo.ts';

const root = mkdtempSync(join(tmpdir(), 'ralph-look-'));
let source: SourceRepo;
let box: Sandbox;
let dir: string;
let n = 0;

beforeAll(async () => {
  source = await sourceRepo({ 'kept.txt': 'kept\n', 'gone.txt': 'gone\n' });
  const provider = localProvider({
    env: { ...process.env, TMPDIR: root },
    registryDir: join(root, 'registry'),
  });
  const raw = await provider.create({ name: 'l', hostDir: join(root, 'run', 'box'), env: {}, labels: {} });
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
  await materialise(box, dir, { repo: source, sha: source.sha, branch: 'ralph/task' });
});
/** What an agent does in its clone. */
const agent = async (text: string): Promise<void> => {
  const id = 'git config user.name a; git config user.email a@localhost\n';
  const { exit, stderr } = await box.exec({ argv: ['sh', '-ec', id + text], cwd: dir, timeoutMs: 30_000 });
  if (exit.kind !== 'code' || exit.code !== 0) throw new Error(`the agent failed: ${stderr}`);
};
const look = (maxBytes = 1_000_000) => lookAtDiff(box, dir, { from: source.sha, maxBytes });
const changes = async (): Promise<readonly string[]> =>
  viewPatch((await look()).patch).files.map((file) => `${file.change} ${file.path}`);
/** Every file below `.git` with its content and time. */
const gitFolder = (): string => {
  const hash = createHash('sha256');
  for (const path of globSync('.git/**/*', { cwd: dir }).toSorted()) {
    const stat = statSync(join(dir, path));
    hash.update(`${path} ${stat.mtimeMs}`);
    if (stat.isFile()) hash.update(readFileSync(join(dir, path)));
  }
  return hash.digest('hex');
};

it('sees changed, removed, staged, committed and unknown files, and leaves out what is the run’s own', async () => {
  await agent(`echo two >> a.txt; rm gone.txt; mkdir -p sub .ralph; echo new > sub/new.txt; echo x > .ralph/notes.md
    echo task > ralph_task.md; echo staged > staged.txt; git add staged.txt
    echo done > done.txt; git add done.txt; git commit -q -m 'by the agent'`);
  expect(await changes()).toEqual([
    'modified a.txt',
    'added done.txt',
    'deleted gone.txt',
    'added staged.txt',
    'added sub/new.txt',
  ]);
});
it('changes nothing in the clone, and works beside a git that holds the index', async () => {
  await agent('echo two >> a.txt; echo new > new.txt; touch .git/index.lock');
  const before = gitFolder();
  expect(await changes()).toEqual(['modified a.txt', 'added new.txt']);
  expect(gitFolder()).toBe(before);
  expect(existsSync(join(dir, '.git/index.lock'))).toBe(true);
  expect(globSync('ralph-view-*', { cwd: root })).toEqual([]);
});
it('runs no code that the clone names', async () => {
  const trap = join(root, 'ran');
  await agent(`printf '#!/bin/sh\\ntouch ${trap}\\ncat\\n' > ../evil; chmod +x ../evil; e=$(cd ..; pwd)/evil
    mkdir -p .git/hooks; for h in post-index-change reference-transaction; do cp ../evil .git/hooks/$h; done
    printf '* filter=x diff=x\\n' | tee .gitattributes > .git/info/attributes
    git config filter.x.clean $e; git config filter.x.process $e; git config diff.x.textconv $e
    git config diff.external $e; git config core.fsmonitor $e; git config core.pager $e
    echo two > a.txt; echo new > b.txt; rm -f ${trap}`);
  expect(await changes()).toEqual(['added .gitattributes', 'modified a.txt', 'added b.txt']);
  expect(existsSync(trap)).toBe(false);
});
it('is not misled by marks that hide changes, and does without an index', async () => {
  await agent(`echo two >> a.txt; echo more >> kept.txt
    git update-index --assume-unchanged a.txt; git update-index --skip-worktree kept.txt`);
  expect(await changes()).toEqual(['modified a.txt', 'modified kept.txt']);
  await agent('rm .git/index');
  expect(await changes()).toEqual(['modified a.txt', 'modified kept.txt']);
  await agent('printf garbage > .git/index');
  expect(await changes()).toEqual(['modified a.txt', 'modified kept.txt']);
  await agent('rm .git/index; git reset -q; git update-index --split-index; echo x >> gone.txt');
  expect(await changes()).toEqual(['modified a.txt', 'modified gone.txt', 'modified kept.txt']);
});
it('cuts what is too much at a whole line and says so', async () => {
  await agent('yes 0123456789 | head -n 100000 > big.txt');
  const { patch, cut } = await look(10_000);
  expect(cut).toBe(true);
  expect(patch.length).toBeLessThanOrEqual(10_000);
  expect(patch.endsWith('\n+0123456789\n')).toBe(true);
  expect((await look(10_000_000)).cut).toBe(false);
});
it('names binary files, and what git cannot read does not end it', async () => {
  await agent(`head -c 100000 /dev/zero > zeros.bin; mkfifo pipe; git init -q nested; echo x > nested/f; echo new > new.txt
    ln -s /etc/passwd link`);
  const { files } = viewPatch((await look()).patch);
  expect(files.map((file) => [file.path, file.binary])).toEqual([
    ['link', false],
    ['new.txt', false],
    ['zeros.bin', true],
  ]);
});
it('fails with the words of git where the clone is broken', async () => {
  await agent('rm -rf .git/objects');
  await expect(look()).rejects.toMatchObject({ code: 'git.failed' });
  rmSync(join(dir, '.git'), { recursive: true });
  await expect(look()).rejects.toThrow(/no \.git folder/);
});
