import { RalphError } from '../../../domain/error.ts';
import { objectId, type LocalGit } from './command.ts';

const MAX_LIST_BYTES = 16 * 1024 * 1024;
const MAX_TREE_BYTES = 256 * 1024 * 1024;

/**
 * Every regular file of a commit, or of a folder in it, as text by whole path (symbolic links and gitlinks left out).
 * Too large: `git.failed`.
 */
export const readTree = async (
  git: LocalGit,
  sha: string,
  folder?: string,
): Promise<ReadonlyMap<string, string>> => {
  const below = folder === undefined ? [] : ['--', folder];
  const list = await git.must(['ls-tree', '-r', '-z', '--full-tree', objectId(sha), ...below], {
    maxBytes: MAX_LIST_BYTES,
  });
  const entries = list.stdout
    .toString('utf8')
    .split('\0')
    .map((line) => /^100\d{3} blob ([0-9a-f]+)\t([^]+)$/.exec(line))
    .filter((match) => match !== null)
    .map(([, id = '', path = '']) => ({ id, path }));
  if (entries.length === 0 && !list.truncated) return new Map();
  const blobs = await git.must(['cat-file', '--batch'], {
    input: entries.map(({ id }) => `${id}\n`).join(''),
    maxBytes: MAX_TREE_BYTES,
  });
  if (list.truncated || blobs.truncated)
    throw new RalphError('git.failed', `the tree of ${sha} is too large to be read`);
  return parseBatch(
    blobs.stdout,
    entries.map(({ path }) => path),
  );
};

const parseBatch = (out: Buffer, paths: readonly string[]): Map<string, string> => {
  const files = new Map<string, string>();
  let at = 0;
  for (const path of paths) {
    const end = out.indexOf(0x0a, at);
    const size = Number(/ blob (\d+)$/.exec(out.toString('latin1', at, end))?.[1] ?? Number.NaN);
    if (end < 0 || Number.isNaN(size))
      throw new RalphError('git.failed', `an object of the tree is missing: ${JSON.stringify(path)}`);
    files.set(path, out.toString('utf8', end + 1, end + 1 + size));
    at = end + 1 + size + 1;
  }
  return files;
};
