import {
  closeSync,
  constants,
  existsSync,
  fstatSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { mkdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { RalphError } from '../../domain/error.ts';
import { execTerminal } from '../process-launch.ts';
import { execBytes } from '../process.ts';
import { codeOf } from './atomic-file.ts';

const MAX_TEXT = 1024 * 1024;

const readText = (path: string): string | undefined => {
  let fd: number;
  try {
    // A FIFO in the file's place must not hang us.
    fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (cause) {
    if (codeOf(cause) === 'ENOENT' || codeOf(cause) === 'ENOTDIR') return undefined;
    throw new RalphError('usage', `cannot read ${path}: ${codeOf(cause) ?? 'failed'}`, { cause });
  }
  try {
    const stat = fstatSync(fd);
    if (!stat.isFile()) throw new RalphError('usage', `${path} is not a regular file`);
    if (stat.size > MAX_TEXT) throw new RalphError('usage', `${path} is larger than 1 MiB`);
    return readFileSync(fd, 'utf8');
  } finally {
    closeSync(fd);
  }
};

const writeText = (path: string, text: string, options: { readonly overwrite?: boolean } = {}): void => {
  try {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text, { flag: options.overwrite ? 'w' : 'wx' });
  } catch (cause) {
    if (codeOf(cause) === 'EEXIST') {
      throw new RalphError('usage', `${path} is there already`, { hint: 'add --force to overwrite it' });
    }
    throw new RalphError('disk', `cannot write ${path}: ${codeOf(cause) ?? 'failed'}`, { cause });
  }
};

const repoRootOf = (cwd: string): string | undefined => {
  for (let dir = cwd; ; dir = dirname(dir)) {
    if (existsSync(join(dir, '.git'))) return dir;
    if (dirname(dir) === dir) return undefined;
  }
};

const readStdin = async (): Promise<string> => {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of process.stdin as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > MAX_TEXT) throw new RalphError('usage', 'standard input is larger than 1 MiB');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
};

const edit = async (name: string, text: string, env: Env): Promise<string | undefined> => {
  const editor = env['VISUAL'] || env['EDITOR'];
  if (!editor)
    throw new RalphError('usage', '$EDITOR is not set', { hint: 'export EDITOR=nano, or use --file' });
  const dir = mkdtempSync(join(tmpdir(), 'ralph-edit-'));
  const file = join(dir, name);
  try {
    writeFileSync(file, text);
    // $EDITOR may carry arguments, as git and everybody else has it.
    const exit = await execTerminal(['sh', '-c', `${editor} "$1"`, 'sh', file]);
    if (exit.kind !== 'code' || exit.code !== 0)
      throw new RalphError('usage', `${editor} failed: nothing is changed`);
    const after = readFileSync(file, 'utf8');
    return after === text ? undefined : after;
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
};

type Env = Readonly<Record<string, string | undefined>>;

/** Files of the user, relative to where one stands; see `UserFiles` of the commands. */
export const createUserFiles = (cwd: string, env: Env) => {
  const repoRoot = repoRootOf(cwd);
  return {
    cwd,
    repoRoot,
    resolve: (path: string) => resolve(cwd, path),
    readText: (path: string) => readText(resolve(cwd, path)),
    writeText: (path: string, text: string, options?: { readonly overwrite?: boolean }) =>
      writeText(resolve(cwd, path), text, options),
    readStdin,
    currentBranch: async () => {
      if (repoRoot === undefined) return undefined;
      const out = await execBytes({ argv: ['git', '-C', repoRoot, 'symbolic-ref', '--short', '-q', 'HEAD'] });
      return out.stdout.toString('utf8').trim() || undefined;
    },
    edit: (name: string, text: string) => edit(name, text, env),
  };
};
