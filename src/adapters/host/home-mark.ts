import { closeSync, constants, fstatSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { RalphError } from '../../domain/error.ts';
import { SCHEMA } from '../../domain/schema-mark.ts';
import { codeOf, diskError, readRegular, temporaryPrefix } from './atomic-file.ts';
import { parseJson } from './run-list.ts';
import { decodeLine, readLines } from './log-lines.ts';
import { listFolder } from './state-files.ts';

const runJsonLimit = 4 * 1024 * 1024;
const { O_NOFOLLOW, O_NONBLOCK, O_RDONLY } = constants;

const markOf = (ralphDir: string): unknown => {
  const bytes = readRegular(join(ralphDir, 'run.json'), runJsonLimit);
  const value = typeof bytes === 'string' ? undefined : parseJson(bytes.toString('utf8'));
  return typeof value === 'object' && value !== null && 'schema' in value ? value.schema : undefined;
};

/** Two lines are looked at, so that a single flipped byte does not turn our log into somebody else's. */
const logKind = (path: string): 'ours' | 'other' | 'empty' => {
  let fd: number | undefined;
  try {
    fd = openSync(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
    const stat = fstatSync(fd);
    if (!stat.isFile()) return 'other';
    if (stat.size === 0) return 'empty';
    for (const line of readLines(fd, { from: 0, to: stat.size })) {
      if (typeof decodeLine(line.bytes) !== 'string') return 'ours';
      if (line.number === 2) break;
    }
    return 'other';
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return 'empty';
    if (codeOf(error) === 'ELOOP' || codeOf(error) === 'ENXIO') return 'other';
    throw diskError('read', path, error);
  } finally {
    if (fd !== undefined) closeSync(fd);
  }
};

const isOurs = (ralphDir: string): boolean => {
  const mark = markOf(ralphDir);
  if (mark !== undefined) return mark === SCHEMA;
  // run.json is a cache: where it is missing or broken, the log tells whose folder this is.
  const log = logKind(join(ralphDir, 'activity.log'));
  if (log !== 'empty') return log === 'ours';
  const known = new Set(['activity.log', 'control']);
  return listFolder(ralphDir).every((name) => known.has(name) || name.startsWith(temporaryPrefix));
};

/** RalphError `run.foreign-state` about a folder. */
export const foreignState = (dir: string): RalphError =>
  new RalphError('run.foreign-state', `${dir} was not made by this version of ralph`, {
    hint: `it has no run.json with schema ${SCHEMA} and no log of ralph; it was left as it is. Move it away`,
  });

/** Throws `run.foreign-state` when a `.ralph/` was made by something else; such a folder is never written to. */
export const refuseForeignState = (ralphDir: string): void => {
  if (!isOurs(ralphDir)) throw foreignState(ralphDir);
};
