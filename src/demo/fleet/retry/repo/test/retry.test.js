import assert from 'node:assert/strict';
import { test } from 'node:test';
import { retry } from '../src/retry.js';
import { failing, fakeClock } from './clock.js';

test('calls again until it succeeds', async () => {
  const clock = fakeClock();
  assert.equal(await retry(failing(2), { attempts: 5, waitMs: 100, deadlineMs: 60_000, clock }), 'answer');
});

test('waits twice as long each time', async () => {
  const clock = fakeClock();
  await retry(failing(3), { attempts: 5, waitMs: 100, deadlineMs: 60_000, clock });
  assert.deepEqual(clock.slept, [100, 200, 400]);
});

test('never waits beyond the deadline', async () => {
  const clock = fakeClock();
  const work = retry(failing(9), { attempts: 10, waitMs: 1000, deadlineMs: 5000, clock });
  await assert.rejects(work, /no answer \(3\)/);
  assert.ok(clock.now() <= 5000);
});
