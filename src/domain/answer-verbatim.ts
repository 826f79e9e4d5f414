/** Strings whose text no action depends on: `type` is checked against a closed list, `summary` is only shown. */
const FREE_KEYS = new Set(['summary', 'type']);
const ESCAPES: Readonly<Record<string, string>> = {
  '"': '"',
  '\\': '\\',
  '/': '/',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
};

interface Token {
  readonly value: string;
  /** Index after the closing quote. */
  readonly end: number;
}

const unescape = (raw: string, at: number, quote: string): Token | undefined => {
  const letter = raw[at] ?? '';
  if (letter === quote) return { value: quote, end: at + 1 };
  if (letter === 'u') {
    const digits = raw.slice(at + 1, at + 5);
    return /^[0-9a-f]{4}$/i.test(digits)
      ? { value: String.fromCharCode(parseInt(digits, 16)), end: at + 5 }
      : undefined;
  }
  const value = Object.hasOwn(ESCAPES, letter) ? ESCAPES[letter] : undefined;
  return value === undefined ? undefined : { value, end: at + 1 };
};

/**
 * The quoted string that starts at `at`: JSON's escapes, with raw line breaks and tabs let through. Undefined when it
 * is not closed or has an escape that JSON does not know (a repair would have to guess what was meant).
 */
const tokenAt = (raw: string, at: number): Token | undefined => {
  const quote = raw[at];
  if (quote !== '"' && quote !== "'") return undefined;
  const parts: string[] = [];
  let from = at + 1;
  for (let here = from; here < raw.length;) {
    const letter = raw[here];
    if (letter === quote) return { value: parts.join('') + raw.slice(from, here), end: here + 1 };
    if (letter !== '\\') {
      here += 1;
      continue;
    }
    const escaped = unescape(raw, here + 1, quote);
    if (escaped === undefined) return undefined;
    parts.push(raw.slice(from, here), escaped.value);
    from = escaped.end;
    here = from;
  }
  return undefined;
};

// After its closing quote a whole value is followed by the structure of JSON, and by nothing else.
const standsWhole = (raw: string, end: number): boolean => {
  const after = /[^\s]/g;
  after.lastIndex = end;
  const next = after.exec(raw)?.[0];
  return next === ',' || next === '}' || next === ']';
};

/** All whole strings of the raw text: after a key (`key`), or as an item of a list (''). */
const wholeStrings = (raw: string): ReadonlyMap<string, ReadonlySet<string>> => {
  const found = new Map<string, Set<string>>();
  const add = (key: string, at: number): void => {
    const token = tokenAt(raw, at);
    if (token === undefined || !standsWhole(raw, token.end)) return;
    const values = found.get(key) ?? new Set<string>();
    found.set(key, values.add(token.value));
  };
  // Keys are short names of ours, so neither part can run far; a quoted key inside a string has a backslash.
  for (const match of raw.matchAll(/\b([A-Za-z_]{1,40})["']?\s{0,200}:\s{0,200}(?=["'])/g)) {
    add(match[1] ?? '', match.index + match[0].length);
  }
  for (const match of raw.matchAll(/[[,]\s{0,200}(?=["'])/g)) add('', match.index + match[0].length);
  return found;
};

const everyString = (value: unknown, key: string, holds: (key: string, text: string) => boolean): boolean => {
  if (typeof value === 'string') return FREE_KEYS.has(key) || holds(key, value);
  if (Array.isArray(value)) return value.every((item) => everyString(item, '', holds));
  if (typeof value !== 'object' || value === null) return true;
  return Object.entries(value).every(([name, member]) => everyString(member, name, holds));
};

/**
 * True when each string of a repaired value stands in the raw text as a complete, closed string under the same key:
 * a repair may mend the JSON around a command, a patch or a content, never these themselves (reliability.md, Models).
 */
export const standsVerbatim = (value: unknown, raw: string): boolean => {
  const whole = wholeStrings(raw);
  return everyString(value, '', (key, text) => whole.get(key)?.has(text) === true);
};
