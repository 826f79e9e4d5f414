import {
  closeSync,
  constants,
  existsSync,
  fdatasyncSync,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  openSync,
  writeSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { RalphError } from '../../domain/error.ts';
import type { Entry, RunEvent, RunId } from '../../domain/event.ts';
import type { Clock } from '../../ports/host.ts';
import type { Journal } from '../../ports/run-home.ts';
import { codeOf, diskError, readUpTo, syncFolder, writeAll } from './atomic-file.ts';
import { makeEntry } from './journal-entry.ts';
import { scanLog, type LogScan } from './log-lines.ts';

const { O_APPEND, O_CREAT, O_EXCL, O_NOFOLLOW, O_NONBLOCK, O_RDONLY, O_RDWR, O_WRONLY } = constants;

export interface JournalOptions {
  /** Absolute path of `activity.log`. */
  readonly path: string;
  readonly run: RunId;
  readonly clock: Clock;
  /** Every text of an event passes it before it is serialised. */
  readonly redact: (text: string) => string;
  /** The run has iterations on disk, so its log cannot be missing or empty: that is damage, not a new run. */
  readonly hasHistory: boolean;
}
export type OpenJournal = Journal & { close(): void };

/** RalphError `run.damaged` that names the line and the byte offset. */
export const damagedLog = (
  path: string,
  damage: { readonly line?: number; readonly offset: number; readonly problem: string },
): RalphError => {
  const where = damage.line === undefined ? '' : `line ${damage.line}, `;
  return new RalphError(
    'run.damaged',
    `${path} is damaged at ${where}byte offset ${damage.offset}: ${damage.problem}`,
    {
      hint:
        'nothing was changed. Something other than ralph wrote to the log, or the disk is failing: restore the file ' +
        "from a backup or from the run's state ref, then try again",
    },
  );
};

const scanChecked = (fd: number, path: string): LogScan => {
  const stat = fstatSync(fd);
  if (!stat.isFile()) throw damagedLog(path, { offset: 0, problem: 'it is not a regular file' });
  const scan = scanLog(fd, stat.size);
  if (scan.damage !== undefined) throw damagedLog(path, scan.damage);
  return scan;
};

/** Every entry of a log, checked, without the run's lock: a torn last line is left out. Throws `run.damaged`, `disk`. */
export const readLog = (path: string): readonly Entry[] => {
  let fd: number | undefined;
  try {
    fd = openSync(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
    return scanChecked(fd, path).entries;
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return [];
    throw diskError('read', path, error);
  } finally {
    if (fd !== undefined) closeSync(fd);
  }
};

const copyBlock = 1024 * 1024;

// The copy is durable before the log is cut, so that a crash between the two loses nothing.
const moveTornAside = (fd: number, path: string, end: number): string => {
  let k = 1;
  while (existsSync(`${path}.torn-${k}`)) k += 1;
  const aside = `${path}.torn-${k}`;
  const to = openSync(aside, O_CREAT | O_EXCL | O_NOFOLLOW | O_WRONLY, 0o600);
  let at = end;
  try {
    const block = Buffer.allocUnsafe(copyBlock);
    for (let count = readUpTo(fd, block, at); count > 0; count = readUpTo(fd, block, at)) {
      writeAll(to, block.subarray(0, count));
      at += count;
    }
    fsyncSync(to);
  } finally {
    closeSync(to);
  }
  syncFolder(dirname(path));
  ftruncateSync(fd, end);
  fsyncSync(fd);
  const name = aside.slice(dirname(path).length + 1);
  return `the last line of activity.log was torn: ${at - end} bytes behind offset ${end} were moved to ${name}`;
};

interface LogFile {
  readonly fd: number;
  readonly path: string;
  bytes: number;
  /** The file may be longer than `bytes`: a cut is due before the next line. */
  ragged: boolean;
  /** Set when the disk lost what it had taken; nothing more is written then. */
  failed: unknown;
}

const cutToBorder = (file: LogFile): void => {
  file.ragged = true;
  ftruncateSync(file.fd, file.bytes);
  file.ragged = false;
};

const isFull = (error: unknown): boolean => codeOf(error) === 'ENOSPC' || codeOf(error) === 'EDQUOT';

const syncLine = (file: LogFile): void => {
  try {
    fdatasyncSync(file.fd);
  } catch (error) {
    // After a failed fsync the kernel forgets which pages were dirty: a later one that succeeds proves nothing.
    if (!isFull(error)) file.failed = error;
    throw error;
  }
};

const writeLine = (file: LogFile, line: Buffer, sync: boolean): void => {
  if (file.failed !== undefined) throw diskError('write to', file.path, file.failed);
  try {
    if (file.ragged) cutToBorder(file);
    const count = writeSync(file.fd, line);
    if (count < line.length) throw Object.assign(new Error('short write'), { code: 'ENOSPC' });
    if (sync) syncLine(file);
    file.bytes += line.length;
  } catch (error) {
    try {
      cutToBorder(file);
    } catch {
      // Still `ragged`: the next append cuts first, and the next opening finds a torn last line.
    }
    throw diskError('write to', file.path, error);
  }
};

const sliceFrom = (file: LogFile, offset: number): string => {
  const from = Math.max(0, Math.min(offset, file.bytes));
  try {
    const bytes = Buffer.allocUnsafe(file.bytes - from);
    return bytes.toString('utf8', 0, readUpTo(file.fd, bytes, from));
  } catch (error) {
    throw diskError('read', file.path, error);
  }
};

interface Opened {
  readonly file: LogFile;
  readonly replayed: readonly Entry[];
  readonly repaired: string | undefined;
}

const openLog = ({ path, hasHistory }: JournalOptions): Opened => {
  let fd: number | undefined;
  const lost = damagedLog(path, { offset: 0, problem: 'it is missing or empty, but the run has iterations' });
  try {
    const isNew = !existsSync(path);
    if (isNew && hasHistory) throw lost;
    fd = openSync(path, O_RDWR | O_APPEND | O_CREAT | O_NOFOLLOW | O_NONBLOCK, 0o600);
    if (isNew) syncFolder(dirname(path));
    const { entries, end, torn } = scanChecked(fd, path);
    if (entries.length === 0 && hasHistory) throw lost;
    const repaired = torn ? moveTornAside(fd, path, end) : undefined;
    return { file: { fd, path, bytes: end, ragged: false, failed: undefined }, replayed: entries, repaired };
  } catch (error) {
    if (fd !== undefined) closeSync(fd);
    throw diskError('open', path, error);
  }
};

const runningClock = (clock: Clock, before: number) => {
  let total = before;
  let since: number | undefined;
  const up = (): number => total + (since === undefined ? 0 : Math.max(0, clock.monotonicMs() - since));
  return {
    up: () => Math.floor(up()),
    start: () => {
      since ??= clock.monotonicMs();
    },
    stop: () => {
      total = up();
      since = undefined;
    },
  };
};

const tell = (sinks: ReadonlySet<(entry: Entry) => void>, entry: Entry): void => {
  for (const sink of sinks) {
    try {
      sink(entry);
    } catch (error) {
      // The line stands already: what a listener does must not make its writer believe that it does not.
      process.emitWarning(error instanceof Error ? error : String(error));
    }
  }
};

/**
 * Opens a log for its one writer, who holds the run's lock. A torn last line is moved to `activity.log.torn-<k>`.
 * Throws `run.damaged` (line and byte offset) for damage before the last line, and `disk`.
 */
export const openJournal = (journal: JournalOptions): OpenJournal => {
  const { run, clock, redact } = journal;
  const { file, replayed, repaired } = openLog(journal);
  const time = runningClock(clock, replayed.at(-1)?.up ?? 0);
  const sinks = new Set<(entry: Entry) => void>();
  let seq = replayed.length;
  let closed = false;
  return {
    replayed,
    repaired,
    get bytes() {
      return file.bytes;
    },
    get up() {
      return time.up();
    },
    startClock: time.start,
    stopClock: time.stop,
    append: (event: RunEvent, options = {}) => {
      if (closed) throw new RalphError('bug', `an entry for run ${run} after its home was released`);
      const envelope = { seq: seq + 1, at: clock.now().toISOString(), up: time.up(), run };
      const { entry, line } = makeEntry(envelope, event, redact);
      writeLine(file, line, options.sync === true);
      seq += 1;
      tell(sinks, entry);
      return entry;
    },
    subscribe: (sink) => {
      sinks.add(sink);
      return () => sinks.delete(sink);
    },
    slice: (offset) => sliceFrom(file, offset),
    close: () => {
      if (!closed) closeSync(file.fd);
      closed = true;
    },
  };
};
