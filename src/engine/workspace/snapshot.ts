import { describeExit, succeeded } from '../../domain/exit.ts';
import type { ExecResult, Sandbox } from '../../ports/sandbox.ts';
import { execText } from './exec-text.ts';
import {
  checkedBranch,
  checkedMessage,
  checkedSha,
  ralph,
  viewScript,
  withIdentity,
  type Identity,
} from './git-script.ts';

export interface SnapshotTaken {
  readonly kind: 'taken';
  readonly head: string;
  readonly tree: string;
  /** True when `tree` is not that of the start. */
  readonly changed: boolean;
  /** True when HEAD no longer led back to the start, or its commits held the run's own files: they are left out. */
  readonly rewritten: boolean;
  /** Folders that are git repositories of their own and so cannot be committed; at most 100. */
  readonly nested: readonly string[];
  /** What git could not add, in its words; at most 100. */
  readonly unreadable: readonly string[];
  readonly committedByAgent: number;
}
/** `broken`: the clone's `.git` cannot be used; `rebuild` makes it anew. */
export type Snapshot = SnapshotTaken | { readonly kind: 'broken'; readonly detail: string };

export interface SnapshotOrder {
  readonly branch: string;
  /** Where the iteration began: the new head always descends from it. */
  readonly start: string;
  readonly message: string;
  readonly author: Identity;
}

/**
 * Expects the start in `$s`. Stages the whole work tree in the real index: undoes assume-unchanged and
 * skip-worktree marks, which hide changes, and leaves out the run's own files and nested repositories.
 */
const STAGE = `view ls-files -v | grep '^[a-zS]' | cut -c3- > "$v/hidden"
if [ -s "$v/hidden" ]; then
  view update-index --no-skip-worktree --stdin < "$v/hidden"; view update-index --no-assume-unchanged --stdin < "$v/hidden"
fi
own=':(top,exclude)ralph_task.md'
if view cat-file -e "$s:ralph_task.md" 2>/dev/null; then own=':(top,exclude).ralph'; fi
view -c advice.addEmbeddedRepo=false add -A --ignore-errors -- . ':(top,exclude).ralph' "$own" \\
  ':(top,exclude,glob)**/.ralph-tmp-*' 2> "$v/said"
[ $? -le 1 ] || { grep -q "does not have a commit checked out" "$v/said" || { cat "$v/said" >&2; exit 73; }; }
for p in .ralph ralph_task.md; do
  if [ "$p" = .ralph ] || [ "$own" != ':(top,exclude).ralph' ]; then
    if [ -n "$(view ls-files --cached -- "$p" | head -n 1)" ]; then view rm -r -q -f --cached --ignore-unmatch -- "$p" >&2; fi
    view ls-tree -r -z "$s" -- "$p" > "$v/kept"
    [ ! -s "$v/kept" ] || view update-index -z --index-info < "$v/kept" || exit 73
  fi
done
view diff-index --cached --raw --no-renames --ignore-submodules=none "$s" -- |
  awk -F '\\t' '$1 ~ /^:[0-7]+ 160000 / && $1 !~ /^:160000 / { print $2 }' > "$v/links"
[ ! -s "$v/links" ] || view update-index --force-remove --stdin < "$v/links" || exit 73
tree=$(view write-tree) || exit 73
sed -n "s/^error: '\\(.*\\)' does not have a commit checked out$/\\1/p" "$v/said" >> "$v/links"
`;
const READ_HEAD = `h=$(raw rev-parse -q --verify 'HEAD^{commit}' 2>/dev/null)
`;
/** Expects the branch in `$b` and the commit in `$new`. */
const MOVE = `rm -f -- "$dir/.git/HEAD.lock" "$dir/.git/refs/heads/$b.lock"
raw update-ref --no-deref "refs/heads/$b" "$new" && raw symbolic-ref HEAD "refs/heads/$b" || exit 74
`;

const SNAPSHOT = `s=$1; b=$2; m=$3
raw rev-parse -q --git-dir >/dev/null || exit 70
view cat-file -e "$s^{commit}" || exit 70
${STAGE}${READ_HEAD}parent=$s; rewritten=1; count=0
if [ "$h" = "$s" ]; then rewritten=0
elif [ -n "$h" ] && view merge-base --is-ancestor "$s" "$h" 2>/dev/null; then
  dirty=$(view rev-list -n 1 "$s..$h" -- .ralph)
  [ -n "$dirty" ] || view cat-file -e "$s:ralph_task.md" 2>/dev/null || dirty=$(view rev-list -n 1 "$s..$h" -- ralph_task.md)
  if [ -z "$dirty" ]; then parent=$h; rewritten=0; count=$(view rev-list --count "$s..$h"); fi
fi
new=$parent
if [ "$tree" != "$(view rev-parse "$parent^{tree}")" ]; then new=$(view commit-tree -p "$parent" -m "$m" "$tree") || exit 73; fi
if [ "$new" != "$h" ] || [ "$(raw symbolic-ref -q HEAD)" != "refs/heads/$b" ]; then
${MOVE}fi
changed=1; [ "$tree" != "$(view rev-parse "$s^{tree}")" ] || changed=0
printf 'head %s\\ntree %s\\nchanged %s\\nrewritten %s\\ncount %s\\n' "$new" "$tree" "$changed" "$rewritten" "$count"
head -n 100 "$v/links" | cut -c1-1000 | sed 's/^/nested /'
grep -v "does not have a commit checked out" "$v/said" | grep '^error:' | head -n 100 | cut -c1-1000 | sed 's/^/failed /'
exit 0`;

/**
 * Commits the work tree onto the branch in one exec, without hooks, filters or signing. Commits that the agent
 * made stay below it when they descend from the start; otherwise its files go on top of the start.
 */
export const snapshot = async (box: Sandbox, dir: string, order: SnapshotOrder): Promise<Snapshot> => {
  const args = [checkedSha(order.start), checkedBranch(order.branch), checkedMessage(order.message)];
  const request = withIdentity(viewScript(SNAPSHOT, dir, args), order.author);
  const result = await execText(box, request, 400_000);
  if (!succeeded(result.exit)) return { kind: 'broken', detail: detailOf(result) };
  const lines = result.text.split('\n').map((line) => [line.split(' ', 1)[0] ?? '', line] as const);
  const all = (key: string): readonly string[] =>
    lines.filter(([found]) => found === key).map(([, line]) => line.slice(key.length + 1));
  const one = (key: string): string => all(key)[0] ?? '';
  return {
    kind: 'taken',
    head: one('head'),
    tree: one('tree'),
    changed: one('changed') === '1',
    rewritten: one('rewritten') === '1',
    nested: all('nested').map((path) => path.replace(/\/$/, '')),
    unreadable: all('failed'),
    committedByAgent: Number(one('count')),
  };
};

const detailOf = ({ exit, stderr }: ExecResult): string => {
  const said = stderr.trim().slice(-1_000);
  return said === '' ? describeExit(exit) : said;
};

/** The tree that a snapshot would commit now, to see whether something changed files; undefined when `.git` is broken. */
export const writeTree = async (box: Sandbox, dir: string): Promise<string | undefined> => {
  const text = `${READ_HEAD}s=\${h:-$(view hash-object -t tree /dev/null)}
${STAGE}printf %s "$tree"`;
  const result = await execText(box, viewScript(text, dir, []), 100);
  return succeeded(result.exit) && result.text !== '' ? result.text : undefined;
};

export type CommitOutcome =
  { readonly ok: true; readonly sha: string } | { readonly ok: false; readonly reason: string };

const COMMIT = `m=$1; shift
${READ_HEAD}[ -n "$h" ] || exit 70
b=$(raw symbolic-ref -q --short HEAD)
if [ $# -eq 0 ]; then s=$h
${STAGE}else
view add -A -- "$@" || exit 75
tree=$(view write-tree) || exit 73
fi
[ "$tree" != "$(view rev-parse "$h^{tree}")" ] || { echo "there is nothing to commit" >&2; exit 75; }
new=$(view commit-tree -p "$h" -m "$m" "$tree") || exit 73
if [ -n "$b" ]; then raw update-ref "refs/heads/$b" "$new"; else raw update-ref --no-deref HEAD "$new"; fi || exit 74
printf %s "$new"`;

/** The model's `commit` action (spec 9.2): the named paths or everything, no hooks, no identity needed. */
export const commit = async (
  box: Sandbox,
  dir: string,
  order: { readonly message: string; readonly paths?: readonly string[] },
): Promise<CommitOutcome> => {
  // The top of the work tree, literally: no pathspec magic from a model.
  const paths = (order.paths ?? []).map((path) => `:(top,literal)${path.replace(/^(\.\/)+/, '')}`);
  const request = viewScript(COMMIT, dir, [checkedMessage(order.message), ...paths]);
  const result = await execText(box, withIdentity(request, ralph), 100);
  if (succeeded(result.exit)) return { ok: true, sha: result.text.trim() };
  return { ok: false, reason: detailOf(result) };
};
