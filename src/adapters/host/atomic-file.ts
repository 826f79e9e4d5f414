import { randomBytes } from 'node:crypto';
import {
  closeSync,
  constants,
  fstatSync,
  fsyncSync,
  lstatSync,
  mkdirSync,
  openSync,
  readSync,
  renameSync,
  unlinkSync,
  writeSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { RalphError } from '../../domain/error.ts';

const { O_CREAT, O_EXCL, O_NOFOLLOW, O_NONBLOCK, O_RDONLY, O_WRONLY, O_DIRECTORY } = constants;

/** Temporary files begin with this; what a killed process leaves of them is never listed as state. */
export const temporaryPrefix = '.tmp-';

const hints: Record<string, string> = {
  ENOSPC: 'free some space on that disk, then resume the run',
  EDQUOT: 'the disk quota is used up: free some space, then resume the run',
  EROFS: 'that file system is mounted read-only: mount it writable, then resume the run',
  EACCES: 'check who owns the folder and its permissions',
  EPERM: 'check who owns the folder and its permissions',
  EIO: 'the disk reports an error: check its health and the kernel log before going on',
  EMFILE: 'too many open files: raise the limit with `ulimit -n`',
  ENFILE: 'too many open files on this machine',
};

/** The `code` of a system error (`ENOENT`), or undefined. */
export const codeOf = (error: unknown): string | undefined =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;

/** A failed file operation as RalphError `disk`, with the path and what to do about it. */
export const diskError = (what: string, path: string, cause: unknown): RalphError => {
  if (cause instanceof RalphError) return cause;
  const code = codeOf(cause) ?? (cause instanceof Error ? cause.message : 'failed');
  const hint = hints[code] ?? 'check that the folder exists and can be written';
  return new RalphError('disk', `cannot ${what} ${path}: ${code}`, { cause, hint });
};

/** Writes all bytes at the descriptor's position; throws the system error, or ENOSPC where nothing more is taken. */
export const writeAll = (fd: number, bytes: Uint8Array): void => {
  for (let done = 0; done < bytes.length;) {
    const count = writeSync(fd, bytes, done, bytes.length - done);
    if (count === 0) throw Object.assign(new Error('short write'), { code: 'ENOSPC' });
    done += count;
  }
};

/** Makes the names in a folder durable; silent on file systems that cannot. Throws the system error. */
export const syncFolder = (dir: string): void => {
  const fd = openSync(dir, O_RDONLY | O_DIRECTORY);
  try {
    fsyncSync(fd);
  } catch (error) {
    if (codeOf(error) !== 'EINVAL' && codeOf(error) !== 'ENOTSUP') throw error;
  } finally {
    closeSync(fd);
  }
};

/** Makes a folder and those missing above it (0700), each name durable. Throws the system error. */
export const makeFolder = (dir: string): void => {
  if (lstatSync(dir, { throwIfNoEntry: false }) !== undefined) return;
  const parent = dirname(dir);
  makeFolder(parent);
  try {
    mkdirSync(dir, { mode: 0o700 });
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') throw error;
  }
  syncFolder(parent);
};

const drop = (path: string): void => {
  try {
    unlinkSync(path);
  } catch {
    // It is a leftover under a temporary name: nothing reads it.
  }
};

const writeNew = (path: string, bytes: Uint8Array): void => {
  const fd = openSync(path, O_CREAT | O_EXCL | O_NOFOLLOW | O_WRONLY, 0o600);
  try {
    writeAll(fd, bytes);
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
};

/**
 * Replaces a file as a whole (state.md, Atomic write): temporary file in the same folder (O_EXCL, O_NOFOLLOW,
 * 0600), write, fsync, rename, fsync of the folder. On failure the old file stands. Throws RalphError `disk`.
 */
export const writeAtomic = (path: string, bytes: string | Uint8Array): void => {
  const dir = dirname(path);
  const temporary = join(
    dir,
    `${temporaryPrefix}${randomBytes(6).toString('hex')}-${basename(path).slice(0, 100)}`,
  );
  try {
    writeNew(temporary, typeof bytes === 'string' ? Buffer.from(bytes) : bytes);
    renameSync(temporary, path);
    syncFolder(dir);
  } catch (error) {
    drop(temporary);
    throw diskError('write', path, error);
  }
};

/** Why a file was not read: it is missing, or not a regular file, or longer than the limit. */
export type Unreadable = 'missing' | 'not-regular' | 'too-large';

/**
 * Reads a regular file of at most `limit` bytes. Never follows a symbolic link in the last place, never blocks on
 * a FIFO or device. Throws RalphError `disk` on an I/O or permission error.
 */
export const readRegular = (path: string, limit: number): Buffer | Unreadable => {
  try {
    // lstat first: opening a device can have effects of its own.
    const seen = lstatSync(path, { throwIfNoEntry: false });
    if (seen === undefined) return 'missing';
    if (!seen.isFile()) return 'not-regular';
    const fd = openSync(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
    try {
      return readOpened(fd, limit);
    } finally {
      closeSync(fd);
    }
  } catch (error) {
    const code = codeOf(error);
    if (code === 'ENOENT' || code === 'ENOTDIR') return 'missing';
    if (code === 'ELOOP' || code === 'ENXIO') return 'not-regular';
    throw diskError('read', path, error);
  }
};

const readOpened = (fd: number, limit: number): Buffer | Unreadable => {
  const stat = fstatSync(fd);
  if (!stat.isFile()) return 'not-regular';
  if (stat.size > limit) return 'too-large';
  const bytes = Buffer.allocUnsafe(stat.size);
  return bytes.subarray(0, readUpTo(fd, bytes, 0));
};

/** Fills the buffer from a file position on; returns how many bytes there were. Throws the system error. */
export const readUpTo = (fd: number, into: Buffer, position: number): number => {
  let done = 0;
  while (done < into.length) {
    const count = readSync(fd, into, done, into.length - done, position + done);
    if (count === 0) break;
    done += count;
  }
  return done;
};
