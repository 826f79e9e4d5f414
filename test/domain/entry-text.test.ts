import { describe, expect, it } from 'vitest';
import { textOf } from '../../src/domain/entry-text.ts';
import type { Entry, RunEvent } from '../../src/domain/event.ts';
import { eventSamples } from '../fakes/event-samples.ts';
import { entriesOf } from '../fakes/entry.ts';

const samples = Object.values(eventSamples) as readonly RunEvent[];
const entryOf = (event: RunEvent, changed = {}): Entry => ({ ...entriesOf(event)[0]!, ...changed });
const plain = (event: RunEvent): readonly string[] => textOf(entryOf(event), { colour: false });
const withoutTime = (line: string): string => line.replace(/^\d\d:\d\d:\d\d {2}/, '');

const ESC = '\u001b';
const hostile = [
  `a${ESC}[2J${ESC}]0;title\u0007${ESC}]52;c;aGk=${ESC}\\b`,
  'a\u009b2J\u009d0;x\u009cb',
  'first\nsecond\r\nthird\rfourth',
  'evil\u202etxt.exe\u2066\u200b\u{e0041}',
  `\u0000\u0008${ESC}`,
  'x'.repeat(100_000),
];
/** Every string but those that say what it is, also in lists and objects. */
const poisoned = <T>(value: T, text: string, key = ''): T => {
  if (typeof value === 'string') return (key === 'type' || key === 'kind' ? value : text) as T;
  if (Array.isArray(value)) return value.map((item) => poisoned(item as unknown, text)) as T;
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([k, v]) => [k, poisoned(v as unknown, text, k)])) as T;
};
const unsafe =
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\u{e0000}-\u{e007f}]/u;

describe('an entry for people', () => {
  it('of every type is one line, but for the start of a command that the next entry tells', () => {
    for (const event of samples)
      expect([event.type, plain(event).length]).toEqual([
        event.type,
        event.type === 'action.started' ? 0 : 1,
      ]);
    expect(plain({ ...eventSamples['action.started'], action: 'patch', label: 'a.ts' })).toHaveLength(1);
    const lines = samples.flatMap(plain);
    for (const line of lines) expect(line).toMatch(/^\d\d:\d\d:\d\d {2}\S| {9}/);
    expect(lines.map(withoutTime).join('\n')).toMatchInlineSnapshot(`
      "run          task-1 · Make it so · local (no isolation) · branch ralph/task-1 · fast
      status       waiting · model · limit · until 12:30
      recovered    rolled-back · iteration 2
      runner       foreground · pid 7 · 1.0.0
      spec         changed by ann
      sandbox      created · box-1
      sandbox      lost · gone
      control      note by ann · accepted · in notes.md
      issue        progress is told there
      issue        shows as done · S1
      reopened     by ann · 2 comments
      warning      state: odd
      model        repair · asked glm
      model        1.5 s · 12,345 tokens in, 1 out · $0.0012 · length
      model        network · reset · again in 2.0 s
      model        slow from now on · by ann
      answer       fixes it · 1 action · repaired by json
      answer       invalid · no JSON
      prompt       1.5 kB
      iteration    1 started · fast
      agent        the tests fail
      agent        Bash · npm test
      agent        claude ended · exit 0 · 4.0 s · 3 turns · $0.02 by its own count
      gate         POST api.example.com/v1/messages · 403 · not on the list · 12 ms
                   refused · outside · 3 ms
      test         $ npm test
                   │ 1 passed
                   killed by SIGKILL · 20 ms
      box          [x] M1.1 · verified
      restored     guardrails.md · shortened
      phase        2 of 3 ended · the agent gave its promise
      diff         2 files +3 -4
      iteration    1 ended · 2.5 s · tests exit 0 · 0123456789
      loop_score   0.75 · repeated 0.50, stagnation 0.25, thrash 0.00 · the same failure
      gutter       going in circles: 2 iterations in a row, loop_score 0.75
      mitigation   fallback-model · another model · circling · slow
      budget       tokens: 80 of 100
      diagnose     a typo · 1 guardrail · 2 spec edits · slow
      diagnose     applied by ann · 1 sign
      push         ralph/task-1 at 0123456789
      push         ralph/task-1 stands at bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb, we had pushed aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa
      push         rebase · goes on from cccccccccc · kept: refs/ralph-wip/task-1/moved-aaaaaaaaaa
      pr           goes into main now, no longer into ralph/task-0 · #6 was merged
      push         ralph/task-1 · refused
      overlap      #8 changes 2 files of ours: a.ts, b.ts · the same lines of a.ts · https://example.com/8
      pr           #7 was told why
      checks       red at 0123456789 · failed: build · 1 of 3 not done · of GitHub Actions
      pr           #7 opened · draft · https://example.com/7"
    `);
  });
  it('never tells a death by a signal as good', () => {
    const [line] = textOf(entryOf(eventSamples['command.ended']), { colour: true });
    expect(line).toContain(`${ESC}[31mkilled by SIGKILL`);
  });
  it('has a line for each line of a command, and none for the newline at the end', () => {
    const out = plain({ ...eventSamples['command.output'], text: 'a\nb\n\nc\n' });
    expect(out.map((line) => line.replace(/^.*│ ?/, ''))).toEqual(['a', 'b', '', 'c']);
  });
  it('names the run where several are shown', () => {
    const [line] = textOf(entryOf(eventSamples.gutter, { run: 'run-123456789' }), {
      colour: false,
      run: true,
    });
    expect(line).toMatch(/^\d\d:\d\d:\d\d {2}run-123… {2}gutter/);
  });
  it('of a later version shows as its type', () => {
    const later = entryOf({ type: 'of.later', text: 'x' } as unknown as RunEvent);
    expect(textOf(later, { colour: false }).map(withoutTime)).toEqual(['of.later']);
    const evil = entryOf({ type: 'toString' } as unknown as RunEvent);
    expect(textOf(evil, { colour: false }).map(withoutTime)).toEqual(['toString']);
  });
  it('with a broken time has a place for it', () => {
    expect(textOf(entryOf(eventSamples.gutter, { at: `${ESC}[2J` }), { colour: false })[0]).toMatch(
      /^--:--:-- {2}g/,
    );
  });
});

describe.each(samples.map((event) => event.type))('hostile texts in %s', (type) => {
  it.each(hostile)('cannot reach the terminal, hide, or fill it (%#)', (text) => {
    const entry = entryOf(poisoned(eventSamples[type], text) as RunEvent, { run: text, at: text });
    for (const colour of [false, true]) {
      const lines = textOf(entry, { colour, run: true });
      if (type !== 'command.output') expect(lines).toHaveLength(1);
      for (const line of lines) {
        expect(line.replace(/\u001b\[(?:2|22|3[1-3]|39)m/g, colour ? '' : '$&')).not.toMatch(unsafe);
        expect(line).not.toContain('\n');
        expect(line.length).toBeLessThan(2200);
      }
    }
  });
});
