import assert from 'node:assert/strict';
import { test } from 'node:test';
import { greet, greetAll } from '../src/greet.js';

test('greets with an exclamation mark', () => {
  assert.equal(greet('Ada'), 'Hello, Ada!');
});

test('refuses an empty name', () => {
  assert.throws(() => greet(''), RangeError);
});

test('greets several people in one line', () => {
  assert.equal(greetAll(['Ada', 'Grace', 'Edsger']), 'Hello, Ada, Grace and Edsger!');
});
