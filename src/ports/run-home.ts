import type { Control } from '../domain/control.ts';
import type { Entry, RunEvent, RunId } from '../domain/event.ts';
import type { RunRepo } from './run-repo.ts';

/** The append-only log of a run, one JSON entry a line, `seq` without gaps, a crc on each line (state.md). */
export interface Journal {
  /** What stood in the log when it was opened; empty for a new run. */
  readonly replayed: readonly Entry[];
  /** Set when a torn last line was moved aside on opening. */
  readonly repaired: string | undefined;
  /** Bytes of the log so far. */
  readonly bytes: number;
  /** One write on O_APPEND, length checked; `sync` also waits for the disk. Throws RalphError `disk` (ENOSPC, EROFS…). */
  append(event: RunEvent, options?: { readonly sync?: boolean }): Entry;
  subscribe(sink: (entry: Entry) => void): () => void;
  /** Running time so far in ms; runs only between `startClock` and `stopClock` (paused time is free). */
  readonly up: number;
  startClock(): void;
  stopClock(): void;
  /** The log's text from byte `offset` on, for the copy in the sandbox and for the state ref. */
  slice(offset: number): string;
}
/** A control file that is waiting. `control` is undefined when the file is not one (`problem` says why). */
export interface Pending {
  readonly name: string;
  readonly control: Control | undefined;
  readonly problem?: string;
}
export interface Inbox {
  /** In name order. Bounded: at most 1,000 files, 512 KiB each; never blocks on a FIFO or device. */
  pending(): readonly Pending[];
  /** Removes a taken file where the folder is writable; silent where it is not. */
  remove(name: string): void;
  /** Calls back soon after a file appears (fs.watch, with a poll as fallback). Returns the way to stop. */
  watch(listener: () => void): () => void;
}
/** Paths are relative to the run's `.ralph/` unless they say otherwise; always with `/`. */
export interface StateFiles {
  readText(path: string): string | undefined;
  /** Atomic: temporary file (O_EXCL, O_NOFOLLOW), write, fsync, rename, fsync of the folder. */
  write(path: string, content: string): void;
  /** Not atomic, for append-only projections (errors.log). */
  append(path: string, content: string): void;
  exists(path: string): boolean;
  /** Names directly below a folder, sorted; empty when there is none. */
  list(path: string): readonly string[];
  rename(from: string, to: string): void;
  remove(path: string): void;
  sha256(path: string): string | undefined;
}
/** A run home that this process owns: it holds the kernel lock until `release` (or its death). */
export interface RunHome {
  readonly id: RunId;
  /** Absolute path, for people and for the local backend. */
  readonly dir: string;
  readonly journal: Journal;
  readonly inbox: Inbox;
  /** `.ralph/` */
  readonly state: StateFiles;
  /** The anchor `ralph_task.md`, beside `.ralph/`. */
  readTask(): string | undefined;
  writeTask(text: string): void;
  readonly repo: RunRepo;
  release(): void;
}
/** What is read without the lock, for `ls`, `show` and the screen. */
export interface RunPeek {
  readonly id: RunId;
  readonly dir: string;
  /** The parsed run.json, unchecked; undefined when it is missing or broken. */
  readonly runJson: unknown;
  /** True while some process holds the lock. */
  readonly locked: boolean;
}
/** What a home that was lost is made from again: paths as in the repository (`.ralph/…`, `ralph_task.md`). */
export type HomeSeed = ReadonlyMap<string, string>;

export interface RunHomes {
  /** Absolute path of the folder that holds the runs. */
  readonly dir: string;
  /** Throws `disk`, or `usage` when the id exists. */
  create(id: RunId, seed?: HomeSeed): RunHome;
  /** `locked` when another process owns it. Throws `run.not-found`, `run.damaged` (names the offset), `run.foreign-state`. */
  open(id: RunId): RunHome | 'locked';
  /** Sorted, oldest first. Fast: no run is opened. */
  list(): readonly RunId[];
  /** `withLock: false` leaves `locked` false, unprobed. */
  peek(id: RunId, options?: { readonly withLock?: boolean }): RunPeek | undefined;
  /** Every entry of a log, checked; a torn last line is left out. */
  entries(id: RunId): readonly Entry[];
  /** Size of the log right now, for `follow`; 0 when there is none. */
  logBytes(id: RunId): number;
  /** Follows a log: calls back with each entry from byte `offset` on, then with new ones, until aborted. */
  follow(
    id: RunId,
    options: {
      readonly offset: number;
      readonly onEntry: (entry: Entry) => void;
      readonly signal: AbortSignal;
    },
  ): Promise<void>;
  /** Read-only view of a run's files. */
  readState(id: RunId, path: string): string | undefined;
  listState(id: RunId, path: string): readonly string[];
  readTask(id: RunId): string | undefined;
  /** Writes under a temporary name, then renames; the name sorts by time. */
  dropControl(id: RunId, control: Control): void;
  diskBytes(id: RunId): number;
  /** Throws `run.locked` while somebody owns it. */
  remove(id: RunId): void;
}
