import { mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { RalphError } from '../../../domain/error.ts';
import type { LocalGit } from './command.ts';
import { QUARANTINE } from './import-pack.ts';

const CONFIG = `[core]
	repositoryformatversion = 0
	filemode = true
	bare = true
	fsync = committed,pack-metadata
	logAllRefUpdates = false
[gc]
	auto = 0
[maintenance]
	auto = false
`;

const exists = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  );

/**
 * Makes the bare repository, or clears what a killed process left in an existing one. The caller must hold the
 * run's lock: locks of git that are found here belong to nobody.
 */
export const prepare = async (git: LocalGit): Promise<void> => {
  try {
    await mkdir(git.dir, { recursive: true });
    if (!(await exists(join(git.dir, 'HEAD'))))
      await git.must(['init', '--bare', '--quiet', '--template=', '--initial-branch=main']);
    // Looked at each time: nothing that got into this file may hold. A full disk must not cut one that is right.
    const config = join(git.dir, 'config');
    if ((await readFile(config, 'utf8').catch(() => '')) !== CONFIG) await writeFile(config, CONFIG);
    await sweep(git.dir);
  } catch (error) {
    if (error instanceof RalphError) throw error;
    throw new RalphError('disk', `cannot prepare ${git.dir}`, { cause: error });
  }
};

const sweep = async (dir: string): Promise<void> => {
  const top = await readdir(dir);
  const left = top.filter(
    (name) => name.startsWith(QUARANTINE) || name.endsWith('.lock') || name.startsWith('fast_import_crash'),
  );
  const locks = (await readdir(join(dir, 'refs'), { recursive: true })).filter((name) =>
    name.endsWith('.lock'),
  );
  const packs = (await readdir(join(dir, 'objects', 'pack')).catch(() => [])).filter((name) =>
    /^\.?tmp[_-]/.test(name),
  );
  const stale = [
    ...left,
    ...locks.map((name) => join('refs', name)),
    ...packs.map((name) => join('objects', 'pack', name)),
  ];
  await Promise.all(stale.map((name) => rm(join(dir, name), { recursive: true, force: true })));
};
