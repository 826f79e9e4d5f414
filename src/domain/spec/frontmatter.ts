import matter from 'gray-matter';
import { isMap, isNode, isPair, isScalar, isSeq, LineCounter, parseDocument } from 'yaml';
import type { Document, YAMLMap } from 'yaml';

import { quoteForOutput } from './finding.ts';
import type { Finding } from './finding.ts';
import { splitFrontmatter } from './split.ts';
import type { Split } from './split.ts';
import { fixYaml } from './yaml-fix.ts';

/** Largest task file read, in bytes of UTF-8. */
export const MAX_FILE_BYTES = 256 * 1024;
const MAX_FRONTMATTER_BYTES = 64 * 1024;
// gray-matter's own comment stripping is quadratic in the number of blank lines, so lines are limited too.
const MAX_FRONTMATTER_LINES = 1000;
const MAX_ALIASES = 20;
const MAX_FINDINGS = 20;

type Path = readonly (string | number)[];

/** The front matter of a task file as plain data, with the way back to its lines. */
export interface Frontmatter {
  /** False when there is nothing to work with; the findings then hold an error. */
  readonly readable: boolean;
  readonly data: Readonly<Record<string, unknown>>;
  readonly findings: readonly Finding[];
  /** Line of the closing fence, from 1: new keys go above it. */
  readonly endLine: number;
  /** The line of a key or list item, or of the nearest parent that is there. */
  lineOf(path: Path): number;
  /** A scalar as it was written, without quotes. */
  sourceOf(path: Path): string | undefined;
}

/** Length in bytes of UTF-8. */
export const utf8Length = (text: string): number => {
  let bytes = text.length;
  for (let at = 0; at < text.length; at += 1) {
    const unit = text.charCodeAt(at);
    if (unit > 0x7f) bytes += unit > 0x7ff && (unit < 0xd800 || unit > 0xdfff) ? 2 : 1;
  }
  return bytes;
};

const error = (code: string, line: number, rest: { message: string; fix: string }): Finding => ({
  level: 'error',
  code: `frontmatter.${code}`,
  line,
  ...rest,
});

const unreadable = (finding: Finding, endLine = 1): Frontmatter => ({
  readable: false,
  data: {},
  findings: [finding],
  endLine,
  lineOf: () => finding.line,
  sourceOf: () => undefined,
});

const fenceProblem = (text: string, split: Split): Finding | undefined => {
  if (split.language === undefined) {
    const late = /^\s+---/.test(text.slice(0, 1000));
    return error('missing', 1, {
      message: late
        ? 'the front matter must begin on the first line of the file'
        : 'the file has no YAML front matter between two `---` lines',
      fix: late ? '---' : '---\ntask_id: "task-001"\n---',
    });
  }
  if (split.language !== '' && !/^ya?ml$/i.test(split.language)) {
    const language = quoteForOutput(split.language);
    return error('language', 1, {
      message: `front matter in "${language}" is refused: only YAML is read, nothing is evaluated`,
      fix: '---',
    });
  }
  if (!split.closed) {
    return error('unclosed', 1, { message: 'the front matter has no closing `---` line', fix: '---' });
  }
  if (split.trailing !== '') {
    return error('fence', split.endLine, {
      message: 'the line that ends the front matter must be `---` and nothing else',
      fix: '---',
    });
  }
  const lines = split.endLine - 2;
  if (utf8Length(split.yaml) > MAX_FRONTMATTER_BYTES || lines > MAX_FRONTMATTER_LINES) {
    return error('too-large', 1, {
      message: `the front matter is larger than ${MAX_FRONTMATTER_BYTES / 1024} KiB or ${MAX_FRONTMATTER_LINES} lines`,
      fix: 'move long texts into the body, below the closing `---`',
    });
  }
  return undefined;
};

const keyProblem = (key: unknown, seen: Set<string>): string | undefined => {
  if (!isScalar(key)) return 'a key must be one word';
  const name = String(key.value);
  const quoted = quoteForOutput(name);
  if (name === '__proto__') return `the key "${quoted}" is not allowed`;
  if (seen.has(name)) return `the key "${quoted}" stands here twice`;
  seen.add(name);
  return undefined;
};

const keyProblems = (node: unknown, lineAt: (offset: number) => number): Finding[] => {
  const problems: Finding[] = [];
  const fix = 'keep one line for each key, and delete this one';
  const visitMap = (map: YAMLMap): void => {
    const seen = new Set<string>();
    for (const pair of map.items) {
      const message = keyProblem(pair.key, seen);
      const line = lineAt(isNode(pair.key) ? (pair.key.range?.[0] ?? 0) : 0);
      if (message !== undefined) problems.push(error('key', line, { message, fix }));
      visit(pair.value);
    }
  };
  const visit = (value: unknown): void => {
    if (problems.length >= MAX_FINDINGS) return;
    if (isSeq(value)) for (const item of value.items) visit(item);
    if (isMap(value)) visitMap(value);
  };
  visit(node);
  return problems.slice(0, MAX_FINDINGS);
};

/** The parser's words without its place, which is not always ours. */
const plainReason = (message: string): string =>
  /call stack/i.test(message)
    ? 'it is nested too deeply'
    : quoteForOutput((message.split('\n')[0] ?? '').replace(/ at line \d+, column \d+:$/, ''));

const yamlProblems = (doc: Document.Parsed, counter: LineCounter, source: string): Finding[] => {
  const lines = source.split('\n').map((line) => line.replace(/\r$/, ''));
  const reported = new Map<number, Finding>();
  for (const { code, message, pos } of [...doc.errors, ...doc.warnings].slice(0, MAX_FINDINGS)) {
    const named = counter.linePos(pos[0]).line - 1;
    const fix = fixYaml(lines, { code, message, line: named });
    // What else is said of a line is mostly an echo of the first.
    if (!reported.has(fix.line))
      reported.set(
        fix.line,
        error('yaml', fix.line + 1, {
          message: `the YAML cannot be read: ${plainReason(message)}`,
          fix: fix.text,
        }),
      );
  }
  if (reported.size > 0) return [...reported.values()];
  if (doc.contents !== null && !isMap(doc.contents)) {
    return [
      error('not-a-map', 2, {
        message: 'the front matter must be a list of `key: value` lines',
        fix: 'task_id: "task-001"',
      }),
    ];
  }
  return keyProblems(doc.contents, (offset) => counter.linePos(offset).line);
};

const nodeAt = (
  doc: Document.Parsed | undefined,
  path: Path,
): { key: unknown; value: unknown } | undefined => {
  let value: unknown = doc?.contents;
  let key: unknown;
  for (const part of path) {
    if (isMap(value)) {
      const pair: unknown = value.items.find(
        (item) => isScalar(item.key) && String(item.key.value) === String(part),
      );
      if (!isPair(pair)) return undefined;
      key = pair.key;
      value = pair.value;
    } else if (isSeq(value) && typeof part === 'number') {
      key = value.items[part];
      value = key;
    } else return undefined;
  }
  return { key, value };
};

interface Read {
  readonly data: Record<string, unknown>;
  readonly doc: Document.Parsed | undefined;
  readonly counter: LineCounter;
  readonly findings: readonly Finding[];
}

const readYaml = (yaml: string): Read => {
  const counter = new LineCounter();
  let doc: Document.Parsed | undefined;
  let findings: readonly Finding[] = [];
  const parse = (source: string): Record<string, unknown> => {
    // uniqueKeys compares every pair of keys; keyProblems does it in one pass.
    doc = parseDocument(source, {
      lineCounter: counter,
      schema: 'core',
      uniqueKeys: false,
      logLevel: 'error',
    });
    findings = yamlProblems(doc, counter, source);
    if (findings.length > 0 || doc.contents === null) return {};
    return doc.toJS({ maxAliasCount: MAX_ALIASES }) as Record<string, unknown>;
  };
  const refuse = (): never => {
    throw new TypeError('only YAML front matter is read');
  };
  const engines = { yaml: parse, json: refuse, javascript: refuse, js: refuse };
  try {
    // With options gray-matter neither reads nor fills its cache, so no object is shared between calls.
    const file = matter(`---\n${yaml}\n---\n`, { engines, language: 'yaml' });
    return { data: file.data, doc, counter, findings };
  } catch (cause) {
    const reason =
      cause instanceof RangeError ? 'it is nested too deeply' : quoteForOutput((cause as Error).message);
    const fix = 'write the values out, without anchors (&), aliases (*) and deep nesting';
    return {
      data: {},
      doc: undefined,
      counter,
      findings: [error('yaml', 2, { message: `the YAML cannot be read: ${reason}`, fix })],
    };
  }
};

/** Reads the front matter by one engine, `yaml`; any other language is a finding and nothing is ever evaluated. */
export const parseFrontmatter = (text: string): Frontmatter => {
  if (text.length > MAX_FILE_BYTES || utf8Length(text) > MAX_FILE_BYTES) {
    const message = `the file is larger than ${MAX_FILE_BYTES / 1024} KiB`;
    return unreadable({
      level: 'error',
      code: 'file.too-large',
      line: 1,
      message,
      fix: 'keep the task short and move long texts into files of the repository',
    });
  }
  const split = splitFrontmatter(text);
  const problem = fenceProblem(text, split);
  if (problem !== undefined) return unreadable(problem, split.endLine);
  const { data, doc, counter, findings } = readYaml(split.yaml);
  // The engine's text begins with the line end of the opening fence, so its lines are the file's lines.
  const lineOf = (path: Path): number => {
    for (let length = path.length; length > 0; length -= 1) {
      const key = nodeAt(doc, path.slice(0, length))?.key;
      if (isNode(key) && key.range) return counter.linePos(key.range[0]).line;
    }
    return split.endLine;
  };
  const sourceOf = (path: Path): string | undefined => {
    const value = nodeAt(doc, path)?.value;
    return isScalar(value) ? (value.source ?? String(value.value)) : undefined;
  };
  return { readable: findings.length === 0, data, findings, endLine: split.endLine, lineOf, sourceOf };
};
