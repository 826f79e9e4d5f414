import { beforeAll, describe, expect, it } from 'vitest';
import type { Size } from '../../../src/tui/pane.ts';
import { iterationsPane } from '../../../src/tui/views/iterations.tsx';
import type { IterationsState } from '../../../src/tui/views/iteration-state.ts';
import { runInfo } from '../../fakes/fleet-frame.ts';
import { openTab } from '../../fakes/open-tab.tsx';

beforeAll(() => {
  process.env['COLUMNS'] = '300';
  process.env['LINES'] = '100';
});

const sha = '2a996405ea5ad3b35551566085fb37bc96a85d8f';
const metrics = (n: number, more: object = {}): string =>
  JSON.stringify({
    n,
    start_sha: sha,
    head_sha: sha,
    green: false,
    test_exit: { kind: 'code', code: 1 },
    loop_score: 0.2,
    facts: { n, failures: [], linesAdded: 1, linesRemoved: 0, fileHashes: {} },
    commands: [],
    ms: { total: 6_812, model: 1, commands: 2, runner: 3 },
    problems: [],
    ...more,
  });
const all =
  'actions.jsonl\ndone.json\ngit_diff.patch\nmetrics.json\npr_state.json\nprompt.md\nresponse.json\ntest_output.txt';
const actions = [
  { i: 0, action: { type: 'patch', path: 'src/a.ts', patch: '@@' }, outcome: 'ok', detail: '2 hunks' },
  {
    i: 1,
    action: { type: 'write', path: 'b.ts', content: 'long '.repeat(1_000) },
    outcome: 'refused',
    detail: 'no',
  },
  { i: 1, action: { type: 'run', command: 'npm test\n-- all' }, outcome: 'failed', detail: 'exit 1' },
  { i: 2, action: { type: 'stop_success', reason: 'all is done' }, outcome: 'ok', detail: '' },
]
  .map((one) => `${JSON.stringify(one)}\n`)
  .join('');
const prompt = `# Task\n\n${Array.from({ length: 60 }, (_, i) => `line ${i + 1} of the prompt\n`).join('')}`;

const open = (more: Readonly<Record<string, string>> = {}, size: Size = { width: 120, height: 12 }) =>
  openTab<IterationsState>(iterationsPane, {
    run: runInfo('04deab', { committed: 4, iteration: 5 }),
    size,
    files: {
      '@iterations': '1\n2\n3\n3.interrupted-1\n3.interrupted-2\n4\n5',
      '@parts/5': 'prompt.md',
      'iterations/5/prompt.md': 'the newest prompt\n',
      '@parts/4': all,
      'iterations/4/prompt.md': prompt,
      'iterations/4/response.json': '{"summary":"work","actions":[]}',
      'iterations/4/actions.jsonl': actions,
      'iterations/4/git_diff.patch': 'diff --git a/a b/a\n--- a/a\n+++ b/a\n@@ -1 +1 @@\n-old\n+new\n',
      'iterations/4/test_output.txt': '$ npm test\n\u001B[31mred\u001B[0m \u001B]0;title\u0007\u202Eevil\n',
      'iterations/4/metrics.json': metrics(4, {
        green: true,
        test_exit: { kind: 'code', code: 0 },
        loop_score: 0,
      }),
      'iterations/4/pr_state.json': '{"number":12}',
      'iterations/4/done.json': '{"n":4}',
      '@parts/3': 'git_diff.patch\nmetrics.json',
      'iterations/3/git_diff.patch': '',
      'iterations/3/metrics.json': metrics(3, { ms: { total: 192_000, model: 0, commands: 0, runner: 0 } }),
      'iterations/2/metrics.json': metrics(2, { test_exit: { kind: 'timeout' }, loop_score: 0.8 }),
      'iterations/1/metrics.json': '{ broken',
      '@parts/3.interrupted-1': 'prompt.md',
      'iterations/3.interrupted-1/prompt.md': 'was interrupted',
      ...more,
    },
  });
type Tab = ReturnType<typeof open>;
const at = ({ state }: Tab): string => `${state.name ?? 'newest'} ${state.part} ${state.focus}`;
const part = (tab: Tab): string =>
  tab
    .frame()
    .split('\n')
    .map((line) => line.split('│')[1] ?? '')
    .join('\n');

describe('what is seen', () => {
  it('lists the iterations, newest first, beside the parts of the one under the cursor', () => {
    const tab = open();
    tab.press('j');
    expect(tab.frame()).toMatchInlineSnapshot(`
      "       N  LOOP  TESTS     TIME  HEAD     │  prompt response actions patch tests metrics pr done
       ●     5  under way                      │  prompt.md · 1,319 characters                              ⏎ read · ←→ part
       ✓     4  0.00  pass      6.8s  2a996405 │  # Task
       ·     3  0.20  fail     3m12s  2a996405 │
       ■   3~2  interrupted                    │  line 1 of the prompt
       ■   3~1  interrupted                    │  line 2 of the prompt
       ·     2  0.80  timeout   6.8s  2a996405 │  line 3 of the prompt
       ?     1  no metrics                     │  line 4 of the prompt
                                               │  line 5 of the prompt
                                               │  line 6 of the prompt
                                               │  line 7 of the prompt
                                               │  line 8 of the prompt"
    `);
  });
  it('has fewer columns in the list where it is narrow', () => {
    const tab = open({}, { width: 80, height: 12 });
    tab.press('j', 'right', 'right', 'enter');
    expect(tab.frame()).toMatchInlineSnapshot(`
      "       N  LOOP  TESTS     │  prompt response actions patch tests metrics pr done
       ●     5  under way       │  actions.jsonl · 5,383 characters ⏎ list · ←→ part
       ✓     4  0.00  pass      │  ok      patch        src/a.ts · 2 hunks
       ·     3  0.20  fail      │  refused write        b.ts · no
       ■   3~2  interrupted     │  failed  run          npm test -- all · exit 1
       ■   3~1  interrupted     │  ok      stop_success all is done
       ·     2  0.80  timeout   │
       ?     1  no metrics      │
                                │
                                │
                                │
                                │"
    `);
  });
  it('makes JSON and actions readable, and nothing of what they hold reaches the terminal', () => {
    const tab = open();
    tab.press('j', 'right');
    expect(part(tab)).toContain('   "summary": "work",');
    tab.press('right', 'right', 'right');
    expect(at(tab)).toBe('4 test_output.txt list');
    expect(part(tab)).toContain('red <U+202E>evil');
    expect(tab.frame()).not.toMatch(/[\u0000-\u0009\u000B-\u001F\u007F-\u009F\u202E]/);
  });
  it('says what is missing', () => {
    const tab = open();
    tab.act({ kind: 'jump', iteration: 3 });
    expect(part(tab)).toContain('Iteration 3 has no prompt.md.');
    tab.press('right');
    expect(part(tab)).toContain('git_diff.patch is empty.');
    tab.act({ kind: 'jump', iteration: 77 });
    expect(part(tab)).toContain('There is no iteration 77.');
    expect(open({ '@iterations': '' }).frame()).toBe(' No iteration has started yet.');
  });
});

describe('keys', () => {
  it('moves through the list, and with it what is shown', () => {
    const tab = open();
    expect(part(tab)).toContain('the newest prompt');
    tab.press('j', 'j', 'j');
    expect(at(tab)).toBe('3.interrupted-2 prompt.md list');
    tab.press('j');
    expect(part(tab)).toContain('was interrupted');
    tab.press('G');
    expect(at(tab)).toBe('1 prompt.md list');
    tab.press('g');
    expect(at(tab)).toBe('5 prompt.md list');
  });
  it('goes into a part with enter, through the parts with left and right, and left of the first back to the list', () => {
    const tab = open();
    tab.press('j', 'enter', 'right', 'right');
    expect(at(tab)).toBe('4 actions.jsonl part');
    tab.press('h', 'left');
    expect(at(tab)).toBe('4 prompt.md part');
    tab.press('left');
    expect(at(tab)).toBe('4 prompt.md list');
    for (let i = 0; i < 9; i += 1) tab.press('right');
    expect(at(tab)).toBe('4 done.json list');
    tab.press('enter', 'enter');
    expect(at(tab)).toBe('4 done.json list');
    tab.act({ kind: 'jump', iteration: 3 });
    tab.press('left');
    expect(at(tab)).toBe('3 metrics.json list');
  });
  it('scrolls the part to its last line and not further, wrapped or not', () => {
    const tab = open();
    tab.press('j', 'enter', 'G', 'j');
    expect(part(tab).trimEnd().split('\n').at(-1)?.trim()).toBe('line 60 of the prompt');
    tab.press('w', 'k');
    expect(part(tab).trimEnd().split('\n').at(-1)?.trim()).toBe('line 59 of the prompt');
    tab.press('g', 'ctrl+d');
    expect(part(tab).split('\n')[2]?.trim()).toBe('line 4 of the prompt');
  });
  it('searches the part, and n and N step through what was found', () => {
    const tab = open();
    tab.press('j', 'enter');
    tab.act({ kind: 'search', text: 'LINE 2' });
    const seen = [tab.state.hit];
    for (let i = 0; i < 11; i += 1) {
      tab.press('n');
      seen.push(tab.state.hit);
    }
    expect(seen).toEqual([3, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 3]);
    tab.press('N');
    expect(part(tab)).toContain('line 29 of the prompt');
    tab.act({ kind: 'search', text: 'nowhere' });
    expect(part(tab)).toContain('/nowhere not found');
  });
  it('copies and writes the whole part', () => {
    const tab = open();
    tab.act({ kind: 'jump', iteration: 4 });
    expect(iterationsPane.copy?.(tab.state, tab.facts)).toBe(prompt);
    expect(iterationsPane.export?.(tab.state, tab.facts)).toEqual({
      name: 'ralph-04deab-iteration-4-prompt.md',
      text: prompt,
    });
  });
});

it('follows the newest iteration until one is chosen', () => {
  const tab = open();
  tab.put('@iterations', '4\n5\n6');
  tab.put('@parts/6', 'prompt.md');
  tab.put('iterations/6/prompt.md', 'the sixth');
  expect(part(tab)).toContain('the sixth');
  tab.press('j', 'k');
  tab.put('@iterations', '4\n5\n6\n7');
  expect(part(tab)).toContain('the sixth');
});

it('shows only what is seen of a part of megabytes', () => {
  const output = Array.from({ length: 200_000 }, (_, i) => `output line ${i + 1} of a very loud test\n`).join(
    '',
  );
  const tab = open({ 'iterations/4/test_output.txt': output }, { width: 120, height: 40 });
  tab.act({ kind: 'jump', iteration: 4 });
  tab.press('right', 'right', 'right', 'right', 'enter', 'G');
  const frame = tab.frame().split('\n');
  expect(frame).toHaveLength(40);
  expect(frame.at(-1)).toContain('output line 200000 of');
  const line = open({ 'iterations/4/response.json': `{"x":"${'y'.repeat(5_000_000)}END"}` });
  line.act({ kind: 'jump', iteration: 4 });
  line.press('right', 'enter', 'G');
  expect(part(line)).toContain('yyyEND"}');
});
