import { describe, expect, it } from 'vitest';
import {
  createSanitizer,
  markInvisible,
  MAX_SEQUENCE,
  sanitize,
  singleLine,
} from '../../src/domain/terminal.ts';

const HOSTILE: readonly (readonly [string, string, string])[] = [
  ['colours', 'a\x1b[31mb\x1b[0mc', 'abc'],
  ['a CSI with intermediates', 'a\x1b[?1049;2$pb', 'ab'],
  ['an 8-bit CSI', 'a\x9b31mb', 'ab'],
  ['a title by OSC and BEL', 'a\x1b]0;title\x07b', 'ab'],
  ['a clipboard write by OSC and ST', 'a\x1b]52;c;aGk=\x1b\\b', 'ab'],
  ['an OSC with an 8-bit ST', 'a\x1b]0;x\x9cb', 'ab'],
  ['an 8-bit OSC', 'a\x9d0;x\x07b', 'ab'],
  ['a link', '\x1b]8;;http://x\x1b\\text\x1b]8;;\x1b\\', 'text'],
  ['DCS', 'a\x1bP1$r0m\x1b\\b', 'ab'],
  ['an 8-bit DCS', 'a\x90q\x1b\\b', 'ab'],
  ['APC', 'a\x1b_Gf=1\x1b\\b', 'ab'],
  ['PM', 'a\x1b^secret\x1b\\b', 'ab'],
  ['SOS', 'a\x1bXsecret\x1b\\b', 'ab'],
  ['a terminal question', 'a\x1b[6n\x1b[cb', 'ab'],
  ['a reset', 'a\x1bcb', 'ab'],
  ['a character set', 'a\x1b(0b', 'ab'],
  ['a lone ESC', 'a\x1b', 'a'],
  ['ESC before a newline', 'a\x1b\nb', 'a\nb'],
  ['ESC in a sequence', 'a\x1b[3\x1b[31mb', 'ab'],
  ['a string broken by a new sequence', 'a\x1b]0;x\x1b[31mb', 'ab'],
  ['a cancelled sequence', 'a\x1b[3\x18b', 'ab'],
  ['control characters', 'a\x00\x07\x08\x0b\x0c\x0e\x1f\x7fb', 'ab'],
  ['C1 characters', 'a\x80\x85\x8eb\x9f', 'ab'],
  ['Windows line ends', 'a\r\nb\rc\r\r\nd', 'a\nb\nc\n\nd'],
  ['what is harmless', 'a\tb\n\u00e9 \u{1f600} \u4e2d', 'a\tb\n\u00e9 \u{1f600} \u4e2d'],
  ['an open OSC at a newline', 'a\x1b]0;title\nb', 'a\nb'],
];

const inTwo = (text: string, at: number): string => {
  const stream = createSanitizer();
  return stream.push(text.slice(0, at)) + stream.push(text.slice(at)) + stream.end();
};

describe('sanitize', () => {
  it.each(HOSTILE)('handles %s', (_name, text, clean) => {
    expect(sanitize(text)).toBe(clean);
  });

  it.each(HOSTILE)('gives the same for %s split at any place', (_name, text, clean) => {
    for (let at = 0; at <= text.length; at += 1) expect(inTwo(text, at)).toBe(clean);
  });

  it('gives up on a sequence that does not end', () => {
    const text = `\x1b]0;${'x'.repeat(3 * MAX_SEQUENCE)}`;
    expect(sanitize(text).length).toBeGreaterThan(MAX_SEQUENCE);
    expect(sanitize(`\x1b[${'1;'.repeat(3 * MAX_SEQUENCE)}`).length).toBeGreaterThan(MAX_SEQUENCE);
  });

  it('never lets a control unit through, whatever is mixed', () => {
    const alphabet = [
      '\x1b',
      '[',
      ']',
      'P',
      '\\',
      '\x07',
      '\x9c',
      '\x9b',
      '\x9d',
      '\x90',
      'm',
      '3',
      ';',
      '\r',
      '\n',
      ' ',
      '\x18',
      'x',
    ];
    let seed = 7;
    for (let round = 0; round < 2000; round += 1) {
      let text = '';
      for (let at = 0; at < 30; at += 1) {
        seed = (seed * 1103515245 + 12345) % 2147483648;
        text += alphabet[(seed >> 8) % alphabet.length];
      }
      const clean = sanitize(text);
      expect(clean).not.toMatch(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/);
      expect(inTwo(text, round % 30)).toBe(clean);
      expect(sanitize(clean)).toBe(clean);
    }
  });

  it('takes a large text in chunks of any size', () => {
    const text = 'line \x1b[1mbold\x1b[0m\r\n'.repeat(50_000);
    expect(sanitize(text)).toBe('line bold\n'.repeat(50_000));
  });
});

describe('markInvisible', () => {
  it('shows bidi controls, zero-width and tag characters', () => {
    expect(markInvisible('a\u202eb\u200bc\u{e0041}d\ufeff\u2066\u{e0101}')).toBe(
      'a<U+202E>b<U+200B>c<U+E0041>d<U+FEFF><U+2066><U+E0101>',
    );
  });

  it('leaves ordinary text and emoji alone', () => {
    expect(markInvisible('caf\u00e9 \u2764\ufe0f \u05d0 \u4e2d\n')).toBe(
      'caf\u00e9 \u2764\ufe0f \u05d0 \u4e2d\n',
    );
  });
});

describe('singleLine', () => {
  it('is one sanitized line', () => {
    expect(singleLine(' a\x1b[31m\n\n b\tc\u2028d\n', 80)).toBe('a  b c d');
  });

  it('cuts with an ellipsis and never splits a pair', () => {
    expect(singleLine('abcdef', 4)).toBe('abc…');
    expect(singleLine('ab\u{1f600}cd', 4)).toBe('ab…');
    expect(singleLine('abcd', 4)).toBe('abcd');
    expect(singleLine('abcd', 0)).toBe('');
  });
});
