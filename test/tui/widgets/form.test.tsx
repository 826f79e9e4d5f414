import { Box } from 'ink';
import { render } from 'ink-testing-library';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Form } from '../../../src/commands/define.ts';
import type { Keypress } from '../../../src/tui/keys.ts';
import { themeOf } from '../../../src/tui/theme.ts';
import { chooseOverlay } from '../../../src/tui/widgets/choose.tsx';
import { formOverlay } from '../../../src/tui/widgets/form.tsx';
import type { AnyOverlay } from '../../../src/tui/overlay.ts';

beforeAll(() => {
  process.env['COLUMNS'] = '300';
  process.env['LINES'] = '100';
});
const sign: Form = {
  says: 'Goes to guardrails.md, which is in every prompt from now on. Signs are only ever added.',
  fields: [
    { name: 'instruction', label: 'do this' },
    { name: 'trigger', label: 'when', otherwise: 'always' },
    { name: 'name', label: 'name', otherwise: 'from the operator' },
  ],
};
const note: Form = {
  says: 'A note stays; a hint is for the next session only.',
  fields: [
    { name: 'text', label: 'note' },
    { name: 'hint', label: 'as', otherwise: 'note', choices: ['clarify', 'file', 'decision'] },
  ],
};
const keys = (...chords: readonly string[]): readonly Keypress[] =>
  chords.flatMap((chord) =>
    ['enter', 'tab', 'shift+tab', 'esc', 'left', 'right', 'up', 'down'].includes(chord)
      ? [{ chord, text: '' }]
      : Array.from(chord).map((char) => ({ chord: char === ' ' ? 'space' : char, text: char })),
  );
const size = { width: 80, height: 24 };

/** The state after these keys, or what it closed with. */
const press = (overlay: AnyOverlay, begun: unknown, ...chords: readonly string[]): unknown => {
  let state = begun;
  for (const key of keys(...chords)) {
    const step = overlay.press(state, key, size);
    if ('close' in step) return { closed: step.close };
    ({ state } = step);
  }
  return state;
};
const drawn = (overlay: AnyOverlay, state: unknown): string => {
  const { lastFrame, unmount } = render(
    <Box {...size}>
      <overlay.View state={state} theme={themeOf('none')} size={size} />
    </Box>,
  );
  const lines = (lastFrame() ?? '').split('\n').map((line) => line.trimEnd());
  unmount();
  return lines.filter((line) => line !== '').join('\n');
};
const begin = (form: Form): unknown => formOverlay.begin('Append a sign', form, ['04deab  The foo endpoint']);

describe('a form of short lines', () => {
  it('says what becomes of it, to whom it goes, and what an empty field means', () => {
    expect(drawn(formOverlay, press(formOverlay, begin(sign), 'use blue'))).toMatchInlineSnapshot(`
      " ╭────────────────────────────────────────────────────────────────────────────╮
       │ Append a sign                                                              │
       │ to 04deab  The foo endpoint                                                │
       │                                                                            │
       │ > do this use blue                                                         │
       │   when    always                                                           │
       │   name    from the operator                                                │
       │                                                                            │
       │ Goes to guardrails.md, which is in every prompt from now on. Signs are     │
       │ only ever added.                                                           │
       │ ⏎ send   tab next   esc leave                                              │
       ╰────────────────────────────────────────────────────────────────────────────╯"
    `);
  });

  it('gives what was typed, and leaves the rest to its defaults', () => {
    const state = begin(sign);
    expect(press(formOverlay, state, 'use blue', 'enter')).toEqual({ closed: { instruction: 'use blue' } });
    expect(press(formOverlay, state, 'blue', 'tab', 'red?', 'shift+tab', '!', 'enter')).toEqual({
      closed: { instruction: 'blue!', trigger: 'red?' },
    });
  });

  it('does not send what has to be filled, but goes there', () => {
    const state = press(formOverlay, begin(sign), 'tab', 'when I look', 'enter');
    expect(press(formOverlay, state, 'blue', 'enter')).toEqual({
      closed: { instruction: 'blue', trigger: 'when I look' },
    });
  });

  it('offers the kinds of a hint, one after the other', () => {
    const state = press(formOverlay, begin(note), 'look there', 'tab', 'right', 'right');
    expect(drawn(formOverlay, state)).toContain('space chooses');
    expect(press(formOverlay, state, 'enter')).toEqual({ closed: { text: 'look there', hint: 'file' } });
    expect(press(formOverlay, state, 'left', 'left', 'enter')).toEqual({ closed: { text: 'look there' } });
    expect(press(formOverlay, state, 'x', 'enter')).toEqual({ closed: { text: 'look there', hint: 'file' } });
  });

  it('is left by Esc with nothing', () => {
    expect(press(formOverlay, begin(note), 'look', 'esc')).toEqual({ closed: undefined });
  });
});

describe('a question with a few answers', () => {
  const choice = {
    title: 'The task file does not lint: nothing was sent',
    lines: [...Array.from({ length: 40 }, (_, i) => `line ${i + 1}: error`), 'your text is in /tmp/x'],
    answers: [
      { key: 'e', text: 'edit again' },
      { key: 'd', text: 'send nothing' },
    ],
  };

  it('never hides its last line, which names the file, nor its answers', () => {
    const frame = drawn(chooseOverlay, { choice });
    expect(frame).toContain('your text is in /tmp/x');
    expect(frame).toContain('e edit again   d send nothing');
    expect(frame.split('\n').length).toBeLessThan(size.height);
  });

  it('takes its own keys only, and Esc', () => {
    expect(press(chooseOverlay, { choice }, 'e')).toEqual({ closed: 'e' });
    expect(press(chooseOverlay, { choice }, 'x', 'enter')).toEqual({ choice });
    expect(press(chooseOverlay, { choice }, 'esc')).toEqual({ closed: undefined });
  });
});
