import type { ExecRequest, Sandbox } from '../../ports/sandbox.ts';
import { base64Groups, mustSucceed, PART_BYTES, script } from './exec-text.ts';
import { checkedBranch, checkedSha, rawScript } from './git-script.ts';
import { tarStream, type TarEntry } from './tar.ts';

const PIECE = 8 * 1024 * 1024;
const TIMEOUT_MS = 600_000;

export interface CloneOrder {
  /** Gives everything reachable from a commit, as a pack. */
  readonly repo: { pack(sha: string): AsyncIterable<Uint8Array> };
  readonly sha: string;
  readonly branch: string;
}

const INIT = `mkdir -p -- "$1" && cd -- "$1" || exit 70
keep=; [ -L .git ] || [ -L .git/ralph-exclude ] || [ ! -f .git/ralph-exclude ] || keep=$(head -c 100000 .git/ralph-exclude)
[ "$2" != anew ] || rm -rf -- .git
GIT_CONFIG_NOSYSTEM=1 GIT_CONFIG_GLOBAL=/dev/null git -c init.defaultBranch=none init -q --template= . || exit 70
mkdir -p .git/info .git/ralph-in && printf '/.ralph/\\n/ralph_task.md\\n.ralph-tmp-*\\n' > .git/info/exclude
[ -z "$keep" ] || printf '%s\\n' "$keep" | tee -a .git/info/exclude > .git/ralph-exclude`;
const INDEX = `cat "$dir"/.git/ralph-in/* | raw index-pack --stdin --fix-thin > /dev/null || exit 71
rm -rf -- "$dir/.git/ralph-in"
raw update-ref "refs/heads/$2" "$1" && raw symbolic-ref HEAD "refs/heads/$2" || exit 72
raw reset -q "--$3" "$1"`;

/**
 * Makes the clone from a pack of the runner's repository: one branch, checked out, no remote, no credentials, no
 * hooks. `.ralph/` and `ralph_task.md` are excluded. Throws RalphError `git.failed`.
 */
export const materialise = (box: Sandbox, dir: string, order: CloneOrder): Promise<void> =>
  make(box, dir, { ...order, how: 'hard' });

/** The same for a clone whose `.git` is broken or gone: the files of the work tree stay as they are. */
export const rebuild = (box: Sandbox, dir: string, order: CloneOrder): Promise<void> =>
  make(box, dir, { ...order, how: 'mixed' });

const make = async (
  box: Sandbox,
  dir: string,
  order: CloneOrder & { how: 'hard' | 'mixed' },
): Promise<void> => {
  const sha = checkedSha(order.sha);
  const run = async (request: ExecRequest, what: string): Promise<void> => {
    mustSucceed(await box.exec({ ...request, timeoutMs: TIMEOUT_MS }), what, 'git.failed');
  };
  await run(
    { argv: script(INIT, dir, order.how === 'mixed' ? 'anew' : 'first') },
    `cannot make a clone in ${dir}`,
  );
  await transfer(box, `${dir}/.git/ralph-in`, order.repo.pack(sha));
  // A mixed reset says with exit 0 or 1 whether files differ from the commit: both are fine.
  const index = order.how === 'mixed' ? `${INDEX} || [ $? -eq 1 ]` : INDEX;
  await run(
    rawScript(index, dir, [sha, checkedBranch(order.branch), order.how]),
    'cannot check the clone out',
  );
};

/** As numbered pieces of a folder, so that a stream of unknown length passes in constant memory. */
const transfer = async (box: Sandbox, dir: string, pack: AsyncIterable<Uint8Array>): Promise<void> => {
  if (box.put) return box.put(tarStream(pieces(pack, PIECE)), dir);
  for await (const { name, bytes } of pieces(pack, PART_BYTES * 4)) {
    for (const parts of base64Groups(bytes)) {
      const text = 'f=$1; shift; for part do printf %s "$part" | base64 -d >> "$f" || exit 1; done';
      const argv = script(text, `${dir}/${name}`, ...parts);
      mustSucceed(
        await box.exec({ argv, timeoutMs: TIMEOUT_MS }),
        'cannot send the repository',
        'git.failed',
      );
    }
  }
};

async function* pieces(pack: AsyncIterable<Uint8Array>, size: number): AsyncGenerator<TarEntry> {
  let waiting: Uint8Array[] = [];
  let bytes = 0;
  let n = 0;
  const cut = (): TarEntry => {
    n += 1;
    const entry = { name: String(n).padStart(8, '0'), bytes: Buffer.concat(waiting) };
    waiting = [];
    bytes = 0;
    return entry;
  };
  for await (const chunk of pack) {
    for (let at = 0; at < chunk.length;) {
      const part = chunk.subarray(at, at + size - bytes);
      waiting.push(part);
      bytes += part.length;
      at += part.length;
      if (bytes === size) yield cut();
    }
  }
  if (bytes > 0) yield cut();
}
