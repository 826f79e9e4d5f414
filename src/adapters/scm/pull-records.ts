import { randomBytes } from 'node:crypto';
import { link, mkdir, open, readFile, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { RalphError } from '../../domain/error.ts';

const MAX_RECORD_BYTES = 4 * 1024 * 1024;
const MAX_COMMENTS = 1000;

const pullRecord = z.object({
  number: z.number().int().positive(),
  url: z.string(),
  title: z.string(),
  body: z.string(),
  head: z.string(),
  base: z.string(),
  headSha: z.string(),
  draft: z.boolean(),
  labels: z.array(z.string()),
  state: z.enum(['open', 'closed', 'merged']),
  createdAt: z.string(),
  updatedAt: z.string(),
  comments: z.array(z.object({ at: z.string(), body: z.string() })).max(MAX_COMMENTS),
});
/** One pull request of a repository without a forge: `<n>.json`, which a human may read and close. */
export type PullRecord = z.output<typeof pullRecord>;

export interface PullRecords {
  /** The open record of that head branch, else the newest. Throws `scm.failed` for a record that cannot be read. */
  find(head: string): Promise<PullRecord | undefined>;
  get(number: number): Promise<PullRecord>;
  /** Takes the next free number; where another process made one for the same head meanwhile, that one is given. */
  create(make: (number: number, file: string) => PullRecord): Promise<PullRecord>;
  save(record: PullRecord): Promise<PullRecord>;
}

/** The branch of each record by folder and number, which never changes: with 500 runs at one remote, 500 files less to read. */
const knownHeads = new Map<string, Map<number, string>>();

export const createPullRecords = (dir: string): PullRecords => {
  const file = (number: number): string => join(dir, `${number}.json`);
  const numbers = async (): Promise<number[]> =>
    (await readdir(dir).catch(() => []))
      .map((name) => /^([1-9]\d{0,8})\.json$/.exec(name)?.[1])
      .filter((number) => number !== undefined)
      .map(Number)
      .toSorted((a, b) => b - a);
  const get = async (number: number): Promise<PullRecord> => (await readRecord(file(number)))!;
  const all = async (head: string): Promise<PullRecord[]> => {
    const records: PullRecord[] = [];
    const heads = knownHeads.get(dir) ?? new Map<number, string>();
    knownHeads.set(dir, heads);
    for (const number of await numbers()) {
      if ((heads.get(number) ?? head) !== head) continue;
      const record = await readRecord(file(number), { mayBeGone: true });
      // One that is gone may come back as another's: the number is free again.
      if (record) heads.set(number, record.head);
      if (record?.head === head) records.push(record);
    }
    return records;
  };
  return {
    get,
    // Of two open ones the younger is about to go: its maker saw the older too late.
    find: async (head) => {
      const records = await all(head);
      return records.findLast(({ state }) => state === 'open') ?? records[0];
    },
    save: (record) => guarded(dir, () => replace(dir, file(record.number), record)),
    create: (make) =>
      guarded(dir, async () => {
        await mkdir(dir, { recursive: true });
        for (let next = ((await numbers())[0] ?? 0) + 1; ; next += 1) {
          const record = make(next, file(next));
          if (!(await createExclusive(dir, file(next), record))) continue;
          const first = (await all(record.head)).findLast((other) => other.state === 'open');
          if (!first || first.number >= next) return record;
          await rm(file(next));
          knownHeads.get(dir)?.delete(next);
          return first;
        }
      }),
  };
};

const guarded = async <T>(dir: string, task: () => Promise<T>): Promise<T> => {
  try {
    return await task();
  } catch (error) {
    if (error instanceof RalphError) throw error;
    throw new RalphError('scm.failed', `the pull request record in ${dir} cannot be written`, {
      hint: 'Check the rights of that folder and the free space.',
      cause: error,
    });
  }
};

const readRecord = async (
  path: string,
  options: { readonly mayBeGone?: boolean } = {},
): Promise<PullRecord | undefined> => {
  try {
    const text = await readFile(path, 'utf8');
    if (text.length > MAX_RECORD_BYTES) throw new Error('too large');
    return pullRecord.parse(JSON.parse(text));
  } catch (error) {
    if (options.mayBeGone && error instanceof Error && 'code' in error && error.code === 'ENOENT')
      return undefined;
    throw new RalphError('scm.failed', `the pull request record ${path} cannot be read`, {
      hint: 'Repair the JSON in it, or move the file away: a new record is made then.',
      cause: error,
    });
  }
};

const writeTemporary = async (dir: string, record: PullRecord): Promise<string> => {
  const temporary = join(dir, `.${record.number}-${randomBytes(6).toString('hex')}.tmp`);
  const handle = await open(temporary, 'wx', 0o644);
  try {
    await handle.writeFile(`${JSON.stringify(record, undefined, 2)}\n`);
    await handle.sync();
  } finally {
    await handle.close();
  }
  return temporary;
};

const createExclusive = async (dir: string, path: string, record: PullRecord): Promise<boolean> => {
  const temporary = await writeTemporary(dir, record);
  try {
    // A link appears with its whole content, and never over an existing file.
    await link(temporary, path);
    await syncFolder(dir);
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false;
    throw error;
  } finally {
    await rm(temporary, { force: true });
  }
};

const replace = async (dir: string, path: string, record: PullRecord): Promise<PullRecord> => {
  const temporary = await writeTemporary(dir, record);
  await rename(temporary, path);
  await syncFolder(dir);
  return record;
};

const syncFolder = async (dir: string): Promise<void> => {
  const folder = await open(dir, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
};
