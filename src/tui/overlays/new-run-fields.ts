import { parseFrontmatter } from '../../domain/spec/frontmatter.ts';
import type { FrontChanges } from '../../domain/spec/write-front.ts';

export type FieldKind = 'path' | 'text' | 'number' | 'choice' | 'profile' | 'shown' | 'button';
/** A line of the form; a key with `@` in front is no key of the front matter. */
export interface FormField {
  readonly key: string;
  readonly label: string;
  readonly kind: FieldKind;
  readonly unit?: string;
}

/** The form from top to bottom (spec section 16.1). */
export const formFields: readonly FormField[] = [
  { key: '@task', label: 'Task file', kind: 'path' },
  { key: 'repo_url', label: 'Repository', kind: 'text' },
  { key: 'base_branch', label: 'Base branch', kind: 'text' },
  { key: 'sandbox_provider', label: 'Backend', kind: 'choice' },
  { key: 'agent', label: 'Agent', kind: 'choice' },
  { key: 'model_profile_default', label: 'Model', kind: 'profile' },
  { key: 'model_profile_fallback', label: 'Fallback', kind: 'profile' },
  { key: 'max_iterations', label: 'Iterations', kind: 'number' },
  { key: 'max_wall_time_minutes', label: 'Time', kind: 'number', unit: 'min' },
  { key: 'max_cost_usd_estimate', label: 'Cost', kind: 'number', unit: 'USD' },
  { key: 'max_tokens_total', label: 'Tokens', kind: 'number' },
  { key: 'sandbox_resources.vcpu', label: 'CPUs', kind: 'number' },
  { key: 'sandbox_resources.memory_gib', label: 'Memory', kind: 'number', unit: 'GiB' },
  { key: 'sandbox_resources.disk_gib', label: 'Disk', kind: 'number', unit: 'GiB' },
  { key: 'sandbox_image', label: 'Image', kind: 'text' },
  { key: '@auth', label: 'Push rights', kind: 'shown' },
  { key: '@count', label: 'Runs', kind: 'number' },
  { key: '@concurrency', label: 'At once', kind: 'number' },
  { key: '@launch', label: '', kind: 'button' },
];
const ofTask = formFields.filter(({ key }) => !key.startsWith('@'));

const shownValue = (value: unknown): string =>
  typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? String(value) : '';

/** What the front matter of a task file says for each field, as it is written there. */
export const valuesIn = (text: string): Readonly<Record<string, string>> => {
  const { data } = parseFrontmatter(text);
  const at = (key: string): unknown =>
    key
      .split('.')
      .reduce<unknown>(
        (whole, part) =>
          typeof whole === 'object' && whole !== null && Object.hasOwn(whole, part)
            ? (whole as Readonly<Record<string, unknown>>)[part]
            : undefined,
        data,
      );
  return Object.fromEntries(ofTask.map(({ key }) => [key, shownValue(at(key))]));
};

const NUMBER = /^\d{1,15}(?:\.\d{1,6})?$/;

/** What was edited, as values for the front matter; the linter judges a number that is none. */
export const changesOf = (edited: Readonly<Record<string, string>>): FrontChanges =>
  Object.fromEntries(
    ofTask
      .filter(({ key }) => edited[key] !== undefined)
      .map(({ key, kind }) => {
        const text = edited[key]!.trim();
        if (text === '') return [key, null];
        return [key, kind === 'number' && NUMBER.test(text) ? Number(text) : text];
      }),
  );

/** Whole numbers from 1 of the two fields that are no part of the task; undefined for what is none. */
export const wholeNumber = (text: string, most: number): number | undefined => {
  const value = Number(text);
  return /^\d{1,6}$/.test(text.trim()) && value >= 1 && value <= most ? value : undefined;
};

const globPattern = (glob: string): RegExp =>
  new RegExp(
    `^${glob
      .replaceAll(/[.+^${}()|[\]\\]/g, '\\$&')
      .replaceAll(/\*\*\/?|\*|\?/g, (mark) => (mark === '*' ? '[^/]*' : mark === '?' ? '[^/]' : '.*'))}$`,
    'u',
  );

/** The files that a line names: words as they are, and patterns as those of the known files that fit. */
export const namedFiles = (line: string, known: readonly string[]): readonly string[] => {
  const words = line.split(/\s+/).filter(Boolean);
  const named = words.flatMap((word) => {
    if (!/[*?]/.test(word)) return [word];
    const fits = known.filter((file) => globPattern(word).test(file));
    return fits.length > 0 ? fits : [word];
  });
  return [...new Set(named)];
};
