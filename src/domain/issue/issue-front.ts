import { parseFrontmatter } from '../spec/frontmatter.ts';
import { splitFrontmatter } from '../spec/split.ts';
import { KNOWN_KEYS } from '../spec/task.ts';
import { singleLine } from '../terminal.ts';

export interface IssueFront {
  /** False: it says something that cannot be read. */
  readonly isReadable: boolean;
  readonly data: Readonly<Record<string, unknown>>;
  /** Numbers of issues that have to be done before, without duplicates. */
  readonly depends: readonly number[];
  readonly warnings: readonly string[];
  /** The body without it. */
  readonly rest: string;
}

/** Keys that only issues have. */
export const ISSUE_KEYS: readonly string[] = ['branch', 'depends'];
const MAX_DEPENDS = 50;
const LINE = /^([a-z][a-z0-9_]{0,63}):(?:[ \t]+\S.*|[ \t]*)$/;

const isKnown = (key: string): boolean =>
  ISSUE_KEYS.includes(key) || (KNOWN_KEYS.get('') ?? []).includes(key);

/** Leading `key: value` lines, if the first of them is a key that we know: prose may have a colon too. */
const leadingLines = (text: string): readonly string[] => {
  const lines: string[] = [];
  for (const line of text.split('\n')) {
    const [, key] = LINE.exec(line) ?? [];
    if (key === undefined || (lines.length === 0 && !isKnown(key))) break;
    lines.push(line);
  }
  return lines;
};

const numbersOf = (value: unknown): { readonly numbers: readonly number[]; readonly odd: boolean } => {
  const listed: readonly unknown[] = Array.isArray(value) ? value : [value];
  const parts = listed.flatMap((one) => (typeof one === 'string' ? one.split(/[\s,]+/) : [one]));
  const given = parts.filter((part) => part !== '' && part !== null && part !== undefined);
  const numbers = given
    .map((part) => (typeof part === 'string' ? Number(part.replace(/^#/, '')) : part))
    .filter((n) => typeof n === 'number' && Number.isSafeInteger(n) && n > 0) as number[];
  return { numbers: [...new Set(numbers)].slice(0, MAX_DEPENDS), odd: numbers.length < given.length };
};

const plain = (rest: string, warnings: readonly string[] = []): IssueFront => ({
  isReadable: warnings.length === 0,
  data: {},
  depends: [],
  warnings,
  rest,
});

/** The front matter as a block of its own, and what stands behind it; undefined where there is none. */
const partsOf = (text: string): { readonly block: string; readonly rest: string } | undefined => {
  const split = splitFrontmatter(text);
  if (split.language !== undefined && split.closed && split.yaml.trim() !== '')
    return { block: text, rest: text.slice(split.bodyOffset) };
  const lines = leadingLines(text);
  if (lines.length === 0) return undefined;
  return { block: `---\n${lines.join('\n')}\n---\n`, rest: text.split('\n').slice(lines.length).join('\n') };
};

/**
 * Keys at the beginning of an issue's body: a block between `---` lines, or plain `key: value` lines. What cannot be
 * read is a warning, and is text. Never throws.
 */
export const readIssueFront = (body: string): IssueFront => {
  const lined = body.replaceAll('\r\n', '\n').replace(/^\uFEFF/, '');
  const text = lined.replace(/^\s*\n/, '').trimStart();
  const parts = partsOf(text);
  if (!parts) return plain(text);
  const front = parseFrontmatter(parts.block);
  const [problem] = front.findings;
  if (!front.readable || problem)
    return plain(text, [`the front matter is not read: ${singleLine(problem?.message ?? '', 200)}`]);
  const { numbers, odd } = numbersOf(front.data['depends']);
  const warnings = odd ? ['depends: only numbers of issues of the same repository count'] : [];
  return { isReadable: true, data: front.data, depends: numbers, warnings, rest: parts.rest };
};
