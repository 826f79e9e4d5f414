import { diffWordsWithSpace } from 'diff';

/** A file of a patch above one of these is named and not printed. */
const MAX_FILE_UNITS = 2 * 1024 * 1024;
export const MAX_FILE_LINES = 50_000;
/** Longer lines are compared as a whole, not by words. */
const MAX_WORD_LINE = 500;
/** Edits after which two lines count as different ones. */
const MAX_WORD_EDITS = 30;
/** With more pieces than this nobody sees what changed. */
const MAX_WORD_PIECES = 24;
/** Of the longer line: with less in common, marking words says nothing. */
const LEAST_IN_COMMON = 0.3;

/** One file of a patch, before its hunks are read. All texts are as they came: unsafe for a terminal. */
export interface PatchFile {
  /** Unlike that of any other file of this patch. */
  readonly key: string;
  readonly path: string;
  /** Where it was before, if it moved. */
  readonly oldPath: string | undefined;
  readonly change: 'added' | 'deleted' | 'modified' | 'renamed';
  readonly added: number;
  readonly removed: number;
  readonly binary: boolean;
  /** Above the limits: not printed. */
  readonly huge: boolean;
  readonly lines: number;
  /** Its part of the patch, as UTF-16 units. */
  readonly from: number;
  readonly to: number;
}
export interface PatchRow {
  readonly kind: 'hunk' | 'context' | 'added' | 'removed' | 'note';
  /** Without the marker in front; a hunk's whole head. */
  readonly text: string;
  /** Line of the old file that it stands at or after: stays the same while lines are added elsewhere. */
  readonly old: number;
  /** Its number in the new file, in the old one if it was removed. */
  readonly number: number | undefined;
  /** Index of the row that it was before, or became. */
  pair: number | undefined;
}
/** A unified git patch that was cut into files; hunks are read when they are asked for. */
export interface PatchView {
  readonly text: string;
  readonly files: readonly PatchFile[];
  readonly added: number;
  readonly removed: number;
  /** True when the patch says itself that it goes on. */
  readonly cut: boolean;
  /** Rows of one file; empty for what is not printed. */
  rows(file: PatchFile): readonly PatchRow[];
}

const MARK = 'diff --git ';
const CUT = /(?:^|\n)\.\.\. the diff goes on[^\n]*\n?$/;

const starts = (text: string): readonly number[] => {
  const found: number[] = text.startsWith(MARK) ? [0] : [];
  // A line of a hunk has a marker in front, so that this is never content.
  for (let at = text.indexOf(`\n${MARK}`); at >= 0; at = text.indexOf(`\n${MARK}`, at + 1))
    found.push(at + 1);
  return found;
};

/** `a/x b/x`: both halves are the same unless the file moved, and then other lines name them. */
const pathOfMark = (line: string): string => {
  const rest = line.slice(MARK.length);
  return rest.startsWith('a/') ? rest.slice(2, 2 + (rest.length - 5) / 2) : rest;
};

interface Head {
  path: string | undefined;
  oldPath: string | undefined;
  change: PatchFile['change'];
  binary: boolean;
}
const named = (line: string, side: 'a' | 'b'): string | undefined => {
  // git ends a name that has a space with a tab.
  const name = line.slice(4).replace(/\t$/, '');
  if (name === '/dev/null') return undefined;
  return name.startsWith(`${side}/`) ? name.slice(2) : name;
};
const heads: readonly (readonly [string, (head: Head, line: string) => void])[] = [
  ['new file mode', (head) => (head.change = 'added')],
  ['deleted file mode', (head) => (head.change = 'deleted')],
  [
    'rename from ',
    (head, line) => Object.assign(head, { change: 'renamed', oldPath: line.slice('rename from '.length) }),
  ],
  ['rename to ', (head, line) => (head.path = line.slice('rename to '.length))],
  ['--- ', (head, line) => (head.path ??= named(line, 'a'))],
  ['+++ ', (head, line) => (head.path = named(line, 'b') ?? head.path)],
  ['Binary files ', (head) => (head.binary = true)],
  ['GIT binary patch', (head) => (head.binary = true)],
];

interface Span {
  readonly from: number;
  readonly to: number;
}
/** Calls back with the borders of each line until it says false; no string is made. */
const eachLine = (text: string, { from, to }: Span, take: (from: number, to: number) => boolean): void => {
  for (let at = from; at < to;) {
    const next = text.indexOf('\n', at);
    const end = next < 0 || next > to ? to : next;
    if (!take(at, end)) return;
    at = end + 1;
  }
};

const PLUS = 43;
const MINUS = 45;

const countLines = (text: string, span: Span) => {
  let [added, removed, lines] = [0, 0, 0];
  eachLine(text, span, (at) => {
    lines += 1;
    const code = text.charCodeAt(at);
    if (code === PLUS) added += 1;
    else if (code === MINUS) removed += 1;
    return true;
  });
  return { added, removed, lines };
};

const readFile = (text: string, span: Span): Omit<PatchFile, 'key'> => {
  const head: Head = { path: undefined, oldPath: undefined, change: 'modified', binary: false };
  let mark = '';
  let body = span.to;
  eachLine(text, span, (from, to) => {
    if (text.startsWith('@@', from)) {
      body = from;
      return false;
    }
    const line = text.slice(from, Math.min(to, from + 10_000));
    mark ||= line;
    for (const [start, take] of heads) if (line.startsWith(start)) take(head, line);
    return !head.binary;
  });
  const counts = countLines(text, { from: body, to: span.to });
  const { path, ...rest } = head;
  return {
    path: path ?? pathOfMark(mark),
    ...rest,
    ...counts,
    huge: counts.lines > MAX_FILE_LINES || span.to - span.from > MAX_FILE_UNITS,
    ...span,
  };
};

const HUNK = /^@@ -(\d{1,9})(?:,(\d{1,9}))? \+(\d{1,9})/;

interface Reader {
  readonly rows: PatchRow[];
  old: number;
  next: number;
  /** First of the removed rows that still wait for a pair. */
  waiting: number;
  inHunk: boolean;
}

const put = (reader: Reader, row: Omit<PatchRow, 'pair'>): void => {
  if (row.kind !== 'added' && row.kind !== 'removed') reader.waiting = reader.rows.length + 1;
  reader.rows.push({ ...row, pair: undefined });
};

const putHunk = (reader: Reader, text: string): void => {
  const [, old = '0', count, next = '0'] = HUNK.exec(text) ?? [];
  // A hunk that takes nothing away is named by the line before it.
  reader.old = Number(old) - (count === '0' ? 0 : 1);
  reader.next = Number(next);
  reader.inHunk = true;
  put(reader, { kind: 'hunk', text, old: reader.old, number: undefined });
};

const putRemoved = (reader: Reader, text: string): void => {
  const before = reader.rows.at(-1);
  if (before?.kind === 'added') reader.waiting = reader.rows.length;
  reader.old += 1;
  put(reader, { kind: 'removed', text, old: reader.old, number: reader.old });
};

const putAdded = (reader: Reader, text: string): void => {
  const { rows, waiting } = reader;
  put(reader, { kind: 'added', text, old: reader.old, number: reader.next });
  reader.next += 1;
  const before = rows[waiting];
  if (before?.kind !== 'removed') return;
  before.pair = rows.length - 1;
  rows.at(-1)!.pair = waiting;
  reader.waiting += 1;
};

const putLine = (reader: Reader, line: string): void => {
  const { old } = reader;
  if (line.startsWith('@@')) return putHunk(reader, line);
  if (!reader.inHunk) return;
  const text = line.slice(1);
  switch (line[0]) {
    case '+':
      return putAdded(reader, text);
    case '-':
      return putRemoved(reader, text);
    case ' ':
    case undefined:
      reader.old += 1;
      reader.next += 1;
      return put(reader, { kind: 'context', text, old: reader.old, number: reader.next - 1 });
    default: {
      // `\ No newline at end of file`, or that the patch was cut; neither parts a removed line from its pair.
      const { waiting } = reader;
      put(reader, { kind: 'note', text: line.replace(/^\\ /, ''), old, number: undefined });
      reader.waiting = waiting;
    }
  }
};

const readRows = (text: string, file: PatchFile): readonly PatchRow[] => {
  if (file.binary || file.huge) return [];
  const reader: Reader = { rows: [], old: 0, next: 0, waiting: 0, inHunk: false };
  eachLine(text, file, (from, to) => {
    putLine(reader, text.slice(from, to));
    return true;
  });
  return reader.rows;
};

/** Cuts a patch into its files at the cost of one look at each line; the rows of a file are made once, when asked for. */
export const viewPatch = (text: string): PatchView => {
  const at = starts(text);
  const keys = new Set<string>();
  const files = at.map((from, i): PatchFile => {
    const file = readFile(text, { from, to: at[i + 1] ?? text.length });
    // A file that became a link comes twice: gone, and new.
    const key = keys.has(file.path) ? `${file.path}\0${i}` : file.path;
    keys.add(key);
    return { ...file, key };
  });
  const made = new Map<PatchFile, readonly PatchRow[]>();
  return {
    text,
    files,
    added: files.reduce((sum, file) => sum + file.added, 0),
    removed: files.reduce((sum, file) => sum + file.removed, 0),
    cut: CUT.test(text.slice(-200)),
    rows: (file) => {
      const rows = made.get(file) ?? readRows(text, file);
      made.set(file, rows);
      return rows;
    },
  };
};

/** A piece of a changed line. */
export interface Word {
  readonly text: string;
  readonly changed: boolean;
}

/** What changed within a line, on both sides; undefined where the lines have too little in common, or are too long. */
export const changedWords = (
  before: string,
  after: string,
): { readonly before: readonly Word[]; readonly after: readonly Word[] } | undefined => {
  if (before.length > MAX_WORD_LINE || after.length > MAX_WORD_LINE) return undefined;
  const parts = diffWordsWithSpace(before, after, { maxEditLength: MAX_WORD_EDITS });
  if (parts === undefined || parts.length > MAX_WORD_PIECES) return undefined;
  const common = parts
    .filter((part) => !part.added && !part.removed)
    .reduce((sum, part) => sum + part.value.trim().length, 0);
  if (common < LEAST_IN_COMMON * Math.max(before.trim().length, after.trim().length)) return undefined;
  const side = (other: 'added' | 'removed'): readonly Word[] =>
    parts
      .filter((part) => !part[other])
      .map((part) => ({ text: part.value, changed: part.added || part.removed }));
  return { before: side('added'), after: side('removed') };
};

/** Where one stands in the rows of a file, so that it is found again in a later diff against the same base. */
export interface Anchor {
  readonly old: number;
  /** Rows below the first one at that line. */
  readonly plus: number;
}
export const firstAnchor: Anchor = { old: Number.NEGATIVE_INFINITY, plus: 0 };

const firstAt = (rows: readonly PatchRow[], old: number): number => {
  let [low, high] = [0, rows.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (rows[middle]!.old < old) low = middle + 1;
    else high = middle;
  }
  return low;
};

export const anchorOf = (rows: readonly PatchRow[], row: number): Anchor => {
  const old = rows[row]?.old;
  if (row <= 0 || old === undefined) return firstAnchor;
  return { old, plus: row - firstAt(rows, old) };
};

/** The row of an anchor, or the nearest one after the rows have changed. */
export const rowOf = (rows: readonly PatchRow[], { old, plus }: Anchor): number => {
  if (old === Number.NEGATIVE_INFINITY) return 0;
  const first = firstAt(rows, old);
  const end = firstAt(rows, old + 1);
  return Math.max(0, Math.min(first + plus, Math.max(first, end - 1), rows.length - 1));
};
