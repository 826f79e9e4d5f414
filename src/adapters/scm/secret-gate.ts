import { findSecrets } from '../../domain/redact.ts';

/** A place that looks like a secret. `line` counts from 1; the secret itself is never part of it. */
export interface SecretFinding {
  readonly rule: string;
  readonly line: number;
}

const FILTER_COMMENTS = '@secretlint/secretlint-rule-filter-comments';
const RULE_PREFIX = '@secretlint/secretlint-rule-';
/** Longer lines are looked at in overlapping parts, so that no rule can become slow on one. */
const PART = 8192;
const OVERLAP = 1024;
/** Text that one call of the rules gets. */
const PIECE = 256 * 1024;
const MAX_FINDINGS = 1000;

interface Line {
  readonly text: string;
  readonly line: number;
}

/** What looks like a secret in the text, by Secretlint's rules and our own patterns. Guesses by name are left out. */
export const scanForSecrets = (
  text: string,
  known: readonly string[] = [],
): Promise<readonly SecretFinding[]> =>
  scanLines(
    text.split('\n').map((line, index) => ({ text: line, line: index + 1 })),
    known,
  );

/** The same for the lines a unified diff adds; `line` is the line in the diff. */
export const scanDiff = (patch: string, known: readonly string[] = []): Promise<readonly SecretFinding[]> =>
  scanLines(addedLines(patch), known);

const HUNK = /^@@ -\d+(?:,(\d+))? \+\d+(?:,(\d+))? @@/;

const addedLines = (patch: string): Line[] => {
  const added: Line[] = [];
  // Only the counts of the hunk tell a line `+++ x` of a file from a header.
  let [older, newer] = [0, 0];
  patch.split('\n').forEach((text, index) => {
    if (older <= 0 && newer <= 0) {
      const hunk = HUNK.exec(text);
      if (hunk) [older, newer] = [Number(hunk[1] ?? 1), Number(hunk[2] ?? 1)];
      return;
    }
    if (text.startsWith('+')) added.push({ text: text.slice(1), line: index + 1 });
    if (!text.startsWith('+') && !text.startsWith('\\')) older -= 1;
    if (!text.startsWith('-') && !text.startsWith('\\')) newer -= 1;
  });
  return added;
};

const scanLines = async (
  lines: readonly Line[],
  known: readonly string[],
): Promise<readonly SecretFinding[]> => {
  if (lines.every(({ text }) => text.trim() === '')) return [];
  const lint = await loadRules();
  const found = new Map<string, SecretFinding>();
  for (const piece of pieces(lines)) {
    const text = piece.map((line) => line.text).join('\n');
    const places = [
      ...findSecrets(text, known)
        .filter(({ kind }) => kind !== 'assignment')
        .map(({ kind, index }) => ({ rule: kind, index })),
      ...(await lint(text)),
    ];
    for (const { rule, line } of located(places, piece))
      if (found.size < MAX_FINDINGS) found.set(`${line}:${rule}`, { rule, line });
  }
  return [...found.values()].toSorted((a, b) => a.line - b.line || (a.rule < b.rule ? -1 : 1));
};

interface Place {
  readonly rule: string;
  /** UTF-16 index in the piece. */
  readonly index: number;
}

const located = (places: readonly Place[], piece: readonly Line[]): (Place & { readonly line: number })[] => {
  const starts: number[] = [];
  let at = 0;
  for (const { text } of piece) {
    starts.push(at);
    at += text.length + 1;
  }
  return places.map((place) => {
    const after = starts.findIndex((start) => start > place.index);
    return { ...place, line: piece[(after < 0 ? starts.length : after) - 1]?.line ?? 1 };
  });
};

function* pieces(lines: readonly Line[]): Generator<Line[]> {
  let piece: Line[] = [];
  let size = 0;
  for (const part of parts(lines)) {
    piece.push(part);
    size += part.text.length + 1;
    if (size < PIECE) continue;
    yield piece;
    // What spans several lines, such as a private key, may begin before the cut.
    piece = tail(piece);
    size = piece.reduce((sum, { text }) => sum + text.length + 1, 0);
  }
  if (piece.length > 0) yield piece;
}

const tail = (piece: readonly Line[]): Line[] => {
  let size = 0;
  const from = piece.findLastIndex(({ text }) => (size += text.length + 1) > PART);
  return piece.slice(from + 1);
};

function* parts(lines: readonly Line[]): Generator<Line> {
  for (const { text, line } of lines) {
    if (text.length <= PART) yield { text, line };
    else
      for (let at = 0; at < text.length; at += PART - OVERLAP)
        yield { text: text.slice(at, at + PART), line };
  }
}

type Lint = (text: string) => Promise<readonly Place[]>;
let loaded: Promise<Lint> | undefined;

/** Loaded when first used: it is a third of a megabyte of patterns. */
const loadRules = (): Promise<Lint> => {
  loaded ??= importRules().catch((error: unknown) => {
    loaded = undefined;
    throw error;
  });
  return loaded;
};

const importRules = async (): Promise<Lint> => {
  const [{ lintSource }, { rules }, { secretLintProfiler }] = await Promise.all([
    import('@secretlint/core'),
    import('@secretlint/secretlint-rule-preset-recommend'),
    import('@secretlint/profiler'),
  ]);
  // It would keep an entry for every rule of every scan, for as long as the process lives.
  secretLintProfiler.setEnabled(false);
  const config = {
    // One by one, without the rule by which a comment in the text switches the others off.
    rules: rules
      .filter((rule) => rule.meta.id !== FILTER_COMMENTS)
      .map((rule) => ({ id: rule.meta.id, rule })),
  };
  return async (text) => {
    const { messages } = await lintSource({
      source: { filePath: 'added.txt', content: text, contentType: 'text', ext: '.txt' },
      options: { config, noPhysicFilePath: true, maskSecrets: true },
    });
    return messages.map(({ ruleId, range }) => ({ rule: ruleId.replace(RULE_PREFIX, ''), index: range[0] }));
  };
};
