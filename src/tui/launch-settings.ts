import type { BellSetting, NotifySetting, ThemeSetting } from '../domain/settings.ts';
import type { Settings } from '../ports/settings.ts';
import type { ThemeName } from './theme.ts';

type Env = Readonly<Record<string, string | undefined>>;
/** What the user's settings and terminal make of the screen. */
export interface LaunchSettings {
  readonly theme: ThemeName;
  /** Chords by command id, instead of the commands' own. */
  readonly keys: Readonly<Record<string, string>>;
  /** Over a slow line fewer bytes are worth more work. */
  readonly incremental: boolean;
  readonly notify: NotifySetting;
  readonly bell: BellSetting;
  readonly env: Env;
}

/** Terminals without an alternate screen, or without any cursor to speak of. */
const SIMPLE = /^(?:dumb|vt52|vt100|vt102|unknown)$/;
/** Whether to stay on the main screen although nobody asked for it. */
export const isSimpleTerminal = ({ TERM }: Env): boolean =>
  TERM === undefined || TERM === '' || SIMPLE.test(TERM);

/** COLORFGBG is `foreground;background`, as rxvt, Konsole and others set it: 7 and 15 are light. */
const isLight = ({ COLORFGBG = '' }: Env): boolean => /;(?:7|15)$/.test(COLORFGBG);

/** The colours to draw in. NO_COLOR counts where nobody chose a theme (no-color.org). */
export const themeFor = (wanted: ThemeSetting, env: Env): ThemeName => {
  if (wanted !== 'auto') return wanted;
  if ((env['NO_COLOR'] ?? '') !== '' || env['TERM'] === 'dumb') return 'none';
  return isLight(env) ? 'light' : 'dark';
};

/** Over a slow line, as far as one can tell. */
export const isRemote = (env: Env): boolean => Boolean(env['SSH_CONNECTION'] || env['SSH_TTY']);

/** The settings of the screen; a theme of the command line wins. */
export const launchSettings = (
  settings: Pick<Settings, 'get'>,
  env: Env,
  theme: ThemeSetting | undefined,
): LaunchSettings => {
  const incremental = settings.get('incremental');
  return {
    theme: themeFor(theme ?? settings.get('theme'), env),
    keys: settings.get('keys'),
    incremental: incremental === 'auto' ? isRemote(env) : incremental === 'on',
    notify: settings.get('notify'),
    bell: settings.get('bell'),
    env,
  };
};
