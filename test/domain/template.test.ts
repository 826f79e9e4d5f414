import { globSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { COMMAND_VALUES, fillCommand } from '../../src/domain/agent-command.ts';
import { AGENTS } from '../../src/domain/spec/task.ts';
import { fillTemplate, valuesIn } from '../../src/domain/template.ts';

const prompts = join(import.meta.dirname, '../../prompts');
/** What the engine puts into the prompts of agents that work by themselves. */
const known = ['task_id', 'iteration', 'max_iterations', 'branch', 'repo', 'task_file', 'checks'];

describe('a template', () => {
  it('puts values in and does not look at them again', () => {
    expect(fillTemplate('a {{x}} {{ y }} {z} {{}', { x: '{{y}}', y: '$&' })).toBe('a {{y}} $& {z} {{}');
  });

  it('refuses a value that there is not, inherited ones too', () => {
    expect(() => fillTemplate('{{nope}}', {})).toThrow('{{nope}}');
    expect(() => fillTemplate('{{constructor}}', {})).toThrow('constructor');
  });
});

describe('the shipped prompts', () => {
  it('name only values that the engine has', () => {
    const files = globSync(join(prompts, '*-prompt.md'));
    expect(files.map((file) => basename(file, '-prompt.md')).toSorted()).toEqual(
      ['base', ...AGENTS.filter((agent) => agent !== 'actions')].toSorted(),
    );
    for (const file of files) {
      const unknown = valuesIn(readFileSync(file, 'utf8')).filter((name) => !known.includes(name));
      expect([file, unknown]).toEqual([file, []]);
    }
  });
});

describe('the command of a task file', () => {
  it('gets each value as one word of the shell', () => {
    const values = { prompt_file: "/a b/it's.md", model: 'zai/glm-4.7', iteration: '3', repo: '/r;rm -rf x' };
    expect(fillCommand('do {{prompt_file}} {{model}} {{iteration}} {{repo}}', values)).toBe(
      String.raw`do '/a b/it'\''s.md' zai/glm-4.7 3 '/r;rm -rf x'`,
    );
    expect(COMMAND_VALUES).toEqual(Object.keys(values));
  });
});
