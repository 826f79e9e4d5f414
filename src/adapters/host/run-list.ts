import { readdirSync, readFileSync, statSync, lstatSync } from 'node:fs';
import type { RunId } from '../../domain/event.ts';
import type { RunPeek } from '../../ports/run-home.ts';

// Also keeps ids apart from our own `.new-` and `.removed-` folders.
export const idPattern = /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/u;

/** The text as JSON, or undefined. */
export const parseJson = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};

const isFolder = (path: string): boolean =>
  lstatSync(path, { throwIfNoEntry: false })?.isDirectory() === true;

// The lock file is made with the run and never written to, so its time is the run's; a folder's time moves.
const bornAt = (home: string): number => {
  const stat =
    statSync(`${home}/lock`, { throwIfNoEntry: false }) ?? statSync(home, { throwIfNoEntry: false });
  return stat?.mtimeMs ?? 0;
};

const byAge = (a: readonly [RunId, number], b: readonly [RunId, number]): number =>
  a[1] - b[1] || (a[0] < b[0] ? -1 : 1);

/** Ids of the runs below a folder, oldest first; no run is opened. Throws the system error. */
export const listRuns = (dir: string): readonly RunId[] => {
  try {
    return readdirSync(dir, { withFileTypes: true })
      .filter((item) => item.isDirectory() && idPattern.test(item.name))
      .map((item) => [item.name, bornAt(`${dir}/${item.name}`)] as const)
      .toSorted(byAge)
      .map(([id]) => id);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
    throw error;
  }
};

/**
 * What is seen of a run without opening it. Synchronous and without any check that costs a system call: a list of
 * 1,000 runs is 1,000 of these. `isLocked` is asked about the path of its lock.
 */
export const peekAt = (dir: string, id: RunId, isLocked: (lock: string) => boolean): RunPeek | undefined => {
  if (!idPattern.test(id)) return undefined;
  const home = `${dir}/${id}`;
  let runJson: unknown;
  try {
    runJson = parseJson(readFileSync(`${home}/.ralph/run.json`, 'utf8'));
  } catch {
    if (!isFolder(home)) return undefined;
  }
  return { id, dir: home, runJson, locked: isLocked(`${home}/lock`) };
};
