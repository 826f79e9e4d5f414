/** What a session says when nothing is left to do: `<promise>COMPLETE</promise>`, and `COMPLETE` is the promise. */
export const DEFAULT_PROMISE = 'COMPLETE';

const OPEN = '<promise>';
const CLOSE = '</promise>';
const LONGEST = 100;
/** Stands for the whole tag while a text is read; taken out of the text before. */
const MARK = '\uE000';

/** Why a text cannot be a promise: it could not be told apart in what an agent says. Undefined when it can. */
export const promiseProblem = (text: string): string | undefined => {
  const promise = text.trim();
  if (promise === '') return 'must not be empty';
  if (promise.length > LONGEST) return `must not be longer than ${LONGEST} characters`;
  if (/[<>]/.test(promise)) return 'must not hold < or >: it is the text between <promise> and </promise>';
  if (/[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Zl}\p{Zp}]/u.test(promise))
    return 'must be one line of visible characters';
  return /[\p{L}\p{N}]/u.test(promise) ? undefined : 'must hold a letter or a digit';
};

/** As a session has to write it. */
export const promiseTag = (promise: string): string => `${OPEN}${promise.trim()}${CLOSE}`;

/** `mentioned`: the tag is there, but in a quotation, or in a sentence about it. `other`: it holds something else. */
export type PromiseVerdict = 'given' | 'mentioned' | 'other' | 'absent';

/** A session may think aloud: what stands there is said to nobody. */
const THOUGHT = /<(think(?:ing)?)>[\s\S]*?(?:<\/\1>|$)/gi;

/** The text with one character for each tag that holds exactly the promise; one pass. */
const marked = (text: string, promise: string): string => {
  const [first = '', ...pieces] = text.replaceAll(MARK, '').replace(THOUGHT, '').split(OPEN);
  return pieces.reduce((whole, piece) => {
    const end = piece.indexOf(CLOSE);
    const holds = end >= 0 && piece.slice(0, end).trim() === promise;
    return whole + (holds ? MARK + piece.slice(end + CLOSE.length) : OPEN + piece);
  }, first);
};

const ADORNMENT = /^[^\p{L}\p{N}<>"'“”‘’«»?]*$/u;
/** A sentence that has one of these speaks of the promise and does not give it. */
const HEDGED =
  /\b(?:not|cannot|never|until|unless|once|when|whenever|if|before|should|will|would|could|output|say|state|print|write|emit|add)\b|n['’]t\b|['’]ll\b/i;

const isGiven = (line: string, isLast: boolean): boolean => {
  const before = line.slice(0, line.indexOf(MARK));
  const after = line.slice(line.lastIndexOf(MARK) + 1);
  if (!ADORNMENT.test(after)) return false;
  if (ADORNMENT.test(before)) return true;
  if (!isLast || /^\s*>|[<>"'“”‘’«»`]\s*$/.test(before)) return false;
  return !HEDGED.test(before.split(/[.!]\s/).at(-1) ?? '');
};

const verdictOf = (text: string, promise: string): PromiseVerdict => {
  const whole = marked(text, promise);
  if (!whole.includes(MARK)) return whole.includes(OPEN) ? 'other' : 'absent';
  const lines = whole.trimEnd().split('\n');
  let fence: string | undefined;
  for (const [i, line] of lines.entries()) {
    const mark = /^\s{0,40}(```|~~~)/.exec(line)?.[1];
    if (mark !== undefined) fence = fence === undefined ? mark : fence === mark ? undefined : fence;
    else if (fence === undefined && line.includes(MARK) && isGiven(line, i === lines.length - 1))
      return 'given';
  }
  return 'mentioned';
};

/**
 * Whether a session gave the promise in what it said last: the exact tag, alone on a line or at the very end. Not in
 * thoughts, code blocks, quotations and sentences that only speak of it (`I will output <promise>… once …`).
 */
export const readPromise = (finalTexts: readonly string[], promise: string): PromiseVerdict => {
  const verdicts = finalTexts.map((text) => verdictOf(text, promise.trim()));
  return (['given', 'mentioned', 'other'] as const).find((one) => verdicts.includes(one)) ?? 'absent';
};
