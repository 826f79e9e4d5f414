import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parse } from '../src/parse.js';

test('reads rows and fields', () => {
  assert.deepEqual(parse('a,b\n1,2\n'), [
    ['a', 'b'],
    ['1', '2'],
  ]);
});

test('reads quoted fields', () => {
  assert.deepEqual(parse('"a,b",c\n'), [['a,b', 'c']]);
});
