import { z } from 'zod';
import type { Exit } from '../domain/exit.ts';
import type { IterationFacts } from '../domain/loop-score.ts';
import type { CommandRun } from './command.ts';
import type { RunHome } from '../ports/run-home.ts';

const exit = z.union([
  z.object({ kind: z.literal('code'), code: z.number() }),
  z.object({ kind: z.literal('signal'), signal: z.string() }),
  z.object({ kind: z.literal('timeout') }),
  z.object({ kind: z.literal('cancelled') }),
]);

/** metrics.json: what the next prompt, the loop score and a resume read back. Snake case on disk. */
export const metricsSchema = z.object({
  n: z.number(),
  start_sha: z.string(),
  head_sha: z.string(),
  green: z.boolean(),
  test_exit: exit.optional(),
  loop_score: z.number(),
  facts: z.object({
    n: z.number(),
    failures: z.array(z.string()).readonly(),
    linesAdded: z.number(),
    linesRemoved: z.number(),
    fileHashes: z.record(z.string(), z.string().nullable()),
  }),
  /** Where each command's text stands in test_output.txt. */
  commands: z.array(
    z.object({ command: z.string(), exit, ms: z.number(), from: z.number(), to: z.number() }),
  ),
  ms: z.object({ total: z.number(), model: z.number(), commands: z.number(), runner: z.number() }),
  problems: z.array(z.string()),
});
export type Metrics = z.output<typeof metricsSchema>;

/** Undefined when the iteration has none, or it is damaged. */
export const readMetrics = (home: RunHome, n: number): Metrics | undefined => {
  const text = home.state.readText(`iterations/${n}/metrics.json`);
  if (text === undefined) return undefined;
  try {
    return metricsSchema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
};

const HISTORY = 20;

/** Facts of the last committed iterations, oldest first, for loop_score after a resume. */
export const readFacts = (home: RunHome, committed: number): readonly IterationFacts[] => {
  const facts: IterationFacts[] = [];
  for (let n = Math.max(1, committed - HISTORY + 1); n <= committed; n += 1) {
    const metrics = readMetrics(home, n);
    if (metrics) facts.push(metrics.facts);
  }
  return facts;
};

export const withFacts = (
  facts: readonly IterationFacts[],
  next: IterationFacts,
): readonly IterationFacts[] => [...facts, next].slice(-HISTORY);

const describe = (e: Exit, ms: number): string => {
  const how = e.kind === 'code' ? `exit ${e.code}` : e.kind === 'signal' ? `killed by ${e.signal}` : e.kind;
  return `[${how} after ${(ms / 1000).toFixed(1)} s]`;
};

/** test_output.txt and the index of it that goes into metrics.json. */
export const renderOutputs = (
  runs: readonly CommandRun[],
): { readonly text: string; readonly index: Metrics['commands'] } => {
  let text = '';
  const index: Metrics['commands'] = [];
  for (const run of runs) {
    text += `$ ${run.command}\n`;
    const from = text.length;
    text += `${run.output.trimEnd()}\n`;
    index.push({ command: run.command, exit: run.exit, ms: Math.round(run.ms), from, to: text.length });
    text += `${describe(run.exit, run.ms)}\n\n`;
  }
  return { text, index };
};
