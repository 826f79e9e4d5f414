import { execBytes } from '../adapters/process.ts';

/** Beside everything else: a tree of a hundred thousand files takes a while. What cannot be read counts 0. */
const diskBytes = async (dir: string): Promise<number | undefined> => {
  const { stdout } = await execBytes({ argv: ['du', '-sk', dir] });
  const kib = /^(\d+)\s/.exec(stdout.toString('utf8'))?.[1];
  return kib === undefined ? undefined : Number(kib) * 1024;
};

/** While a pane is looked at it asks every few seconds: one answer serves for a while. */
const DISK_FRESH_MS = 60_000;
const measured = new Map<string, { readonly at: number; readonly bytes: Promise<number | undefined> }>();

/** What a folder takes, at most a minute old; undefined where it cannot be measured. */
export const diskBytesSoon = (dir: string): Promise<number | undefined> => {
  const known = measured.get(dir);
  if (known && performance.now() - known.at < DISK_FRESH_MS) return known.bytes;
  const bytes = diskBytes(dir);
  measured.set(dir, { at: performance.now(), bytes });
  return bytes;
};
