import { z } from 'zod';

const text = z
  .string()
  .min(1)
  .max(64 * 1024);

/** What becomes of a branch that somebody else moved: ours on top of theirs, ours instead of theirs, theirs alone. */
export const branchRemedies = ['rebase', 'force-with-lease', 'abandon'] as const;
export type BranchRemedy = (typeof branchRemedies)[number];

/** What an operator may drop into a run's inbox (spec 13, 16.1). One immutable file each. */
const order = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('pause'), reason: z.string().max(1000).optional() }),
  z.object({ kind: z.literal('resume'), branch: z.enum(branchRemedies).optional() }),
  z.object({ kind: z.literal('reopen'), reason: z.string().max(1000) }),
  z.object({ kind: z.literal('rotate') }),
  z.object({ kind: z.literal('stop'), reason: z.string().max(1000).optional() }),
  z.object({ kind: z.literal('model'), profile: text }),
  z.object({ kind: z.literal('note'), text }),
  z.object({ kind: z.literal('hint'), topic: z.enum(['clarify', 'file', 'decision']), text }),
  z.object({
    kind: z.literal('guardrail'),
    name: text,
    trigger: text,
    instruction: text,
    evidence: text.optional(),
  }),
  z.object({
    kind: z.literal('spec'),
    text: z
      .string()
      .min(1)
      .max(256 * 1024),
  }),
  z.object({ kind: z.literal('diagnose') }),
  z.object({ kind: z.literal('apply'), report: z.string().max(200).optional() }),
  z.object({ kind: z.literal('debug'), command: text }),
]);
export type Order = z.output<typeof order>;
export type OrderKind = Order['kind'];

export const controlSchema = z.object({
  v: z.literal(1),
  id: z.string().min(1).max(200),
  at: z.string(),
  by: z.string().max(200),
  order,
});
export type Control = z.output<typeof controlSchema>;

export type SteeringMode = 'autonomous' | 'guided' | 'debug';

/** Why a steering mode refuses an order; undefined when it is allowed (spec 13.2). */
export const refusalOf = (mode: SteeringMode, kind: OrderKind): string | undefined => {
  if (kind === 'hint' && mode === 'autonomous') {
    return 'structured hints need steering_mode: guided (or debug); this run is autonomous';
  }
  if (kind === 'debug' && mode !== 'debug') {
    return `commands from outside need steering_mode: debug; this run is ${mode}`;
  }
  return undefined;
};
