import { describe, expect, it } from 'vitest';
import { lintTask } from '../../../src/domain/spec/lint.ts';
import { writeFront } from '../../../src/domain/spec/write-front.ts';

const text = `---
# what it is about
task_id: "task-001" # stays
sandbox_provider: podman
max_iterations: 30
verify_commands:
  - "npm test"   # the gate
sandbox_resources:
  vcpu: 2
---

# Task: foo

max_iterations: 1 stays here
`;

describe('writing into the front matter', () => {
  it('changes values and leaves comments, order and body as they are', () => {
    expect(writeFront(text, { max_iterations: 5, sandbox_provider: 'local' })).toBe(
      text
        .replace('max_iterations: 30', 'max_iterations: 5')
        .replace('sandbox_provider: podman', 'sandbox_provider: local')
        .replace('"   # the gate', '" # the gate'),
    );
  });

  it('is the very same text where nothing differs', () => {
    expect(writeFront(text, { max_iterations: 30, 'sandbox_resources.vcpu': 2 })).toBe(text);
    expect(writeFront(text, { agent: null })).toBe(text);
  });

  it('adds what is not there, nested too, and takes away', () => {
    const made = writeFront(text, {
      'sandbox_resources.memory_gib': 4,
      base_branch: 'main',
      max_iterations: null,
    });
    expect(made).toContain('  vcpu: 2\n  memory_gib: 4\nbase_branch: main\n---\n');
    expect(made).not.toContain('max_iterations: 30');
    expect(writeFront(text, { 'sandbox_resources.vcpu': null })).not.toContain('sandbox_resources');
    expect(writeFront('---\ntask_id: a\n---\n', { 'sandbox_resources.vcpu': 1 })).toBe(
      '---\ntask_id: a\nsandbox_resources:\n  vcpu: 1\n---\n',
    );
  });

  it('writes a value as a string where it would read as something else', () => {
    const made = writeFront(text, { base_branch: 'yes: [no', task_id: '123' });
    expect(lintTask(made).findings.filter((one) => one.code === 'yaml')).toEqual([]);
    expect(made).toContain('task_id: "123" # stays');
  });

  it.each(['', 'no front matter', '---\nnever: closed\n', '---\na: [\n---\nbody', '---\n- a list\n---\n'])(
    'leaves %j alone',
    (odd) => expect(writeFront(odd, { max_iterations: 1 })).toBe(odd),
  );

  it('fills an empty front matter, and keeps Windows line ends', () => {
    expect(writeFront('---\n---\nbody', { max_iterations: 1 })).toBe('---\nmax_iterations: 1\n---\nbody');
    expect(writeFront('---\r\na: 1\r\nb: 2\r\n---\r\nbody', { a: 3 })).toBe(
      '---\r\na: 3\r\nb: 2\r\n---\r\nbody',
    );
  });
});
