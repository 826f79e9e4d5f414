import { z } from 'zod';

/** Files of `iterations/<n>/` (spec 8), besides done.json. */
export const iterationParts = [
  'prompt.md',
  'response.json',
  'actions.jsonl',
  'git_diff.patch',
  'test_output.txt',
  'metrics.json',
  'pr_state.json',
] as const;

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
  /** The phase that this iteration ended, from 1. */
  phase_ended: z.number().optional(),
  test_exit: exit.optional(),
  /** What the session asked for at its end. */
  wish: z.object({ kind: z.enum(['pause', 'stop_success', 'stop_failure']), reason: z.string() }).optional(),
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

/** done.json: hashes of the iteration's other files, what stands then, and the hash of the one before. */
export const doneSchema = z.object({
  n: z.number(),
  head_sha: z.string(),
  sha256: z.record(z.string(), z.string()),
  spent: z.object({ cost_usd: z.number(), tokens: z.number(), running_ms: z.number() }),
  boxes: z.record(z.string(), z.boolean()),
  previous: z.string().nullable(),
});
export type Done = z.output<typeof doneSchema>;
