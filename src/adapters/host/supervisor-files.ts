import { readdirSync, statSync, unlinkSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import type { QueueItem, SupervisorFiles, SupervisorReport } from '../../ports/supervisor.ts';
import { makeFolder, readRegular, writeAtomic } from './atomic-file.ts';
import { isLocked, takeLock } from './lock.ts';
import { watchFolder } from './watch.ts';

const MAX_ITEM = 4096;
const MAX_REPORT = 1024 * 1024;

const itemSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('run'), run: z.string().min(1).max(64) }),
  z.object({ kind: z.literal('concurrency'), n: z.number().int().min(1).max(10_000) }),
  z.object({ kind: z.literal('stop') }),
]);
const reportSchema = z.object({
  pid: z.number(),
  version: z.string(),
  startedAt: z.string(),
  at: z.string(),
  concurrency: z.number(),
  running: z.array(z.string()),
  waiting: z.array(z.string()).optional(),
  queued: z.array(z.string()),
  rssBytes: z.number(),
});

const readJson = <T>(path: string, limit: number, schema: z.ZodType<T>): T | undefined => {
  const bytes = readRegular(path, limit);
  if (typeof bytes === 'string') return undefined;
  try {
    return schema.safeParse(JSON.parse(bytes.toString('utf8'))).data;
  } catch {
    return undefined;
  }
};

const unlink = (path: string): void => {
  try {
    unlinkSync(path);
  } catch {
    // Somebody else was faster: gone is gone.
  }
};

const namesIn = (dir: string): readonly string[] =>
  readdirSync(dir)
    .filter((name) => name.endsWith('.json') && !name.startsWith('.'))
    .toSorted();

const pendingIn = (dir: string): readonly { readonly name: string; readonly item: QueueItem }[] =>
  namesIn(dir).flatMap((name) => {
    const item = readJson(join(dir, name), MAX_ITEM, itemSchema);
    if (item) return [{ name, item }];
    unlink(join(dir, name));
    return [];
  });

/** The supervisor's folder `<state>/supervisor`: lock, report.json, queue/. Throws RalphError `disk`. */
export const createSupervisorFiles = (dir: string, newId: () => string): SupervisorFiles => {
  const queue = join(dir, 'queue');
  makeFolder(queue);
  const lock = join(dir, 'lock');
  let counter = 0;
  let seen = -1;
  const changed = (): boolean => {
    const at = statSync(queue, { throwIfNoEntry: false })?.mtimeMs ?? 0;
    const is = at !== seen;
    seen = at;
    return is;
  };
  return {
    lease: () => {
      const held = takeLock(lock);
      return held === 'locked' ? undefined : held;
    },
    get running() {
      return isLocked(lock);
    },
    report: (): SupervisorReport | undefined => readJson(join(dir, 'report.json'), MAX_REPORT, reportSchema),
    writeReport: (report) => writeAtomic(join(dir, 'report.json'), Buffer.from(JSON.stringify(report))),
    put: (item) => {
      counter += 1;
      const at = new Date().toISOString().replace(/[^0-9]/g, '');
      const name = `${at}-${String(counter).padStart(6, '0')}-${newId()}.json`;
      writeAtomic(join(queue, name), Buffer.from(JSON.stringify(item)));
    },
    pending: () => pendingIn(queue),
    remove: (name) => unlink(join(queue, name)),
    watch: (listener) => watchFolder({ dir: queue, changed, listener, keepAlive: true }),
  };
};
