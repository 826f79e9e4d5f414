import { metricsSchema, type Metrics } from '../domain/iteration-record.ts';
import type { Exit } from '../domain/exit.ts';
import type { IterationFacts } from '../domain/loop-score.ts';
import type { CommandRun } from './command.ts';
import type { RunHome } from '../ports/run-home.ts';

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
