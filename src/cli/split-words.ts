/** A word of a line, its quotes taken off. */
export interface Word {
  readonly text: string;
  /** Where it begins in the line, its opening quote included. */
  readonly from: number;
}
export interface SplitLine {
  readonly words: readonly Word[];
  /** The quote that is never closed. */
  readonly open: '"' | "'" | undefined;
  /** True when the line ends within a word, not behind it. */
  readonly endsInWord: boolean;
}
interface State {
  word: { text: string; from: number } | undefined;
  quote: '"' | "'" | undefined;
  escaped: boolean;
}

const take = (state: State, char: string, at: number): void => {
  state.word ??= { text: '', from: at };
  state.word.text += char;
};
const begin = (state: State, at: number): void => {
  state.word ??= { text: '', from: at };
};

const isEscape = (state: State, line: string, at: number): boolean => {
  if (line[at] !== '\\' || state.quote === "'") return false;
  // Between double quotes a backslash is itself, as in a shell, but before these two.
  return state.quote === undefined || line[at + 1] === '"' || line[at + 1] === '\\';
};

/** Splits a line into words as a shell does: quotes and backslashes, and nothing else of a shell. */
export const splitWords = (line: string): SplitLine => {
  const words: Word[] = [];
  const state: State = { word: undefined, quote: undefined, escaped: false };
  for (let at = 0; at < line.length; at += 1) {
    const char = line[at]!;
    if (state.escaped) {
      take(state, char, at);
      state.escaped = false;
    } else if (isEscape(state, line, at)) {
      begin(state, at);
      state.escaped = true;
    } else if (state.quote !== undefined) {
      if (char === state.quote) state.quote = undefined;
      else take(state, char, at);
    } else if (char === '"' || char === "'") {
      begin(state, at);
      state.quote = char;
    } else if (/\s/.test(char)) {
      if (state.word) words.push(state.word);
      state.word = undefined;
    } else take(state, char, at);
  }
  const endsInWord = state.word !== undefined;
  if (state.word) words.push(state.word);
  return { words, open: state.quote, endsInWord };
};

/** The word as it can stand in such a line. */
export const quoteWord = (text: string): string =>
  /^[^\s"'\\]+$/.test(text) ? text : `"${text.replaceAll(/(["\\])/g, '\\$1')}"`;
