import { describe, expect, it } from 'vitest';

import { lintTask } from '../../../src/domain/spec/lint.ts';
import { BODY, taskText } from './task-text.ts';

const codes = (text: string): string[] => lintTask(text).findings.map((finding) => finding.code);

describe('lintTask', () => {
  it('has nothing to say about a complete task, and gives the defaults', () => {
    const { findings, task } = lintTask(taskText());
    expect(findings).toEqual([]);
    expect(task).toMatchObject({
      taskId: 'task-001',
      title: 'Implement Foo',
      targetBranchPrefix: 'ralph/task-001/',
      targetBranchSlug: 'implement-foo',
      budgets: { maxIterations: 30, maxCostUsd: 10, maxConsecutiveGutter: 3 },
      steeringMode: 'autonomous',
      diagnose: { every: 0, apply: 'approve' },
      state: { push: true },
      agent: 'actions',
      commandTimeoutS: 900,
    });
    expect(task?.boxes.map((box) => box.verify)).toEqual(['node verify-foo.js', 'node verify-bad.js']);
  });

  it.each([
    ['max_iterations', 'max_iterations: 30'],
    ['max_wall_time_minutes', 'max_wall_time_minutes: 120'],
    ['max_cost_usd_estimate', 'max_cost_usd_estimate: 10'],
    ['test_command', 'test_command: "npm test"'],
    ['task_id', 'task_id: "task-001"'],
  ])('refuses a task without %s and gives the line to write', (key, fix) => {
    const { findings, task } = lintTask(taskText({ [key]: null }));
    expect(findings).toMatchObject([{ level: 'error', code: 'key.missing', key, fix, line: 6 }]);
    expect(task).toBeUndefined();
  });

  it('takes a token limit in place of the cost limit', () => {
    const { task } = lintTask(taskText({ max_cost_usd_estimate: null, max_tokens_total: '5000' }));
    expect(task?.budgets).toMatchObject({ maxTokensTotal: 5000 });
    expect(task?.budgets).not.toHaveProperty('maxCostUsd');
  });

  it.each([
    ['max_iterations', '"30"', 'max_iterations: 30'],
    ['max_iterations', '0', 'max_iterations: 30'],
    ['max_cost_usd_estimate', '.inf', 'max_cost_usd_estimate: 10'],
    ['task_id', '007', 'task_id: "007"'],
    ['task_id', '"a..b"', 'task_id: "a-b"'],
    ['task_id', '"x.lock"', 'task_id: "x-lock"'],
    ['task_id', '"../up"', 'task_id: "up"'],
    ['sandbox_provider', 'dcoker', 'sandbox_provider: "docker"'],
    ['steering_mode', 'autonomus', 'steering_mode: "autonomous"'],
    ['sandbox_image', '"--privileged"', 'sandbox_image: "docker.io/library/node:24"'],
    ['sandbox_preset', 'meduim', 'sandbox_preset: "medium"'],
    ['sandbox_network', 'nnoe', 'sandbox_network: "none"'],
    ['sandbox_env_file', '"../.env"', 'sandbox_env_file: ".env.ralph"'],
    ['sandbox_resources', '{pids: 1}', 'pids: 512'],
    ['test_command', '"  "', 'test_command: "npm test"'],
    ['repo_url', '"ext::sh -c id"', 'repo_url: "https://github.com/ORG/REPO.git"'],
    ['repo_url', '"https://me:secret@example.org/x.git"', 'repo_url: "https://github.com/ORG/REPO.git"'],
    ['copy', '["../secret"]', 'copy:\n  - ".env.test"'],
    ['copy', '["/etc/passwd"]', 'copy:\n  - ".env.test"'],
    ['copy', '[".GIT/config"]', 'copy:\n  - ".env.test"'],
    ['verify_commands', '', 'verify_commands:\n  - "npm test"'],
    ['base_branch', '"a b"', 'base_branch: "main"'],
    ['target_branch_prefix', '"-x/"', 'target_branch_prefix: "ralph/task-001/"'],
    ['target_branch_slug', '"a b"', 'target_branch_slug: "a-b"'],
    ['debug_commands', '{"Bad Name": ls}', 'debug_commands:\n  lint: "npm run lint"'],
  ])('refuses %s: %s', (key, value, fix) => {
    const { findings, task } = lintTask(taskText({ [key]: value }));
    expect(findings.filter((finding) => finding.level === 'error')).toMatchObject([{ fix }]);
    expect(findings[0]?.key?.startsWith(key)).toBe(true);
    expect(task).toBeUndefined();
  });

  it('takes wishes of the sandbox, and refuses them where there is none', () => {
    const wishes = { sandbox_preset: 'light', sandbox_network: 'none', sandbox_read_only: 'true' };
    const { task } = lintTask(taskText({ ...wishes, sandbox_resources: '{pids: 300}' }));
    expect(task?.sandbox).toEqual({ preset: 'light', network: 'none', readOnly: true });
    expect(task?.sandboxResources).toEqual({ pids: 300 });
    expect(codes(taskText({ ...wishes, sandbox_provider: 'local' }))).toEqual([
      'sandbox.local',
      'sandbox.local',
      'sandbox.local',
    ]);
  });

  it('warns of the full network, and refuses to copy the env file into the clone', () => {
    expect(codes(taskText({ sandbox_network: 'full' }))).toEqual(['sandbox.network']);
    expect(codes(taskText({ sandbox_env_file: '.env.ralph', copy: '[".env.ralph"]' }))).toEqual([
      'sandbox.env-file',
    ]);
  });

  it('warns of unknown keys, also nested ones, with the nearest known', () => {
    const { findings, task } = lintTask(
      taskText({ verify_comands: '["x"]', pr: '{drft: false}', colour: 'red' }),
    );
    expect(findings).toMatchObject([
      { level: 'warning', code: 'key.unknown', line: 7, fix: 'verify_commands: ["x"]' },
      { level: 'warning', code: 'key.unknown', line: 8, key: 'pr.drft', fix: 'pr: {draft: false}' },
      { level: 'warning', code: 'key.unknown', line: 9, fix: '# colour: red' },
    ]);
    expect(task).toBeDefined();
  });

  it.each(['true', ':', 'exit 0', 'echo ok', 'npm test || true', 'npm test; echo done'])(
    'warns that %j verifies nothing',
    (command) => {
      expect(codes(taskText({ test_command: JSON.stringify(command) }))).toEqual(['command.no-op']);
    },
  );

  it.each(['npm test && echo ok', 'echo start && npm test', 'truethy', 'exit 1'])(
    'takes %j for a check',
    (command) => {
      expect(codes(taskText({ test_command: JSON.stringify(command) }))).toEqual([]);
    },
  );

  const two = '- [ ] M1.1 a\n  - verify: `x`\n- [ ] M1.2 b\n  - verify: `y`\n';
  it.each([
    ['too few boxes', '- [ ] M1.1 a\n  - verify: `x`\n', 'box.too-few', 8],
    ['a repeated id', two.replace('M1.2', 'M1.1'), 'box.duplicate', 10],
    ['no verify', two.replace('  - verify: `y`\n', ''), 'box.verify-missing', 10],
    ['an empty verify', two.replace('`y`', ''), 'box.verify-empty', 11],
    ['a starter box', two.replace(' b', ' TODO: b'), 'box.todo', 10],
    ['a starter verify', two.replace('`y`', '`TODO: y`'), 'box.todo', 11],
    ['a ticked box', two.replace('[ ] M1.2', '[x] M1.2'), 'box.checked', 10],
    ['an open fence', `${two}\n\`\`\`\n`, 'markdown.unclosed', 13],
  ])('finds %s', (...[, body, code, line]) => {
    expect(lintTask(taskText({}, body)).findings).toMatchObject([{ code, line }]);
  });

  it('lets verify_commands cover boxes without verify', () => {
    const text = taskText({ verify_commands: '["npm test"]' }, '- [ ] a\n- [ ] b\n');
    expect(lintTask(text).task?.boxes.map((box) => box.id)).toEqual(['B1', 'B2']);
  });

  it('reads CRLF to the same task and lines', () => {
    const plain = lintTask(taskText()).task;
    expect(lintTask(taskText().replaceAll('\n', '\r\n')).task).toEqual({
      ...plain,
      text: expect.any(String),
    });
  });

  it.each(['', ' \n', '---', '---\n---', '\u0000', `${'x'.repeat(1 << 20)}`, '---js\nx\n---', BODY])(
    'gives an error and no task for hostile or empty text (%#)',
    (text) => {
      const { findings, task } = lintTask(text);
      expect(findings.some((finding) => finding.level === 'error')).toBe(true);
      expect(task).toBeUndefined();
    },
  );

  it('bounds its findings and shows no control characters', () => {
    const { findings } = lintTask(taskText({ '"\\e[31m"': '1' }, '- [x] \u001b[2J\n'.repeat(5000)));
    expect(findings).toHaveLength(200);
    for (const { message, fix } of findings) expect(`${message}${fix}`).not.toMatch(/\u001b/);
  });

  it('keeps inherited names out of debug_commands', () => {
    const commands = lintTask(taskText({ debug_commands: '{lint: "npm run lint"}' })).task?.debugCommands;
    expect(commands?.['lint']).toBe('npm run lint');
    expect(commands?.['constructor']).toBeUndefined();
  });
});
