/** One thing the linter has to say about a task file. */
export interface Finding {
  /** An error keeps a run from starting. */
  readonly level: 'error' | 'warning';
  /** Stable name of the rule, e.g. `box.duplicate`. */
  readonly code: string;
  /** Line in the file, from 1. */
  readonly line: number;
  /** Dotted front matter key, or the id of a box. */
  readonly key?: string;
  readonly message: string;
  /** The text to write there. */
  readonly fix: string;
}

/** Text from a file made safe for one line of output: no control, bidi or line characters, at most `max` characters. */
export const quoteForOutput = (text: string, max = 120): string => {
  const cut = text.length > max ? `${text.slice(0, max - 1)}…` : text;
  return cut.toWellFormed().replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, '·');
};
