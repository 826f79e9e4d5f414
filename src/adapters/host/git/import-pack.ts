import { mkdir, mkdtemp, open, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { RalphError } from '../../../domain/error.ts';
import { singleLine } from '../../../domain/terminal.ts';
import type { ImportOutcome } from '../../../ports/run-repo.ts';
import type { BytesResult } from '../../process.ts';
import { objectId, succeeded, type GitEnv, type LocalGit } from './command.ts';
import { failureKind, gitFailure, lastWords } from './failure.ts';
import { joinPacks } from './join-packs.ts';

export const QUARANTINE = 'quarantine-';
/** No object of a pack may make git allocate more than this at once. */
const ALLOC_LIMIT = '1g';
const MAX_CHANGES_BYTES = 64 * 1024 * 1024;
const GITLINK = '160000';

export interface ExpectedPack {
  readonly head: string;
  readonly base: string;
  readonly maxBytes: number;
  readonly forbidden: readonly string[];
}

const refused = (reason: string): ImportOutcome => ({ kind: 'refused', reason });

/**
 * Takes a pack of an untrusted sandbox. Its objects are looked at in a folder of their own, and join the
 * repository only when every check has passed.
 */
export const importPack = async (
  git: LocalGit,
  pack: AsyncIterable<Uint8Array>,
  expected: ExpectedPack,
): Promise<ImportOutcome> => {
  objectId(expected.base);
  if (!/^[0-9a-f]{40,64}$/.test(expected.head)) return refused('the head is no object id');
  const quarantine = await mkdtemp(join(git.dir, QUARANTINE));
  try {
    await mkdir(join(quarantine, 'pack'));
    const env: GitEnv = {
      GIT_OBJECT_DIRECTORY: quarantine,
      GIT_ALTERNATE_OBJECT_DIRECTORIES: JSON.stringify(join(git.dir, 'objects')),
      GIT_ALLOC_LIMIT: ALLOC_LIMIT,
    };
    const problem =
      (await index(git, pack, { env, maxBytes: expected.maxBytes })) ?? (await inspect(git, env, expected));
    if (problem !== undefined) return refused(problem);
    await migrate(join(quarantine, 'pack'), join(git.dir, 'objects', 'pack'));
  } finally {
    await rm(quarantine, { recursive: true, force: true });
  }
  await joinPacks(git);
  return { kind: 'ok' };
};

/** Our own trouble (disk, no git, cancelled) is thrown; anything else is the pack's fault. */
const blame = (result: BytesResult, what: string): string => {
  const kind = failureKind(result);
  if (['disk', 'no-git', 'cancelled'].includes(kind)) throw gitFailure(result, what);
  return `${what}: ${lastWords(result.stderr) || JSON.stringify(result.exit)}`;
};

const index = async (
  git: LocalGit,
  pack: AsyncIterable<Uint8Array>,
  { env, maxBytes }: { readonly env: GitEnv; readonly maxBytes: number },
): Promise<string | undefined> => {
  const limit = Math.max(1, Math.floor(maxBytes));
  const result = await git.run(
    ['index-pack', '--stdin', '--fix-thin', '--strict', `--max-input-size=${limit}`],
    {
      env,
      input: pack,
    },
  );
  if (succeeded(result)) return undefined;
  if (/exceeds maximum allowed size/i.test(result.stderr)) return `the pack is larger than ${limit} bytes`;
  return blame(result, 'damaged or forbidden objects');
};

const inspect = async (git: LocalGit, env: GitEnv, expected: ExpectedPack): Promise<string | undefined> => {
  const [history, tree] = await Promise.all([
    checkHistory(git, env, expected),
    changedPaths(git, env, expected),
  ]);
  if (history !== undefined) return history;
  return typeof tree === 'string'
    ? tree
    : tree.map((change) => forbiddenChange(change, expected)).find(Boolean);
};

/** One walk proves both that nothing is missing and that the head descends from the base (no `<` side). */
const checkHistory = async (
  git: LocalGit,
  env: GitEnv,
  { head, base }: ExpectedPack,
): Promise<string | undefined> => {
  let atLineStart = true;
  let left = false;
  const result = await git.run(['rev-list', '--objects', '--left-right', `${base}...${head}`, '--'], {
    env,
    onStdout: (chunk) => {
      left ||=
        (atLineStart && chunk[0] === 0x3c) ||
        Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length).includes('\n<');
      atLineStart = chunk.at(-1) === 0x0a;
    },
  });
  if (!succeeded(result)) return blame(result, 'the history is not complete');
  return left ? 'the head does not descend from the base' : undefined;
};

interface Change {
  readonly before: string;
  readonly after: string;
  readonly path: string;
}

const changedPaths = async (
  git: LocalGit,
  env: GitEnv,
  { head, base }: ExpectedPack,
): Promise<readonly Change[] | string> => {
  const result = await git.run(
    ['diff-tree', '-r', '--raw', '-z', '--no-renames', '--no-abbrev', base, head, '--'],
    {
      env,
      maxBytes: MAX_CHANGES_BYTES,
    },
  );
  if (!succeeded(result)) return blame(result, 'the tree cannot be read');
  if (result.truncated) return 'the change touches too many files';
  const fields = result.stdout.toString('utf8').split('\0');
  const changes: Change[] = [];
  for (let at = 0; at + 1 < fields.length; at += 2) {
    const [before = '', after = ''] = fields[at]!.slice(1).split(' ');
    changes.push({ before, after, path: fields[at + 1]! });
  }
  return changes;
};

// What macOS and Windows take for the same name; git itself looks after `.git` only.
const IGNORED = /[\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff]/g;
const plainPath = (path: string): string =>
  path
    .normalize('NFC')
    .replace(IGNORED, '')
    .toLowerCase()
    .split('/')
    .map((part) => part.replace(/[. ]+$/, '') || part)
    .join('/');

const forbiddenChange = (change: Change, { forbidden }: ExpectedPack): string | undefined => {
  if (change.after === '000000') return undefined;
  const name = JSON.stringify(singleLine(change.path, 200));
  if (change.after === GITLINK) return `a nested repository (gitlink) at ${name}`;
  if (change.before !== '000000') return undefined;
  const path = plainPath(change.path);
  const hit = ['.ralph', ...forbidden.map(plainPath)].some(
    (root) => path === root || path.startsWith(`${root}/`),
  );
  return hit ? `${name} does not belong into the branch` : undefined;
};

const migrate = async (from: string, to: string): Promise<void> => {
  // The index comes last: only with it git sees the pack.
  const names = (await readdir(from)).toSorted(
    (a, b) => Number(a.endsWith('.idx')) - Number(b.endsWith('.idx')),
  );
  for (const name of names) await rename(join(from, name), join(to, name));
  await syncFolder(to);
};

const syncFolder = async (path: string): Promise<void> => {
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } catch (error) {
    throw new RalphError('disk', `cannot write ${path}`, { cause: error });
  } finally {
    await folder.close();
  }
};
