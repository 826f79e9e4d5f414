import { closeSync, openSync, statSync } from 'node:fs';
import type * as SqliteModule from 'node:sqlite';
import { codeOf, diskError } from './atomic-file.ts';

/**
 * The lock of a run: an exclusive SQLite transaction on an empty file, thus a POSIX record lock that the kernel
 * frees when the process dies (state.md, One writer). Trap: POSIX frees such a lock as soon as the owner closes
 * *any* descriptor of the file, so nothing in this program may open `lock` but SQLite, which keeps count.
 */
export interface HeldLock {
  release(): void;
}
type Sqlite = typeof SqliteModule;
type Database = SqliteModule.DatabaseSync;

let loaded: Sqlite | undefined;

// Node 22 prints an ExperimentalWarning when the module is first loaded, by way of process.emitWarning. It would
// stand in the middle of our output, so warnings are let through again as soon as this one import is over.
const sqlite = (): Sqlite => {
  if (loaded !== undefined) return loaded;
  const own = Object.getOwnPropertyDescriptor(process, 'emitWarning');
  process.emitWarning = () => {};
  try {
    loaded = process.getBuiltinModule('node:sqlite');
  } finally {
    if (own !== undefined) Object.defineProperty(process, 'emitWarning', own);
  }
  return loaded;
};

const busyCode = 5;
const isBusy = (error: unknown): boolean =>
  error instanceof Error &&
  'errcode' in error &&
  typeof error.errcode === 'number' &&
  (error.errcode & 0xff) === busyCode;

/** True when the statement ran, false when another connection's lock forbids it. */
const runs = (db: Database, sql: string): boolean => {
  try {
    db.exec(sql);
    return true;
  } catch (error) {
    if (isBusy(error)) return false;
    throw error;
  }
};

const inodeOf = (path: string): number | undefined => statSync(path, { throwIfNoEntry: false })?.ino;

const createMissing = (path: string): void => {
  if (inodeOf(path) !== undefined) return;
  try {
    closeSync(openSync(path, 'wx', 0o600));
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') throw error;
  }
};

const sleeper = new Int32Array(new SharedArrayBuffer(4));
const attempts = 25;

// `isLocked` of another process holds a shared lock for some microseconds. Whoever owns the run shuts readers out,
// so when a read goes through, the lock was not owned and another try is due. An owned lock is told at once.
const begin = (db: Database): boolean => {
  for (let attempt = 0; attempt < attempts; attempt += 1) {
    if (runs(db, 'BEGIN EXCLUSIVE')) return true;
    if (!runs(db, 'PRAGMA schema_version')) return false;
    Atomics.wait(sleeper, 0, 0, 1 + Math.random() * 2);
  }
  return false;
};

/** Takes the lock, or says at once that somebody (this process included) has it. Throws RalphError `disk`. */
export const takeLock = (path: string): HeldLock | 'locked' => {
  let db: Database | undefined;
  try {
    createMissing(path);
    const inode = inodeOf(path);
    db = new (sqlite().DatabaseSync)(path, { timeout: 0 });
    // No journal file beside the lock, and a cache of one small page: some 70 KiB a lock instead of 160.
    const taken =
      runs(db, 'PRAGMA journal_mode=MEMORY; PRAGMA page_size=512; PRAGMA cache_size=1') &&
      begin(db) &&
      inodeOf(path) === inode;
    if (taken) return hold(db);
    db.close();
    return 'locked';
  } catch (error) {
    db?.close();
    throw diskError('lock', path, error);
  }
};

// Node closes a database that the garbage collector finds, and the lock would be gone with it: what is held is kept
// here, so that no lock depends on who still remembers it.
const held = new Set<Database>();

const hold = (db: Database): HeldLock => {
  held.add(db);
  return {
    release() {
      if (held.delete(db)) db.close();
    },
  };
};

/** Whether somebody holds the lock, without taking it. A missing file is not locked. Throws RalphError `disk`. */
export const isLocked = (path: string): boolean => {
  if (inodeOf(path) === undefined) return false;
  let db: Database | undefined;
  try {
    db = new (sqlite().DatabaseSync)(path, { readOnly: true, timeout: 0 });
    return !runs(db, 'PRAGMA schema_version');
  } catch (error) {
    if (inodeOf(path) === undefined) return false;
    throw diskError('look at', path, error);
  } finally {
    db?.close();
  }
};
