import { describe, expect, it } from 'vitest';
import { keepOutput, type CommandOutput } from '../../src/tui/outputs.ts';
import { toastLines, withoutOld, withToast } from '../../src/tui/toasts.ts';
import type { Toast } from '../../src/tui/ui-state.ts';

const toast = (text: string, tone: Toast['tone'] = 'plain'): Toast => ({ id: 1, text, tone, until: 0 });

describe('messages', () => {
  it('say their tone by a mark too', () => {
    const tones = ['plain', 'good', 'warn', 'bad'] as const;
    const lines = toastLines(
      tones.map((tone) => toast(tone, tone)),
      80,
    );
    expect(lines.map((line) => line.text)).toEqual(['· plain', '✓ good', '! warn', '✗ bad']);
  });

  it('are at most four lines, the newest last, each of at most two', () => {
    const lines = toastLines([toast('old'), toast('older'), toast('x'.repeat(200), 'bad'), toast('new')], 60);
    expect(lines.map((line) => line.text)).toEqual([
      '· older',
      `✗ ${'x'.repeat(56)}`,
      expect.stringMatching(/^ {2}x+…$/),
      '· new',
    ]);
  });

  it('carry nothing that a terminal would obey', () => {
    const hostile = 'a\u001B]0;title\u0007b\u001B[31mc\nd\u202Ee';
    const [line] = toastLines([toast(hostile)], 80);
    expect(line?.text).toMatch(/^· abc d/);
    expect(line?.text).not.toMatch(/[\u0000-\u001F\u007F-\u009F\u202E]/);
    const [kept] = keepOutput([], { at: 0, title: '', tone: 'bad', lines: [hostile] });
    expect(kept?.lines).toHaveLength(2);
    expect(kept?.lines.join('')).not.toMatch(/[\u0000-\u001F\u007F-\u009F\u202E]/);
  });

  it('are one where they say the same, and go with their time', () => {
    const once = withToast([], { text: 'a', tone: 'good' }, 1_000);
    const twice = withToast(once, { text: 'a', tone: 'good' }, 2_000);
    expect(twice).toEqual([{ id: 2, text: 'a', tone: 'good', until: 6_000 }]);
    expect(withoutOld(twice, 5_999)).toBe(twice);
    expect(withoutOld(twice, 6_000)).toEqual([]);
  });
});

describe('what commands have said', () => {
  const output = (title: string, lines: readonly string[] = ['x']): CommandOutput => ({
    at: 0,
    title,
    tone: 'good',
    lines,
  });

  it('is kept for the last 200', () => {
    let outputs: readonly CommandOutput[] = [];
    for (let i = 0; i < 250; i += 1) outputs = keepOutput(outputs, output(String(i)));
    expect([outputs.length, outputs[0]?.title, outputs.at(-1)?.title]).toEqual([200, '50', '249']);
  });

  it('loses the beginning of what is very long, and says so', () => {
    const lines = Array.from({ length: 5_002 }, (_, i) => String(i));
    const [kept] = keepOutput([], output('long', lines));
    expect(kept?.lines.slice(0, 2)).toEqual(['… 2 lines before these', '2']);
    expect(kept?.lines.at(-1)).toBe('5001');
  });
});
