import { describe, expect, it } from 'vitest';
import { readSetting, settingKeys, type SettingKey } from '../../src/domain/settings.ts';
import type { Settings } from '../../src/ports/settings.ts';
import { isSimpleTerminal, launchSettings, themeFor } from '../../src/tui/launch-settings.ts';

const settings = (values: Partial<Record<SettingKey, unknown>> = {}): Pick<Settings, 'get'> => ({
  get: (key) => readSetting(key, values[key], 'a test'),
});

describe('the theme', () => {
  it.each([
    ['auto', {}, 'dark'],
    ['auto', { NO_COLOR: '1' }, 'none'],
    ['auto', { NO_COLOR: '' }, 'dark'],
    ['auto', { TERM: 'dumb' }, 'none'],
    ['auto', { COLORFGBG: '0;15' }, 'light'],
    ['auto', { COLORFGBG: '15;0' }, 'dark'],
    ['colour-blind', { NO_COLOR: '1' }, 'colour-blind'],
  ] as const)('%s with %o is %s', (wanted, env, theme) => expect(themeFor(wanted, env)).toBe(theme));

  it('of the command line wins over the setting', () => {
    expect(launchSettings(settings({ theme: 'light' }), {}, 'none').theme).toBe('none');
    expect(launchSettings(settings({ theme: 'light' }), {}, undefined).theme).toBe('light');
  });
});

it('writes only what changed over ssh, unless it is told otherwise', () => {
  const over = (value: string | undefined, env: Record<string, string>) =>
    launchSettings(settings({ incremental: value }), env, undefined).incremental;
  const ssh = { SSH_CONNECTION: '10.0.0.1 1 10.0.0.2 22' };
  expect([over(undefined, {}), over(undefined, ssh), over('off', ssh), over('on', {})]).toEqual([
    false,
    true,
    false,
    true,
  ]);
});

it('knows terminals without an alternate screen', () => {
  expect([undefined, 'dumb', 'vt100', 'xterm', 'linux'].map((TERM) => isSimpleTerminal({ TERM }))).toEqual([
    true,
    true,
    true,
    false,
    false,
  ]);
});

it('rings for what needs somebody and notifies nobody, as long as nothing is set', () => {
  expect(launchSettings(settings(), {}, undefined)).toMatchObject({
    bell: 'attention',
    notify: 'off',
    keys: {},
  });
  expect(settingKeys).toEqual(expect.arrayContaining(['theme', 'notify', 'bell', 'keys', 'incremental']));
});
