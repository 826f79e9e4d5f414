import { RalphError } from '../../../domain/error.ts';
import { fullRef, objectId, succeeded, type LocalGit } from './command.ts';
import { gitFailure } from './failure.ts';
import { joinPacks } from './join-packs.ts';

// One pack needs three fsyncs, loose objects one each: a sixth of the time.
const ONE_PACK = ['-c', 'fastimport.unpackLimit=1'];
const WHO = 'Ralph <ralph@localhost>';

export interface FilesChange {
  readonly parent: string | undefined;
  readonly message: string;
  readonly files: ReadonlyMap<string, string | null>;
}

const checkedPath = (path: string): string => {
  const parts = path.split('/');
  const bad = parts.some(
    (part) => part === '' || part === '.' || part === '..' || part.toLowerCase() === '.git',
  );
  if (!bad && !path.includes('\0')) return path;
  throw new RalphError('git.failed', `not a path inside a repository: ${JSON.stringify(path.slice(0, 200))}`);
};

const quoted = (path: string): string =>
  `"${path.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')}"`;

const data = (text: string): string => `data ${Buffer.byteLength(text)}\n${text}\n`;

/**
 * One commit by one `git fast-import`: no index, no work tree. The ref moves with it, in a transaction and only
 * from the parent or one of its ancestors (or from nowhere); else `git.failed`.
 */
export const commitFiles = async (git: LocalGit, ref: string, change: FilesChange): Promise<string> => {
  const when = `${Math.floor(Date.now() / 1000)} +0000`;
  const lines = [
    `commit ${fullRef(ref)}\nmark :1\nauthor ${WHO} ${when}\ncommitter ${WHO} ${when}\n`,
    data(change.message),
    change.parent === undefined ? '' : `from ${objectId(change.parent)}\n`,
  ];
  for (const [path, text] of change.files)
    lines.push(
      text === null
        ? `D ${quoted(checkedPath(path))}\n`
        : `M 100644 inline ${quoted(checkedPath(path))}\n${data(text)}`,
    );
  lines.push('\nget-mark :1\ndone\n');
  const result = await git.run([...ONE_PACK, 'fast-import', '--quiet', '--done', '--date-format=raw'], {
    input: lines.join(''),
  });
  if (!succeeded(result)) {
    // Also a full disk keeps git from locking a ref.
    if (/not updating|cannot lock ref/i.test(result.stderr) && !/unable to create/i.test(result.stderr))
      throw new RalphError('git.failed', `${ref} has moved since this run read it`, {
        hint: 'Another runner may be at work on this run; look at it with `ralph show`.',
      });
    throw gitFailure(result, `commit to ${ref}`);
  }
  await joinPacks(git);
  return objectId(result.stdout.toString('utf8').trim());
};
