import { chmod, lstat, mkdir, readdir, realpath, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { RalphError } from '../../../domain/error.ts';

/** Lies in the sandbox's home and says that both folders were made here, so that nothing else is ever removed. */
const MARK = '.ralph-home';

/** The folders of the runner that a sandbox's work lies in; they outlive the container. */
export interface Folders {
  readonly work: string;
  readonly home: string;
  /** What can be written in a work tree that cannot: apart from it, where nothing inside chooses what is mounted. */
  readonly writable: string;
}

export const foldersOf = (work: string): Folders => ({
  work,
  home: join(dirname(work), 'home'),
  writable: join(dirname(work), 'writable'),
});

const isThere = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  );

export const areThere = async ({ work, home }: Pick<Folders, 'work' | 'home'>): Promise<boolean> =>
  (await isThere(work)) && (await isThere(home));

/** The folder that stands for `path` of a work tree that cannot be written. */
export const writableAt = ({ writable }: Folders, path: string): string =>
  join(writable, encodeURIComponent(path));

/**
 * Makes the folders, or takes those that were made here before (by whatever backend). Throws RalphError
 * `sandbox.unavailable` for a folder that is somebody else's.
 */
export const makeFolders = async (hostDir: string, paths: readonly string[]): Promise<Folders> => {
  try {
    await mkdir(hostDir, { recursive: true });
    const folders = foldersOf(await realpath(resolve(hostDir)));
    const mark = join(folders.home, MARK);
    if ((await readdir(folders.work)).length > 0 && !(await isThere(mark)))
      throw new RalphError('sandbox.unavailable', `${folders.work} is not empty and was not made by ralph`, {
        hint: 'Remove the folder, or start the run with another id.',
      });
    await mkdir(folders.home, { recursive: true, mode: 0o700 });
    await writeFile(mark, '');
    for (const path of paths) await mkdir(writableAt(folders, path), { recursive: true, mode: 0o700 });
    return folders;
  } catch (cause) {
    if (cause instanceof RalphError) throw cause;
    throw new RalphError('sandbox.unavailable', `cannot make ${hostDir}: ${(cause as Error).message}`, {
      hint: 'Check that the disk has room and that the folder is writable.',
      cause,
    });
  }
};

/**
 * Removes the folders. False where something in them is not ours to remove (files of the container's own users);
 * folders that were not made here are left alone.
 */
export const removeFolders = async ({ work, home, writable }: Folders): Promise<boolean> => {
  const marked = await lstat(join(home, MARK)).then(
    (found) => found.isFile(),
    () => false,
  );
  if (!marked) return !(await isThere(home));
  try {
    await removeTree(work);
    await removeTree(writable);
    await removeTree(home);
    return true;
  } catch {
    return false;
  }
};

const remove = (folder: string): Promise<void> => rm(folder, { recursive: true, force: true, maxRetries: 3 });

const removeTree = async (folder: string): Promise<void> => {
  await remove(folder).catch(async () => {
    await openUp(folder);
    await remove(folder);
  });
};

/** Package caches are often made read-only by their tools. */
const openUp = async (folder: string): Promise<void> => {
  await chmod(folder, 0o700);
  for (const entry of await readdir(folder, { withFileTypes: true }))
    if (entry.isDirectory()) await openUp(join(folder, entry.name));
};
