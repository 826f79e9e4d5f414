import { encodedForms } from './redact-encodings.ts';
import { createKnownFilter } from './redact-known.ts';
import type { TextStream } from './redact-known.ts';
import { secretSpans } from './redact-patterns.ts';
import type { SecretSpan } from './redact-patterns.ts';

export type { TextStream } from './redact-known.ts';

/** Most text of one line that is held back by the patterns, in UTF-16 units. */
export const MAX_HELD = 8192;
const OVERLAP = 4096;
const MAX_PEM = 16 * 1024;
const MAX_BLOCK = 64 * 1024;
const MAX_FINDINGS = 1000;

/** Something that looks like a secret. Kind `known`: one of the given values; `assignment`: a guess by its name. */
export interface SecretFinding {
  readonly kind: string;
  /** UTF-16 index in the text. */
  readonly index: number;
}

/** Takes secrets out of text. Give it text without escape sequences: those can split a secret. */
export interface Redactor {
  /** The text with `[redacted]` or `[redacted:kind]` for each secret. */
  text(s: string): string;
  /** The same for a stream: any split into chunks gives the same output. Lines are given out when they end. */
  stream(): TextStream;
}

const render = (text: string, spans: readonly SecretSpan[]): string => {
  let at = 0;
  const out: string[] = [];
  for (const span of spans) {
    if (span.start >= text.length) break;
    out.push(text.slice(at, span.start), `[redacted:${span.kind}]`);
    at = span.end;
  }
  out.push(text.slice(at));
  return out.join('');
};

interface Lines {
  pending: string;
  /** Inside an overlong secret: units that match are still part of it. */
  swallow: RegExp | undefined;
  /** How much more of a private key's lines may be dropped; 0 outside one. */
  pem: number;
}

const afterSwallow = (state: Lines, text: string): string => {
  if (state.swallow === undefined) return text;
  let at = 0;
  while (at < text.length && state.swallow.test(text[at] ?? '')) at += 1;
  if (at < text.length) state.swallow = undefined;
  return text.slice(at);
};

const opensKey = (text: string, spans: readonly SecretSpan[]): boolean => {
  const last = spans.at(-1);
  if (last?.kind !== 'private-key' || text.slice(last.start, last.end).includes('-----END')) return false;
  return /^[\s"'`\\+,;]{0,16}$/.test(text.slice(last.end));
};

const looksLikeKeyLine = (line: string): boolean => {
  const text = line.trim();
  if (text === '' || /^[A-Z][A-Za-z-]{2,40}: /.test(text)) return true;
  if (/[A-Za-z0-9+/=]{16,}(?:\\r)?(?:\\n)?["'`\\+,; ]{0,8}$/.test(text.slice(-96))) return true;
  return text.length <= 80 && /^[^A-Za-z0-9+/=\s]{0,8}[A-Za-z0-9+/=]+["'`\\+,;]{0,8}$/.test(text);
};

/** What is to be shown of a line that comes after the head of a private key. */
const afterKeyHead = (state: Lines, line: string): string => {
  const end = /-----END [A-Z0-9 ]{0,52}-----/.exec(line);
  if (end) {
    state.pem = 0;
    const rest = line.slice(end.index + end[0].length);
    return rest.trim() === '' ? '' : rest;
  }
  state.pem = Math.max(0, state.pem - line.length);
  if (state.pem > 0 && looksLikeKeyLine(line)) return '';
  state.pem = 0;
  return line;
};

const wholeLine = (state: Lines): string => {
  let text = afterSwallow(state, state.pending);
  state.pending = '';
  state.swallow = undefined;
  if (state.pem > 0) text = afterKeyHead(state, text);
  if (text === '') return '';
  const spans = secretSpans(text);
  if (opensKey(text, spans)) state.pem = MAX_PEM;
  return render(text, spans);
};

/** Gives out the first part of an overlong line; no secret that starts in it is cut. */
const partOfLine = (state: Lines): string => {
  state.pem = 0;
  const text = afterSwallow(state, state.pending);
  state.pending = text;
  if (text.length < MAX_HELD) return '';
  let cut = text.length - OVERLAP;
  const spans = secretSpans(text).filter((span) => span.start < text.length - OVERLAP);
  const last = spans.at(-1);
  if (last !== undefined && last.end > cut) cut = last.end;
  if (last?.end === text.length) state.swallow = last.rest;
  state.pending = text.slice(cut);
  return render(text.slice(0, cut), spans);
};

const LINE_END = /[\n\r]/g;

const lineEndFrom = (chunk: string, at: number): number => {
  LINE_END.lastIndex = at;
  const found = LINE_END.exec(chunk);
  return found ? found.index + 1 : 0;
};

/** Where the ordinary whole lines from `at` on end: the patterns may run over all of them at once. */
const blockEnd = (state: Lines, chunk: string, at: number): number => {
  if (state.pending !== '' || state.swallow !== undefined || state.pem > 0) return at;
  const key = chunk.indexOf('PRIVATE KEY', at);
  let end = at;
  for (let next = lineEndFrom(chunk, end); next > 0; next = lineEndFrom(chunk, end)) {
    if (next - end > MAX_HELD || (key >= 0 && next > key) || next - at > MAX_BLOCK) break;
    end = next;
  }
  return end;
};

const createPatternStream = (): TextStream => {
  const state: Lines = { pending: '', swallow: undefined, pem: 0 };
  const push = (chunk: string): string => {
    const out: string[] = [];
    for (let at = 0; at < chunk.length;) {
      const end = blockEnd(state, chunk, at);
      if (end > at) {
        const block = chunk.slice(at, end);
        out.push(render(block, secretSpans(block)));
        at = end;
        continue;
      }
      const limit = at + MAX_HELD - state.pending.length;
      const part = chunk.slice(at, limit);
      const lineEnd = lineEndFrom(part, 0);
      state.pending += lineEnd > 0 ? part.slice(0, lineEnd) : part;
      at += lineEnd > 0 ? lineEnd : part.length;
      if (lineEnd > 0) out.push(wholeLine(state));
      else if (state.pending.length >= MAX_HELD) out.push(partOfLine(state));
    }
    return out.join('');
  };
  return { push, end: () => wholeLine(state) };
};

/**
 * Redacts the given values in every encoding, then what looks like a secret. Values shorter than MIN_KNOWN_SECRET are
 * left to the patterns. Linear in the input; holds back at most MAX_HELD and the longest encoded value.
 */
export const createRedactor = (secrets: readonly string[]): Redactor => {
  const known = createKnownFilter(encodedForms(secrets));
  const stream = (): TextStream => {
    const values = known.stream();
    const patterns = createPatternStream();
    return {
      push: (chunk) => patterns.push(values.push(chunk)),
      end: () => patterns.push(values.end()) + patterns.end(),
    };
  };
  const text = (s: string): string => {
    const whole = stream();
    return whole.push(s) + whole.end();
  };
  return { text, stream };
};

/** `Redactor.text` over a list that may grow: what was added counts from the next text on. */
export const redactGrowing = (secrets: readonly string[]): ((text: string) => string) => {
  let known = secrets.length;
  let redactor = createRedactor(secrets);
  return (text) => {
    if (secrets.length !== known) {
      known = secrets.length;
      redactor = createRedactor(secrets);
    }
    return redactor.text(text);
  };
};

/** What must not leave the machine in the text: the gate before a push. At most 1000 findings, in order. */
export const findSecrets = (text: string, secrets: readonly string[] = []): readonly SecretFinding[] => {
  const findings = secretSpans(text).map((span) => ({ kind: span.kind, index: span.start }));
  const known = createKnownFilter(encodedForms(secrets)).first(text);
  const all = known < 0 ? findings : [...findings, { kind: 'known', index: known }];
  return all.toSorted((a, b) => a.index - b.index).slice(0, MAX_FINDINGS);
};
