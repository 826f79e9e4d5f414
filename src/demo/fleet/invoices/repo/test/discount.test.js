import assert from 'node:assert/strict';
import { test } from 'node:test';
import { totals } from '../src/invoice.js';

test('a discount lowers the net amount before tax', () => {
  const lines = [{ quantity: 2, price: 5000, taxRate: 20 }];
  assert.deepEqual(totals({ lines, discountPercent: 10 }), { net: 9000, tax: 1800, gross: 10800 });
});
