/** Longest escape sequence that is waited for, in UTF-16 units; what comes after is text again. */
export const MAX_SEQUENCE = 4096;

const ESC = 0x1b;
// C0 but tab and newline, DEL, C1.
const SPECIAL = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g;

type Mode = 'text' | 'escape' | 'escape-rest' | 'csi' | 'string' | 'string-escape';

interface State {
  mode: Mode;
  /** Units of the open sequence so far. */
  length: number;
  /** The last unit was a lone `\r`, already shown as a newline. */
  afterReturn: boolean;
}

/** Streaming filter before anything hostile reaches a terminal, a file for people or a pull request. */
export interface Sanitizer {
  /** The visible part of the chunk. Sequences may be split over chunks. */
  push(chunk: string): string;
  /** Call once at the end; an open sequence is dropped. */
  end(): string;
}

const isStringOpener = (code: number): boolean =>
  // OSC, DCS, APC, PM, SOS as C1 controls.
  code === 0x9d || code === 0x90 || code === 0x9f || code === 0x9e || code === 0x98;

const STRING_FINALS = new Set([']', 'P', '_', '^', 'X'].map((char) => char.charCodeAt(0)));

const open = (state: State, mode: Mode): string => {
  state.mode = mode;
  state.length = 0;
  return '';
};

/** One special unit seen in text. */
const control = (state: State, code: number): string => {
  if (code === ESC) return open(state, 'escape');
  if (code === 0x9b) return open(state, 'csi');
  if (isStringOpener(code)) return open(state, 'string');
  if (code !== 0x0d) return '';
  state.afterReturn = true;
  return '\n';
};

const inText = (state: State, code: number): string => {
  state.mode = 'text';
  if (code === 0x09 || code === 0x0a) return String.fromCharCode(code);
  if (code < 0x20 || (code >= 0x7f && code <= 0x9f)) return control(state, code);
  return String.fromCharCode(code);
};

const afterEscape = (state: State, code: number): string => {
  if (code === 0x5b) return open(state, 'csi');
  if (STRING_FINALS.has(code)) return open(state, 'string');
  if (code >= 0x20 && code <= 0x2f) return open(state, 'escape-rest');
  if (code > 0x2f && code < 0x7f) return open(state, 'text');
  return inText(state, code);
};

const afterIntermediate = (state: State, code: number): string => {
  if (code >= 0x20 && code <= 0x2f) return '';
  if (code > 0x2f && code < 0x7f) return open(state, 'text');
  return inText(state, code);
};

const inCsi = (state: State, code: number): string => {
  if (code >= 0x20 && code <= 0x3f) return '';
  if (code >= 0x40 && code < 0x7f) return open(state, 'text');
  // Terminals carry out other controls in mid-sequence; here they only end it if they start something.
  if (code < 0x20 && code !== ESC && code !== 0x0a && code !== 0x0d && code !== 0x18 && code !== 0x1a)
    return '';
  return inText(state, code);
};

const inString = (state: State, code: number): string => {
  if (code === ESC) {
    state.mode = 'string-escape';
    return '';
  }
  if (code === 0x07 || code === 0x9c || code === 0x18 || code === 0x1a) return open(state, 'text');
  return code === 0x0a || code === 0x0d || isStringOpener(code) || code === 0x9b ? inText(state, code) : '';
};

const step = (state: State, code: number): string => {
  state.length += 1;
  if (state.length > MAX_SEQUENCE) return inText(state, code);
  switch (state.mode) {
    case 'escape':
      return afterEscape(state, code);
    case 'escape-rest':
      return afterIntermediate(state, code);
    case 'csi':
      return inCsi(state, code);
    case 'string':
      return inString(state, code);
    case 'string-escape':
      return code === 0x5c ? open(state, 'text') : afterEscape(state, code);
    case 'text':
      return inText(state, code);
  }
};

const run = (state: State, chunk: string): string => {
  const out: string[] = [];
  let at = 0;
  while (at < chunk.length) {
    if (state.afterReturn) {
      state.afterReturn = false;
      if (chunk.charCodeAt(at) === 0x0a) at += 1;
      continue;
    }
    if (state.mode !== 'text') {
      out.push(step(state, chunk.charCodeAt(at)));
      at += 1;
      continue;
    }
    SPECIAL.lastIndex = at;
    const next = SPECIAL.exec(chunk)?.index ?? chunk.length;
    if (next > at) out.push(chunk.slice(at, next));
    if (next < chunk.length) out.push(control(state, chunk.charCodeAt(next)));
    at = next + 1;
  }
  return out.join('');
};

/**
 * Takes out every escape sequence (7- and 8-bit) and every control character but `\n` and `\t`; `\r\n` and a lone
 * `\r` become `\n`. The output holds no ESC and no C1, so nothing in it can make a terminal act or answer.
 */
export const createSanitizer = (): Sanitizer => {
  const state: State = { mode: 'text', length: 0, afterReturn: false };
  return {
    push: (chunk) => run(state, chunk),
    end: () => {
      state.mode = 'text';
      state.afterReturn = false;
      return '';
    },
  };
};

// Anything that a sanitizer could change: all controls but tab and newline.
const CONTROL = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/;

/** The whole of a text through a sanitizer. Most texts have nothing to take out. */
export const sanitize = (text: string): string => (CONTROL.test(text) ? createSanitizer().push(text) : text);

// Soft hyphen, Arabic letter mark, Hangul fillers, Mongolian separator, zero width and bidi, line separators,
// invisible operators, byte order mark, interlinear marks, tags, supplementary variation selectors. U+FE0F stays:
// it is part of ordinary emoji.
const INVISIBLE =
  /[\u00ad\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164\ufeff\uffa0\ufff9-\ufffb]|[\u{e0000}-\u{e007f}]|[\u{e0100}-\u{e01ef}]/gu;

/** Bidi controls, zero-width, tag and other invisible characters become visible: `<U+202E>`. */
export const markInvisible = (text: string): string =>
  text.replace(
    INVISIBLE,
    (char) => `<U+${(char.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}>`,
  );

/** One safe line of at most `max` UTF-16 units: sanitized, newlines and tabs as one space, cut with `…`. */
export const singleLine = (text: string, max: number): string => {
  const line = sanitize(text)
    .replace(/[\n\t\u2028\u2029]+/g, ' ')
    .trim();
  if (line.length <= max) return line;
  if (max < 1) return '';
  const cut = line.slice(0, max - 1);
  return `${/[\ud800-\udbff]$/.test(cut) ? cut.slice(0, -1) : cut}…`;
};
