import { succeeded } from '../../domain/exit.ts';
import type { ExecRequest, ExecResult, Sandbox } from '../../ports/sandbox.ts';
import { base64Groups, execText, mustSucceed, PART_BYTES, PARTS_PER_EXEC, script } from './exec-text.ts';
import { tarStream } from './tar.ts';

export { resolveInside } from './resolve-inside.ts';

const MIB = 1024 * 1024;
const TIMEOUT_MS = 120_000;
/** Above this a backend's own transfer is faster than arguments. */
const PUT_FROM = PART_BYTES * PARTS_PER_EXEC;

export type ReadOutcome =
  | { readonly kind: 'ok'; readonly bytes: Uint8Array }
  | { readonly kind: 'missing'; readonly reason: string }
  | { readonly kind: 'not-a-file' | 'unreadable' | 'too-large'; readonly reason: string };
export type WriteOutcome = { readonly ok: true } | { readonly ok: false; readonly reason: string };
export interface WriteOptions {
  /** Permission bits; 0666 less the umask when left out. */
  readonly mode?: number;
  /** Keeps the permission bits of a file that is there already. */
  readonly keepMode?: boolean;
  readonly append?: boolean;
}
export interface FileEntry {
  readonly name: string;
  readonly isDir: boolean;
  /** Bytes. */
  readonly size: number;
  /** Unix time, seconds. */
  readonly modTime: number;
}

const READ = `[ -e "$1" ] || [ -L "$1" ] || exit 44
[ -f "$1" ] && [ ! -L "$1" ] || exit 45
[ -r "$1" ] || exit 46
s=$(wc -c < "$1") && [ "$s" -le "$2" ] || exit 47
head -c "$2" < "$1" | base64`;

/** Bytes of a regular file (spec 6.1). Never opens a FIFO, device, folder or symbolic link. 16 MiB unless told. */
export const readFile = async (
  box: Sandbox,
  path: string,
  options: { readonly maxBytes?: number } = {},
): Promise<ReadOutcome> => {
  const maxBytes = options.maxBytes ?? 16 * MIB;
  const request: ExecRequest = { argv: script(READ, path, String(maxBytes)), timeoutMs: TIMEOUT_MS };
  const result = await execText(box, request, Math.ceil(maxBytes * 1.4) + 1024);
  if (succeeded(result.exit)) return { kind: 'ok', bytes: Buffer.from(result.text, 'base64') };
  switch (result.exit.kind === 'code' ? result.exit.code : undefined) {
    case 44:
      return { kind: 'missing', reason: 'there is no such file' };
    case 45:
      return { kind: 'not-a-file', reason: 'it is not a regular file' };
    case 47:
      return { kind: 'too-large', reason: `it is larger than ${maxBytes} bytes` };
    default:
      return { kind: 'unreadable', reason: `it cannot be read${said(result)}` };
  }
};

const said = ({ stderr }: ExecResult): string =>
  stderr.trim() === '' ? '' : `: ${stderr.trim().slice(-500)}`;

/** $1 the path. Makes its folder and a temporary file beside it, whose name it leaves in `t`. */
const BEGIN = `p=$1
if [ -e "$p" ] || [ -L "$p" ]; then [ -f "$p" ] && [ ! -L "$p" ] || exit 45; fi
d=$(dirname -- "$p"); mkdir -p -- "$d" || exit 46
t=$(mktemp "$d/.ralph-tmp-XXXXXX") || exit 46
`;
/** $2 the mode or nothing, $3 `append` or not, $4 `keep` or not. Puts the temporary file into its place. */
const FINISH = `
if [ "$3" = append ]; then cat < "$t" >> "$p" || { rm -f -- "$t"; exit 46; }; rm -f -- "$t"; t=$p
elif [ "$4" = keep ] && [ -f "$p" ]; then m=$(stat -c %a -- "$p" 2>/dev/null || stat -f %Lp -- "$p"); chmod "$m" -- "$t" || exit 46
else chmod "$(printf %o $((0666 & ~$(umask))))" -- "$t" || exit 46; fi
[ -z "$2" ] || chmod "$2" -- "$t" || exit 46
[ "$t" = "$p" ] || mv -f -- "$t" "$p" || exit 46`;
const FILL = `
for part do printf %s "$part" | base64 -d >> "$t" || { rm -f -- "$t"; exit 46; }; done
`;

/**
 * Writes a file whole or not at all (a temporary file, then a rename), its folders too (spec 6.1). What is not a
 * regular file is never written to. A few execs for small files; `put` for large ones where the backend has it.
 */
export const writeFile = async (
  box: Sandbox,
  path: string,
  bytes: Uint8Array,
  ...[options = {}]: readonly [WriteOptions?]
): Promise<WriteOutcome> => {
  const { mode, append, keepMode } = options;
  const how = [
    mode === undefined ? '' : mode.toString(8),
    append ? 'append' : 'replace',
    keepMode ? 'keep' : 'plain',
  ];
  const run = (text: string, ...args: readonly string[]): Promise<ExecResult> =>
    box.exec({ argv: script(text, ...args), timeoutMs: TIMEOUT_MS, short: true });
  if (bytes.length <= PUT_FROM) {
    const parts = [...base64Groups(bytes)].flat();
    // The options go first, into names, so that the parts are all that is left.
    const once = `${BEGIN}a=$2; b=$3; c=$4; shift 4${FILL}set -- "" "$a" "$b" "$c"${FINISH}`;
    return outcome(await run(once, path, ...how, ...parts));
  }
  const begun = await run(`${BEGIN}printf %s "$t"`, path);
  if (!succeeded(begun.exit)) return outcome(begun);
  const temporary = begun.stdout;
  const filled = await fill(box, temporary, bytes);
  if (!filled.ok) return filled;
  return outcome(await run(`p=$1; t=$5${FINISH}`, path, ...how, temporary));
};

const fill = async (box: Sandbox, temporary: string, bytes: Uint8Array): Promise<WriteOutcome> => {
  const slash = temporary.lastIndexOf('/');
  if (box.put) {
    await box.put(tarStream([{ name: temporary.slice(slash + 1), bytes }]), temporary.slice(0, slash));
    return { ok: true };
  }
  for (const parts of base64Groups(bytes)) {
    const argv = script(`t=$1; shift${FILL}`, temporary, ...parts);
    const result = await box.exec({ argv, timeoutMs: TIMEOUT_MS });
    if (!succeeded(result.exit)) return outcome(result);
  }
  return { ok: true };
};

const outcome = (result: ExecResult): WriteOutcome => {
  if (succeeded(result.exit)) return { ok: true };
  const odd = result.exit.kind === 'code' && result.exit.code === 45;
  return { ok: false, reason: odd ? 'it is not a regular file' : `it cannot be written${said(result)}` };
};

/** Removes a regular file or a symbolic link; nothing else. Missing is fine. */
export const removeFile = async (box: Sandbox, path: string): Promise<WriteOutcome> => {
  const argv = script(
    'if [ -f "$1" ] || [ -L "$1" ]; then rm -f -- "$1"; elif [ -e "$1" ]; then exit 45; fi',
    path,
  );
  return outcome(await box.exec({ argv, timeoutMs: TIMEOUT_MS, short: true }));
};

/** Makes a folder and its parents (spec 6.1). Throws RalphError `sandbox.exec`. */
export const mkdirs = async (box: Sandbox, path: string): Promise<void> => {
  mustSucceed(await box.exec({ argv: ['mkdir', '-p', '--', path], short: true }), `cannot make ${path}`);
};

const LIST = `[ -d "$1" ] || exit 44
cd -- "$1" || exit 46
if stat -c %s . >/dev/null 2>&1
then find . -mindepth 1 -maxdepth 1 -exec stat --printf='%f %s %Y %n\\0' {} +
else find . -mindepth 1 -maxdepth 1 -exec stat -f '%Xp %z %m %N%n' {} + | tr '\\n' '\\0'; fi`;
const MAX_ENTRIES = 2_000;

/** What lies directly in a folder, by name (spec 6.1); undefined when it is none. At most 2,000 entries. */
export const listFiles = async (box: Sandbox, path: string): Promise<readonly FileEntry[] | undefined> => {
  const result = await execText(box, { argv: script(LIST, path), timeoutMs: TIMEOUT_MS }, 1 * MIB);
  if (result.exit.kind === 'code' && result.exit.code === 44) return undefined;
  mustSucceed(result, `cannot list ${path}`);
  const entries: FileEntry[] = [];
  for (const line of result.text.split('\0').slice(0, MAX_ENTRIES)) {
    const found = /^([0-9a-fA-F]+) (\d+) (\d+) \.\/([^]+)$/.exec(line);
    if (!found) continue;
    const isDir = (Number.parseInt(found[1]!, 16) & 0o170000) === 0o040000;
    entries.push({ name: found[4]!, isDir, size: Number(found[2]), modTime: Number(found[3]) });
  }
  return entries.sort((a, b) => (a.name < b.name ? -1 : 1));
};
