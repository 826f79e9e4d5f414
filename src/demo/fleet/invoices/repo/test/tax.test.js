import assert from 'node:assert/strict';
import { test } from 'node:test';
import { totals } from '../src/invoice.js';

test('tax is rounded for each line, half a cent up', () => {
  const lines = [
    { quantity: 3, price: 333, taxRate: 20 },
    { quantity: 1, price: 250, taxRate: 5 },
  ];
  assert.deepEqual(totals({ lines }), { net: 1249, tax: 213, gross: 1462 });
});
