import assert from 'node:assert/strict';
import { test } from 'node:test';

test('the export quotes what needs quotes', async () => {
  const { toCsv } = await import('../src/csv.js');
  const lines = [
    { text: 'Chair, oak', quantity: 2, price: 4950 },
    { text: 'Sign "Exit"', quantity: 1, price: 900 },
  ];
  assert.equal(toCsv({ lines }), 'text,quantity,price\n"Chair, oak",2,49.50\n"Sign ""Exit""",1,9.00\n');
});
