import { readdirSync, unlinkSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import type { ClaimFiles } from '../../ports/claims.ts';
import { makeFolder, readRegular, writeAtomic } from './atomic-file.ts';
import { isLocked, takeLock, type HeldLock } from './lock.ts';

const MAX_BYTES = 16 * 1024;
const NAME = /^([a-z0-9]{1,64})\.json$/;
const schema = z.object({
  marker: z.string().regex(/^[a-z0-9]{1,64}$/),
  issue: z.string().max(1000),
  takenLabel: z.string().max(200),
  at: z.string().max(100),
  isMarked: z.boolean(),
});

const unlink = (path: string): void => {
  try {
    unlinkSync(path);
  } catch {
    // Gone is gone.
  }
};

/** The folder `<state>/claims`: a file for each claim, and a lock that the kernel frees when its process dies. */
export const createClaimFiles = (dir: string): ClaimFiles => {
  const held = new Map<string, HeldLock>();
  const lockOf = (marker: string): string => join(dir, `${marker}.lock`);
  const letGo = (marker: string): void => {
    held.get(marker)?.release();
    held.delete(marker);
  };
  return {
    abandon: letGo,
    put: (claim) => {
      makeFolder(dir);
      const lock = held.has(claim.marker) ? 'locked' : takeLock(lockOf(claim.marker));
      if (lock !== 'locked') held.set(claim.marker, lock);
      writeAtomic(join(dir, `${claim.marker}.json`), JSON.stringify(claim));
    },
    remove: (marker) => {
      unlink(join(dir, `${marker}.json`));
      letGo(marker);
      unlink(lockOf(marker));
    },
    orphans: () => {
      makeFolder(dir);
      return readdirSync(dir).flatMap((name) => {
        const marker = NAME.exec(name)?.[1];
        if (marker === undefined || held.has(marker) || isLocked(lockOf(marker))) return [];
        const bytes = readRegular(join(dir, name), MAX_BYTES);
        if (typeof bytes === 'string') return [];
        try {
          return schema.safeParse(JSON.parse(bytes.toString('utf8'))).data ?? [];
        } catch {
          return [];
        }
      });
    },
  };
};
