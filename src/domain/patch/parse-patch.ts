/** One line of a hunk. `bare`: it came without its marker. `alt`: what it says if its first space was no marker. */
export interface HunkLine {
  readonly op: ' ' | '+' | '-';
  readonly text: string;
  readonly bare: boolean;
  readonly alt?: string;
}

export interface Hunk {
  /** Old start line of the header, 1-based; undefined where the header has no usable numbers. */
  readonly start: number | undefined;
  /** Old and new line counts as the header claims them. */
  readonly counts: readonly [number, number] | undefined;
  readonly lines: HunkLine[];
  /** What `\ No newline at end of file` says of the new side; undefined without such a line. */
  endsWithNewline?: boolean | undefined;
}

export interface ParsedPatch {
  readonly hunks: readonly Hunk[];
  readonly paths: readonly string[];
  readonly creates: boolean;
  readonly deletes: boolean;
  readonly notes: readonly string[];
}

const FOREIGN: readonly (readonly [RegExp, string])[] = [
  [
    /^\*\*\* (?:Begin Patch|(?:Update|Add|Delete) File:)/,
    'this is the apply_patch ("*** Begin Patch") format',
  ],
  [/^(?:GIT binary patch|Binary files .{0,1000} differ)/, 'binary patches cannot be applied'],
  [/^<{5,9} ?(?:SEARCH|ORIGINAL|HEAD)/, 'this is a search/replace block'],
  [/^@@@/, 'this is a combined diff of a merge'],
  [/^\*{15}/, 'this is a context diff'],
  [/^(?:rename|copy) (?:from|to) /, 'a patch cannot rename or copy a file'],
];

/** Why the text is no unified diff of one file although it is a patch of another kind. */
export const foreignFormat = (lines: readonly string[]): string | undefined => {
  for (const line of lines) {
    for (const [pattern, reason] of FOREIGN) if (pattern.test(line)) return reason;
  }
  return undefined;
};

const FENCE = /^ {0,3}(?:```|~~~)/;
const HUNK_NUMBERS = /^@@ *-(\d{1,9})(?:,(\d{1,9}))? +\+(\d{1,9})(?:,(\d{1,9}))?/;
const isStart = (line: string): boolean => /^(?:@@|--- |diff --git )/.test(line);

const withoutFences = (lines: readonly string[]): readonly string[] => {
  const open = lines.findIndex((line) => FENCE.test(line));
  if (open < 0) return lines;
  const start = lines.findIndex(isStart);
  const close = lines.findLastIndex((line) => /^ {0,3}(?:```|~~~)\s*$/.test(line));
  if (start >= 0 && start < open) {
    const tail = lines.slice(open + 1).every((line) => line.trim() === '');
    return tail ? lines.slice(0, open) : lines;
  }
  return lines.slice(open + 1, close > open ? close : lines.length);
};

const withoutMailSignature = (lines: readonly string[]): readonly string[] => {
  const at = lines.findLastIndex((line) => line === '-- ');
  if (at < 0 || !/^\d+\.\d+/.test(lines[at + 1] ?? '')) return lines;
  return lines.slice(at + 2).every((line) => line.trim() === '') ? lines.slice(0, at) : lines;
};

const cleanPath = (raw: string): string => {
  const path = (raw.split('\t')[0] ?? '').trim().replace(/^"(.*)"$/, '$1');
  return path === '/dev/null' ? path : path.replace(/^(?:[abciow]|old|new)\//, '').replace(/^\.\//, '');
};

const hunkHeader = (line: string): Hunk => {
  const found = HUNK_NUMBERS.exec(line);
  if (!found) return { start: undefined, counts: undefined, lines: [] };
  return {
    start: Number(found[1]),
    counts: [Number(found[2] ?? 1), Number(found[4] ?? 1)],
    lines: [],
  };
};

const bodyLine = (line: string): HunkLine => {
  const op = line[0];
  if (op === '+' || op === '-') return { op, text: line.slice(1), bare: false };
  if (op === ' ') return { op, text: line.slice(1), bare: false, alt: line };
  return { op: ' ', text: line, bare: true };
};

const noteNoNewline = (hunk: Hunk): void => {
  const last = hunk.lines.at(-1);
  if (last === undefined) return;
  if (last.op === '-') hunk.endsWithNewline = true;
  // Without a newline before and after: no change of it.
  else if (last.op === '+') hunk.endsWithNewline = hunk.endsWithNewline === true ? undefined : false;
};

interface Reading {
  readonly hunks: Hunk[];
  readonly paths: Set<string>;
  hunk: Hunk | undefined;
  creates: boolean;
  deletes: boolean;
}

const readFileHeader = (state: Reading, oldLine: string, newLine: string): void => {
  const before = cleanPath(oldLine.slice(4));
  const after = cleanPath(newLine.slice(4));
  if (before === '/dev/null') state.creates = true;
  if (after === '/dev/null') state.deletes = true;
  state.paths.add(after === '/dev/null' ? before : after);
  state.hunk = undefined;
};

const readLine = (state: Reading, line: string, afterHeader: boolean): void => {
  if (line.startsWith('@@')) {
    state.hunk = hunkHeader(line);
    state.hunks.push(state.hunk);
    return;
  }
  if (line.startsWith('diff --git ') || line.startsWith('Index: ')) {
    state.hunk = undefined;
    const path = / "?b\/([^"]{1,4000})"?$/.exec(line)?.[1];
    if (path !== undefined) state.paths.add(path);
    return;
  }
  if (state.hunk === undefined) {
    if (line.startsWith('deleted file mode ')) state.deletes = true;
    if (!afterHeader || line.trim() === '') return;
    state.hunk = { start: undefined, counts: undefined, lines: [] };
    state.hunks.push(state.hunk);
  }
  if (line.startsWith('\\')) noteNoNewline(state.hunk);
  else state.hunk.lines.push(bodyLine(line));
};

/** Reads a unified diff as models write it: fences, prose, missing numbers and lost markers are forgiven. Never throws. */
export const parsePatch = (text: string): ParsedPatch => {
  const all = text.replace(/^\uFEFF/, '').split('\n');
  const raw = all.map((line) => (line.endsWith('\r') ? line.slice(0, -1) : line));
  if (raw.at(-1) === '') raw.pop();
  const unfenced = withoutFences(raw);
  const lines = withoutMailSignature(unfenced);
  const state: Reading = { hunks: [], paths: new Set(), hunk: undefined, creates: false, deletes: false };
  let headerAt = -1;
  for (let at = 0; at < lines.length; at += 1) {
    const line = lines[at] ?? '';
    const next = lines[at + 1] ?? '';
    if (line.startsWith('--- ') && next.startsWith('+++ ')) {
      readFileHeader(state, line, next);
      headerAt = at + 2;
      at += 1;
    } else readLine(state, line, headerAt >= 0);
  }
  return {
    hunks: state.hunks.filter((hunk) => hunk.lines.length > 0),
    paths: [...state.paths],
    creates: state.creates,
    deletes: state.deletes,
    notes: unfenced === raw ? [] : ['took the patch out of its markdown fence'],
  };
};
