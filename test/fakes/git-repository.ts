import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

const env = {
  PATH: process.env.PATH,
  HOME: '/nonexistent',
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_AUTHOR_NAME: 'Test',
  GIT_AUTHOR_EMAIL: 'test@localhost',
  GIT_COMMITTER_NAME: 'Test',
  GIT_COMMITTER_EMAIL: 'test@localhost',
  LC_ALL: 'C',
};

/** Runs a real git in `cwd` and gives its output, trimmed. */
export const git = (cwd: string, args: readonly string[], input?: string | Buffer): string =>
  execFileSync('git', args, { cwd, env, input: input ?? '', stdio: 'pipe', maxBuffer: 2 ** 28 })
    .toString('utf8')
    .trim();

/** As `git`, for binary output such as a pack. */
export const gitBytes = (cwd: string, args: readonly string[], input = ''): Buffer =>
  execFileSync('git', args, { cwd, env, input, stdio: 'pipe', maxBuffer: 2 ** 28 });

/** Writes files below `dir`, folders included. */
export const writeFiles = (dir: string, files: Readonly<Record<string, string | Buffer>>): void => {
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(dir, name)), { recursive: true });
    writeFileSync(join(dir, name), text);
  }
};

/** Commits everything in the work tree and gives the new head. */
export const commitAll = (dir: string, message = 'change'): string => {
  git(dir, ['add', '-A', '-f']);
  git(dir, ['commit', '-q', '--allow-empty', '-m', message]);
  return git(dir, ['rev-parse', 'HEAD']);
};

/** A repository with one commit on `main`. */
export const makeRepository = (
  dir: string,
  files: Readonly<Record<string, string | Buffer>> = { 'a.txt': 'a\n' },
): string => {
  mkdirSync(dir, { recursive: true });
  git(dir, ['init', '-q', '-b', 'main']);
  writeFiles(dir, files);
  return commitAll(dir, 'first');
};

/** The pack of everything reachable from `sha` and not from `without`. */
export const packOf = (dir: string, sha: string, without: readonly string[] = []): Buffer =>
  gitBytes(
    dir,
    ['pack-objects', '--revs', '--stdout', '-q'],
    [sha, ...without.map((id) => `^${id}`), ''].join('\n'),
  );
