import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { LocalGit } from './command.ts';

const MANY_PACKS = 60;

/** Joins small packs when there are many, so that iteration 200 is as fast as iteration 2. A failure only costs speed. */
export const joinPacks = async (git: LocalGit): Promise<void> => {
  const names = await readdir(join(git.dir, 'objects', 'pack'));
  if (names.filter((name) => name.endsWith('.pack')).length < MANY_PACKS) return;
  await git.run(['repack', '--geometric=2', '-d', '-q']);
};
