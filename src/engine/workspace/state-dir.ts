import { RalphError } from '../../domain/error.ts';
import type { Sandbox } from '../../ports/sandbox.ts';
import { base64Groups, execText, mustSucceed, PART_BYTES, PARTS_PER_EXEC, script } from './exec-text.ts';
import { writeFile } from './files.ts';
import { tarBytes, tarStream } from './tar.ts';

const MIB = 1024 * 1024;
/** Most that is taken back of one file. */
const MAX_OWN = 256 * 1024;
const TIMEOUT_MS = 120_000;

export const ownNames = ['progress.md', 'notes.md', 'guardrails.md', 'ralph_task.md'] as const;
export type OwnName = (typeof ownNames)[number];

/**
 * $1 the clone, $2 how many of the rest are folders, $3 how many files, then paths to remove. Whatever an agent
 * put in their places (symbolic links, FIFOs, folders for files) goes first: nothing is written through it.
 */
const PREPARE = `cd -- "$1" || exit 70
dirs=$2; files=$3; shift 3
real() { [ -d "$1" ] && [ ! -L "$1" ]; }
while [ "$dirs" -gt 0 ]; do
  real "$1" || { rm -rf -- "$1"; mkdir -- "$1" || exit 71; }
  [ -w "$1" ] || chmod u+rwx -- "$1"
  shift; dirs=$((dirs - 1))
done
while [ "$files" -gt 0 ]; do
  { [ -f "$1" ] && [ ! -L "$1" ]; } || rm -rf -- "$1"
  shift; files=$((files - 1))
done
`;
const REMOVE = `n=$1; shift
while [ "$n" -gt 0 ]; do rm -rf -- "$1" || exit 71; shift; n=$((n - 1)); done
`;
/** $1 a file that PREPARE has seen to, $2 how many parts are to be added to it. */
const APPEND = `p=$1; n=$2; shift 2
while [ "$n" -gt 0 ]; do printf %s "$1" | base64 -d >> "$p" || exit 72; shift; n=$((n - 1)); done
`;
const UNPACK = `[ $# -eq 0 ] || { for part do printf %s "$part" | base64 -d || exit 72; done; } | tar -xmof - || exit 72`;

export interface ProjectOptions {
  readonly remove?: readonly string[];
  readonly append?: { readonly path: string; readonly text: string };
}

/**
 * Writes files of `.ralph/` (and `ralph_task.md`) over the sandbox's copy, keys relative to the clone; one exec
 * for small contents. A `.ralph` that is a symbolic link is replaced. Throws RalphError `sandbox.exec`.
 * `append` adds to a file instead of replacing it.
 */
export const project = async (
  box: Sandbox,
  dir: string,
  ...[files, options = {}]: readonly [ReadonlyMap<string, string>, ProjectOptions?]
): Promise<void> => {
  const { remove = [], append } = options;
  const paths = [...files.keys()];
  const added = append ? [append.path] : [];
  [...paths, ...remove, ...added].forEach(checkPath);
  const folders = foldersOf([...paths, ...remove, ...added]);
  const encoder = new TextEncoder();
  const entries = paths.map((name) => ({ name, bytes: encoder.encode(files.get(name)) }));
  const seen = [...paths, ...added];
  const head = [dir, String(folders.length), String(seen.length), ...folders, ...seen];
  const prepare = [...head, String(remove.length), ...remove];
  const tail = encoder.encode(append?.text);
  const total = entries.reduce((sum, { bytes }) => sum + bytes.length + 1024, 1024) + tail.length;
  const run = async (text: string, args: readonly string[]): Promise<void> => {
    mustSucceed(
      await box.exec({ argv: script(text, ...args), timeoutMs: TIMEOUT_MS, short: true }),
      'cannot write the copy of .ralph',
    );
  };
  if (total <= PART_BYTES * PARTS_PER_EXEC) {
    const parts = entries.length === 0 ? [] : [...base64Groups(await tarBytes(entries))].flat();
    const tails = append ? [...base64Groups(tail)].flat() : [];
    const extra = append ? [append.path, String(tails.length), ...tails] : [];
    return run(`${PREPARE}${REMOVE}${append ? APPEND : ''}${UNPACK}`, [...prepare, ...extra, ...parts]);
  }
  await run(`${PREPARE}${REMOVE}`, prepare);
  if (box.put) await box.put(tarStream(entries), dir);
  else await sendTar(await tarBytes(entries), dir, run);
  if (append) await writeFile(box, `${dir}/${append.path}`, tail, { append: true });
};

const sendTar = async (
  tar: Uint8Array,
  dir: string,
  run: (text: string, args: readonly string[]) => Promise<void>,
): Promise<void> => {
  const target = '.ralph/.ralph-tmp-in';
  let first = true;
  for (const parts of base64Groups(tar)) {
    const clear = first ? `rm -rf -- ${target}; ` : '';
    const text = `cd -- "$1" || exit 70; shift; ${clear}for part do printf %s "$part" | base64 -d >> ${target} || exit 72; done`;
    await run(text, [dir, ...parts]);
    first = false;
  }
  await run(`cd -- "$1" && tar -xmof ${target} && rm -f -- ${target}`, [dir]);
};

const checkPath = (path: string): void => {
  const parts = path.split('/');
  const odd = parts.some((part) => part === '' || part === '.' || part === '..') || /[\0\n]/.test(path);
  if (odd || (path !== 'ralph_task.md' && !path.startsWith('.ralph/'))) {
    throw new RalphError('bug', `not a path of the run's state: ${JSON.stringify(path)}`);
  }
};

/** Parents before children, and always `.ralph` itself. */
const foldersOf = (paths: readonly string[]): readonly string[] => {
  const found = new Set(['.ralph']);
  for (const path of paths) {
    const parts = path.split('/').slice(0, -1);
    parts.forEach((_, at) => found.add(parts.slice(0, at + 1).join('/')));
  }
  return [...found].sort();
};

export interface TakenBack {
  /** Undefined when it is gone or no regular file; cut at 256 KiB; invalid UTF-8 becomes U+FFFD. */
  readonly files: ReadonlyMap<OwnName, string | undefined>;
  /** SHA-256 of the regular files directly in `.ralph/` and in the named iteration's folder; at most 200, 64 MiB each. */
  readonly digests: ReadonlyMap<string, string>;
  /** True when `.ralph` was no real folder and an empty one stands there now. */
  readonly replaced: boolean;
}

const TAKE = `cd -- "$1" || exit 70
{ [ -d .ralph ] && [ ! -L .ralph ]; } || { rm -rf -- .ralph; mkdir .ralph || exit 71; echo replaced; }
own() {
  [ -f "$2" ] && [ ! -L "$2" ] && [ -r "$2" ] || return
  printf 'own %s ' "$1"; head -c "$4" < "$2" | base64 | tr -d '\\n'; echo
}
own progress.md .ralph/progress.md - "$3"
own notes.md .ralph/notes.md - "$3"
own guardrails.md .ralph/guardrails.md - "$3"
own ralph_task.md "$4" - "$3"
sum() { if command -v sha256sum >/dev/null 2>&1; then sha256sum -- "$@"; else shasum -a 256 -- "$@"; fi; }
real() { [ -d "$1" ] && [ ! -L "$1" ]; }
it=$2; set --
for f in .ralph/* .ralph/.[!.]*; do
  [ -f "$f" ] && [ ! -L "$f" ] && [ -r "$f" ] && [ $# -lt 200 ] && set -- "$@" "$f"
done
if [ -n "$it" ] && real .ralph/iterations && real ".ralph/iterations/$it"; then
  for f in ".ralph/iterations/$it"/*; do
    [ -f "$f" ] && [ ! -L "$f" ] && [ -r "$f" ] && [ $# -lt 200 ] && set -- "$@" "$f"
  done
fi
[ $# -eq 0 ] || big=$(find "$@" -size +131072 2>/dev/null | head -n 1)
if [ -n "$big" ]; then
  for f do if [ -z "$(find "$f" -size +131072)" ]; then sum "$f"; fi; done
elif [ $# -gt 0 ]; then sum "$@"; fi
exit 0`;

/** What the agent may have written, and digests that show what else it touched; one exec, never through a link or FIFO. */
export const takeBack = async (
  box: Sandbox,
  dir: string,
  options: { readonly iteration?: number; readonly taskFile?: string } = {},
): Promise<TakenBack> => {
  const iteration = options.iteration === undefined ? '' : String(options.iteration);
  const { taskFile = 'ralph_task.md' } = options;
  const argv = script(TAKE, dir, iteration, String(MAX_OWN), taskFile);
  const result = await execText(box, { argv, timeoutMs: TIMEOUT_MS }, 2 * MIB);
  mustSucceed(result, 'cannot read the copy of .ralph');
  const files = new Map<OwnName, string | undefined>(ownNames.map((name) => [name, undefined]));
  const digests = new Map<string, string>();
  let replaced = false;
  for (const line of result.text.split('\n')) {
    const own = /^own (\S+) (\S*)$/.exec(line);
    const digest = /^([0-9a-f]{64}) [ *](.+)$/.exec(line);
    const name = ownNames.find((known) => known === own?.[1]);
    if (name) files.set(name, Buffer.from(own?.[2] ?? '', 'base64').toString('utf8'));
    else if (digest) digests.set(digest[2]!, digest[1]!);
    else if (line === 'replaced') replaced = true;
  }
  return { files, digests, replaced };
};
