import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatMoney } from '../src/money.js';

test('amounts have two decimals', () => {
  assert.equal(formatMoney(1250), '12.50');
  assert.equal(formatMoney(7), '0.07');
});

test('thousands are set apart', () => {
  assert.equal(formatMoney(123456789), '1,234,567.89');
});
