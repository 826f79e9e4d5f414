import { randomBytes } from 'node:crypto';
import {
  closeSync,
  constants,
  existsSync,
  fstatSync,
  linkSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { RalphError } from '../../domain/error.ts';
import { execTerminal } from '../process-launch.ts';
import { execBytes } from '../process.ts';
import { codeOf, temporaryPrefix } from './atomic-file.ts';

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

/** Whole or not at all: nobody reads half of it, and what was there stays where the disk is full. */
const writeWhole = (path: string, text: string, overwrite: boolean): void => {
  const there = lstatSync(path, { throwIfNoEntry: false });
  // A link stays one; a pipe or a device (`/dev/stdout`) takes the text as it comes.
  if (overwrite && there !== undefined && !there.isFile()) return writeFileSync(path, text);
  const part = join(dirname(path), `${temporaryPrefix}${randomBytes(8).toString('hex')}`);
  try {
    writeFileSync(part, text, { flag: 'wx', ...(there && { mode: there.mode & 0o777 }) });
    if (overwrite) renameSync(part, path);
    else linkSync(part, path);
  } catch (cause) {
    // Not every file system has hard links.
    if (overwrite || !['EPERM', 'ENOTSUP', 'ENOSYS'].includes(codeOf(cause) ?? '')) throw cause;
    writeFileSync(path, text, { flag: 'wx' });
  } finally {
    rmSync(part, { force: true });
  }
};

const writeText = (path: string, text: string, options: { readonly overwrite?: boolean } = {}): void => {
  try {
    mkdirSync(dirname(path), { recursive: true });
    writeWhole(path, text, options.overwrite === true);
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

/** From a terminal without showing it; else all of standard input. */
const readSecret = async (question: string): Promise<string> => {
  if (!process.stdin.isTTY) return readStdin();
  const { createInterface } = await import('node:readline/promises');
  const { Writable } = await import('node:stream');
  const silent = new Writable({ write: (_chunk, _encoding, done) => done() });
  process.stderr.write(question);
  const lines = createInterface({ input: process.stdin, output: silent, terminal: true });
  const left = new Promise<string>((resolve) => lines.once('close', () => resolve('')));
  try {
    return await Promise.race([lines.question(''), left]);
  } finally {
    lines.close();
    process.stderr.write('\n');
  }
};

/**
 * The editor may carry arguments, as git and everybody else has it. Ctrl-C is the editor's own affair; a terminal that
 * it left in disorder gets its settings back.
 */
const editScript = (editor: string): string => `trap : INT QUIT
saved=$(stty -g 2>/dev/null)
${editor} "$1"
code=$?
[ -n "$saved" ] && stty "$saved" 2>/dev/null
exit $code`;

const openEditor = async (editor: string, path: string): Promise<boolean> => {
  // While the editor has the terminal, Ctrl-C reaches us too.
  const ignore = (): void => {};
  process.on('SIGINT', ignore);
  try {
    const exit = await execTerminal(['sh', '-c', editScript(editor), 'sh', path]);
    return exit.kind === 'code' && exit.code === 0;
  } finally {
    process.off('SIGINT', ignore);
  }
};

const draft = (name: string, text: string, editor: string | undefined) => {
  if (editor === undefined)
    throw new RalphError('usage', '$EDITOR is not set', {
      hint: 'export EDITOR=nano before ralph starts, or use ralph spec RUN --file FILE',
    });
  const dir = mkdtempSync(join(tmpdir(), 'ralph-edit-'));
  const path = join(dir, name);
  const write = (content: string): void => writeFileSync(path, content, { mode: 0o600 });
  write(text);
  return {
    path,
    edit: () => openEditor(editor, path),
    read: () => {
      const saved = readText(path);
      if (saved === undefined) throw new RalphError('usage', `${path} is gone: the editor removed it`);
      return saved;
    },
    write,
    drop: () => rmSync(dir, { recursive: true, force: true }),
  };
};

type Env = Readonly<Record<string, string | undefined>>;

/** What git says in a repository; undefined where there is none, or nothing to say. */
const askGit = async (root: string | undefined, args: readonly string[]): Promise<string | undefined> => {
  if (root === undefined) return undefined;
  const { stdout } = await execBytes({ argv: ['git', '-C', root, ...args], maxBytes: 4096 });
  return stdout.toString('utf8').trim() || undefined;
};

/** Files of the user, relative to where one stands; see `UserFiles` of the commands. */
export const createUserFiles = (cwd: string, env: Env) => {
  const repoRoot = repoRootOf(cwd);
  const editor = env['VISUAL'] || env['EDITOR'] || undefined;
  return {
    cwd,
    repoRoot,
    resolve: (path: string) => resolve(cwd, path),
    readText: (path: string) => readText(resolve(cwd, path)),
    writeText: (path: string, text: string, options?: { readonly overwrite?: boolean }) =>
      writeText(resolve(cwd, path), text, options),
    readStdin,
    readSecret,
    currentBranch: () => askGit(repoRoot, ['symbolic-ref', '--short', '-q', 'HEAD']),
    origin: () => askGit(repoRoot, ['config', '--get', 'remote.origin.url']),
    editor,
    draft: (name: string, text: string) => draft(name, text, editor),
  };
};
