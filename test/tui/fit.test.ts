import stringWidth from 'string-width';
import { describe, expect, it } from 'vitest';
import { cut, fit, sliceColumns, widthOf, wrapColumns } from '../../src/tui/fit.ts';

const texts = ['', 'plain', '日本語テキスト', 'a日b本c', 'e\u0301tude', '▁▂▃ ███░', '· … – −'];

describe('texts in columns', () => {
  it('have joined emoji in as many columns as most terminals give them: those of their parts', () => {
    expect(widthOf('👩‍👩‍👧')).toBe(6);
    for (let width = 0; width < 9; width += 1) expect(widthOf(fit('👩‍👩‍👧 x', width))).toBe(width);
  });
  it.each(texts)('%j is as wide as a terminal shows it', (text) => {
    expect(widthOf(text)).toBe(stringWidth(text));
  });
  it.each(texts)('%j fits any width exactly, at either side', (text) => {
    for (let width = 0; width < 20; width += 1) {
      expect(stringWidth(fit(text, width))).toBe(width);
      expect(stringWidth(fit(text, width, 'right'))).toBe(width);
    }
  });
  it('are cut with an ellipsis, wide characters never in half', () => {
    expect(cut('日本語', 4)).toBe('日…');
    expect(cut('日本語', 6)).toBe('日本語');
    expect(cut('abc', 0)).toBe('');
    expect(sliceColumns('a日b', 1, 2)).toBe('日');
  });
  it('are wrapped without loss', () => {
    expect(wrapColumns('abcdef', 4)).toEqual(['abcd', 'ef']);
    expect(wrapColumns('日本語', 4).join('')).toBe('日本語');
    expect(wrapColumns('', 4)).toEqual(['']);
  });
});
