import { LineCounter, isMap, isNode, isPair, isScalar, parseDocument } from 'yaml';
import type { Document } from 'yaml';
import { z } from 'zod';

import { isSilentReasoner, providerOf, PROVIDERS } from './models-providers.ts';
import type { Structured } from './models-providers.ts';
import { nearestWord } from './nearest.ts';
import type { Prices } from './pricing.ts';
import { quoteForOutput } from './spec/finding.ts';
import type { Finding } from './spec/finding.ts';

/** One way to reach one model: a row of models.yaml (template F) with its defaults filled in. */
export interface Profile {
  readonly name: string;
  /** A key of PROVIDERS, `custom` (base_url of one's own), or `scripted` (then `model` is the script's path). */
  readonly provider: string;
  readonly model: string;
  readonly baseUrl?: string;
  readonly apiKeyEnv?: string;
  readonly maxOutputTokens: number;
  readonly temperature?: number;
  readonly structured: Structured;
  /** As models.yaml says them; a price from a catalogue is put in by the adapter. */
  readonly prices?: Prices;
  readonly fallback?: string;
  readonly tags: readonly string[];
  readonly idleTimeoutS: number;
  readonly callTimeoutS: number;
  readonly contextTokens?: number;
}

const MAX_BYTES = 256 * 1024;
const MAX_FINDINGS = 30;
const price = z.number().min(0).max(1e6);
const seconds = z
  .number()
  .positive()
  .max(24 * 3600);
const tokens = z.number().int().positive().max(100_000_000);

const profileSchema = z
  .object({
    litellm_model: z.string().min(3).max(300).optional(),
    base_url: z
      .string()
      .max(2000)
      .regex(
        /^https?:\/\/[^\s/?#@]+(?:\/[^\s?#]*)?$/,
        'must be an http(s) URL without user, query or fragment',
      )
      .optional(),
    model: z.string().min(1).max(300).optional(),
    api_key_env: z
      .string()
      .regex(/^[A-Za-z_][A-Za-z0-9_]{0,99}$/, 'must be the name of a variable, never the key itself')
      .optional(),
    max_output_tokens: tokens.default(8192),
    temperature: z.number().min(0).max(2).optional(),
    structured: z.enum(['schema', 'object', 'prompt']).optional(),
    prices: z
      .object({ input_per_mtok: price, output_per_mtok: price, cached_input_per_mtok: price.optional() })
      .optional(),
    fallback: z.string().min(1).max(200).optional(),
    tags: z.array(z.string().max(100)).max(50).default([]),
    idle_timeout_s: seconds.optional(),
    call_timeout_s: seconds.default(900),
    context_tokens: tokens.optional(),
  })
  .superRefine((row, context) => {
    const own = row.base_url !== undefined || row.model !== undefined;
    const wrong = (message: string, path: string): void =>
      context.addIssue({ code: 'custom', message, path: [path] });
    if (row.litellm_model === undefined && !own) wrong('is missing', 'litellm_model');
    if (row.litellm_model !== undefined && row.model !== undefined)
      wrong('cannot stand beside litellm_model', 'model');
    if (row.litellm_model === undefined && own && row.base_url === undefined) wrong('is missing', 'base_url');
    if (row.litellm_model === undefined && own && row.model === undefined) wrong('is missing', 'model');
  });
type Row = z.output<typeof profileSchema>;

const FIXES: Readonly<Record<string, string>> = {
  litellm_model: 'litellm_model: "zai/glm-4.7"',
  base_url: 'base_url: "http://127.0.0.1:8000/v1"',
  model: 'model: "name-at-the-endpoint"',
  api_key_env: 'api_key_env: "MY_API_KEY"',
  max_output_tokens: 'max_output_tokens: 8192',
  temperature: 'temperature: 0.2',
  structured: 'structured: object   # schema | object | prompt',
  prices: 'prices: { input_per_mtok: 0.6, output_per_mtok: 2.2 }',
  tags: 'tags: ["cheap"]',
  idle_timeout_s: 'idle_timeout_s: 120',
  call_timeout_s: 'call_timeout_s: 900',
  context_tokens: 'context_tokens: 200000',
};

const splitModel = (written: string): { readonly provider: string; readonly model: string } => {
  const slash = written.indexOf('/');
  return { provider: written.slice(0, Math.max(0, slash)), model: written.slice(slash + 1) };
};

const toPrices = (written: NonNullable<Row['prices']>): Prices => ({
  inputPerMtok: written.input_per_mtok,
  outputPerMtok: written.output_per_mtok,
  ...(written.cached_input_per_mtok !== undefined && { cachedInputPerMtok: written.cached_input_per_mtok }),
});

const optionalParts = (row: Row) => ({
  ...(row.base_url !== undefined && { baseUrl: row.base_url }),
  ...(row.api_key_env !== undefined && { apiKeyEnv: row.api_key_env }),
  ...(row.temperature !== undefined && { temperature: row.temperature }),
  ...(row.prices !== undefined && { prices: toPrices(row.prices) }),
  ...(row.fallback !== undefined && { fallback: row.fallback }),
  ...(row.context_tokens !== undefined && { contextTokens: row.context_tokens }),
});

const toProfile = (name: string, row: Row): Profile => {
  const { provider, model } =
    row.litellm_model === undefined
      ? { provider: 'custom', model: row.model ?? '' }
      : splitModel(row.litellm_model);
  return {
    name,
    provider,
    model,
    ...optionalParts(row),
    maxOutputTokens: row.max_output_tokens,
    structured: row.structured ?? providerOf(provider)?.structured ?? 'object',
    tags: row.tags,
    idleTimeoutS: row.idle_timeout_s ?? (isSilentReasoner(provider, model) ? 300 : 120),
    callTimeoutS: row.call_timeout_s,
  };
};

/**
 * The profiles when there is no models.yaml. No fallback from one to the other: money is spent at a second provider
 * only where a file says so.
 */
export const DEFAULT_PROFILES: readonly Profile[] = [
  toProfile(
    'default-cheap',
    profileSchema.parse({ litellm_model: 'zai/glm-4.7', temperature: 0.2, tags: ['default', 'cheap'] }),
  ),
  toProfile(
    'strong-doctor',
    profileSchema.parse({ litellm_model: 'openai/gpt-5', tags: ['doctor', 'strong'] }),
  ),
];

interface Source {
  readonly document: Document;
  readonly counter: LineCounter;
  readonly findings: Finding[];
}
type Path = readonly (string | number)[];

const lineOf = ({ document, counter }: Source, path: Path): number => {
  for (let length = path.length; length > 0; length -= 1) {
    const parent = length === 1 ? document.contents : document.getIn(path.slice(0, length - 1), true);
    const wanted = path[length - 1];
    const pair = isMap(parent)
      ? parent.items.find(
          (item) => isPair(item) && (isScalar(item.key) ? item.key.value : item.key) === wanted,
        )
      : undefined;
    const node = pair?.key ?? document.getIn(path.slice(0, length), true);
    if (isNode(node) && node.range) return counter.linePos(node.range[0]).line;
  }
  return 1;
};

interface Remark {
  readonly level: Finding['level'];
  readonly code: string;
  readonly path: Path;
  readonly message: string;
  readonly fix: string;
}
const note = (source: Source, { path, code, ...rest }: Remark): void => {
  if (source.findings.length >= MAX_FINDINGS) return;
  source.findings.push({
    ...rest,
    code: `models.${code}`,
    line: lineOf(source, path),
    key: quoteForOutput(path.join('.')),
  });
};

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const warnUnknownKeys = (source: Source, at: Path, known: readonly string[]): void => {
  const value: unknown = source.document.getIn(at);
  if (!isMap(value)) return;
  for (const item of value.items) {
    const key = isScalar(item.key) ? String(item.key.value) : '';
    if (known.includes(key)) continue;
    const path = [...at, key];
    const shown = quoteForOutput(key);
    if (/^api_?key$/i.test(key)) {
      note(source, {
        level: 'error',
        code: 'key-in-file',
        path,
        message: `\`${shown}\`: keys never stand in a file`,
        fix: 'api_key_env: "MY_API_KEY"   # and set that variable',
      });
      continue;
    }
    const near = nearestWord(key, known);
    const fix = near === undefined ? `remove it; known are ${known.join(', ')}` : near;
    note(source, {
      level: 'warning',
      code: 'unknown-key',
      path,
      message: `unknown key \`${shown}\` is ignored`,
      fix,
    });
  }
};

const readProfile = (source: Source, name: string, value: unknown): Profile | undefined => {
  const at: Path = ['profiles', name];
  if (isRecord(value)) warnUnknownKeys(source, at, Object.keys(profileSchema.shape));
  warnUnknownKeys(source, [...at, 'prices'], ['input_per_mtok', 'output_per_mtok', 'cached_input_per_mtok']);
  const row = profileSchema.safeParse(value);
  if (!row.success) {
    for (const issue of row.error.issues.slice(0, 10)) {
      const path = issue.path.map((part) => (typeof part === 'symbol' ? '' : part));
      const key = path.join('.');
      const message = `profile ${quoteForOutput(name)}: ${key === '' ? 'it' : `\`${key}\``} ${lower(issue.message)}`;
      const fix = FIXES[String(path[0])] ?? FIXES['litellm_model']!;
      note(source, { level: 'error', code: 'invalid', path: [...at, ...path], message, fix });
    }
    return undefined;
  }
  const profile = toProfile(name, row.data);
  if (profile.provider === 'custom' || profile.provider === 'scripted') return profile;
  if (providerOf(profile.provider) !== undefined && profile.model !== '') return profile;
  const known = Object.keys(PROVIDERS);
  const near = nearestWord(profile.provider, known);
  note(source, {
    level: 'error',
    code: 'unknown-provider',
    path: [...at, 'litellm_model'],
    message: `profile ${quoteForOutput(name)}: no provider in \`${quoteForOutput(row.data.litellm_model ?? '')}\`; known are ${known.join(', ')}`,
    fix:
      near === undefined
        ? 'give base_url, model and api_key_env instead'
        : `litellm_model: "${near}/${quoteForOutput(profile.model)}"`,
  });
  return undefined;
};

const lower = (text: string): string => text.slice(0, 1).toLowerCase() + text.slice(1);

const withKnownFallbacks = (source: Source, profiles: readonly Profile[]): readonly Profile[] =>
  profiles.map((profile) => {
    const { fallback, ...rest } = profile;
    if (fallback === undefined) return profile;
    const others = profiles.map(({ name }) => name).filter((name) => name !== profile.name);
    if (others.includes(fallback)) return profile;
    const near = nearestWord(fallback, others) ?? others[0];
    note(source, {
      level: 'error',
      code: 'unknown-fallback',
      path: ['profiles', profile.name, 'fallback'],
      message: `profile ${quoteForOutput(profile.name)}: fallback \`${quoteForOutput(fallback)}\` is no other profile of this file`,
      fix: near === undefined ? 'remove fallback' : `fallback: "${quoteForOutput(near)}"`,
    });
    return rest;
  });

const unreadable = (line: number, message: string, fix: string) => ({
  profiles: [],
  findings: [{ level: 'error' as const, code: 'models.yaml', line, message, fix }],
});

const parseRows = (source: Source): { readonly [name: string]: unknown } | undefined => {
  const data: unknown = source.document.toJS({ maxAliasCount: 20 });
  const rows = isRecord(data) ? data['profiles'] : undefined;
  return isRecord(rows) && Object.keys(rows).length > 0 ? rows : undefined;
};

/** Reads models.yaml (template F). A profile with an error is left out; unknown keys warn. Never throws. */
export const parseModels = (
  yamlText: string,
): { readonly profiles: readonly Profile[]; readonly findings: readonly Finding[] } => {
  if (yamlText.length > MAX_BYTES) return unreadable(1, 'the file is larger than 256 KiB', 'make it smaller');
  const counter = new LineCounter();
  const document = parseDocument(yamlText, { lineCounter: counter, logLevel: 'silent' });
  const broken = document.errors[0];
  if (broken !== undefined) {
    const line = broken.linePos?.[0].line ?? 1;
    return unreadable(
      line,
      `not YAML: ${quoteForOutput(broken.message.split('\n')[0] ?? '')}`,
      'mend the YAML of this line',
    );
  }
  const source: Source = { document, counter, findings: [] };
  let rows: ReturnType<typeof parseRows>;
  try {
    rows = parseRows(source);
  } catch {
    return unreadable(1, 'too many YAML aliases', 'write the values out');
  }
  if (rows === undefined) {
    return unreadable(
      1,
      'there is no `profiles:` with a profile in it',
      'profiles:\n  default-cheap:\n    litellm_model: "zai/glm-4.7"',
    );
  }
  warnUnknownKeys(source, [], ['profiles']);
  const profiles = Object.entries(rows).flatMap(([name, value]) => readProfile(source, name, value) ?? []);
  return { profiles: withKnownFallbacks(source, profiles), findings: source.findings };
};
