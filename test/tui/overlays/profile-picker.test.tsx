import { describe, expect, it } from 'vitest';
import type { UsableProfile } from '../../../src/commands/app.ts';
import {
  beginPicker,
  pickerOverlay,
  withProfiles,
  type PickerState,
} from '../../../src/tui/overlays/profile-picker.tsx';
import { boxFrame, pressBox } from '../../fakes/box-frame.tsx';

const profile = (name: string, more: Partial<UsableProfile> = {}): UsableProfile => ({
  name,
  model: 'glm-4.7',
  provider: 'zai',
  tags: [],
  priced: true,
  maxOutputTokens: 1000,
  ...more,
});
const profiles = [
  profile('default-cheap', { tags: ['default', 'cheap'], fallback: 'strong' }),
  profile('strong', {
    model: 'gpt-5',
    provider: 'openai',
    problem: { message: 'profile strong: OPENAI_API_KEY is not set', hint: 'export OPENAI_API_KEY=…' },
  }),
  profile('own', { model: 'qwen', provider: 'local', priced: false }),
];
const begin = withProfiles(beginPicker('Change the model profile', ['own']), profiles);
const size = { width: 80, height: 24 };

describe('the model picker', () => {
  it('marks what is in use, greys what has no key, says what has no price', () => {
    expect(boxFrame(pickerOverlay, begin, size)).toMatchInlineSnapshot(`
      " ╭────────────────────────────────────────────────────────────────────────────╮
       │ Change the model profile                                                   │
       │ /                                                                          │
       │   default-cheap        zai/glm-4.7 [default cheap]                         │
       │ ✗ strong               openai/gpt-5  OPENAI_API_KEY is not set             │
       │ ● own                  local/qwen  no known price                          │
       │ without a price a budget in USD cannot stop a run: set one in tokens       │
       │ ⏎ take   ↑ ↓ move   type to filter   esc leave                             │
       ╰────────────────────────────────────────────────────────────────────────────╯"
    `);
    const strong = pressBox<PickerState>(pickerOverlay, begin, { keys: ['up'] }).state;
    expect(boxFrame(pickerOverlay, strong, { width: 120, height: 30 })).toMatchInlineSnapshot(`
      "                 ╭────────────────────────────────────────────────────────────────────────────────────╮
                       │ Change the model profile                                                           │
                       │ /                                                                                  │
                       │   default-cheap        zai/glm-4.7 [default cheap]                                 │
                       │ ✗ strong               openai/gpt-5  OPENAI_API_KEY is not set                     │
                       │ ● own                  local/qwen  no known price                                  │
                       │ profile strong: OPENAI_API_KEY is not set: export OPENAI_API_KEY=…                 │
                       │ ⏎ take   ↑ ↓ move   type to filter   esc leave                                     │
                       ╰────────────────────────────────────────────────────────────────────────────────────╯"
    `);
  });

  it('begins at what is in use, and closes with the one under the cursor', () => {
    expect(begin.row).toBe(2);
    expect(pressBox(pickerOverlay, begin, { keys: ['up', 'up', 'enter'] }).closed).toEqual({
      result: 'default-cheap',
    });
    expect(pressBox(pickerOverlay, begin, { keys: ['esc'] }).closed).toEqual({ result: undefined });
  });

  it('does not take one whose key is missing', () => {
    const { closed, state } = pressBox<PickerState>(pickerOverlay, begin, { keys: ['strong', 'enter'] });
    expect(closed).toBeUndefined();
    expect(boxFrame(pickerOverlay, state, size)).toContain(
      'OPENAI_API_KEY is not set: export OPENAI_API_KEY=…',
    );
  });

  it('filters by name, model, provider and tags', () => {
    const result = (keys: readonly string[]) => pressBox(pickerOverlay, begin, { keys }).closed?.result;
    expect(result(['cheap', 'enter'])).toBe('default-cheap');
    expect(result(['qw', 'enter'])).toBe('own');
    expect(result(['nothing fits', 'enter'])).toBeUndefined();
    const none = pressBox<PickerState>(pickerOverlay, begin, { keys: ['nothing'] }).state;
    expect(boxFrame(pickerOverlay, none, size)).toContain('no profile fits');
  });

  it('says that it is reading, and why it cannot', () => {
    const empty = beginPicker('Model', []);
    expect(boxFrame(pickerOverlay, empty, size)).toContain('reading profiles…');
    expect(boxFrame(pickerOverlay, { ...empty, problem: 'models.yaml: line 3 – fix it' }, size)).toContain(
      'models.yaml: line 3 – fix it',
    );
    expect(pressBox(pickerOverlay, empty, { keys: ['down', 'enter'] }).closed).toBeUndefined();
  });
});
