import { jsonrepair } from 'jsonrepair';
import { z } from 'zod';

import { actionSchema, answerSchema, MAX_ACTIONS } from './action.ts';
import type { Answer } from './action.ts';
import { standsVerbatim } from './answer-verbatim.ts';
import { quoteForOutput } from './spec/finding.ts';

/** How the model's text ended; as in ModelAnswer. */
export type Finish = 'stop' | 'length' | 'filter' | 'other';
export type Parsed<T> =
  | { readonly kind: 'ok'; readonly value: T; readonly repaired: 'no' | 'json' }
  | { readonly kind: 'invalid'; readonly problem: string };

const MAX_CHARS = 8 * 1024 * 1024;
// jsonrepair may scan the rest of the text anew at each quote (measured: 240 kB of quotes take a minute), so the
// product of the two is limited: about half a second.
const MAX_REPAIR_WORK = 2e8;
const MAX_PROBLEM = 2000;
const MAX_CANDIDATES = 200;
/** zod makes an issue for each bad item, so longer lists are refused before it sees them. */
const MAX_LIST = 1000;

const invalid = (problem: string): { readonly kind: 'invalid'; readonly problem: string } => ({
  kind: 'invalid',
  problem: problem.length > MAX_PROBLEM ? `${problem.slice(0, MAX_PROBLEM - 1)}…` : problem,
});

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const tryParse = (text: string): { readonly value: unknown } | undefined => {
  try {
    const value: unknown = JSON.parse(text);
    return { value };
  } catch {
    return undefined;
  }
};

/** Thoughts before the answer, a code fence around it. */
const unwrapped = (raw: string): string => {
  let text = raw.trim();
  const thought = text.startsWith('<think>') ? text.indexOf('</think>') : -1;
  if (thought >= 0) text = text.slice(thought + '</think>'.length).trim();
  const fence = /^```[A-Za-z0-9]{0,20}[ \t]{0,20}\r?\n/.exec(text);
  if (fence !== null && text.endsWith('```')) text = text.slice(fence[0].length, -3).trim();
  return text;
};

/** Index after the string that starts at `at`. */
const afterString = (text: string, at: number): number => {
  for (let here = at + 1; here < text.length; here += 1) {
    if (text[here] === '\\') here += 1;
    else if (text[here] === '"') return here + 1;
  }
  return text.length;
};

/** The texts from a `{` to its own `}`, strings respected; one pass. */
const balancedObjects = (text: string): readonly string[] => {
  const found: string[] = [];
  let depth = 0;
  let start = 0;
  let at = text.indexOf('{');
  while (at < text.length && found.length < MAX_CANDIDATES) {
    const letter = text[at];
    if (letter === '"' && depth > 0) {
      at = afterString(text, at);
      continue;
    }
    if (letter === '{') {
      if (depth === 0) start = at;
      depth += 1;
    } else if (letter === '}' && depth > 0) {
      depth -= 1;
      if (depth === 0) found.push(text.slice(start, at + 1));
    }
    at += 1;
  }
  return found;
};

type Found = { readonly value: unknown } | { readonly problem: string } | undefined;

/** The one JSON value of a text, with prose around it or not; undefined when there is none. */
const findJson = (text: string): Found => {
  const whole = tryParse(text);
  if (whole !== undefined) return whole;
  const first = text.indexOf('{');
  const last = text.lastIndexOf('}');
  if (first < 0)
    return {
      problem: 'There is no JSON object in the answer. Answer with one JSON object and nothing else.',
    };
  const outer = last > first ? tryParse(text.slice(first, last + 1)) : undefined;
  if (outer !== undefined) return outer;
  const objects = balancedObjects(text).flatMap((part) => tryParse(part) ?? []);
  if (objects.length > 1) {
    return {
      problem: 'There is more than one JSON object in the answer. Answer with exactly one and nothing else.',
    };
  }
  return objects[0];
};

const repairedJson = (text: string): { readonly value: unknown } | undefined => {
  const from = text.indexOf('{');
  const candidate = text.slice(Math.max(0, from)).trimEnd();
  if (from < 0 || candidate.length * (candidate.split(/["']/).length + 1) > MAX_REPAIR_WORK) return undefined;
  // What does not end with a bracket was left in the middle: its last value may be a shortened one.
  if (!/[}\]]$/.test(candidate)) return undefined;
  try {
    const found = tryParse(jsonrepair(candidate));
    return found !== undefined && standsVerbatim(found.value, candidate) ? found : undefined;
  } catch {
    return undefined;
  }
};

const longList = (value: unknown): string | undefined => {
  if (!isRecord(value)) return undefined;
  const entry = Object.entries(value).find(([, list]) => Array.isArray(list) && list.length > MAX_LIST);
  return entry === undefined
    ? undefined
    : `\`${quoteForOutput(entry[0])}\` has far too many items (over ${MAX_LIST}).`;
};

const issuesText = (error: z.ZodError): string => z.prettifyError({ issues: error.issues.slice(0, 20) });

const checked = <T>(
  found: { readonly value: unknown },
  schema: z.ZodType<T>,
  repaired: 'no' | 'json',
): Parsed<T> => {
  const tooLong = longList(found.value);
  if (tooLong !== undefined) return invalid(tooLong);
  const result = schema.safeParse(found.value, { error: actionMessage });
  if (result.success) return { kind: 'ok', value: result.data, repaired };
  return invalid(`The JSON does not fit the schema:\n${issuesText(result.error)}`);
};

const KNOWN_ACTIONS = actionSchema.options.map((option) => option.shape.type.value);

const actionMessage: z.core.$ZodErrorMap = (issue) => {
  if (issue.code !== 'invalid_union' || !isRecord(issue.input)) return undefined;
  const type = issue.input['type'];
  const shown = typeof type === 'string' ? ` \`${quoteForOutput(type)}\`` : '';
  return `unknown action type${shown}; known are ${KNOWN_ACTIONS.join(', ')}`;
};

const ENDINGS: Readonly<Record<'length' | 'filter', string>> = {
  length:
    'The answer was cut off at the output limit (max_output_tokens of the profile): no action runs. Answer again, shorter: fewer actions at a time.',
  filter:
    "The answer was stopped by the provider's content filter: no action runs. Answer again without that content.",
};

/**
 * Reads the one JSON object of a model's answer by a schema. Repairs broken JSON only when the model said that it was
 * done, and only around the strings, never in them. The problem of an invalid answer is written for the model.
 */
export const parseJson = <T>(raw: string, finish: Finish, schema: z.ZodType<T>): Parsed<T> => {
  if (finish === 'length' || finish === 'filter') return invalid(ENDINGS[finish]);
  if (raw.trim() === '') return invalid('The answer is empty. Answer with one JSON object.');
  if (raw.length > MAX_CHARS) return invalid('The answer is larger than 8 MiB.');
  const text = unwrapped(raw);
  const found = findJson(text);
  if (found !== undefined && 'problem' in found) return invalid(found.problem);
  if (found !== undefined) return checked(found, schema, 'no');
  const mended = finish === 'stop' ? repairedJson(text) : undefined;
  if (mended !== undefined) return checked(mended, schema, 'json');
  return invalid(
    'The answer is not valid JSON, and cannot be repaired without guessing. Escape quotes, backslashes and line breaks inside strings, close every bracket, and answer with the JSON object alone.',
  );
};

export type ParsedAnswer =
  | { readonly kind: 'ok'; readonly answer: Answer; readonly repaired: 'no' | 'json' }
  | { readonly kind: 'invalid'; readonly problem: string };

/** Reads the answer of an iteration (spec 9.1): `invalid` means that no action of it runs. */
export const parseAnswer = (raw: string, finish: Finish): ParsedAnswer => {
  const parsed = parseJson(raw, finish, countedSchema);
  return parsed.kind === 'ok' ? { kind: 'ok', answer: parsed.value, repaired: parsed.repaired } : parsed;
};

/** As answerSchema, but a wrong number of actions is told before anything about the single ones. */
const countedSchema: z.ZodType<Answer> = z
  .unknown()
  .superRefine((value, context) => {
    const actions = isRecord(value) ? value['actions'] : undefined;
    if (!Array.isArray(actions)) return;
    const say = (message: string): void => context.addIssue({ code: 'custom', message, path: ['actions'] });
    if (actions.length === 0)
      say('there are no actions: give at least one, e.g. a `run`, a `rotate` or a `pause`');
    if (actions.length > MAX_ACTIONS)
      say(`${actions.length} actions are too many: give at most ${MAX_ACTIONS}`);
  })
  .pipe(answerSchema);

type Json = Readonly<Record<string, unknown>>;
// Limits of length are zod's business: several providers refuse a schema that has them.
const DROPPED = new Set([
  '$schema',
  'default',
  'minLength',
  'maxLength',
  'maxItems',
  'minimum',
  'maximum',
  'exclusiveMinimum',
  'exclusiveMaximum',
  'pattern',
  'format',
]);

const strictNode = (node: unknown): unknown => {
  if (Array.isArray(node)) return node.map(strictNode);
  if (!isRecord(node)) return node;
  const entries = Object.entries(node).flatMap(([key, value]): readonly (readonly [string, unknown])[] => {
    if (DROPPED.has(key)) return [];
    if (key === 'const') return [['enum', [value]]];
    if (key === 'oneOf') return [['anyOf', strictNode(value)]];
    if (key !== 'properties' || !isRecord(value)) return [[key, strictNode(value)]];
    // The names under `properties` are ours, not keywords.
    return [
      [key, Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, strictNode(inner)]))],
    ];
  });
  const strict = Object.fromEntries(entries);
  if (!isRecord(strict['properties'])) return strict;
  return { ...strict, required: Object.keys(strict['properties']), additionalProperties: false };
};

/**
 * A JSON schema that also strict providers take: anyOf, all properties required (what may be missing is nullable),
 * nothing additional, no limits of length.
 */
export const strictJsonSchema = (schema: z.ZodType): Json => {
  const strict = strictNode(z.toJSONSchema(schema, { io: 'input' }));
  return isRecord(strict) ? strict : {};
};

/** The JSON schema of the answer of an iteration. */
export const answerJsonSchema = (): Json => strictJsonSchema(answerSchema);
