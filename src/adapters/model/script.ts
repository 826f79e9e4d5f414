import { parse } from 'yaml';
import { z } from 'zod';

import { RalphError } from '../../domain/error.ts';

const usage = z.object({ input_tokens: z.number().int().min(0), output_tokens: z.number().int().min(0) });
const failures = [
  'auth',
  'bad-request',
  'server',
  'network',
  'stalled',
  'cut',
  'not-a-model',
  'cancelled',
] as const;

const common = {
  delay_ms: z.number().min(0).max(3_600_000).default(0),
  usage: usage.default({ input_tokens: 1000, output_tokens: 200 }),
  cost_usd: z.number().min(0).optional(),
  /** The text that answers the repair call of this entry. */
  repair: z.string().optional(),
};
const finish = z.enum(['stop', 'length', 'filter', 'other']).default('stop');
/** How often a limit or failure happens (per process) before the next entry answers in its place; always, if left out. */
const times = z.number().int().positive().optional();

const entrySchema = z.union([
  z.strictObject({ ...common, answer: z.record(z.string(), z.unknown()) }),
  z.strictObject({ ...common, text: z.string(), finish }),
  z.strictObject({
    ...common,
    rate_limited: z.strictObject({ wait_ms: z.number().min(0).optional() }),
    times,
  }),
  z.strictObject({
    ...common,
    failed: z.strictObject({
      failure: z.enum(failures),
      retryable: z.boolean().default(false),
      detail: z.string().default('as the script says'),
    }),
    times,
  }),
]);
export type ScriptEntry = z.output<typeof entrySchema>;

const lists = { answers: z.array(entrySchema).optional(), diagnose: z.array(entrySchema).optional() };
const profileSchema = z.strictObject({
  ...lists,
  model: z.string().default('scripted'),
  prices: z
    .strictObject({ input_per_mtok: z.number().min(0), output_per_mtok: z.number().min(0) })
    .default({ input_per_mtok: 1, output_per_mtok: 4 }),
  fallback: z.string().optional(),
  tags: z.array(z.string()).default([]),
  max_output_tokens: z.number().int().positive().default(2048),
});
const scriptSchema = z.strictObject({ ...lists, profiles: z.record(z.string(), profileSchema).default({}) });

export type Script = z.output<typeof scriptSchema>;
export type ScriptProfile = Script['profiles'][string];

/** Profiles of a script that names none, so that the default task file works with it. */
export const PLAIN_PROFILES: readonly string[] = ['default-cheap', 'strong-doctor'];

/** Reads a script (YAML or JSON); throws RalphError `config`. `from` names it in the error. */
export const parseScript = (text: string, from = 'the script'): Script => {
  let data: unknown;
  try {
    data = parse(text, { maxAliasCount: 100 });
  } catch (cause) {
    throw new RalphError('config', `${from} is not YAML`, { cause });
  }
  const script = scriptSchema.safeParse(data);
  if (!script.success) {
    throw new RalphError('config', `${from} is no script of a scripted model`, {
      hint: z.prettifyError(script.error).slice(0, 2000),
    });
  }
  if (Object.keys(script.data.profiles).length > 0) return script.data;
  const plain = profileSchema.parse({});
  return { ...script.data, profiles: Object.fromEntries(PLAIN_PROFILES.map((name) => [name, plain])) };
};
