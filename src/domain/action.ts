import { z } from 'zod';

const line = (max: number) => z.string().min(1).max(max);
const path = line(4096);

/** The strict JSON contract of one iteration (spec 9.1, 9.2). */
export const actionSchema = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('run'),
    command: line(32 * 1024),
    cwd: path.nullish(),
    timeout_s: z
      .number()
      .int()
      .positive()
      .max(24 * 3600)
      .nullish(),
  }),
  z.object({ type: z.literal('patch'), path, patch: line(256 * 1024) }),
  z.object({
    type: z.literal('write'),
    path,
    append: z.boolean().nullish(),
    content: z.string().max(2 * 1024 * 1024),
  }),
  z.object({ type: z.literal('commit'), message: line(8192), paths: z.array(path).max(1000).nullish() }),
  z.object({ type: z.literal('rotate'), reason: line(4096) }),
  z.object({ type: z.literal('pause'), reason: line(4096) }),
  z.object({ type: z.literal('stop_success'), reason: line(4096) }),
  z.object({ type: z.literal('stop_failure'), reason: line(4096) }),
]);
export type Action = z.output<typeof actionSchema>;

/** An answer with more actions than this is refused as a whole: no model plans 200 steps blind. */
export const MAX_ACTIONS = 200;

export const answerSchema = z.object({
  summary: z.string().max(16 * 1024),
  actions: z.array(actionSchema).min(1).max(MAX_ACTIONS),
  claims: z
    .object({
      checkboxes_checked: z.array(line(200)).max(1000).default([]),
      milestones_completed: z.array(line(200)).max(1000).default([]),
    })
    .nullish(),
});
export type Answer = z.output<typeof answerSchema>;
