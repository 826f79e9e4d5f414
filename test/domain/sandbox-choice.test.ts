import { describe, expect, it } from 'vitest';
import {
  limitsText,
  needsIsolation,
  presetLimits,
  resolveSandbox,
  type SandboxChoice,
} from '../../src/domain/sandbox-choice.ts';
import { isProjectSetting } from '../../src/domain/settings.ts';

const defaults: SandboxChoice['defaults'] = { preset: 'medium', network: 'proxy' };
const nothing = { wish: { readOnly: false }, resources: {} };

describe('the limits of a sandbox', () => {
  it('are never none: what nobody says comes from the settings', () => {
    expect(resolveSandbox(nothing, { defaults })).toEqual({
      preset: 'medium',
      network: 'proxy',
      resources: { vcpu: 2, memoryGib: 2, pids: 512 },
    });
  });
  it('are those of the task file, its single resources before its preset', () => {
    const task = {
      wish: { readOnly: false, preset: 'light', network: 'none' },
      resources: { memoryGib: 3, diskGib: 20 },
    } as const;
    expect(resolveSandbox(task, { defaults })).toMatchObject({
      network: 'none',
      resources: { vcpu: 1, memoryGib: 3, pids: 256, diskGib: 20 },
    });
    const said = resolveSandbox(task, { defaults, preset: 'heavy', network: 'full' });
    expect(said).toMatchObject({ network: 'full', resources: { ...presetLimits.heavy, diskGib: 20 } });
  });
  it('are the user’s to set, never the repository’s', () => {
    expect([isProjectSetting('sandbox_preset'), isProjectSetting('sandbox_network')]).toEqual([false, false]);
  });
  it('are said in words', () => {
    expect(limitsText(presetLimits.light)).toBe('1 CPU, 1 GiB memory, 256 processes');
    expect(limitsText({})).toBe('');
  });
});

describe('without isolation', () => {
  it('every wish that would be dropped is named, by who made it', () => {
    const wish = { readOnly: true, preset: 'light', network: 'none', envFile: '.env' } as const;
    expect(needsIsolation(wish, {})).toEqual([
      'sandbox_preset',
      'sandbox_network',
      'sandbox_read_only',
      'sandbox_env_file',
    ]);
    expect(needsIsolation({ readOnly: false }, { preset: 'heavy', network: 'proxy' })).toEqual([
      '--preset',
      '--network',
    ]);
  });
  it('the full network is what there is anyway', () => {
    expect(needsIsolation({ readOnly: false, network: 'full' }, {})).toEqual([]);
    expect(needsIsolation({ readOnly: false, network: 'none' }, { network: 'full' })).toEqual([]);
  });
});
