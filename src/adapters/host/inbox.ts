import { opendirSync, rmdirSync, statSync, unlinkSync } from 'node:fs';
import { join } from 'node:path';
import { controlSchema, type Control } from '../../domain/control.ts';
import { RalphError } from '../../domain/error.ts';
import type { Clock } from '../../ports/host.ts';
import type { Inbox, Pending } from '../../ports/run-home.ts';
import { codeOf, diskError, makeFolder, readRegular, writeAtomic } from './atomic-file.ts';
import { watchFolder } from './watch.ts';

const fileLimit = 1000;
const sizeLimit = 512 * 1024;
// Names are sorted, so all must be read; a folder with more than this is not an inbox any more.
const nameLimit = 50_000;

const isControlName = (name: string): boolean =>
  name.endsWith('.json') && !name.startsWith('.') && !name.includes('/') && !name.includes('\0');

const controlNames = (dir: string): readonly string[] => {
  const names: string[] = [];
  try {
    const folder = opendirSync(dir);
    try {
      for (let read = 0; read < nameLimit; read += 1) {
        const item = folder.readSync();
        if (item === null) break;
        if (isControlName(item.name)) names.push(item.name);
      }
    } finally {
      folder.closeSync();
    }
  } catch (error) {
    if (codeOf(error) === 'ENOENT' || codeOf(error) === 'ENOTDIR') return [];
    throw diskError('read', dir, error);
  }
  return names.toSorted().slice(0, fileLimit);
};

const problems = {
  'not-regular': 'it is not a regular file',
  'too-large': 'it is larger than 512 KiB',
};

// What is wrong is told by place and kind only: the text of a file that is no control is nobody's message.
const parseControl = (bytes: Buffer): Control | string => {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    return 'it is not JSON';
  }
  const checked = controlSchema.safeParse(value);
  if (checked.success) return checked.data;
  const issue = checked.error.issues[0];
  return `it is not a control: ${issue?.path.join('.') ?? ''} ${issue?.code ?? ''}`.slice(0, 300);
};

const readPending = (dir: string, name: string): Pending | undefined => {
  let read: ReturnType<typeof readRegular>;
  try {
    read = readRegular(join(dir, name), sizeLimit);
  } catch {
    return { name, control: undefined, problem: 'it cannot be read' };
  }
  // Another process took it back between the listing and now.
  if (read === 'missing') return undefined;
  if (typeof read === 'string') return { name, control: undefined, problem: problems[read] };
  const control = parseControl(read);
  return typeof control === 'string' ? { name, control: undefined, problem: control } : { name, control };
};

const removeFile = (dir: string, name: string): void => {
  if (!isControlName(name)) return;
  const path = join(dir, name);
  try {
    unlinkSync(path);
  } catch (error) {
    // An empty folder under a control's name goes too; one with content is not ours to delete.
    if (codeOf(error) === 'EISDIR' || codeOf(error) === 'EPERM') removeEmptyFolder(path);
  }
};

const removeEmptyFolder = (path: string): void => {
  try {
    rmdirSync(path);
  } catch {
    // Read-only mount or not empty: it stays, and its id decides that it is not taken twice.
  }
};

const racyMs = 100;

// A folder's mtime has the grain of the kernel's tick, so a change right after the last look may not move it: a
// look that comes that early does not count as the last one.
const folderChange = (dir: string): (() => boolean) => {
  const stamp = (): number => {
    try {
      return statSync(dir, { throwIfNoEntry: false })?.mtimeMs ?? 0;
    } catch {
      return 0;
    }
  };
  let seen = stamp();
  return () => {
    const now = stamp();
    if (now === seen) return false;
    const age = Date.now() - now;
    seen = age >= 0 && age < racyMs ? -1 : now;
    return true;
  };
};

/** The inbox `.ralph/control/` of a run, for whoever takes its controls. */
export const openInbox = (dir: string): Inbox => ({
  pending: () =>
    controlNames(dir)
      .map((name) => readPending(dir, name))
      .filter((item) => item !== undefined),
  remove: (name) => removeFile(dir, name),
  watch: (listener) => watchFolder({ dir, changed: folderChange(dir), listener, keepAlive: false }),
});

let lastStamp = 0;
let counter = 0;

const nextName = (clock: Clock, id: string): string => {
  lastStamp = Math.max(lastStamp, clock.now().getTime());
  counter += 1;
  const at = new Date(lastStamp).toISOString().replaceAll(/[-:.]/gu, '');
  const safeId = id.replaceAll(/[^A-Za-z0-9_-]/gu, '_').slice(0, 80);
  return `${at}-${String(counter).padStart(8, '0')}-${safeId}.json`;
};

/**
 * Puts a control into an inbox, under a name that sorts by time: `<time>-<counter>-<id>.json`. It appears there
 * whole or not at all. Throws `usage` when it is no valid control, `disk`.
 */
export const dropControlFile = (dir: string, control: Control, clock: Clock): void => {
  const checked = controlSchema.safeParse(control);
  if (!checked.success) {
    const issue = checked.error.issues[0];
    const part = issue?.path.at(-1) ?? 'it';
    const wrong = issue?.code === 'too_small' ? 'is empty' : `${issue?.message}`;
    throw new RalphError('usage', `this order cannot be sent: ${String(part)} ${wrong}`, {
      hint: 'check the length and the kind of what you gave',
      cause: checked.error,
    });
  }
  const bytes = Buffer.from(`${JSON.stringify(checked.data)}\n`);
  if (bytes.length > sizeLimit) {
    throw new RalphError('usage', 'this order cannot be sent: it is larger than 512 KiB', {
      hint: 'shorten its text',
    });
  }
  try {
    makeFolder(dir);
  } catch (error) {
    throw diskError('make', dir, error);
  }
  writeAtomic(join(dir, nextName(clock, checked.data.id)), bytes);
};
