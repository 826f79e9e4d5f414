import { PASS_PREFIX } from './gate/pass.ts';

/** A stretch of text that looks like a secret. `rest` matches one more unit of it where the text ends too early. */
export interface SecretSpan {
  readonly kind: string;
  readonly start: number;
  readonly end: number;
  readonly rest: RegExp | undefined;
}

interface Found {
  readonly text: string;
  /** The secret itself, without what stays. */
  readonly value: string;
  readonly start: number;
  readonly end: number;
  readonly match: RegExpExecArray;
}

interface SecretPattern {
  readonly kind: string;
  /** Groups `keep` and `tail` stay in the text. Must match in linear time: nothing may fail after a long run. */
  readonly regex: RegExp;
  readonly rest?: RegExp;
  readonly accept?: (found: Found) => boolean;
}

const WORD = /[A-Za-z0-9_-]/;
const hasDigit = (found: Found): boolean => /\d/.test(found.value);

const token = (kind: string, regex: RegExp): SecretPattern => ({ kind, regex, rest: WORD });

const afterAuthorization = (found: Found): boolean => {
  const before = found.text.slice(Math.max(0, found.match.index - 40), found.match.index);
  return /authorization["'\\]{0,3}[ \t]{0,4}[:=,][ \t"'\\]{0,6}$/i.test(before);
};

const bearer = (found: Found): boolean =>
  hasDigit(found) || found.value.length >= 20 || afterAuthorization(found);

const basic = (found: Found): boolean => {
  const { value } = found;
  const mixed = /[a-z]/.test(value) && /[A-Z]/.test(value.slice(1));
  return (
    value.endsWith('=') || (mixed && value.length % 4 === 0) || hasDigit(found) || afterAuthorization(found)
  );
};

const isPlaceholder = (value: string): boolean =>
  /^(?:\[redacted|\$|\{|<|\*{3}|%[A-Z(])|\$\{|^(?:process\.env|os\.environ|import\.meta|env|self|this|config|options)\./i.test(
    value,
  );

const NO_SECRET_WORDS = new Set(
  'string number boolean undefined null unknown required optional password username default example changeme secrets inherit'.split(
    ' ',
  ),
);

/** `KEY=value` or `key: value` as the only thing on its line, as in environment and configuration files. */
const standsAlone = (found: Found): boolean => {
  const { text, match, end } = found;
  const before = text.slice(Math.max(0, match.index - 80), match.index);
  const after = text[end];
  const alone = /(?:^|[\n\r])[ \t+-]{0,20}(?:export +)?["']?[\w.-]{0,64}$/.test(before);
  const tight = !/[ \t]=|=[ \t]|>/.test(match.groups?.['keep'] ?? '');
  return alone && tight && (after === undefined || after === '\n' || after === '\r');
};

const unquoted = (found: Found): boolean => {
  const next = found.text[found.end];
  if (next === '(' || next === '[' || next === '{') return false;
  const isPassword = /^pass/i.test(found.match[0]);
  if (/^\d+$/.test(found.value)) return isPassword || found.value.length >= 16;
  if (hasDigit(found)) return true;
  const word = found.value.toLowerCase();
  return found.value.length >= 6 && !NO_SECRET_WORDS.has(word) && standsAlone(found);
};

const assignment = (found: Found): boolean => {
  const { value, match, text, end } = found;
  if (isPlaceholder(value)) return false;
  const quote = match.groups?.['quote'];
  if (quote === undefined) return unquoted(found);
  const next = text[end];
  if (next !== undefined && next !== quote && next !== '\\') return false;
  if (NO_SECRET_WORDS.has(value.toLowerCase())) return false;
  return /^(?:pass|secret)/i.test(match[0]) || hasDigit(found) || value.length >= 16;
};

// A token starts after no letter or digit, but for those of `\\n` and `%3D` in escaped text.
const PATTERNS: readonly SecretPattern[] = [
  {
    kind: 'private-key',
    regex:
      /-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY[A-Z ]{0,12}-----[A-Za-z0-9+/=\\ \t]*(?:-----END [A-Z0-9 ]{0,52}-----)?/g,
    rest: /[A-Za-z0-9+/=\\ \t]/,
  },
  token('anthropic-key', /(?<!(?<!\\|%|%[0-9A-Fa-f])[A-Za-z0-9])sk-ant-[A-Za-z0-9_-]{10,}/g),
  { ...token('api-key', /(?<!(?<!\\|%|%[0-9A-Fa-f])[A-Za-z0-9])sk-[A-Za-z0-9_-]{16,}/g), accept: hasDigit },
  token('github-token', /(?<!(?<!\\|%|%[0-9A-Fa-f])[A-Za-z0-9])gh[pousr]_[A-Za-z0-9_]{16,}/g),
  token('github-token', /(?<!(?<!\\|%|%[0-9A-Fa-f])[A-Za-z0-9])github_pat_[A-Za-z0-9_]{16,}/g),
  token(
    'gitlab-token',
    /(?<!(?<!\\|%|%[0-9A-Fa-f])[A-Za-z0-9])gl(?:pat|ptt|dt|rt|cbt|ft)-[A-Za-z0-9_-]{16,}/g,
  ),
  token('slack-token', /(?<!(?<!\\|%|%[0-9A-Fa-f])[A-Za-z0-9])(?:xox[a-z]|xapp)-[A-Za-z0-9-]{10,}/g),
  token('aws-key', /(?<!(?<!\\|%|%[0-9A-Fa-f])[A-Za-z0-9])(?:AKIA|ASIA)[A-Z0-9]{16}(?![A-Za-z0-9])/g),
  token('google-key', /(?<!(?<!\\|%|%[0-9A-Fa-f])[A-Za-z0-9])AIza[A-Za-z0-9_-]{30,}/g),
  token('google-token', /(?<!(?<!\\|%|%[0-9A-Fa-f])[A-Za-z0-9])ya29\.[A-Za-z0-9_-]{20,}/g),
  token('daytona-key', /(?<!(?<!\\|%|%[0-9A-Fa-f])[A-Za-z0-9])dtn_[A-Za-z0-9]{16,}/g),
  token('zai-key', /(?<!(?<!\\|%|%[0-9A-Fa-f])[A-Za-z0-9])[0-9a-f]{32}\.[A-Za-z0-9]{16}(?![A-Za-z0-9])/g),
  token('gate-pass', new RegExp(`${PASS_PREFIX}[A-Za-z0-9_-]{43}`, 'g')),
  token('npm-token', /(?<!(?<!\\|%|%[0-9A-Fa-f])[A-Za-z0-9])npm_[A-Za-z0-9]{30,}/g),
  token('huggingface-token', /(?<!(?<!\\|%|%[0-9A-Fa-f])[A-Za-z0-9])hf_[A-Za-z0-9]{30,}/g),
  token('groq-key', /(?<!(?<!\\|%|%[0-9A-Fa-f])[A-Za-z0-9])gsk_[A-Za-z0-9]{30,}/g),
  token('stripe-key', /(?<!(?<!\\|%|%[0-9A-Fa-f])[A-Za-z0-9])[sr]k_(?:live|test)_[A-Za-z0-9]{16,}/g),
  {
    kind: 'jwt',
    regex: /(?<!(?<!\\|%|%[0-9A-Fa-f])[A-Za-z0-9])eyJ[A-Za-z0-9_-]{8,}(?:\.[A-Za-z0-9_-]+)*/g,
    rest: /[A-Za-z0-9_.-]/,
    accept: (found) => found.value.includes('.'),
  },
  {
    kind: 'bearer',
    regex: /(?<keep>\bBearer(?:[ \t]|%20|\+){1,4})[A-Za-z0-9._~+/=-]{8,}/gi,
    rest: /[A-Za-z0-9._~+/=-]/,
    accept: bearer,
  },
  {
    kind: 'basic',
    regex: /(?<keep>\bBasic(?:[ \t]|%20){1,4})[A-Za-z0-9+/_-]{8,}={0,2}/gi,
    rest: /[A-Za-z0-9+/=_-]/,
    accept: basic,
  },
  {
    kind: 'url',
    regex: /(?<keep>:\/\/)[^\s:@/?#'"<>`]{0,256}:[^\s/?#'"<>`]{1,512}(?<tail>@)/g,
    accept: (found) => !isPlaceholder(found.value) && !/:(?:\$|\{|\[redacted)/.test(found.value),
  },
  {
    kind: 'url',
    regex: /(?<keep>:\/\/)[^\s:@/?#'"<>`]{20,256}(?<tail>@)/g,
    accept: (found) => !isPlaceholder(found.value) && hasDigit(found),
  },
  {
    kind: 'assignment',
    regex:
      /(?<keep>(?:api[_-]?key|access[_-]?key|private[_-]?key|token|secret|passw(?:or)?d|passphrase)["'\\]{0,3}[ \t]{0,8}(?:=>|:=|[=:])[ \t]{0,8}\\?)(?:(?<keep2>(?<quote>["'`]))[^"'`\s\\]{6,}|[^\s"'`,;&(){}[\]<>|\\]{6,})/gi,
    rest: /[^\s"'`,;&(){}[\]<>|\\]/,
    accept: assignment,
  },
];

const spansOf = (pattern: SecretPattern, text: string): readonly SecretSpan[] => {
  const spans: SecretSpan[] = [];
  const { regex } = pattern;
  regex.lastIndex = 0;
  for (let match = regex.exec(text); match !== null; match = regex.exec(text)) {
    const groups = match.groups ?? {};
    const start = match.index + (groups['keep']?.length ?? 0) + (groups['keep2']?.length ?? 0);
    const end = match.index + match[0].length - (groups['tail']?.length ?? 0);
    const found = { text, value: text.slice(start, end), start, end, match };
    if (pattern.accept !== undefined && !pattern.accept(found)) continue;
    spans.push({ kind: pattern.kind, start, end, rest: pattern.rest });
  }
  return spans;
};

/** What looks like a secret in the text, in order and apart from each other. */
export const secretSpans = (text: string): readonly SecretSpan[] => {
  const all = PATTERNS.flatMap((pattern) => spansOf(pattern, text)).toSorted((a, b) => a.start - b.start);
  const merged: SecretSpan[] = [];
  for (const span of all) {
    const last = merged.at(-1);
    if (last === undefined || span.start >= last.end) merged.push(span);
    else if (span.end > last.end) merged[merged.length - 1] = { ...last, end: span.end, rest: span.rest };
  }
  return merged;
};
