import { describe, expect, it } from 'vitest';
import { fieldOf, typeInto, type TextField } from '../../src/tui/text-field.ts';

const press = (field: TextField, ...chords: readonly string[]): TextField =>
  chords.reduce(
    (now, chord) => typeInto(now, { chord, text: chord.length === 1 || chord === '😀' ? chord : '' }),
    field,
  );

describe('a line of text', () => {
  it('takes text at its cursor', () => {
    expect(press(fieldOf('ac'), 'left', 'b')).toEqual({ text: 'abc', cursor: 2 });
    expect(press(fieldOf('b'), 'home', 'a', 'end', 'c').text).toBe('abc');
  });
  it('takes away whole characters, words and ends', () => {
    expect(press(fieldOf('a'), '😀', 'backspace').text).toBe('a');
    expect(press(fieldOf('one two'), 'ctrl+w').text).toBe('one ');
    expect(press(fieldOf('one two'), 'ctrl+u').text).toBe('');
    expect(press(fieldOf('one two'), 'home', 'ctrl+k').text).toBe('');
    expect(press(fieldOf(''), 'backspace', 'left', 'right')).toEqual({ text: '', cursor: 0 });
  });
  it('leaves keys alone that are none of its', () => {
    const field = fieldOf('a');
    expect(typeInto(field, { chord: 'pgup', text: '' })).toBe(field);
  });
});
