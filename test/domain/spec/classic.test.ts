import { describe, expect, it } from 'vitest';
import { classicTask, type ClassicOptions } from '../../../src/domain/spec/classic-task.ts';
import { lintTask } from '../../../src/domain/spec/lint.ts';
import { taskText } from './task-text.ts';

const make = (texts: readonly string[], options: Partial<ClassicOptions> = {}): string =>
  classicTask({ prompts: texts.map((text, i) => ({ path: `dir/p${i + 1}.md`, text })), ...options });
const promised = (keys: Readonly<Record<string, string | null>> = {}, body = '\nDo it.\n'): string =>
  taskText({ test_command: null, completion_promise: 'DONE', ...keys }, body);

describe('the linter on a task that ends by a promise', () => {
  it('needs neither boxes nor a test_command, and takes the body as the prompt', () => {
    const { findings, task } = lintTask(promised());
    expect(findings).toEqual([]);
    expect(task).toMatchObject({ boxes: [], title: 'task-001' });
    expect(task).not.toHaveProperty('testCommand');
    expect(task?.classic).toEqual({
      promise: 'DONE',
      phases: [{ name: '', text: 'Do it.' }],
      checked: false,
    });
  });

  it('honours boxes and test_command that are there, and says of other boxes that nobody checks them', () => {
    const body = '\n- [ ] be nice\n- [x] M1.1 a\n- [ ] M1.1 again\n- [ ] M1.2 b\n  - verify: `x`\n';
    const { findings, task } = lintTask(promised({ test_command: '"npm test"' }, body));
    expect(findings.map(({ code, line }) => [code, line])).toEqual([
      ['box.unverified', 10],
      ['box.unverified', 11],
      ['box.unverified', 12],
    ]);
    expect(task?.boxes.map((box) => box.id)).toEqual(['M1.2']);
    expect(task).toMatchObject({ testCommand: 'npm test', classic: { checked: true } });
  });

  it('counts every box as a criterion where verify_commands cover them', () => {
    const { task } = lintTask(promised({ verify_commands: '["npm test"]' }, '\n- [ ] a\n- [ ] b\n'));
    expect(task?.boxes.map((box) => box.id)).toEqual(['B1', 'B2']);
    expect(task?.classic?.checked).toBe(true);
  });

  it('reads phases by their marks; what stands above the first belongs to each', () => {
    const body = '\nBe brief.\n<!-- ralph:phase 1 -->\nPlan.\n<!-- ralph:phase 2 -->\r\nBuild.\n';
    const { findings, task } = lintTask(promised({ phases: '["plan", "build"]' }, body));
    expect(findings).toEqual([]);
    expect(task?.classic?.phases).toEqual([
      { name: 'plan', text: 'Be brief.\n\nPlan.' },
      { name: 'build', text: 'Be brief.\n\nBuild.' },
    ]);
  });

  const two = '\n<!-- ralph:phase 1 -->\na\n<!-- ralph:phase 2 -->\nb\n';
  it.each([
    [promised({ completion_promise: '"<x>"' }), 'key.value', 'completion_promise: "COMPLETE"'],
    [promised({ completion_promise: '" "' }), 'key.value', 'completion_promise: "COMPLETE"'],
    [promised({ completion_promise: '' }), 'key.value', 'completion_promise: "COMPLETE"'],
    [promised({}, '\n'), 'phase.empty', 'What the agent is to do'],
    [taskText({ phases: '["a"]' }), 'phase.no-promise', 'completion_promise: "COMPLETE"'],
    [promised({ phases: '[]' }), 'key.value', 'phases: ["plan.md", "build.md"]'],
    [promised({ phases: '["a", "b"]' }), 'phase.missing', '<!-- ralph:phase 1 -->\nWhat this phase is to do'],
    [
      promised({ phases: '["a", "b", "c"]' }, two),
      'phase.missing',
      '<!-- ralph:phase 3 -->\nWhat this phase is to do',
    ],
    [
      promised({ phases: '["a"]' }, two),
      'phase.order',
      'one name for each phase in phases: of the front matter',
    ],
    [promised({}, two), 'phase.order', 'one name for each phase in phases: of the front matter'],
    [promised({ phases: '["a", "b"]' }, two.replace('e 2', 'e 3')), 'phase.order', '<!-- ralph:phase 2 -->'],
    [promised({ phases: '["a", "b"]' }, two.replace('b\n', '')), 'phase.empty', 'What the agent is to do'],
    [
      promised({ min_checkboxes: '1' }),
      'box.too-few',
      '- [ ] M1.1 What can be seen when it is done\n  - verify: `npm test`',
    ],
  ])('refuses a broken one (%#) and says what to write', (text, code, fix) => {
    const { findings, task } = lintTask(text);
    expect(findings).toContainEqual(expect.objectContaining({ level: 'error', code, fix }));
    expect(task).toBeUndefined();
  });

  it('warns of a misspelt key as of any other', () => {
    const { findings } = lintTask(promised({ phase: '["a"]' }));
    expect(findings).toMatchObject([{ code: 'key.unknown', fix: 'phases: ["a"]' }]);
  });
});

describe('the task file made of prompt files', () => {
  it('lints, and holds the prompts as they are, with the usual stops', () => {
    const prompt = '# Task: Créer un "Hello"\n\n```sh\necho hi\n```\n';
    const text = make([prompt], { baseBranch: 'main', maxIterations: 10, promise: ' all "done" ' });
    const { findings, task } = lintTask(text);
    expect(findings).toEqual([]);
    expect(task).toMatchObject({
      taskId: 'creer-un-hello',
      title: 'Créer un "Hello"',
      baseBranch: 'main',
      budgets: { maxIterations: 10, maxWallTimeMinutes: 120, maxCostUsd: 10, maxTokensTotal: 10_000_000 },
      classic: { promise: 'all "done"', phases: [{ text: prompt.trim() }] },
    });
  });

  it('gives long runs time in proportion', () => {
    expect(lintTask(make(['x'], { maxIterations: 100 })).task?.budgets.maxWallTimeMinutes).toBe(1200);
  });

  it('makes a phase of each file and takes its name from the first', () => {
    const { task } = lintTask(
      make(['---\nname: x\n---\nPlan.', 'Build.'], { testCommand: 'npm test', agent: 'claude' }),
    );
    expect(task).toMatchObject({ taskId: 'p1', agent: 'claude', testCommand: 'npm test' });
    expect(task?.classic?.phases).toEqual([
      { name: 'p1.md', text: '---\nname: x\n---\nPlan.' },
      { name: 'p2.md', text: 'Build.' },
    ]);
  });

  it.each([
    [[''], 'p1.md is empty'],
    [['a', ' \n'], 'p2.md is empty'],
    [['a\0b'], 'is not text'],
    [['a', 'b\n<!-- ralph:phase 1 -->\nc'], 'p2.md holds a line that would begin a phase'],
    [['a\n```\nb'], 'p1.md line 2: this code fence is never closed'],
    [['<!-- a'], 'p1.md line 1: this comment is never closed'],
    [['x'.repeat(300_000)], 'larger than 256 KiB'],
  ])('refuses prompts that could not be told apart (%#)', (texts, message) => {
    expect(() => make(texts)).toThrow(
      expect.objectContaining({ code: 'usage', message: expect.stringContaining(message) }),
    );
  });

  it.each(['', '<promise>', 'two\nlines'])('refuses the promise %j', (promise) => {
    expect(() => make(['x'], { promise })).toThrow('--completion-promise must');
  });

  it('is a task whatever the first heading or file name says', () => {
    for (const text of ['# \u202e\u0000../..'.replace('\0', ''), '# ---', '# 日本', '# .lock', '# a: "b"']) {
      const { findings, task } = lintTask(make([`${text}\nDo it.`]));
      expect([text, findings.filter((f) => f.level === 'error'), task === undefined]).toEqual([
        text,
        [],
        false,
      ]);
    }
  });
});
