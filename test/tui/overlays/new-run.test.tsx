import { describe, expect, it } from 'vitest';
import type { RunChoices } from '../../../src/commands/app.ts';
import { formFields, namedFiles, valuesIn, wholeNumber } from '../../../src/tui/overlays/new-run-fields.ts';
import { newRunOverlay } from '../../../src/tui/overlays/new-run.ts';
import {
  beginNewRun,
  checked,
  errorsOf,
  filesFor,
  isolationText,
  runsAsked,
  textsOf,
  valueOf,
  withTasks,
  withValue,
  type NewRunState,
} from '../../../src/tui/overlays/new-run-state.ts';
import { boxFrame, pressBox } from '../../fakes/box-frame.tsx';
import { taskText } from '../../fakes/steered-run.ts';

const profile = { model: 'glm-4.7', provider: 'zai', tags: [], priced: true, maxOutputTokens: 1000 };
const choices: RunChoices = {
  backends: [
    { id: 'local', isolated: false },
    { id: 'podman', isolated: true },
    { id: 'docker', isolated: false, problem: 'docker is not part of this version' },
  ],
  agents: ['actions'],
  profiles: [
    { ...profile, name: 'default-cheap' },
    { ...profile, name: 'free', priced: false },
    { ...profile, name: 'keyless', problem: { message: 'KEY is not set', hint: 'export KEY=…' } },
  ],
};
const defaults = {
  repo: '/home/me/shop',
  profile: 'default-cheap',
  fallback: undefined,
  backend: 'podman',
  concurrency: 4,
} as const;
const files = ['tasks/api-foo.md', 'tasks/db.md', 'README.md'];
const empty = beginNewRun({ files, defaults, auth: 'GITHUB_PAT of the environment' }, 'tasks/api-foo.md');
const loaded = (text: string | undefined, path = 'tasks/api-foo.md'): NewRunState =>
  checked({ ...withTasks(empty, [{ path, text, problem: undefined }]), choices });
const form = loaded(taskText);
const narrow = { width: 80, height: 30 };
const messages = (state: NewRunState): readonly string[] =>
  errorsOf(state).map((one) => `${one.key}: ${one.message}`);
const press = (state: NewRunState, ...keys: readonly string[]) =>
  pressBox<NewRunState>(newRunOverlay, state, { keys });
/** Puts the cursor on a field. */
const on = (state: NewRunState, key: string): NewRunState => ({
  ...state,
  row: formFields.findIndex((field) => field.key === key),
  cursor: valueOf(state, key).length,
});

describe('the form of a new run', () => {
  it('is filled from the task file, and says what holds where that says nothing', () => {
    expect(boxFrame(newRunOverlay, form, narrow)).toMatchInlineSnapshot(`
      " ╭────────────────────────────────────────────────────────────────────────────╮
       │ New run                                                                    │
       │ Task file     tasks/api-foo.md             ! line 20: box M1.1 is ticked a…│
       │ Repository    https://example.com/org/sh…                                  │
       │ Base branch   main                                                         │
       │ Backend       podman (settings)            container                       │
       │ Agent         actions                      the only one of this version    │
       │ Model         default-cheap (settings)                                     │
       │ Fallback      strong                                                       │
       │ Iterations    30                                                           │
       │ Time          120                          min                             │
       │ Cost          10                           USD                             │
       │ Tokens        2000000                                                      │
       │ CPUs          2                                                            │
       │ Memory        4                            GiB                             │
       │ Disk          not set                      GiB                             │
       │ Image         node:24                                                      │
       │ Push rights   GITHUB_PAT of the environm…                                  │
       │ Runs          1                                                            │
       │ At once       as set: 4                                                    │
       │               [ Launch 1 run ]                                             │
       │ ────────────────────────────────────────────────────────────────────────── │
       │ line 20: box M1.1 is ticked already: the run verifies it again             │
       │ fix: - [ ] M1.1 Foo endpoint returns 200 for valid input                   │
       │ ready                                                                      │
       │ ctrl+s launch   ↑ ↓ move   tab complete   ctrl+r read again   esc leave    │
       ╰────────────────────────────────────────────────────────────────────────────╯"
    `);
    expect(boxFrame(newRunOverlay, form, { width: 120, height: 30 })).toMatchInlineSnapshot(`
      " ╭────────────────────────────────────────────────────────────────────────────────────────────────────────────────────╮
       │ New run                                                                                                            │
       │ Task file     tasks/api-foo.md                               ! line 20: box M1.1 is ticked already: the run verifi…│
       │ Repository    https://example.com/org/shop.git                                                                     │
       │ Base branch   main                                                                                                 │
       │ Backend       podman (settings)                              container                                             │
       │ Agent         actions                                        the only one of this version                          │
       │ Model         default-cheap (settings)                                                                             │
       │ Fallback      strong                                                                                               │
       │ Iterations    30                                                                                                   │
       │ Time          120                                            min                                                   │
       │ Cost          10                                             USD                                                   │
       │ Tokens        2000000                                                                                              │
       │ CPUs          2                                                                                                    │
       │ Memory        4                                              GiB                                                   │
       │ Disk          not set                                        GiB                                                   │
       │ Image         node:24                                                                                              │
       │ Push rights   GITHUB_PAT of the environment                                                                        │
       │ Runs          1                                                                                                    │
       │ At once       as set: 4                                                                                            │
       │               [ Launch 1 run ]                                                                                     │
       │ ────────────────────────────────────────────────────────────────────────────────────────────────────────────────── │
       │ line 20: box M1.1 is ticked already: the run verifies it again                                                     │
       │ fix: - [ ] M1.1 Foo endpoint returns 200 for valid input                                                           │
       │ ready                                                                                                              │
       │ ctrl+s launch   ↑ ↓ move   tab complete   ctrl+r read again   esc leave                                            │
       ╰────────────────────────────────────────────────────────────────────────────────────────────────────────────────────╯"
    `);
    expect(messages(form)).toEqual([]);
  });

  it('shows what the linter says beside the field it belongs to', () => {
    const wrong = loaded(
      taskText
        .replace('max_iterations: 30', 'max_iterations: many')
        .replace('vcpu: 2', 'vcpu: 0')
        .replace('npm test\nsandbox', 'true\nsandbox'),
    );
    expect(boxFrame(newRunOverlay, on(wrong, 'max_iterations'), narrow)).toMatchInlineSnapshot(`
      " ╭────────────────────────────────────────────────────────────────────────────╮
       │ New run                                                                    │
       │ Task file     tasks/api-foo.md             ✗ line 10: test_command: expect…│
       │ Repository    https://example.com/org/sh…                                  │
       │ Base branch   main                                                         │
       │ Backend       podman (settings)            container                       │
       │ Agent         actions                      the only one of this version    │
       │ Model         default-cheap (settings)                                     │
       │ Fallback      strong                                                       │
       │ Iterations    many                         ✗ max_iterations: expected numb…│
       │ Time          120                          min                             │
       │ Cost          10                           USD                             │
       │ Tokens        2000000                                                      │
       │ CPUs          0                            ✗ sandbox_resources.vcpu: Too s…│
       │ Memory        4                            GiB                             │
       │ Disk          not set                      GiB                             │
       │ Image         node:24                                                      │
       │ Push rights   GITHUB_PAT of the environm…                                  │
       │ Runs          1                                                            │
       │ At once       as set: 4                                                    │
       │               [ Launch 1 run ]                                             │
       │ ────────────────────────────────────────────────────────────────────────── │
       │ max_iterations: expected number, received string                           │
       │ fix: max_iterations: 30                                                    │
       │ 3 errors keep it from starting                                             │
       │ ctrl+s launch   ↑ ↓ move   ctrl+r read again   esc leave                   │
       ╰────────────────────────────────────────────────────────────────────────────╯"
    `);
    expect(messages(wrong).map((one) => one.split(':')[0])).toEqual([
      'max_iterations',
      '@task',
      'sandbox_resources.vcpu',
    ]);
  });

  it('lints while one types, and what was typed goes into the text that runs', () => {
    const typed = press(on(form, 'max_iterations'), 'x').state;
    expect(messages(typed)).toEqual([expect.stringMatching(/^max_iterations: max_iterations: /)]);
    const right = press(typed, 'backspace', 'backspace', '5').state;
    expect(messages(right)).toEqual([]);
    expect(textsOf(right)).toEqual([
      { path: 'tasks/api-foo.md', text: taskText.replace('max_iterations: 30', 'max_iterations: 35') },
    ]);
    const without = press(on(form, 'sandbox_image'), 'ctrl+u').state;
    expect(textsOf(without)[0]?.text).not.toContain('sandbox_image');
    expect(textsOf(form)[0]?.text).toBe(taskText);
  });

  it('is not launched while there are errors, and goes to the first of them', () => {
    const wrong = press(on(form, 'max_iterations'), 'x', 'G').state;
    const { wishes, state } = press({ ...wrong, row: 18 }, 'enter');
    expect(wishes).toEqual([]);
    expect([state.problem, state.row]).toEqual([expect.stringMatching(/^not launched: max_iterations/), 7]);
    expect(press(form, 'ctrl+s').wishes).toEqual([{ kind: 'launch' }]);
  });

  it('offers only backends that can be used, each with its isolation in words', () => {
    const at = on(form, 'sandbox_provider');
    expect(isolationText(at)).toBe('container');
    const local = press(at, 'right').state;
    expect([valueOf(local, 'sandbox_provider'), isolationText(local)]).toEqual([
      'local',
      'NO ISOLATION: commands run on this machine as you',
    ]);
    expect(valueOf(press(local, 'right').state, 'sandbox_provider')).toBe('podman');
    expect(valueOf(press(local, 'right', 'right').state, 'sandbox_provider')).toBe('local');
    const docker = withValue(form, 'sandbox_provider', 'docker');
    expect(messages(docker)).toEqual(['sandbox_provider: docker is not part of this version']);
    expect(messages(checked({ ...form, defaults: { ...defaults, backend: undefined } }))).toEqual([
      'sandbox_provider: no backend is chosen',
    ]);
  });

  it('refuses a model without its key, or without a price and a budget in tokens', () => {
    expect(messages(withValue(form, 'model_profile_default', 'keyless'))).toEqual([
      'model_profile_default: KEY is not set',
    ]);
    expect(messages(withValue(form, 'model_profile_default', 'other'))).toEqual([
      'model_profile_default: there is no profile other',
    ]);
    const free = withValue(form, 'model_profile_default', 'free');
    expect(messages(free)).toEqual([]);
    expect(messages(withValue(free, 'max_tokens_total', ''))).toEqual([
      expect.stringMatching(/^max_tokens_total: the price/),
    ]);
  });

  it('wishes for what comes from outside: files, a starter, a profile', () => {
    expect(press(form, 'down').wishes).toEqual([{ kind: 'load', line: 'tasks/api-foo.md' }]);
    expect(press(on(form, 'model_profile_default'), 'enter').wishes).toEqual([
      { kind: 'pick', key: 'model_profile_default' },
    ]);
    const missing = loaded(undefined, 'new.md');
    expect(messages(missing)).toEqual(['@task: there is no new.md']);
    expect(press(missing, 'ctrl+n').wishes).toEqual([{ kind: 'starter', path: 'new.md' }]);
    expect(press(form, 'ctrl+n').wishes).toEqual([]);
    expect(press({ ...form, busy: 'launching…' }, 'ctrl+s', 'enter', 'x').wishes).toEqual([]);
    expect(press({ ...form, busy: 'launching…' }, 'esc').closed).toEqual({ result: undefined });
  });

  it('completes paths by Tab', () => {
    const typed = withValue(form, '@task', 'ta');
    expect(valueOf(press(typed, 'tab').state, '@task')).toBe('tasks/api-foo.md');
    expect(valueOf(press(typed, 'tab', 'tab').state, '@task')).toBe('tasks/db.md');
    expect(filesFor(form, 'a.md db')).toEqual(['tasks/db.md']);
  });

  it('launches several files, and several runs of each', () => {
    const two = withTasks(withValue(form, '@task', 'tasks/*.md'), [
      { path: 'tasks/api-foo.md', text: taskText, problem: undefined },
      {
        path: 'tasks/db.md',
        text: taskText.replace('max_iterations: 30', 'max_iterations: 9'),
        problem: undefined,
      },
    ]);
    expect(runsAsked(withValue(two, '@count', '3'))).toBe(6);
    const edited = withValue(two, 'max_wall_time_minutes', '7');
    expect(
      textsOf(edited).map(({ text }) => /max_iterations: \d+\nmax_wall_time_minutes: \d+/.exec(text)?.[0]),
    ).toEqual([
      'max_iterations: 30\nmax_wall_time_minutes: 7',
      'max_iterations: 9\nmax_wall_time_minutes: 7',
    ]);
    expect(messages(withValue(two, '@count', '0'))).toEqual([
      '@count: must be a whole number from 1 to 1000',
    ]);
    expect(messages(withValue(two, '@concurrency', '1.5'))).toHaveLength(1);
  });

  it('fits the smallest terminal, its cursor in sight', () => {
    const lines = boxFrame(newRunOverlay, on(form, '@concurrency'), { width: 60, height: 15 }).split('\n');
    expect(lines).toHaveLength(14);
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(60);
    expect(lines.join('\n')).toContain('At once');
  });
});

describe('names of files', () => {
  it.each([
    ['a.md  b.md a.md', ['a.md', 'b.md']],
    ['tasks/*.md', ['tasks/api-foo.md', 'tasks/db.md']],
    ['*.md', ['README.md']],
    ['**/d?.md', ['tasks/db.md']],
    ['nothing*', ['nothing*']],
    ['', []],
  ])('are words and patterns: %j', (line, expected) => expect(namedFiles(line, files)).toEqual(expected));
});

it('reads only plain values out of a front matter', () => {
  expect(valuesIn('---\nrepo_url: [a]\nmax_iterations: 3\nsandbox_resources: 4\n---\n')).toMatchObject({
    repo_url: '',
    max_iterations: '3',
    'sandbox_resources.vcpu': '',
  });
  expect(valuesIn('---\nbroken: [\n---\n')).toMatchObject({ agent: '' });
});

it.each([
  ['1', 1],
  ['1000', 1000],
  ['1001', undefined],
  ['0', undefined],
  ['1e2', undefined],
  ['', undefined],
])('counts with whole numbers: %j', (text, value) => expect(wholeNumber(text, 1000)).toBe(value));
