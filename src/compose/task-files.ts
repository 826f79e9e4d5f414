import { closeSync, openSync, readdirSync, readSync, type Dirent } from 'node:fs';
import { join, relative } from 'node:path';

const MOST_FILES = 300;
const MOST_FOLDERS = 400;
const DEEPEST = 5;
const HEAD_BYTES = 512;
const skipped = new Set(['node_modules', 'dist', 'build', 'target', 'vendor']);

const entriesOf = (dir: string): readonly Dirent[] => {
  try {
    return readdirSync(dir, { withFileTypes: true }).toSorted((a, b) => (a.name < b.name ? -1 : 1));
  } catch {
    return [];
  }
};

const looksLikeTask = (path: string): boolean => {
  let fd: number | undefined;
  try {
    fd = openSync(path, 'r');
    const head = Buffer.alloc(HEAD_BYTES);
    const text = head.toString('utf8', 0, readSync(fd, head, 0, HEAD_BYTES, 0));
    return /^\uFEFF?---[^\n]*\n/.test(text) && /^task_id\s*:/m.test(text);
  } catch {
    return false;
  } finally {
    if (fd !== undefined) closeSync(fd);
  }
};

/** Markdown files below a folder, breadth first and bounded, as paths from `cwd`; those with a task's head first. */
export const findTaskFiles = (root: string, cwd: string): readonly string[] => {
  const found: string[] = [];
  let folders: readonly string[] = [root];
  let looked = 0;
  for (let depth = 0; depth < DEEPEST && folders.length > 0; depth += 1) {
    const next: string[] = [];
    for (const dir of folders) {
      if ((looked += 1) > MOST_FOLDERS) break;
      for (const entry of entriesOf(dir)) {
        if (entry.isFile() && entry.name.endsWith('.md')) found.push(join(dir, entry.name));
        else if (entry.isDirectory() && !entry.name.startsWith('.') && !skipped.has(entry.name))
          next.push(join(dir, entry.name));
      }
    }
    folders = next;
  }
  const some = found.slice(0, MOST_FILES);
  const tasks = new Set(some.filter(looksLikeTask));
  return [...tasks, ...some.filter((path) => !tasks.has(path))].map((path) => relative(cwd, path));
};
