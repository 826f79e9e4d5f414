import { describe, expect, it } from 'vitest';
import { quoteWord, splitWords } from '../../src/cli/split-words.ts';

const words = (line: string): readonly string[] => splitWords(line).words.map((word) => word.text);

describe('the words of a line', () => {
  it.each([
    ['note 7f3a "two words"', ['note', '7f3a', 'two words']],
    ['say \'it is "so"\'', ['say', 'it is "so"']],
    ['a\\ b "c \\" d" \'e \\ f\'', ['a b', 'c " d', 'e \\ f']],
    ['"keeps \\n as it is"', ['keeps \\n as it is']],
    ['pre"fix"ed ""', ['prefixed', '']],
    ['   ', []],
  ])('are those of a shell: %s', (line, expected) => expect(words(line)).toEqual(expected));

  it('tell where they begin, and whether the line ends in one', () => {
    expect(splitWords('ls  "a b')).toEqual({
      words: [
        { text: 'ls', from: 0 },
        { text: 'a b', from: 4 },
      ],
      open: '"',
      endsInWord: true,
    });
    expect(splitWords('ls ').endsInWord).toBe(false);
  });

  it.each(['plain', 'two words', 'a "quote"', "it's", 'back\\slash', ''])(
    'come back from quotes: %j',
    (word) => {
      expect(words(`x ${quoteWord(word)}`)).toEqual(['x', word]);
    },
  );
});
