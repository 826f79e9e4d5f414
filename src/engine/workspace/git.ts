import { RalphError } from '../../domain/error.ts';
import { describeExit, succeeded } from '../../domain/exit.ts';
import type { ExecResult, Sandbox } from '../../ports/sandbox.ts';
import { execText, mustSucceed } from './exec-text.ts';
import { checkedBranch, checkedSha, rawScript, viewScript } from './git-script.ts';

export { commit, snapshot, writeTree, type SnapshotTaken } from './snapshot.ts';

const MAX_ENTRIES = 2_000;
const OURS = `':(top,exclude).ralph' ':(top,exclude)ralph_task.md' ':(top,exclude,glob)**/.ralph-tmp-*'`;

export interface Status {
  /** Undefined on a detached HEAD. */
  readonly branch: string | undefined;
  /** Undefined when HEAD leads to no commit. */
  readonly head: string | undefined;
  /** `code` is git's two letters, e.g. `??` or ` M`; `.ralph/` and `ralph_task.md` left out. At most 2,000. */
  readonly entries: readonly { readonly code: string; readonly path: string }[];
  readonly truncated: boolean;
}

const STATUS = `b=$(raw symbolic-ref -q --short HEAD); h=$(raw rev-parse -q --verify 'HEAD^{commit}')
[ -z "$h" ] || printf '%s\\n' "$h" > "$v/HEAD"
printf '%s\\0%s\\0' "$b" "$h"
view status --porcelain=v1 -z --no-renames --untracked-files=all --ignore-submodules=all -- . ${OURS}`;

/** Spec 6.1 git_status. Throws RalphError `git.failed` when the clone is broken. */
export const status = async (box: Sandbox, dir: string): Promise<Status> => {
  const result = await execText(box, viewScript(STATUS, dir, []), 400_000);
  mustSucceed(result, 'cannot read the state of the clone', 'git.failed');
  const [branch, head, ...lines] = result.text.split('\0');
  // The last piece is empty, or was cut.
  const whole = lines.slice(0, -1);
  const entries = whole
    .slice(0, MAX_ENTRIES)
    .map((line) => ({ code: line.slice(0, 2), path: line.slice(3) }));
  return {
    branch: branch || undefined,
    head: head || undefined,
    entries,
    truncated: result.over || whole.length > MAX_ENTRIES,
  };
};

/** Spec 6.1 git_diff: from a commit to the work tree, tracked files only, cut at `maxBytes`. */
export const diff = async (
  box: Sandbox,
  dir: string,
  { from, maxBytes }: { readonly from: string; readonly maxBytes: number },
): Promise<string> => {
  const text = `view diff --no-ext-diff --no-textconv --no-color --no-renames "$1" -- . ${OURS}`;
  const result = await execText(box, viewScript(text, dir, [checkedSha(from)]), maxBytes);
  return mustSucceed(result, 'cannot compare the work tree', 'git.failed').text;
};

/** Spec 6.1 git_checkout_new_branch: from HEAD, work tree untouched. */
export const checkoutNewBranch = async (box: Sandbox, dir: string, branch: string): Promise<void> => {
  const text = `raw update-ref "refs/heads/$1" HEAD '' && raw symbolic-ref HEAD "refs/heads/$1"`;
  const result = await box.exec(rawScript(text, dir, [checkedBranch(branch)]));
  mustSucceed(result, `cannot make the branch ${branch}`, 'git.failed');
};

/** Paths in the index, in git's order, at most `max`. */
export const listTracked = async (box: Sandbox, dir: string, max: number): Promise<readonly string[]> => {
  const result = await execText(box, viewScript('view ls-files -z', dir, []), max * 512);
  mustSucceed(result, 'cannot list the files of the clone', 'git.failed');
  return result.text.split('\0').slice(0, -1).slice(0, max);
};

const RESET = `rm -f -- "$dir/.git/HEAD.lock" "$dir/.git/refs/heads/$2.lock"
view read-tree "$1" && raw update-ref "refs/heads/$2" "$1" && raw symbolic-ref HEAD "refs/heads/$2" || exit 72
view update-index -q --refresh >/dev/null 2>&1; exit 0`;

/** Puts branch, HEAD and index at a commit; the work tree keeps its files. */
export const resetKeepingFiles = async (
  box: Sandbox,
  dir: string,
  { branch, sha }: { readonly branch: string; readonly sha: string },
): Promise<void> => {
  const result = await box.exec(viewScript(RESET, dir, [checkedSha(sha), checkedBranch(branch)]));
  mustSucceed(result, `cannot put ${branch} back`, 'git.failed');
};

const RESET_HARD = `rm -f -- "$dir/.git/HEAD.lock" "$dir/.git/refs/heads/$2.lock"
view read-tree "$1" && raw update-ref --no-deref "refs/heads/$2" "$1" && raw symbolic-ref HEAD "refs/heads/$2" || exit 72
view checkout-index -f -a -q || exit 72
view clean -ffdq -e /.ralph/ -e /ralph_task.md || exit 72
view update-index -q --refresh >/dev/null 2>&1; exit 0`;

/** Puts branch, index and work tree at a commit; untracked files go, ignored ones and the run's own stay. */
export const resetHard = async (
  box: Sandbox,
  dir: string,
  { branch, sha }: { readonly branch: string; readonly sha: string },
): Promise<void> => {
  const result = await box.exec(viewScript(RESET_HARD, dir, [checkedSha(sha), checkedBranch(branch)]));
  mustSucceed(result, `cannot put the work tree back to ${sha}`, 'git.failed');
};

/** True when a usable clone with a commit stands there. */
export const isClone = async (box: Sandbox, dir: string): Promise<boolean> => {
  const result = await box.exec(rawScript(`raw rev-parse -q --verify 'HEAD^{commit}' >/dev/null`, dir, []));
  return succeeded(result.exit);
};

const IGNORE = `for path do printf '/%s\\n' "$path"; done > "$v/list"
set -- '**/__pycache__/' '**/*.egg-info/' '**/.venv/' '**/node_modules/'
[ ! -f Cargo.toml ] || set -- "$@" 'target/'
for path do [ -n "$(view ls-files -- ":(glob)$path**" | head -n 1)" ] || printf '/%s\\n' "$path"; done >> "$v/list"
cat "$v/list" >> "$dir/.git/info/exclude" && cat "$v/list" >> "$dir/.git/ralph-exclude"`;

/**
 * Keeps paths out of every snapshot and out of what the agent's own git shows. With them goes what installs and test
 * runs leave behind, also where the repository forgot to ignore it, unless it tracks such files itself: no check
 * would ever leave the tree as it was.
 */
export const ignore = async (box: Sandbox, dir: string, paths: readonly string[]): Promise<void> => {
  const result = await box.exec(viewScript(IGNORE, dir, paths));
  mustSucceed(result, 'cannot write the exclude list', 'git.failed');
};

/** Paths in which two trees that were written in the clone differ, in git's order, at most `max`; none where git fails. */
export const changedPaths = async (
  box: Sandbox,
  dir: string,
  { from, to, max }: { readonly from: string; readonly to: string; readonly max: number },
): Promise<readonly string[]> => {
  const text = 'view diff-tree -r -z --no-renames --name-only "$1" "$2"';
  const result = await execText(box, viewScript(text, dir, [checkedSha(from), checkedSha(to)]), max * 512);
  return succeeded(result.exit) ? result.text.split('\0').slice(0, -1).slice(0, max) : [];
};

// sh has no pipefail: the failure of git goes out as a line on stderr.
const PACK = `{ printf '%s\\n^%s\\n' "$1" "$2" | view pack-objects --revs --thin --stdout -q || echo ralph-pack-failed >&2; } | base64`;

/**
 * The objects of `head` that `base` has not, as a thin pack, while git makes them. Throws RalphError `git.failed`
 * when git fails or the pack passes `maxBytes`; leaving the loop early ends git.
 */
export async function* packFrom(
  box: Sandbox,
  dir: string,
  order: { readonly head: string; readonly base: string; readonly maxBytes: number },
): AsyncGenerator<Uint8Array> {
  const stop = new AbortController();
  const chunks: Uint8Array[] = [];
  const decode = base64Decoder();
  let total = 0;
  let wake = (): void => undefined;
  let ended: { readonly result?: ExecResult; readonly error?: unknown } | undefined;
  const take = (text: string): void => {
    const bytes = decode(text);
    total += bytes.length;
    if (total > order.maxBytes) stop.abort();
    else if (bytes.length > 0) chunks.push(bytes);
    wake();
  };
  const request = viewScript(PACK, dir, [checkedSha(order.head), checkedSha(order.base)]);
  const end = (how: typeof ended): void => {
    ended = how;
    wake();
  };
  box
    .exec({
      ...request,
      signal: stop.signal,
      onOutput: ({ stream, text }) => stream === 'stdout' && take(text),
    })
    .then(
      (result) => end({ result }),
      (error: unknown) => end({ error }),
    );
  try {
    for (;;) {
      while (chunks.length > 0) yield chunks.shift()!;
      if (ended) break;
      await new Promise<void>((resolve) => (wake = resolve));
    }
  } finally {
    if (!ended) stop.abort();
  }
  if (total > order.maxBytes) throw packError(`the new commits are larger than ${order.maxBytes} bytes`);
  if (!ended.result) throw ended.error;
  const { exit, stderr } = ended.result;
  if (!succeeded(exit) || stderr.includes('ralph-pack-failed')) {
    throw packError(`cannot pack the new commits: ${describeExit(exit)}: ${stderr.trim().slice(-500)}`);
  }
}

const packError = (message: string): RalphError =>
  new RalphError('git.failed', message, {
    hint: 'The work tree is kept: `ralph diff` shows it, `ralph resume` goes on.',
  });

/** Line breaks and chunk borders fall anywhere. */
const base64Decoder = (): ((text: string) => Uint8Array) => {
  let rest = '';
  return (text) => {
    const all = rest + text.replaceAll(/\s+/g, '');
    const whole = all.length - (all.length % 4);
    rest = all.slice(whole);
    return Buffer.from(all.slice(0, whole), 'base64');
  };
};
