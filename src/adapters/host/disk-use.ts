import { chmodSync, lstatSync, readdirSync, rmSync, type Stats } from 'node:fs';
import { join } from 'node:path';
import { diskError } from './atomic-file.ts';

const namesIn = (dir: string): readonly string[] => {
  try {
    return readdirSync(dir);
  } catch {
    return [];
  }
};

const statOf = (path: string): Stats | undefined => {
  try {
    return lstatSync(path, { throwIfNoEntry: false });
  } catch {
    return undefined;
  }
};

const visit = (root: string, see: (path: string, stat: Stats) => void): void => {
  const waiting = [root];
  for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
    const stat = statOf(path);
    if (stat === undefined) continue;
    see(path, stat);
    if (stat.isDirectory()) for (const name of namesIn(path)) waiting.push(join(path, name));
  }
};

/** Bytes that a tree takes on the disk. Symbolic links are not followed, hard links count once, what cannot be read counts 0. */
export const diskUse = (root: string): number => {
  let bytes = 0;
  const linked = new Set<string>();
  visit(root, (_path, stat) => {
    const key = `${stat.dev}:${stat.ino}`;
    if (linked.has(key)) return;
    if (stat.nlink > 1 && !stat.isDirectory()) linked.add(key);
    bytes += stat.blocks * 512;
  });
  return bytes;
};

const remove = (root: string): void => rmSync(root, { recursive: true, force: true });

/** Removes a tree, also one with folders that forbid it to their owner. Symbolic links are not followed. Throws `disk`. */
export const removeTree = (root: string): void => {
  try {
    remove(root);
  } catch {
    try {
      // Caches of package managers and modules are read-only on purpose.
      visit(root, (path, stat) => {
        if (stat.isDirectory()) chmodSync(path, 0o700);
      });
      remove(root);
    } catch (error) {
      throw diskError('remove', root, error);
    }
  }
};
