import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import type { RunRepo } from '../../ports/run-repo.ts';
import type { AuthFor } from './git/address.ts';
import { createLocalGit, fullRef, objectId, succeeded, type LocalGit } from './git/command.ts';
import { commitFiles } from './git/commit-files.ts';
import { diffTrees } from './git/diff.ts';
import { gitFailure } from './git/failure.ts';
import { importPack } from './git/import-pack.ts';
import { prepare } from './git/prepare.ts';
import { rebase } from './git/rebase.ts';
import { readTree } from './git/read-tree.ts';
import { createRemoteGit } from './git/remote.ts';

const LOG_LENGTH = 50;
const MAX_LOG_BYTES = 1024 * 1024;

/**
 * The run's bare repository in `dir`. `env` is the base environment (its `GIT_*` do not get through); `auth`
 * gives the header for an http remote, which travels by environment only and to that origin only.
 */
export const createRunRepo = (options: {
  readonly dir: string;
  readonly env: Readonly<Record<string, string>>;
  readonly auth?: AuthFor;
}): RunRepo => {
  const git = createLocalGit(options.dir, options.env);
  return {
    dir: options.dir,
    init: () => prepare(git),
    ...createRemoteGit(options),
    pack: (sha, without = []) => packStream(git, sha, without),
    importPack: (pack, expected) => importPack(git, pack, expected),
    diff: (from, to, { maxBytes }) => diffTrees(git, { from, to }, maxBytes),
    readRef: (ref) => readRef(git, ref),
    updateRef: (ref, sha, old) => updateRef(git, ref, { sha, old }),
    commitFiles: (ref, change) => commitFiles(git, ref, change),
    readTree: (sha, folder) => readTree(git, sha, folder),
    isAncestor: (ancestor, sha) => isAncestor(git, ancestor, sha),
    rebase: (head, onto) => rebase(git, head, onto),
    log: (base, head, max = LOG_LENGTH) => log(git, { base, head }, max),
    messages: (base, head) => messages(git, { base, head }),
  };
};

async function* packStream(
  git: LocalGit,
  sha: string,
  without: readonly string[],
): AsyncGenerator<Uint8Array> {
  const input = [objectId(sha), ...without.map((id) => `^${objectId(id)}`)].join('\n');
  const pipe = new PassThrough();
  const stop = new AbortController();
  const { signal } = stop;
  const done = git
    .run(['pack-objects', '--revs', '--stdout', '-q', '--delta-base-offset'], {
      input: `${input}\n`,
      signal,
      onStdout: async (chunk) => {
        if (!pipe.write(chunk)) await once(pipe, 'drain', { signal });
      },
    })
    .then(
      (result) => {
        if (succeeded(result)) pipe.end();
        else pipe.destroy(gitFailure(result, 'git pack-objects'));
      },
      (error: unknown) => void pipe.destroy(error instanceof Error ? error : new Error(String(error))),
    );
  try {
    yield* pipe as AsyncIterable<Uint8Array>;
  } finally {
    stop.abort();
    pipe.destroy();
    await done;
  }
}

const readRef = async (git: LocalGit, ref: string): Promise<string | undefined> => {
  // A ref of ours is nearly always a file of its own: no process is needed for it.
  const loose = await readFile(join(git.dir, fullRef(ref)), 'utf8').catch(() => '');
  if (/^[0-9a-f]{40,64}\n$/.test(loose)) return loose.trim();
  const result = await git.run(['rev-parse', '--verify', '--quiet', ref]);
  if (succeeded(result)) return objectId(result.stdout.toString('utf8').trim());
  if (result.exit.kind === 'code' && result.exit.code === 1) return undefined;
  throw gitFailure(result, `read ${ref}`);
};

const updateRef = async (
  git: LocalGit,
  ref: string,
  { sha, old }: { readonly sha: string; readonly old: string | undefined },
): Promise<boolean> => {
  const id = objectId(sha);
  const before = old === undefined ? '0'.repeat(id.length) : objectId(old);
  const result = await git.run(['update-ref', '--no-deref', fullRef(ref), id, before]);
  if (succeeded(result)) return true;
  if ((await readRef(git, ref)) !== old) return false;
  throw gitFailure(result, `update ${ref}`);
};

const isAncestor = async (git: LocalGit, ancestor: string, sha: string): Promise<boolean> =>
  succeeded(await git.run(['merge-base', '--is-ancestor', objectId(ancestor), objectId(sha)]));

interface Range {
  readonly base: string;
  readonly head: string;
}

const messages = async (git: LocalGit, { base, head }: Range): Promise<string | undefined> => {
  const result = await git.must(
    ['log', '--format=%an <%ae>%n%cn <%ce>%n%B', '--no-show-signature'].concat([
      `${objectId(base)}..${objectId(head)}`,
      '--',
    ]),
    { maxBytes: MAX_LOG_BYTES },
  );
  return result.truncated ? undefined : result.stdout.toString('utf8');
};

const log: (
  git: LocalGit,
  range: Range,
  max: number,
) => Promise<readonly { readonly sha: string; readonly subject: string }[]> = async (
  git,
  { base, head },
  max,
) => {
  const result = await git.must(
    ['log', '-z', `--max-count=${max}`, '--format=%H %<(400,trunc)%s', '--no-show-signature'].concat([
      `${objectId(base)}..${objectId(head)}`,
      '--',
    ]),
    { maxBytes: MAX_LOG_BYTES },
  );
  return result.stdout
    .toString('utf8')
    .split('\0')
    .filter((line) => line !== '')
    .map((line) => ({
      sha: line.slice(0, line.indexOf(' ')),
      subject: line.slice(line.indexOf(' ') + 1).trimEnd(),
    }));
};
