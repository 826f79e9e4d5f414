import { createHash } from 'node:crypto';
import {
  closeSync,
  constants,
  fstatSync,
  ftruncateSync,
  lstatSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { RalphError } from '../../domain/error.ts';
import type { StateFiles } from '../../ports/run-home.ts';
import {
  codeOf,
  diskError,
  makeFolder,
  readRegular,
  readUpTo,
  syncFolder,
  temporaryPrefix,
  writeAll,
  writeAtomic,
} from './atomic-file.ts';

const { O_APPEND, O_CREAT, O_NOFOLLOW, O_NONBLOCK, O_RDONLY, O_WRONLY } = constants;

/** State files are texts that fit in memory; a larger one is refused with `disk`. */
const sizeLimit = 256 * 1024 * 1024;

const isPlain = (segment: string): boolean =>
  segment !== '' && segment !== '.' && segment !== '..' && !segment.includes('\0') && !segment.includes('\\');

/**
 * The absolute path of a state file. Throws `usage` for whatever could lead out of `root`: an absolute path, `..`,
 * NUL, a symbolic link on the way. The last segment may be a link: callers never follow it.
 */
export const resolveInside = (root: string, path: string): string => {
  const segments = path.split('/');
  const refuse = (why: string): never => {
    throw new RalphError(
      'usage',
      `${JSON.stringify(path.slice(0, 200))} is not a path inside .ralph/: ${why}`,
      {
        hint: 'give a relative path with / and without ..',
      },
    );
  };
  if (!segments.every(isPlain)) refuse('it is absolute or has an empty, . or .. part');
  let at = root;
  for (const segment of segments.slice(0, -1)) {
    at = join(at, segment);
    if (lstatSync(at, { throwIfNoEntry: false })?.isSymbolicLink() === true)
      refuse('a symbolic link is on the way');
  }
  return join(at, segments.at(-1) ?? '');
};

/** A whole state file as UTF-8; undefined when it is missing or no regular file. Throws `disk`. */
export const readTextFile = (path: string): string | undefined => {
  const bytes = readRegular(path, sizeLimit);
  if (bytes === 'too-large')
    throw diskError('read', path, Object.assign(new Error('too large'), { code: 'EFBIG' }));
  return typeof bytes === 'string' ? undefined : bytes.toString('utf8');
};

/** Names directly below a folder, sorted, without temporary files; empty when it is missing or no folder. */
export const listFolder = (path: string): readonly string[] => {
  try {
    if (lstatSync(path, { throwIfNoEntry: false })?.isDirectory() !== true) return [];
    return readdirSync(path)
      .filter((name) => !name.startsWith(temporaryPrefix))
      .toSorted();
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return [];
    throw diskError('read', path, error);
  }
};

const appendTo = (path: string, content: string): void => {
  const fd = openSync(path, O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW | O_NONBLOCK, 0o600);
  try {
    const stat = fstatSync(fd);
    if (!stat.isFile()) throw Object.assign(new Error('not a regular file'), { code: 'EINVAL' });
    try {
      writeAll(fd, Buffer.from(content));
    } catch (error) {
      ftruncateSync(fd, stat.size);
      throw error;
    }
  } finally {
    closeSync(fd);
  }
};

const hashOf = (path: string): string | undefined => {
  if (lstatSync(path, { throwIfNoEntry: false })?.isFile() !== true) return undefined;
  const fd = openSync(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
  try {
    const hash = createHash('sha256');
    const block = Buffer.allocUnsafe(256 * 1024);
    let at = 0;
    for (let count = readUpTo(fd, block, at); count > 0; count = readUpTo(fd, block, at)) {
      hash.update(block.subarray(0, count));
      at += count;
    }
    return hash.digest('hex');
  } finally {
    closeSync(fd);
  }
};

const moveDurably = (from: string, to: string): void => {
  makeFolder(dirname(to));
  renameSync(from, to);
  syncFolder(dirname(to));
  if (dirname(from) !== dirname(to)) syncFolder(dirname(from));
};

const removeDurably = (path: string): void => {
  if (lstatSync(path, { throwIfNoEntry: false }) === undefined) return;
  rmSync(path, { recursive: true, force: true });
  syncFolder(dirname(path));
};

/** The files of one `.ralph/` folder, confined to it. Throws `usage` for a path that leads out, `disk` otherwise. */
export const openStateFiles = (root: string): StateFiles => {
  const guarded = <T>(what: string, path: string, act: (absolute: string) => T): T => {
    const absolute = resolveInside(root, path);
    try {
      return act(absolute);
    } catch (error) {
      throw diskError(what, absolute, error);
    }
  };
  return {
    readText: (path) => guarded('read', path, readTextFile),
    write: (path, content) =>
      guarded('write', path, (absolute) => {
        makeFolder(dirname(absolute));
        writeAtomic(absolute, content);
      }),
    append: (path, content) =>
      guarded('write to', path, (absolute) => {
        makeFolder(dirname(absolute));
        appendTo(absolute, content);
      }),
    exists: (path) =>
      guarded('look at', path, (absolute) => lstatSync(absolute, { throwIfNoEntry: false }) !== undefined),
    list: (path) => (path === '' || path === '.' ? listFolder(root) : guarded('read', path, listFolder)),
    rename: (from, to) =>
      guarded('rename', from, (absolute) => moveDurably(absolute, resolveInside(root, to))),
    remove: (path) => guarded('remove', path, removeDurably),
    sha256: (path) => guarded('read', path, hashOf),
  };
};
