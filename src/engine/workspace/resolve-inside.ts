import { succeeded } from '../../domain/exit.ts';
import type { Sandbox } from '../../ports/sandbox.ts';
import { execText, script } from './exec-text.ts';

/** What the model may write in `.ralph/` (state.md, Two copies). */
const ownFiles: readonly string[] = ['progress.md', 'notes.md', 'guardrails.md'];
const MAX_PATH = 4_096;

export type Resolved =
  { readonly ok: true; readonly path: string } | { readonly ok: false; readonly reason: string };

/** `$1` the root, `$2` the path below it. Prints both resolved, NUL after each; without `realpath -m` by hand. */
const RESOLVE = `r=$(cd -P -- "$1" 2>/dev/null && pwd -P) || exit 44
p="$r/$2"
if t=$(realpath -m -- "$p" 2>/dev/null); then :; else
  rest=
  while [ ! -e "$p" ] && [ ! -L "$p" ]; do rest="/\${p##*/}$rest"; p=\${p%/*}; done
  if [ -d "$p" ]; then t=$(cd -P -- "$p" && pwd -P) || exit 45
  elif [ -L "$p" ]; then exit 45
  else t=$(cd -P -- "\${p%/*}" && pwd -P)/\${p##*/}; fi
  t=$t$rest
fi
printf '%s\\0%s\\0' "$r" "$t"`;

/**
 * Where a path that a model or an agent made leads, symbolic links inside the sandbox followed. Refuses what
 * leaves `root`, absolute paths, `..`, NUL, `.git` in any spelling, and `.ralph/` but for the agent's own files.
 */
export const resolveInside = async (box: Sandbox, root: string, path: string): Promise<Resolved> => {
  const early = refusal(path);
  if (early !== undefined) return refuse(path, early);
  const clean = path.split('/').filter((part) => part !== '' && part !== '.');
  const argv = script(RESOLVE, root, clean.join('/'));
  const { exit, text } = await execText(box, { argv, timeoutMs: 30_000 }, 4 * MAX_PATH);
  if (!succeeded(exit)) return refuse(path, 'it cannot be resolved');
  const [top = '', target = ''] = text.split('\0');
  if (top === '' || !target.startsWith(`${top}/`)) return refuse(path, 'it leads outside of the repository');
  const inside = forbiddenPart(target.slice(top.length + 1));
  return inside === undefined ? { ok: true, path: target } : refuse(path, inside);
};

const refuse = (path: string, why: string): Resolved => ({
  ok: false,
  reason: `${JSON.stringify(path.slice(0, 200))} is refused: ${why}`,
});

const refusal = (path: string): string | undefined => {
  if (path.includes('\0')) return 'it contains a NUL byte';
  if (path.includes('\n')) return 'it contains a line break';
  if (path.length > MAX_PATH) return 'it is too long';
  if (path.startsWith('/')) return 'it is absolute';
  const parts = path.split('/').filter((part) => part !== '' && part !== '.');
  if (parts.length === 0) return 'it names no file';
  if (parts.includes('..')) return 'it contains `..`';
  return forbiddenPart(parts.join('/'));
};

/** Case, trailing dots and spaces, NTFS short names and streams, and characters that HFS+ ignores. */
const fold = (part: string): string =>
  part
    .replace(/[\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff]/g, '')
    .replace(/:.*$/, '')
    .replace(/[. ]+$/, '')
    .toLowerCase();

const forbiddenPart = (path: string): string | undefined => {
  const folded = path.split(/[/\\]/).map(fold);
  if (folded.some((part) => part === '.git' || part === 'git~1')) return 'it is inside `.git`';
  if (folded[0] !== '.ralph') return undefined;
  const own = ownFiles.some((name) => path === `.ralph/${name}`);
  return own ? undefined : `of \`.ralph/\` only ${ownFiles.join(', ')} may be written`;
};
