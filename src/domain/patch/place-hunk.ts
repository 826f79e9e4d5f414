import { applyPatch } from 'diff';
import type { Hunk, HunkLine } from './parse-patch.ts';

/** The text as lines; each keeps its `\r`. `eol` is what a new line gets. */
export interface Source {
  readonly lines: readonly string[];
  readonly bare: readonly string[];
  readonly eol: '' | '\r';
}

/** `lines[start, end)` of the source becomes `replacement`. */
export interface Placed {
  readonly kind: 'placed';
  readonly start: number;
  readonly end: number;
  readonly replacement: readonly string[];
  readonly notes: readonly string[];
}

export interface Unplaced {
  readonly kind: 'unplaced';
  readonly reason: string;
  readonly candidates?: readonly number[];
}

/** What is left of the work one patch may cost, in compared lines. */
export interface Effort {
  left: number;
}

interface Search {
  readonly source: Source;
  readonly from: number;
  readonly effort: Effort;
}

const MAX_CANDIDATES = 20;

const old = (lines: readonly HunkLine[]): readonly HunkLine[] => lines.filter((line) => line.op !== '+');

const dropLast = (lines: readonly HunkLine[], drop: (line: HunkLine) => boolean): readonly HunkLine[] => {
  let end = lines.length;
  while (end > 0 && drop(lines[end - 1]!)) end -= 1;
  return lines.slice(0, end);
};

const isBareBlank = (line: HunkLine): boolean => line.bare && line.text.trim() === '';

/** A blank line between two added ones has lost its plus. */
const blanksAsAdded = (lines: readonly HunkLine[]): readonly HunkLine[] => {
  const result = [...lines];
  let previous: string = '';
  for (let at = 0; at < result.length; at += 1) {
    const line = result[at]!;
    if (!isBareBlank(line)) {
      previous = line.op;
      continue;
    }
    let next = at;
    while (next < result.length && isBareBlank(result[next]!)) next += 1;
    const added = previous === '+' && result[next]?.op === '+';
    for (; at < next; at += 1) if (added) result[at] = { op: '+', text: '', bare: false };
    at = next - 1;
  }
  return result;
};

const variantsOf = (hunk: Hunk): readonly (readonly HunkLine[])[] => {
  const seen = new Set<string>();
  const trimmed = dropLast(hunk.lines, isBareBlank);
  const all = [hunk.lines, trimmed, blanksAsAdded(hunk.lines), blanksAsAdded(trimmed)];
  all.push(
    dropLast(hunk.lines, (line) => line.bare),
    dropLast(blanksAsAdded(trimmed), (line) => line.bare),
  );
  return all.filter((lines) => {
    const key = lines.map((line) => line.op).join('');
    return lines.some((line) => line.op !== ' ') && !seen.has(key) && seen.add(key);
  });
};

type Same = (line: HunkLine, text: string) => boolean;
const strict: Same = (line, text) => line.text === text;
const loose: Same = (line, text) =>
  line.text === text ||
  line.alt === text ||
  line.text.trimEnd() === text.trimEnd() ||
  (line.alt !== undefined && line.alt.trimEnd() === text.trimEnd());

const matchesAt = (search: Search, want: readonly HunkLine[], at: { index: number; same: Same }): boolean => {
  const { bare } = search.source;
  if (at.index < search.from || at.index + want.length > bare.length) return false;
  for (let offset = 0; offset < want.length; offset += 1) {
    search.effort.left -= 1;
    if (!at.same(want[offset]!, bare[at.index + offset]!)) return false;
  }
  return true;
};

const candidatesFor = (search: Search, want: readonly HunkLine[], same: Same): readonly number[] => {
  const found: number[] = [];
  const last = search.source.bare.length - want.length;
  for (let index = search.from; index <= last && search.effort.left > 0; index += 1) {
    if (!matchesAt(search, want, { index, same })) continue;
    found.push(index);
    if (found.length >= MAX_CANDIDATES) break;
  }
  return found;
};

const ambiguous = (places: readonly number[]): Unplaced => ({
  kind: 'unplaced',
  reason: `its lines stand at several places (lines ${places.map((at) => at + 1).join(', ')}) and its line number does not decide; give more context or the exact line number`,
  candidates: places.map((at) => at + 1),
});

const replaceExactly = (source: Source, lines: readonly HunkLine[], start: number): readonly string[] => {
  let at = start;
  const fixed = lines.map((line) => {
    if (line.op === '+') return `+${line.text}${source.eol}`;
    at += 1;
    return `${line.op}${source.lines[at - 1] ?? ''}`;
  });
  const added = fixed.filter((line) => line.startsWith('+'));
  const kept = fixed.filter((line) => !line.startsWith('-')).length;
  if (at === start) return added.map((line) => line.slice(1));
  const hunk = { oldStart: 1, oldLines: at - start, newStart: 1, newLines: kept, lines: fixed };
  const headers = { oldFileName: 'a', newFileName: 'b', oldHeader: '', newHeader: '' };
  const segment = source.lines.slice(start, at).join('\n');
  const result = applyPatch(segment, { ...headers, hunks: [hunk] }, { autoConvertLineEndings: false });
  if (result === false) return source.lines.slice(start, at);
  return kept === 0 ? [] : result.split('\n');
};

const placeExactly = (search: Search, lines: readonly HunkLine[], start: number): Placed => {
  const trailing = lines.length - dropLast(lines, (line) => line.op === ' ').length;
  const length = old(lines).length;
  const replacement = replaceExactly(search.source, lines, start);
  return {
    kind: 'placed',
    start,
    end: start + length - trailing,
    replacement: replacement.slice(0, replacement.length - trailing),
    notes: [],
  };
};

const placeInsertion = (search: Search, hunk: Hunk, lines: readonly HunkLine[]): Placed | Unplaced => {
  const count = search.source.lines.length;
  if (count === 0) return placeExactly(search, lines, 0);
  const at = hunk.start;
  if (at !== undefined && hunk.counts?.[0] === 0 && at >= search.from && at <= count) {
    return placeExactly(search, lines, at);
  }
  return { kind: 'unplaced', reason: 'it has only added lines, so its place is unknown; give context lines' };
};

const choose = (search: Search, hunk: Hunk, same: Same): Placed | Unplaced | undefined => {
  for (const lines of variantsOf(hunk)) {
    const want = old(lines);
    if (want.length === 0) return placeInsertion(search, hunk, lines);
    const named = (hunk.start ?? 0) - 1;
    if (matchesAt(search, want, { index: named, same })) return placeExactly(search, lines, named);
    const places = candidatesFor(search, want, same);
    if (places.length > 1) return ambiguous(places);
    if (places[0] !== undefined) {
      const placed = placeExactly(search, lines, places[0]);
      return { ...placed, notes: [`found at line ${places[0] + 1}`] };
    }
  }
  return undefined;
};

const changedRegion = (
  before: readonly string[],
  after: readonly string[],
): readonly [number, number, number] => {
  const shorter = Math.min(before.length, after.length);
  let head = 0;
  while (head < shorter && before[head] === after[head]) head += 1;
  let tail = 0;
  while (tail < shorter - head && before[before.length - 1 - tail] === after[after.length - 1 - tail])
    tail += 1;
  return [head, before.length - tail, after.length - tail];
};

const placeFuzzily = (search: Search, hunk: Hunk, fuzz: number): Placed | Unplaced | undefined => {
  const { source, from, effort } = search;
  const lines = variantsOf(hunk).at(-1) ?? [];
  const context = lines.filter((line) => line.op === ' ').length;
  const rest = source.lines.slice(from);
  effort.left -= rest.length * lines.length;
  const fuzzFactor = Math.min(fuzz, context - 1);
  if (fuzzFactor < 1 || effort.left <= 0) return undefined;
  const body = lines.map((line) => `${line.op}${line.text}${line.op === '+' ? source.eol : ''}`);
  const oldLines = old(lines).length;
  const headers = { oldFileName: 'a', newFileName: 'b', oldHeader: '', newHeader: '' };
  const attempt = (oldStart: number): string | false => {
    const one = { oldStart, oldLines, newStart: oldStart, newLines: 0, lines: body };
    return applyPatch(
      rest.join('\n'),
      { ...headers, hunks: [one] },
      {
        fuzzFactor,
        autoConvertLineEndings: false,
        compareLine: (...[, line, , content]) => line?.trimEnd() === content.trimEnd(),
      },
    );
  };
  // Nearest from the top and nearest from the bottom are the same place only where there is one place.
  const top = attempt(1);
  if (top === false) return undefined;
  const bottom = attempt(Math.max(1, rest.length - oldLines + 1));
  const after = top.split('\n');
  const [start, end, newEnd] = changedRegion(rest, after);
  if (bottom !== top) {
    const other = changedRegion(rest, bottom === false ? rest : bottom.split('\n'))[0];
    return ambiguous([from + start, from + other]);
  }
  const replacement = after.slice(start, newEnd);
  const notes = ['applied although some context lines differ'];
  return { kind: 'placed', start: from + start, end: from + end, replacement, notes };
};

const reversed = (hunk: Hunk): Hunk => ({
  ...hunk,
  lines: hunk.lines.map((line) => (line.op === ' ' ? line : { ...line, op: line.op === '+' ? '-' : '+' })),
});

/** Finds the one place of a hunk at or after line index `from`: exactly, then but for white space, then with fuzz. */
export const placeHunk = (search: Search, hunk: Hunk, fuzz: number): Placed | Unplaced => {
  const placed =
    choose(search, hunk, strict) ?? choose(search, hunk, loose) ?? placeFuzzily(search, hunk, fuzz);
  if (placed !== undefined) return placed;
  if (search.effort.left <= 0) return { kind: 'unplaced', reason: 'finding its place takes too long' };
  const done = hunk.lines.some((line) => line.op === '+') && choose(search, reversed(hunk), strict);
  if (done !== undefined && done !== false && done.kind === 'placed') {
    return { kind: 'unplaced', reason: 'its change is already in the file' };
  }
  return { kind: 'unplaced', reason: 'its context and removed lines are not in the file' };
};
