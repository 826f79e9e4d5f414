import { closeSync, constants, fstatSync, openSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { parseEnvFile, type EnvFile } from '../../domain/env-file.ts';
import { RalphError } from '../../domain/error.ts';
import { succeeded } from '../../domain/exit.ts';
import { execProcess } from '../process.ts';
import { codeOf } from './atomic-file.ts';

const MAX_BYTES = 64 * 1024;
const OTHERS = 0o077;

const problem = (message: string, hint: string, cause?: unknown): RalphError =>
  new RalphError('config', message, { hint, cause });

const readOwn = (path: string): string => {
  let fd: number;
  try {
    fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOFOLLOW);
  } catch (cause) {
    const code = codeOf(cause) ?? 'failed';
    const what = code === 'ENOENT' ? 'is not there' : `cannot be read (${code})`;
    throw problem(`the env file ${path} ${what}`, 'make it, or take sandbox_env_file out of the task', cause);
  }
  try {
    const stat = fstatSync(fd);
    const { mode, size, uid } = stat;
    if (!stat.isFile()) throw problem(`${path} is not a regular file`, 'an env file is a plain text file');
    if ((mode & OTHERS) !== 0)
      throw problem(
        `${path} can be read by others (mode ${(mode & 0o777).toString(8)})`,
        `chmod 600 ${path}`,
      );
    if (process.getuid !== undefined && uid !== process.getuid())
      throw problem(`${path} belongs to somebody else`, 'use an env file of your own');
    if (size > MAX_BYTES) throw problem(`${path} is larger than 64 KiB`, 'only variables belong into it');
    return readFileSync(fd, 'utf8');
  } finally {
    closeSync(fd);
  }
};

/** Also where there is no repository that could take it; never where git could not say. */
const isIgnored = async (
  path: string,
  env: Readonly<Record<string, string | undefined>>,
): Promise<boolean> => {
  const argv = ['git', '-C', dirname(path), 'check-ignore', '--quiet', '--', path] as const;
  const { exit, stderr } = await execProcess({ argv, timeoutMs: 30_000 }, { env: { ...env, LC_ALL: 'C' } });
  return succeeded(exit) || stderr.includes('not a git repository');
};

/** The variables for a sandbox: only from a file that nobody else can read and that git will not take. Throws `config` with what to do. */
export const readEnvFile = async (
  path: string,
  env: Readonly<Record<string, string | undefined>>,
): Promise<EnvFile> => {
  const text = readOwn(path);
  if (!(await isIgnored(path, env)))
    throw problem(
      `${path} is not ignored by git: its values could be committed`,
      'add its name to .gitignore; if it is tracked: git rm --cached',
    );
  return parseEnvFile(text, path);
};
