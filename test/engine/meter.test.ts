import { expect, it } from 'vitest';
import { committedSpend } from '../../src/domain/run-state.ts';
import { createMeter } from '../../src/engine/meter.ts';
import { memoryRun } from '../fakes/engine-context.ts';

const budgets = { maxIterations: 5, maxWallTimeMinutes: 10, maxConsecutiveGutter: 3 };
const call = (costUsd: number, tokens: number) =>
  ({ purpose: 'iteration', profile: 'fast', model: 'm', most: { costUsd, tokens } }) as const;
const usage = { inputTokens: 10, outputTokens: 2 };

it('counts a reservation as spent until it is settled, and then what the call really cost', () => {
  const { ctx } = memoryRun({ state: { budgets: { ...budgets, maxCostUsd: 1 } } });
  const meter = createMeter(ctx);
  expect(meter.reserve(call(0.6, 100))).toEqual({ call: 'id-1' });
  expect(committedSpend(ctx.state)).toMatchObject({ costUsd: 0.6, tokens: 100 });
  expect(meter.reserve(call(0.6, 100))).toEqual({ over: 'cost' });
  meter.settle('id-1', { ms: 40, usage, costUsd: 0.1 });
  expect(committedSpend(ctx.state)).toMatchObject({ costUsd: 0.1, tokens: 12 });
  expect(ctx.modelMs).toBe(40);
  expect(meter.reserve(call(0.6, 100))).toHaveProperty('call');
});

it('refuses a call that would pass the tokens, and enters nothing for it', () => {
  const { ctx, entries } = memoryRun({ state: { budgets: { ...budgets, maxTokensTotal: 99 } } });
  expect(createMeter(ctx).reserve(call(0, 100))).toEqual({ over: 'tokens' });
  expect(entries).toEqual([]);
});

it('enters a failure with what it cost nevertheless', () => {
  const { ctx, entries } = memoryRun();
  const meter = createMeter(ctx);
  meter.reserve(call(0.5, 100));
  const failure = { kind: 'cut', detail: 'the line went dead', retryInMs: 500 };
  meter.settle('id-1', { ms: 7, usage, costUsd: 0.2, failure });
  expect(entries.at(-1)).toMatchObject({
    type: 'model.failed',
    failure: 'cut',
    retryInMs: 500,
    costUsd: 0.2,
  });
  expect(committedSpend(ctx.state).costUsd).toBe(0.2);
});
