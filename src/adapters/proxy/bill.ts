import { firstOutput, OUTPUT_STEP, type Asked } from '../../domain/gate/estimate.ts';
import { tallyCostUsd, usageOf, type Tally } from '../../domain/gate/usage.ts';
import { costUsd, type Prices } from '../../domain/pricing.ts';
import type { Charge, Meter } from '../../ports/agent.ts';

type Over = 'cost' | 'tokens' | 'wall time';

/** The charge for one call, from its reservation to its settlement. */
export interface Bill {
  /** Reserves more where the answer has become longer than what is reserved; names the budget that has no more. */
  grow(outputTokens: number): Over | undefined;
  /** What the call came to. Twice is once. */
  settle(end: CallEnd): void;
}
export interface CallEnd {
  readonly tally: Tally;
  readonly outputTokens: number;
  /** It cost nothing: it was refused, or never got there. */
  readonly isFree?: boolean;
  readonly failure?: Charge['failure'];
}
export interface BillOptions {
  readonly meter: Meter;
  readonly profile: string;
  readonly asked: Asked;
  readonly prices: Prices;
}

const FREE = { inputTokens: 0, outputTokens: 0 };

/** Reserves what the call can cost before it goes out; or names the budget that it would pass. */
export const openBill = (options: BillOptions): Bill | { readonly over: Over } => {
  const { meter, profile, asked, prices } = options;
  const started = performance.now();
  const calls: string[] = [];
  const reserve = (inputTokens: number, outputTokens: number): Over | undefined => {
    const most = {
      tokens: inputTokens + outputTokens,
      costUsd: costUsd(prices, { inputTokens, outputTokens }),
    };
    const got = meter.reserve({ purpose: 'iteration', profile, model: asked.model, most });
    if ('over' in got) return got.over;
    calls.push(got.call);
    return undefined;
  };
  let reserved = firstOutput(asked);
  const over = reserve(asked.inputTokens, reserved);
  if (over !== undefined) return { over };
  return {
    grow: (outputTokens) => {
      if (outputTokens <= reserved) return undefined;
      const step = Math.max(OUTPUT_STEP, outputTokens - reserved);
      const none = reserve(0, step);
      if (none === undefined) reserved += step;
      return none;
    },
    settle: ({ tally, outputTokens, isFree, failure }) => {
      const [first, ...steps] = calls.splice(0);
      if (first === undefined) return;
      // The steps hold the whole reservation until the call itself is charged.
      // How far the model had come with what was not answered to its end, nobody knows: that stays as reserved.
      const output = failure === undefined ? outputTokens : Math.max(outputTokens, reserved);
      const usage = isFree ? FREE : usageOf(tally, { input: asked.inputTokens, output });
      const cost = isFree ? 0 : tallyCostUsd(prices, tally, usage);
      const ms = Math.round(performance.now() - started);
      meter.settle(first, { ms, usage, costUsd: cost, ...(failure ? { failure } : { finish: 'stop' }) });
      for (const step of steps) meter.settle(step, { ms: 0, usage: FREE, costUsd: 0, finish: 'part' });
    },
  };
};
