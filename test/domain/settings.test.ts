import { describe, expect, it } from 'vitest';
import { isProjectSetting, readSetting } from '../../src/domain/settings.ts';

describe('settings of the screen', () => {
  it('have defaults that change nothing', () => {
    const keys = ['theme', 'notify', 'bell', 'keys', 'incremental'] as const;
    expect(keys.map((key) => readSetting(key, undefined, 'a file'))).toEqual([
      'auto',
      'off',
      'attention',
      {},
      'auto',
    ]);
  });

  it('are the user’s: a repository sets no key and rings no bell', () => {
    expect((['theme', 'notify', 'bell', 'keys', 'incremental'] as const).map(isProjectSetting)).toEqual(
      Array.from({ length: 5 }, () => false),
    );
  });

  it('take keys as a mapping in files and as JSON in text', () => {
    expect(readSetting('keys', { 'run.pause': 'P' }, 'a file')).toEqual({ 'run.pause': 'P' });
    expect(readSetting('keys', '{"run.pause": "P ctrl+p"}', 'a flag')).toEqual({ 'run.pause': 'P ctrl+p' });
  });

  it.each(['run.pause=P', '["P"]', '{"run.pause": 1}', '7'])('refuse %s as keys, and say how', (text) => {
    expect(() => readSetting('keys', text, 'RALPH_KEYS')).toThrow(
      /RALPH_KEYS: keys is .*as in \{"run.pause"/,
    );
  });

  it('say what else would have been possible', () => {
    expect(() => readSetting('theme', 'pink', 'RALPH_THEME')).toThrow(
      'RALPH_THEME: theme is "pink", expected one of auto, dark, light, colour-blind, none',
    );
  });
});
