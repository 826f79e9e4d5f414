import { randomBytes } from 'node:crypto';
import { lstatSync, mkdirSync, readdirSync, renameSync, statSync, unlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { RalphError } from '../../domain/error.ts';
import type { RunId } from '../../domain/event.ts';
import type { Clock } from '../../ports/host.ts';
import type { HomeSeed, RunHome, RunHomes } from '../../ports/run-home.ts';
import type { RunRepo } from '../../ports/run-repo.ts';
import { codeOf, diskError, makeFolder, syncFolder, temporaryPrefix, writeAtomic } from './atomic-file.ts';
import { diskUse, removeTree } from './disk-use.ts';
import { followLog } from './follow.ts';
import { SCHEMA } from '../../domain/schema-mark.ts';
import { foreignState, refuseForeignState } from './home-mark.ts';
import { dropControlFile, openInbox } from './inbox.ts';
import { idPattern, listRuns, peekAt } from './run-list.ts';
import { openJournal, readLog } from './journal.ts';
import { isLocked, takeLock, type HeldLock } from './lock.ts';
import { listFolder, openStateFiles, readTextFile, resolveInside } from './state-files.ts';

export interface RunHomesOptions {
  /** Absolute path of the folder that holds the runs, `…/ralph/runs`. */
  readonly dir: string;
  readonly clock: Clock;
  /** The run's bare repository, which need not exist yet. */
  readonly makeRepo: (dir: string) => RunRepo;
  /** Removes secrets from a text before it is written to the log. */
  readonly redact: (text: string) => string;
}

const isFolder = (path: string): boolean =>
  lstatSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
const exists = (path: string): boolean => lstatSync(path, { throwIfNoEntry: false }) !== undefined;
const pathsOf = (home: string) => ({
  home,
  ralph: join(home, '.ralph'),
  control: join(home, '.ralph', 'control'),
  log: join(home, '.ralph', 'activity.log'),
  task: join(home, 'ralph_task.md'),
  lock: join(home, 'lock'),
  repo: join(home, 'repo.git'),
});
type Paths = ReturnType<typeof pathsOf>;

const findPaths = (dir: string, id: RunId): Paths | undefined => {
  const home = join(dir, id);
  return idPattern.test(id) && isFolder(home) ? pathsOf(home) : undefined;
};

const needPaths = (dir: string, id: RunId): Paths => {
  const paths = findPaths(dir, id);
  if (paths !== undefined) return paths;
  throw new RalphError('run.not-found', `there is no run ${JSON.stringify(id.slice(0, 130))}`, {
    hint: '`ralph ls` shows the runs there are',
  });
};

const dropTemporary = (dir: string): void => {
  if (!isFolder(dir)) return;
  for (const name of readdirSync(dir)) if (name.startsWith(temporaryPrefix)) unlinkSync(join(dir, name));
};

// What a killed runner leaves under a temporary name lies where it last wrote: on top, or in the newest iterations.
const sweepTemporary = ({ ralph }: Paths): void => {
  const iterations = join(ralph, 'iterations');
  const newest = listFolder(iterations).toSorted((a, b) => Number.parseInt(b, 10) - Number.parseInt(a, 10));
  for (const dir of [ralph, ...newest.slice(0, 2).map((name) => join(iterations, name))]) dropTemporary(dir);
};

const assemble = (options: RunHomesOptions, id: RunId, lock: HeldLock): RunHome => {
  const paths = pathsOf(join(options.dir, id));
  const journal = openJournal({
    path: paths.log,
    run: id,
    clock: options.clock,
    redact: options.redact,
    hasHistory: listFolder(join(paths.ralph, 'iterations')).length > 0,
  });
  return {
    id,
    dir: paths.home,
    journal,
    inbox: openInbox(paths.control),
    state: openStateFiles(paths.ralph),
    readTask: () => readTextFile(paths.task),
    writeTask: (text) => writeAtomic(paths.task, text),
    repo: options.makeRepo(paths.repo),
    release: () => {
      journal.close();
      lock.release();
    },
  };
};

const staleMs = 60 * 60 * 1000;

/** Half-made and half-removed homes that a killed process left. */
const sweepLeftovers = (dir: string): void => {
  for (const name of readdirSync(dir)) {
    if (!name.startsWith('.new-') && !name.startsWith('.removed-')) continue;
    const stat = statSync(join(dir, name), { throwIfNoEntry: false });
    if (stat !== undefined && Date.now() - stat.mtimeMs > staleMs) removeTree(join(dir, name));
  }
};

const existsAlready = (id: RunId): RalphError =>
  new RalphError('usage', `run ${id} exists already`, { hint: 'resume it, or choose another id' });

const abandon = (home: string): void => {
  try {
    removeTree(home);
  } catch {
    // What failed before is what counts; the remains are swept later.
  }
};

/** Paths come from a state ref, which anybody may have pushed: each stays inside the new home. */
const plant = (home: string, seed: HomeSeed): void => {
  for (const [path, text] of seed) {
    const target = resolveInside(home, path);
    makeFolder(dirname(target));
    writeAtomic(target, text);
  }
};

// The home is made under another name and appears whole, its lock held: no other process ever sees half of one.
const createHome = (options: RunHomesOptions, id: RunId, seed: HomeSeed): RunHome => {
  const { dir } = options;
  if (!idPattern.test(id)) {
    throw new RalphError('usage', `${JSON.stringify(id.slice(0, 130))} cannot be a run's id`, {
      hint: 'letters, digits, dot, dash and underscore, at most 128, a letter or digit first',
    });
  }
  if (exists(join(dir, id))) throw existsAlready(id);
  const staging = pathsOf(join(dir, `.new-${id}-${randomBytes(4).toString('hex')}`));
  let lock: HeldLock | 'locked' | undefined;
  let made = staging.home;
  try {
    makeFolder(dir);
    mkdirSync(staging.home, { mode: 0o700 });
    makeFolder(staging.control);
    writeAtomic(staging.log, '');
    writeAtomic(join(staging.ralph, 'run.json'), `${JSON.stringify({ schema: SCHEMA, run: id })}\n`);
    plant(staging.home, seed);
    lock = takeLock(staging.lock);
    if (lock === 'locked') throw new RalphError('bug', `the new lock ${staging.lock} is taken`);
    syncFolder(staging.home);
    renameSync(staging.home, join(dir, id));
    made = join(dir, id);
    syncFolder(dir);
    return assemble(options, id, lock);
  } catch (error) {
    abandon(made);
    if (lock !== undefined && lock !== 'locked') lock.release();
    if (codeOf(error) === 'ENOTEMPTY' || codeOf(error) === 'EEXIST') throw existsAlready(id);
    throw diskError('create', join(dir, id), error);
  }
};

const openHome = (options: RunHomesOptions, id: RunId): RunHome | 'locked' => {
  const paths = needPaths(options.dir, id);
  if (!isFolder(paths.ralph)) {
    throw new RalphError('run.damaged', `run ${id} has no .ralph/ folder in ${paths.home}`, {
      hint: "restore it from a backup or from the run's state ref, or remove the run",
    });
  }
  refuseForeignState(paths.ralph);
  const lock = takeLock(paths.lock);
  if (lock === 'locked') return 'locked';
  try {
    sweepTemporary(paths);
    return assemble(options, id, lock);
  } catch (error) {
    lock.release();
    throw diskError('open', paths.home, error);
  }
};

const removeHome = (dir: string, id: RunId): void => {
  const paths = needPaths(dir, id);
  if (isFolder(paths.ralph)) refuseForeignState(paths.ralph);
  else if (!exists(paths.lock)) throw foreignState(paths.home);
  const lock = takeLock(paths.lock);
  if (lock === 'locked') {
    throw new RalphError('run.locked', `run ${id} is owned by a running process`, {
      hint: `stop it first: ralph stop ${id}`,
    });
  }
  const doomed = join(dir, `.removed-${id}-${randomBytes(4).toString('hex')}`);
  try {
    renameSync(paths.home, doomed);
    removeTree(doomed);
  } catch (error) {
    throw diskError('remove', paths.home, error);
  } finally {
    lock.release();
  }
};

const listIn = (dir: string): readonly RunId[] => {
  try {
    return listRuns(dir);
  } catch (error) {
    throw diskError('read', dir, error);
  }
};

const stateReaders = (dir: string): Pick<RunHomes, 'readState' | 'listState' | 'readTask'> => ({
  readState: (id, path) => {
    const paths = findPaths(dir, id);
    return paths === undefined ? undefined : readTextFile(resolveInside(paths.ralph, path));
  },
  listState: (id, path) => {
    const paths = findPaths(dir, id);
    if (paths === undefined) return [];
    return listFolder(path === '' || path === '.' ? paths.ralph : resolveInside(paths.ralph, path));
  },
  readTask: (id) => {
    const paths = findPaths(dir, id);
    return paths === undefined ? undefined : readTextFile(paths.task);
  },
});

/** The runs of this user in a folder of the local disk (state.md, Run home). */
export const createRunHomes = (options: RunHomesOptions): RunHomes => {
  const { dir, clock } = options;
  let swept = false;
  return {
    dir,
    create: (id, seed = new Map()) => {
      if (!swept && isFolder(dir)) sweepLeftovers(dir);
      swept = true;
      return createHome(options, id, seed);
    },
    open: (id) => openHome(options, id),
    list: () => listIn(dir),
    peek: (id, { withLock = true } = {}) => peekAt(dir, id, (lock) => withLock && isLocked(lock)),
    entries: (id) => readLog(needPaths(dir, id).log),
    logBytes: (id) => statSync(needPaths(dir, id).log, { throwIfNoEntry: false })?.size ?? 0,
    follow: async (id, { offset, onEntry, signal }) =>
      followLog({ path: needPaths(dir, id).log, offset, onEntry, signal }),
    ...stateReaders(dir),
    dropControl: (id, control) => dropControlFile(needPaths(dir, id).control, control, clock),
    diskBytes: (id) => {
      const paths = findPaths(dir, id);
      return paths === undefined ? 0 : diskUse(paths.home);
    },
    remove: (id) => removeHome(dir, id),
  };
};
