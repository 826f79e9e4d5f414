import { quoteForOutput } from './finding.ts';

/** What is wrong in a YAML text: the parser's code, and the line from 0 that it names. */
export interface YamlTrouble {
  readonly code: string;
  readonly message: string;
  readonly line: number;
}
/** The line from 0 to write anew, and its text. */
export interface YamlFix {
  readonly line: number;
  readonly text: string;
}

const MAX_LINE = 500;
const parts = /^(\s*(?:- +)?(?:[\w.-]{1,64}:\s+)?)(.*)$/;

/** The value of a line in quotes that YAML cannot misread. */
const quoted = (line: string): string => {
  const [, head = '', value = ''] = parts.exec(line) ?? [];
  const bare = value.trim();
  // What one kind of quotes cannot hold, or what stands behind them, becomes part of the value.
  const inner = /^(["']).*\1$/.test(bare) ? bare.slice(1, -1) : bare;
  return `${head}${JSON.stringify(inner)}`;
};

const isOdd = (line: string, quote: string): boolean => {
  const plain = quote === '"' ? line.replace(/\\./g, '') : line;
  return (plain.split(quote).length - 1) % 2 === 1;
};

/** The last line at or above `from` for which something holds. */
const above = (lines: readonly string[], from: number, holds: (line: string) => boolean): number =>
  lines.slice(0, from + 1).findLastIndex(holds);

const closed = (lines: readonly string[], line: number, mark: string): YamlFix => {
  const isQuote = mark === '"' || mark === "'";
  const opens = mark === ']' ? '[' : '{';
  const start = isQuote
    ? above(lines, line, (one) => isOdd(one, mark))
    : above(lines, line - 1, (one) => one.includes(opens));
  const at = start === -1 ? line : start;
  return { line: at, text: `${(lines[at] ?? '').trimEnd()}${mark}` };
};

const missingMark = (message: string): string | undefined =>
  /^Missing closing (["'])/.exec(message)?.[1] ?? /end with an? ([\]}])/.exec(message)?.[1];

const mended = (line: string, next: string | undefined, code: string): string => {
  switch (code) {
    case 'TAB_AS_INDENT':
      return line.replace(/^[ \t]+/, (blank) => blank.replaceAll('\t', '  '));
    case 'MULTILINE_IMPLICIT_KEY':
      return `${line.trimEnd()}: ""`;
    case 'TAG_RESOLVE_FAILED':
      return line.replace(/![^\s]*\s+/, '');
    case 'BLOCK_AS_IMPLICIT_KEY':
      // Its value is fine, and the line below stands too far to the right.
      return /^\s*[\w.-]+:\s+[^:]*$/.test(line) && next !== undefined
        ? `${line}\n${next.trimStart()}`
        : quoted(line);
    default:
      return quoted(line);
  }
};

/** The exact text for the line that a YAML error comes from, which is not always the line that the parser names. */
export const fixYaml = (lines: readonly string[], trouble: YamlTrouble): YamlFix => {
  const mark = missingMark(trouble.message);
  const { line, text } =
    mark === undefined
      ? { line: trouble.line, text: mended(lines[trouble.line] ?? '', lines[trouble.line + 1], trouble.code) }
      : closed(lines, trouble.line, mark);
  const shown = text.split('\n').map((one) => quoteForOutput(one, MAX_LINE));
  return { line, text: shown.join('\n') };
};
