import { RalphError } from '../../../domain/error.ts';
import type { RebaseOutcome } from '../../../ports/run-repo.ts';
import { objectId, succeeded, type LocalGit } from './command.ts';
import { gitFailure } from './failure.ts';

const MAX_COMMITS = 2000;
const MAX_MESSAGE_BYTES = 1024 * 1024;
const MAX_NAMES_BYTES = 1024 * 1024;

interface Commit {
  readonly sha: string;
  readonly author: Readonly<Record<string, string>>;
  readonly message: string;
}

const lineOf = (output: Buffer): string => output.toString('utf8').trim();

/** The newest commit that both have; undefined where they have none. */
const mergeBase = async (git: LocalGit, a: string, b: string): Promise<string | undefined> => {
  const result = await git.run(['merge-base', objectId(a), objectId(b)]);
  if (succeeded(result)) return objectId(lineOf(result.stdout));
  if (result.exit.kind === 'code' && result.exit.code === 1) return undefined;
  throw gitFailure(result, 'git merge-base');
};

const read = async (git: LocalGit, sha: string): Promise<Commit> => {
  const format = '--format=%an%x00%ae%x00%aI%x00%B';
  const { stdout } = await git.must(['show', '-s', '--no-show-signature', format, sha, '--'], {
    maxBytes: MAX_MESSAGE_BYTES,
  });
  const [name = '', email = '', date = '', ...message] = stdout.toString('utf8').split('\0');
  const by = (who: string): Record<string, string> => ({
    [`GIT_${who}_NAME`]: name || 'unknown',
    [`GIT_${who}_EMAIL`]: email || 'unknown',
    [`GIT_${who}_DATE`]: date,
  });
  // The same work on the same commit gives the same ids: after a crash it can be done again.
  return { sha, author: { ...by('AUTHOR'), ...by('COMMITTER') }, message: message.join('\0') };
};

const commitTree = async (
  git: LocalGit,
  commit: Pick<Commit, 'author' | 'message'>,
  at: { readonly tree: string; readonly parent: string },
): Promise<string> => {
  const { stdout } = await git.must(['commit-tree', at.tree, '-p', at.parent], {
    env: commit.author,
    input: commit.message,
  });
  return objectId(lineOf(stdout));
};

const treeOf = async (git: LocalGit, sha: string): Promise<string> =>
  objectId(lineOf((await git.must(['rev-parse', '--verify', `${sha}^{tree}`])).stdout));

/** The tree that a commit's change gives on another commit, or the files where both changed the same. */
const carried = async (
  git: LocalGit,
  commit: Commit,
  onto: string,
): Promise<{ readonly tree: string } | { readonly files: readonly string[] }> => {
  const parent = objectId(lineOf((await git.must(['rev-parse', '--verify', `${commit.sha}^1`])).stdout));
  // Seen from here, the newest commit in common with `commit` is its parent: the merge takes its change alone.
  const seat = await commitTree(git, commit, { tree: await treeOf(git, onto), parent });
  const result = await git.run(
    ['merge-tree', '--write-tree', '--name-only', '--no-messages', '-z', seat, commit.sha],
    { maxBytes: MAX_NAMES_BYTES },
  );
  const [tree = '', ...files] = result.stdout.toString('utf8').split('\0');
  if (succeeded(result)) return { tree: objectId(tree) };
  if (result.exit.kind === 'code' && result.exit.code === 1)
    return { files: [...new Set(files.filter((file) => file !== ''))] };
  throw new RalphError('git.failed', 'git cannot rebase without a work tree', {
    hint: 'It takes git 2.38 or newer; or take --force-with-lease or --abandon.',
    cause: gitFailure(result, 'git merge-tree'),
  });
};

/** Commit by commit, each with its author and words; what is in `onto` already is left out. No work tree, no hooks. */
export const rebase = async (git: LocalGit, head: string, onto: string): Promise<RebaseOutcome> => {
  const base = await mergeBase(git, head, onto);
  if (base === undefined) return { kind: 'unrelated' };
  const range = ['rev-list', '--reverse', '--first-parent', `--max-count=${MAX_COMMITS + 1}`];
  const { stdout } = await git.must([...range, `${base}..${objectId(head)}`, '--']);
  const shas = stdout
    .toString('utf8')
    .split('\n')
    .filter((line) => line !== '');
  if (shas.length > MAX_COMMITS)
    throw new RalphError('git.failed', `more than ${MAX_COMMITS} commits cannot be rebased`);
  let at = objectId(onto);
  for (const sha of shas) {
    const commit = await read(git, objectId(sha));
    const made = await carried(git, commit, at);
    if ('files' in made) return { kind: 'conflict', sha, files: made.files };
    const isEmpty = made.tree === (await treeOf(git, at));
    if (!isEmpty) at = await commitTree(git, commit, { tree: made.tree, parent: at });
  }
  return { kind: 'ok', sha: at };
};
