import { succeeded } from '../../domain/exit.ts';
import type { Sandbox } from '../../ports/sandbox.ts';
import { execText, mustSucceed } from './exec-text.ts';
import { checkedSha, lookScript } from './git-script.ts';

const TIMEOUT_MS = 20_000;

// Files that git does not know yet are only marked as to be added: none is read that is not printed.
const DIFF = `s=$1; n=$2
view cat-file -e "$s^{commit}" || exit 70
if [ ! -s "$v/index" ] || ! view ls-files >/dev/null 2>&1; then rm -f -- "$v/index"; view read-tree "$s" || exit 73; fi
view ls-files -v | grep '^[a-zS]' | cut -c3- > "$v/hidden"
if [ -s "$v/hidden" ]; then
  view update-index --no-skip-worktree --stdin < "$v/hidden"; view update-index --no-assume-unchanged --stdin < "$v/hidden"
fi
own=':(top,exclude)ralph_task.md'
if view cat-file -e "$s:ralph_task.md" 2>/dev/null; then own=':(top,exclude).ralph'; fi
set -- . ':(top,exclude).ralph' "$own" ':(top,exclude,glob)**/.ralph-tmp-*'
view -c advice.addEmbeddedRepo=false add -N --ignore-errors -- "$@" >/dev/null 2>&1
{ view -c core.bigFileThreshold=16m diff --no-ext-diff --no-textconv --no-color --no-renames --src-prefix=a/ --dst-prefix=b/ \\
  "$s" -- "$@" || echo ralph-diff-failed >&2; } | head -c "$n"`;

/**
 * Everything that the work tree has other than a commit, files that git does not know included, `.ralph/` left out.
 * Changes nothing and waits for nobody, so that it can be asked for while an iteration is under way. Throws RalphError
 * `git.failed`, also when it takes too long.
 */
export const lookAtDiff = async (
  box: Sandbox,
  dir: string,
  { from, maxBytes }: { readonly from: string; readonly maxBytes: number },
): Promise<{ readonly patch: string; readonly cut: boolean }> => {
  const request = lookScript(DIFF, dir, [checkedSha(from), String(maxBytes + 1)]);
  const result = await execText(box, { ...request, timeoutMs: TIMEOUT_MS }, maxBytes + 1);
  const cut = (result.bytes?.stdout ?? Buffer.byteLength(result.text)) > maxBytes;
  const failed = !cut && result.stderr.includes('ralph-diff-failed');
  const what = 'cannot compare the work tree';
  mustSucceed(
    failed && succeeded(result.exit) ? { ...result, exit: { kind: 'code', code: 1 } } : result,
    what,
    'git.failed',
  );
  // The last line is whole.
  return { patch: cut ? result.text.slice(0, result.text.lastIndexOf('\n') + 1) : result.text, cut };
};
