import { z } from 'zod';
import { backends } from './backend.ts';
import { RalphError } from './error.ts';
import { nearestWord } from './nearest.ts';

const profile = z.string().min(1).max(128);
const path = z.string().min(1).max(4096);

/** Every setting with its default; what has none is undefined until somebody sets it. The names stand in files as they are here. */
export const settingsSchema = z.object({
  backend: z.enum(backends).optional().describe('sandbox backend of runs whose task file names none'),
  concurrency: z
    .number()
    .int()
    .min(1)
    .max(10_000)
    .default(4)
    .describe('runs that the supervisor works on at once'),
  models_file: path.optional().describe('file with the model profiles'),
  default_profile: profile.default('default-cheap').describe('model profile of runs that name none'),
  fallback_profile: profile.optional().describe('profile to switch to when a run is stuck'),
  diagnose_profile: profile.optional().describe('profile of the diagnose pass'),
  state_dir: path.optional().describe('folder that holds the runs'),
});
export type SettingValues = z.output<typeof settingsSchema>;
export type SettingKey = keyof SettingValues;
export type SettingOrigin = 'flag' | 'environment' | 'project' | 'user' | 'default';
export type SettingScope = 'user' | 'project';

export const settingKeys: readonly SettingKey[] = settingsSchema.keyof().options;

/** A project comes from whoever wrote the repository: it may not say where keys are sent or where state is kept. */
const userOnly: ReadonlySet<SettingKey> = new Set(['models_file', 'state_dir']);

/** Whether a setting may stand in the repository's own file. */
export const isProjectSetting = (key: SettingKey): boolean => !userOnly.has(key);

const isSettingKey = (key: string): key is SettingKey => settingKeys.some((known) => known === key);

/** One sentence about a key that does not exist, with the nearest that does. */
export const unknownSetting = (key: string): { readonly message: string; readonly hint: string } => {
  const near = nearestWord(key, settingKeys);
  return {
    message: `unknown setting ${JSON.stringify(key.slice(0, 60))}`,
    hint: near === undefined ? `Known: ${settingKeys.join(', ')}.` : `Did you mean ${near}?`,
  };
};

/** The key, checked. Throws `usage` with the nearest known one. */
export const settingKey = (key: string): SettingKey => {
  if (isSettingKey(key)) return key;
  const { message, hint } = unknownSetting(key);
  throw new RalphError('usage', message, { hint });
};

const fromText = (key: SettingKey, text: string): unknown => {
  const wanted = typeof settingsSchema.shape[key].safeParse(undefined).data;
  return wanted === 'number' && text.trim() !== '' && Number.isFinite(Number(text)) ? Number(text) : text;
};

const expectation = (key: SettingKey, error: z.ZodError): string => {
  const [issue] = error.issues;
  if (issue?.code === 'invalid_value') return `one of ${issue.values.map(String).join(', ')}`;
  return issue?.message.replace(/^.*expected /, '') ?? 'another value';
};

/** A value from any source, checked; text is read as a number where the setting is one. Throws `config` naming `where`. */
export const readSetting = <K extends SettingKey>(
  key: K,
  value: unknown,
  where: string,
): SettingValues[K] => {
  const read = settingsSchema.shape[key].safeParse(typeof value === 'string' ? fromText(key, value) : value);
  if (read.success) return read.data as SettingValues[K];
  const shown = (JSON.stringify(value) ?? 'nothing').slice(0, 80);
  throw new RalphError('config', `${where}: ${key} is ${shown}, expected ${expectation(key, read.error)}`, {
    hint: `Correct it there, or with: ralph config set ${key} VALUE`,
  });
};
