/** Where the front matter and the body of a task file lie, as offsets into the text. Nothing is parsed here. */
export interface Split {
  /** What stands behind the opening `---`; undefined when the first line is no fence. */
  readonly language: string | undefined;
  /** False when no line starting with `---` ends the front matter. */
  readonly closed: boolean;
  /** What stands behind the closing `---`. */
  readonly trailing: string;
  /** The text between the fences, without the line ends at the fences. */
  readonly yaml: string;
  /** Line of the closing fence, from 1. */
  readonly endLine: number;
  readonly bodyOffset: number;
  /** Line on which the body begins, from 1. */
  readonly bodyLine: number;
}

const lineEnd = (text: string, from: number): number => {
  const at = text.indexOf('\n', from);
  return at === -1 ? text.length : at;
};

const countLines = (text: string): number => {
  let count = 0;
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) count += 1;
  return count;
};

/** Finds the front matter of a file: the first line is `---` (a byte order mark may stand before it). */
export const splitFrontmatter = (text: string): Split => {
  const start = text.startsWith('\uFEFF') ? 1 : 0;
  const none = { closed: true, trailing: '', yaml: '', endLine: 1, bodyOffset: start, bodyLine: 1 };
  if (!text.startsWith('---', start) || text[start + 3] === '-') return { ...none, language: undefined };
  const firstEnd = lineEnd(text, start);
  const language = text.slice(start + 3, firstEnd).trim();
  const close = text.indexOf('\n---', firstEnd);
  if (close === -1) return { ...none, language, closed: false, bodyOffset: text.length };
  const yaml = text.slice(firstEnd + 1, Math.max(firstEnd + 1, close)).replace(/\r$/, '');
  const endLine = countLines(text.slice(0, close)) + 2;
  const closeEnd = lineEnd(text, close + 1);
  const trailing = text.slice(close + 4, closeEnd).trim();
  const bodyOffset = Math.min(closeEnd + 1, text.length);
  return { language, closed: true, trailing, yaml, endLine, bodyOffset, bodyLine: endLine + 1 };
};
