import { foreignFormat, parsePatch } from './patch/parse-patch.ts';
import type { Hunk, ParsedPatch } from './patch/parse-patch.ts';
import { placeHunk } from './patch/place-hunk.ts';
import type { Placed, Source, Unplaced } from './patch/place-hunk.ts';

/** Context lines of a hunk that may differ from the file. */
export const MAX_FUZZ = 2;
/** Longest file a patch is applied to, in UTF-16 units. */
export const MAX_PATCH_SOURCE = 2 * 1024 * 1024;
/** Longest patch, in UTF-16 units. */
export const MAX_PATCH = 256 * 1024;
/** Most hunks in one patch. */
export const MAX_HUNKS = 500;

const MAX_EFFORT = 20_000_000;

/** What became of a patch. `candidates` are the 1-based lines at which an ambiguous hunk would fit. */
export type PatchOutcome =
  | { readonly kind: 'applied'; readonly text: string; readonly notes: readonly string[] }
  | { readonly kind: 'deleted'; readonly notes: readonly string[] }
  | { readonly kind: 'rejected'; readonly reason: string; readonly candidates?: readonly number[] };

const WANTED = 'a unified diff of one file ("--- a/file", "+++ b/file", "@@ -1,3 +1,4 @@") is wanted';

const rejected = (reason: string, candidates?: readonly number[]): PatchOutcome => ({
  kind: 'rejected',
  reason,
  ...(candidates !== undefined && { candidates }),
});

const readSource = (text: string): Source & { readonly finalNewline: boolean } => {
  const finalNewline = text === '' || text.endsWith('\n');
  const lines = text.split('\n');
  const windows = lines.filter((line) => line.endsWith('\r')).length;
  const eol = windows > (lines.length - 1) / 2 ? '\r' : '';
  if (finalNewline) lines.pop();
  else if (!lines.at(-1)!.endsWith('\r')) lines.push(`${lines.pop()}${eol}`);
  const bare = lines.map((line) => (line.endsWith('\r') ? line.slice(0, -1) : line));
  return { lines, bare, eol, finalNewline };
};

/** A new file has Windows line ends where the patch has them in its lines but not in its headers. */
const emptySource = (patch: string): Source & { readonly finalNewline: boolean } => {
  const eol = /^@@(?:[^\n]*[^\r\n])?\n\+[^\n]*\r$/m.test(patch) ? '\r' : '';
  return { lines: [], bare: [], eol, finalNewline: true };
};

const preflight = (source: string, patch: string): string | undefined => {
  if (patch.length > MAX_PATCH) return `the patch is larger than ${MAX_PATCH / 1024} KiB`;
  if (source.length > MAX_PATCH_SOURCE)
    return `the file is larger than ${MAX_PATCH_SOURCE / 1024 / 1024} MiB`;
  if (patch.includes('\0') || source.includes('\0')) return 'binary content cannot be patched';
  const foreign = foreignFormat(patch.split('\n'));
  return foreign === undefined ? undefined : `${foreign}; ${WANTED}`;
};

const checkShape = (source: string, parsed: ParsedPatch): string | undefined => {
  if (parsed.paths.length > 1) {
    return `the patch touches ${parsed.paths.length} files; ${WANTED}, one patch action for each file`;
  }
  if (parsed.hunks.length === 0 && !(parsed.deletes && source === '')) return `no hunk found; ${WANTED}`;
  if (parsed.hunks.length > MAX_HUNKS) return `the patch has more than ${MAX_HUNKS} hunks`;
  if (parsed.creates && source !== '')
    return 'the patch creates the file, but it exists; patch or write it instead';
  if (parsed.hunks.length > 0 && !parsed.hunks.some((hunk) => hunk.lines.some((line) => line.op !== ' '))) {
    return 'the patch adds and removes nothing';
  }
  return undefined;
};

interface Result {
  readonly lines: readonly string[];
  readonly notes: readonly string[];
  readonly endsWithNewline: boolean | undefined;
}

const countNote = (hunk: Hunk): readonly string[] => {
  if (hunk.counts === undefined) return ['has no line numbers'];
  const minus = hunk.lines.filter((line) => line.op !== '+').length;
  const plus = hunk.lines.filter((line) => line.op !== '-').length;
  return minus === hunk.counts[0] && plus === hunk.counts[1] ? [] : ['line counts corrected'];
};

const applyHunks = (source: Source, hunks: readonly Hunk[], fuzz: number): Result | Unplaced => {
  const effort = { left: MAX_EFFORT };
  const pieces: (readonly string[])[] = [];
  const notes: string[] = [];
  let from = 0;
  let endsWithNewline: boolean | undefined;
  for (const [index, hunk] of hunks.entries()) {
    if (hunk.lines.every((line) => line.op === ' ')) continue;
    const placed: Placed | Unplaced = placeHunk({ source, from, effort }, hunk, fuzz);
    if (placed.kind === 'unplaced') return { ...placed, reason: `hunk ${index + 1}: ${placed.reason}` };
    pieces.push(source.lines.slice(from, placed.start), placed.replacement);
    from = placed.end;
    for (const note of [...countNote(hunk), ...placed.notes]) notes.push(`hunk ${index + 1}: ${note}`);
    // The remark counts only where the hunk really reaches the end of the file.
    const rest = source.lines.length - from;
    const trailing = hunk.lines.length - 1 - hunk.lines.findLastIndex((line) => line.op !== ' ');
    if (rest <= trailing) endsWithNewline = hunk.endsWithNewline;
  }
  pieces.push(source.lines.slice(from));
  return { lines: pieces.flat(), notes, endsWithNewline };
};

const inOrder = (hunks: readonly Hunk[]): readonly Hunk[] | undefined => {
  if (hunks.length < 2 || hunks.some((hunk) => hunk.start === undefined)) return undefined;
  const sorted = hunks.toSorted((a, b) => (a.start ?? 0) - (b.start ?? 0));
  return sorted.some((hunk, index) => hunk !== hunks[index]) ? sorted : undefined;
};

const applyInAnyOrder = (source: Source, hunks: readonly Hunk[], fuzz: number): Result | Unplaced => {
  const first = applyHunks(source, hunks, fuzz);
  const sorted = inOrder(hunks);
  if (!('kind' in first) || sorted === undefined) return first;
  const second = applyHunks(source, sorted, fuzz);
  return 'kind' in second ? first : { ...second, notes: ['hunks put in order', ...second.notes] };
};

const joinLines = (result: Result, eol: string, finalNewline: boolean): string => {
  if (result.lines.length === 0) return '';
  const text = result.lines.join('\n');
  if (result.endsWithNewline ?? finalNewline) return `${text}\n`;
  return eol !== '' && text.endsWith(eol) ? text.slice(0, -eol.length) : text;
};

/**
 * Applies a unified diff as models write it to one file (spec 9.2). Line endings and the end of the file stay as they
 * are. An absent file is `''`. What is unsafe to guess is rejected with the reason; never throws.
 */
export const applyUnifiedDiff = (
  source: string,
  patch: string,
  options: { readonly fuzz?: number } = {},
): PatchOutcome => {
  const early = preflight(source, patch);
  if (early !== undefined) return rejected(early);
  const parsed = parsePatch(patch);
  const shape = checkShape(source, parsed);
  if (shape !== undefined) return rejected(shape);
  if (parsed.hunks.length === 0) return { kind: 'deleted', notes: parsed.notes };

  const mark = source.startsWith('\uFEFF') ? '\uFEFF' : '';
  const read = source === '' ? emptySource(patch) : readSource(source.slice(mark.length));
  const fuzz = Math.max(0, Math.min(MAX_FUZZ, Math.trunc(options.fuzz ?? MAX_FUZZ)));
  const result = applyInAnyOrder(read, parsed.hunks, fuzz);
  if ('kind' in result) return rejected(result.reason, result.candidates);
  const notes = [...parsed.notes, ...result.notes];
  if (parsed.deletes) {
    if (result.lines.length === 0) return { kind: 'deleted', notes };
    return rejected('the patch deletes the file, but its hunks do not hold the whole content');
  }
  const text = mark + joinLines(result, read.eol, read.finalNewline);
  return text === source ? rejected('the patch changes nothing') : { kind: 'applied', text, notes };
};
