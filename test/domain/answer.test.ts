import { describe, expect, it } from 'vitest';
import { z } from 'zod';

import { answerSchema } from '../../src/domain/action.ts';
import { answerJsonSchema, parseAnswer, parseJson } from '../../src/domain/answer.ts';

const run = (command: string) => ({ summary: 's', actions: [{ type: 'run', command }] });
const problem = (raw: string, finish: 'stop' | 'length' | 'filter' | 'other' = 'stop'): string => {
  const parsed = parseAnswer(raw, finish);
  return parsed.kind === 'invalid' ? parsed.problem : 'it was taken';
};
const firstAction = (raw: string): unknown => {
  const parsed = parseAnswer(raw, 'stop');
  return parsed.kind === 'ok' ? { repaired: parsed.repaired, ...parsed.answer.actions[0] } : parsed.problem;
};

describe('an answer is taken', () => {
  it.each([
    ['alone', JSON.stringify(run('npm test'))],
    ['in a code fence', `\`\`\`json\n${JSON.stringify(run('npm test'))}\n\`\`\``],
    ['with prose around it', `Here is {my} plan:\n${JSON.stringify(run('npm test'))}\nGood luck!`],
    ['after its thoughts', `<think>{"summary":"no"}</think>\n${JSON.stringify(run('npm test'))}`],
  ])('%s', (_, raw) => {
    expect(firstAction(raw)).toEqual({ repaired: 'no', type: 'run', command: 'npm test' });
  });
  it.each([
    ['a comma too many', '{"summary":"s","actions":[{"type":"run","command":"npm test",},],}'],
    ['a missing last bracket', '{"summary":"s","actions":[{"type":"run","command":"npm test"}]'],
    ["Python's way of writing", "{'summary':'s','actions':[{'type':'run','command':'npm test'}]}"],
    ['keys without quotes', '{summary:"s",actions:[{type:"run",command:"npm test"}]}'],
  ])('after mending %s', (_, raw) => {
    expect(firstAction(raw)).toEqual({ repaired: 'json', type: 'run', command: 'npm test' });
  });
  it('after mending raw line breaks inside a content, which stays as it was written', () => {
    const raw = '{"summary":"s","actions":[{"type":"write","path":"a.md","content":"one\ntwo \\"three\\""}]}';
    expect(firstAction(raw)).toEqual({
      repaired: 'json',
      type: 'write',
      path: 'a.md',
      content: 'one\ntwo "three"',
    });
  });
});

describe('an answer is refused', () => {
  it('when it was cut at the output limit, even if it looks whole', () => {
    expect(problem(JSON.stringify(run('npm test')), 'length')).toContain('no action runs');
  });
  it('when it was filtered', () => {
    expect(problem(JSON.stringify(run('npm test')), 'filter')).toContain('content filter');
  });
  it.each([
    ['a command that was cut', '{"summary":"s","actions":[{"type":"run","command":"rm -rf build/tm'],
    ['a number that was cut', '{"summary":"s","actions":[{"type":"run","command":"x","timeout_s":9'],
    [
      'quotes that are not escaped',
      '{"summary":"s","actions":[{"type":"run","command":"rm -rf "$DIR"/old"}]}',
    ],
    [
      'quotes that are not escaped before a comma',
      '{"summary":"s","actions":[{"type":"run","command":"echo "a", "b""}]}',
    ],
    [
      'an escape that JSON does not know',
      String.raw`{"summary":"s","actions":[{"type":"run","command":"grep \d x"}]}`,
    ],
    ['pieces glued together', '{"summary":"s","actions":[{"type":"run","command":"rm -rf " + "/tmp/x"}]}'],
    ['a path without quotes', '{"summary":"s","actions":[{"type":"write","path":a b,"content":"x"}]}'],
  ])('when mending it would touch %s', (_, raw) => {
    expect(problem(raw)).toContain('without guessing');
  });
  it('when it is broken and the model did not say that it was done', () => {
    expect(problem('{"summary":"s","actions":[{"type":"run","command":"x",}]}', 'other')).toContain(
      'without guessing',
    );
  });
  it('when there are two', () => {
    const one = JSON.stringify(run('x'));
    expect(problem(`${one}\n${one}`)).toContain('more than one JSON object');
  });
  it.each([
    ['', 'empty'],
    ['I am done.', 'no JSON object'],
    ['[1,2]', 'expected object'],
    ['{"summary":"s","actions":[]}', 'no actions'],
    [
      JSON.stringify({
        summary: 's',
        actions: Array.from({ length: 201 }, () => ({ type: 'run', command: 'x' })),
      }),
      '201 actions are too many',
    ],
    [
      JSON.stringify({ summary: 's', actions: Array.from({ length: 10_000 }, () => 1) }),
      'far too many items',
    ],
    [
      '{"summary":"s","actions":[{"type":"shell","command":"x"}]}',
      'unknown action type `shell`; known are run, patch',
    ],
    ['{"summary":"s","actions":[{"type":"run"}]}', 'actions[0].command'],
  ])('and the model told why: %.60s', (raw, why) => {
    expect(problem(raw)).toContain(why);
  });
  it('with a problem of at most 2,000 characters', () => {
    const actions = Array.from({ length: 200 }, () => ({ type: 'y'.repeat(1000) }));
    expect(problem(JSON.stringify({ summary: 's', actions })).length).toBeLessThanOrEqual(2000);
  });
  // Each of these took a repair parser or a scan minutes, or its stack, when it was not limited.
  it.each([
    ['quotes', `{${'"a'.repeat(120_000)}}`],
    ['depth', `${'{"a":'.repeat(1_000_000)}}`],
    ['brackets', '{}'.repeat(2_000_000)],
    ['blanks after a key', `{command${' '.repeat(1_000_000)}}`],
  ])('soon, however many %s it has', { timeout: 20_000 }, (_, raw) => {
    expect(parseAnswer(raw, 'stop').kind).toBe('invalid');
  });
});

describe('parseJson', () => {
  it('reads any schema by the same rules', () => {
    const schema = z.object({ list: z.array(z.string()) });
    expect(parseJson('{"list":["a b","c"],}', 'stop', schema)).toEqual({
      kind: 'ok',
      value: { list: ['a b', 'c'] },
      repaired: 'json',
    });
    expect(parseJson('{"list":["a "b" c"],}', 'stop', schema).kind).toBe('invalid');
  });
});

describe('the JSON schema of the answer', () => {
  const nodes = (node: unknown): readonly Record<string, unknown>[] => {
    if (typeof node !== 'object' || node === null) return [];
    return [node as Record<string, unknown>, ...Object.values(node).flatMap(nodes)];
  };
  it('is one that strict providers take', () => {
    const all = nodes(answerJsonSchema());
    const objects = all.filter((node) => node['type'] === 'object');
    expect(objects).toHaveLength(10);
    for (const node of objects) {
      expect(node['additionalProperties']).toBe(false);
      expect(node['required']).toEqual(Object.keys(node['properties'] as object));
    }
    expect(all.filter((node) => 'oneOf' in node || 'maxLength' in node || 'default' in node)).toEqual([]);
  });
  it('lets through what the answer lets through, with null for what is left out', () => {
    const action = { type: 'run', command: 'x', cwd: null, timeout_s: null };
    expect(answerSchema.safeParse({ summary: 's', actions: [action], claims: null }).success).toBe(true);
  });
});
