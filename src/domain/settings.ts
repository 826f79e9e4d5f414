import { z } from 'zod';
import { backends } from './backend.ts';
import { RalphError } from './error.ts';
import { hostList } from './gate/registries.ts';
import { nearestWord } from './nearest.ts';
import { networkModes } from './network.ts';
import { presets } from './sandbox-choice.ts';

const profile = z.string().min(1).max(128);
const path = z.string().min(1).max(4096);

/** Looks of the screen; `auto` is for whoever chose none. */
export const themeSettings = ['auto', 'dark', 'light', 'colour-blind', 'none'] as const;
export type ThemeSetting = (typeof themeSettings)[number];
/** How the screen tells the desktop of news; `desktop` takes what this terminal most likely knows. */
export const notifySettings = ['off', 'desktop', 'osc9', 'osc777'] as const;
export type NotifySetting = (typeof notifySettings)[number];
/** When the screen rings the bell: for runs that need somebody, or for those that succeeded too. */
export const bellSettings = ['off', 'attention', 'all'] as const;
export type BellSetting = (typeof bellSettings)[number];

/** On the command line and in the environment a mapping is JSON. */
const mapping = z.record(z.string().max(128), z.string().max(128));

/** Every setting with its default; what has none is undefined until somebody sets it. The names stand in files as they are here. */
export const settingsSchema = z.object({
  backend: z.enum(backends).optional().describe('sandbox backend of runs whose task file names none'),
  sandbox_preset: z
    .enum(presets)
    .default('medium')
    .describe(
      'limits of sandboxes whose task file says none: light 1 GiB and 1 CPU, medium 2 and 2, heavy 4 and 4',
    ),
  sandbox_network: z
    .enum(networkModes)
    .default('proxy')
    .describe(
      'what sandboxes reach whose task file says nothing: none, their model and package registries (proxy), full',
    ),
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
  github_api_url: path
    .optional()
    .describe('REST address of a GitHub Enterprise server: GITHUB_PAT and the App are then for that server'),
  github_app_id: z.string().min(1).max(64).optional().describe('id of the GitHub App to act as'),
  github_install_id: z
    .string()
    .regex(/^\d{1,18}$/)
    .optional()
    .describe('installation of that App; left out, the one of the repository'),
  github_key_file: path.optional().describe("file with that App's private key, readable by you only"),
  github_write_pause_s: z
    .number()
    .min(0)
    .max(60)
    .default(1)
    .describe(
      'seconds between two writes to a GitHub Enterprise server, three times as many where people are notified; for github.com always 1',
    ),
  gate_allow: hostList
    .default('')
    .describe('hosts that sandboxes may reach through their gate beside the package registries, by TLS'),
  token_sources: z
    .string()
    .regex(/^(?:environment|file|keychain)(?:[ ,]+(?:environment|file|keychain)){0,2}$/)
    .default('environment file keychain')
    .describe("where credentials of the agents' providers are looked for, in this order"),
  checks_poll_s: z
    .number()
    .min(0.05)
    .max(3600)
    .default(20)
    .describe('seconds between two looks at the checks of a pull request (pr.wait_for_checks)'),
  checks_limit_min: z
    .number()
    .min(0.01)
    .max(10_080)
    .default(120)
    .describe('minutes until a run pauses whose checks do not end'),
  theme: z
    .enum(themeSettings)
    .default('auto')
    .describe('colours of the screen; auto is dark, light where COLORFGBG says so, none with NO_COLOR'),
  notify: z
    .enum(notifySettings)
    .default('off')
    .describe(
      'desktop notification when a run pauses for a human, fails or succeeds while the screen is open: by OSC 9 or OSC 777, desktop takes the one for this terminal',
    ),
  bell: z
    .enum(bellSettings)
    .default('attention')
    .describe('the bell rings when a run pauses for a human or fails (attention), or succeeds too (all)'),
  keys: mapping
    .default({})
    .describe(
      'keys of the screen by command, as in {"run.pause": "P", "screen.quit": "Q ctrl+c"}: several with spaces, none with ""; JSON on the command line',
    ),
  incremental: z
    .enum(['auto', 'on', 'off'])
    .default('auto')
    .describe('write only what changed on the screen: fewer bytes, more work; auto is on over ssh'),
});
export type SettingValues = z.output<typeof settingsSchema>;
export type SettingKey = keyof SettingValues;
export type SettingOrigin = 'flag' | 'environment' | 'project' | 'user' | 'default';
export type SettingScope = 'user' | 'project';

export const settingKeys: readonly SettingKey[] = settingsSchema.keyof().options;

/** A project comes from whoever wrote the repository: it may not say where keys are sent, where state is kept, or what the user's keys do. */
const userOnly: ReadonlySet<SettingKey> = new Set([
  'models_file',
  'state_dir',
  'github_api_url',
  'github_app_id',
  'github_install_id',
  'github_key_file',
  'github_write_pause_s',
  'gate_allow',
  'token_sources',
  // How much of the user's machine and network its runs get.
  'sandbox_preset',
  'sandbox_network',
  // The looks count against the user's rate limit.
  'checks_poll_s',
  'checks_limit_min',
  // What a key does on the user's screen, and what the screen sends to the user's terminal.
  'theme',
  'notify',
  'bell',
  'keys',
  'incremental',
]);

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

const fromJson = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
};

const fromText = (key: SettingKey, text: string): unknown => {
  const wanted = typeof settingsSchema.shape[key].safeParse(undefined).data;
  if (wanted === 'object') return fromJson(text);
  return wanted === 'number' && text.trim() !== '' && Number.isFinite(Number(text)) ? Number(text) : text;
};

const expectation = (key: SettingKey, error: z.ZodError): string => {
  const [issue] = error.issues;
  if (issue?.code === 'invalid_value') return `one of ${issue.values.map(String).join(', ')}`;
  if (key === 'keys') return 'keys by command, as in {"run.pause": "P"}';
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
