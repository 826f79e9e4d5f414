import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, expect, it } from 'vitest';
import { readEnvFile } from '../../../src/adapters/host/env-file.ts';

const root = mkdtempSync(join(tmpdir(), 'ralph-env-file-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));
let repo: string;
let file: string;
const git = (...args: readonly string[]) => execFileSync('git', ['-C', repo, ...args], { stdio: 'ignore' });
beforeEach(() => {
  repo = mkdtempSync(join(root, 'repo-'));
  file = join(repo, '.env.ralph');
  git('init', '-q');
  writeFileSync(join(repo, '.gitignore'), '.env.ralph\n');
  writeFileSync(file, 'KEY=hush-hush\n', { mode: 0o600 });
});
const read = (path = file) => readEnvFile(path, process.env);

it('reads a file that only its owner can read and that git ignores', async () => {
  expect(await read()).toEqual({ values: { KEY: 'hush-hush' }, secrets: ['hush-hush'] });
});
it('refuses one that others can read, and says how to close it', async () => {
  chmodSync(file, 0o640);
  await expect(read()).rejects.toMatchObject({ code: 'config', hint: `chmod 600 ${file}` });
});
it('refuses one that git would commit, also when it is tracked in spite of being ignored', async () => {
  git('add', '-f', '.env.ralph');
  await expect(read()).rejects.toThrow('not ignored by git');
  git('rm', '-q', '--cached', '.env.ralph');
  expect((await read()).secrets).toEqual(['hush-hush']);
  writeFileSync(join(repo, '.gitignore'), '');
  await expect(read()).rejects.toThrow('not ignored by git');
});
it('refuses what is no file of its own', async () => {
  await expect(read(join(repo, 'none'))).rejects.toThrow('is not there');
  symlinkSync(file, join(repo, 'link'));
  await expect(read(join(repo, 'link'))).rejects.toThrow('cannot be read (ELOOP)');
  execFileSync('mkfifo', ['-m', '600', join(repo, 'fifo')]);
  await expect(read(join(repo, 'fifo'))).rejects.toThrow('not a regular file');
  mkdirSync(join(repo, 'dir'), { mode: 0o700 });
  await expect(read(join(repo, 'dir'))).rejects.toThrow('not a regular file');
});
