import { describe, expect, it } from 'vitest';

import { mergeAgentEdit } from '../../../src/domain/spec/agent-edit.ts';
import { taskText } from './task-text.ts';

const text = taskText();
const tick = (from: string): string => from.replace('[ ] M1.1', '[x] M1.1');

describe('mergeAgentEdit', () => {
  it('takes ticks and unticks by id', () => {
    expect(mergeAgentEdit(text, tick(text))).toEqual({
      text: tick(text),
      ticked: ['M1.1'],
      unticked: [],
      refused: [],
    });
    expect(mergeAgentEdit(tick(text), text)).toEqual({ text, ticked: [], unticked: ['M1.1'], refused: [] });
  });

  it.each([
    ['test_command', text.replace('npm test', 'true'), 'test_command: changed'],
    ['a budget', text.replace('30', '9000'), 'max_iterations: changed'],
    ['verify', text.replace('node verify-foo.js', 'true'), 'box M1.1: verify changed'],
    ['the text of a box', text.replace('answers 200', 'exists'), 'box M1.1: text changed'],
    ['prose', `${text}\nmore`, 'text: changed'],
    ['an added box', `${text}- [x] M9.9 new\n`, 'box "M9.9": added'],
    ['the front matter gone', text.slice(text.indexOf('\n# Task')), 'front matter: cannot be read any more'],
    ['code as front matter', text.replace('---', '---js'), 'front matter: cannot be read any more'],
  ])('refuses a change of %s, names it, and still takes the tick', (_what, changed, reason) => {
    const edit = mergeAgentEdit(text, tick(changed));
    expect(edit).toMatchObject({ text: tick(text), ticked: ['M1.1'] });
    expect(edit.refused).toContain(reason);
  });

  it('takes no tick of an id that stands twice, or of a removed box', () => {
    const twice = mergeAgentEdit(text, `${tick(text)}- [x] M1.1 again\n`);
    expect(twice).toMatchObject({ text, ticked: [], refused: ['box M1.1: appears 2 times'] });
    const gone = mergeAgentEdit(text, text.replace(/- \[ \] M1\.1.*\n.*\n/, ''));
    expect(gone).toMatchObject({ text, refused: ['box M1.1: removed or rewritten'] });
  });

  it('does not tick another box when one without an id is put above', () => {
    const own = taskText({}, '- [ ] a\n- [ ] b\n');
    const edit = mergeAgentEdit(own, own.replace('- [ ] a\n- [ ] b', '- [x] new\n- [ ] a\n- [x] b'));
    expect(edit).toEqual({
      text: own.replace('[ ] b', '[x] b'),
      ticked: ['B2'],
      unticked: [],
      refused: ['box "new": added'],
    });
  });

  it.each([
    '',
    '\u0000',
    '\uFFFD'.repeat(1000),
    '\uD800',
    'x'.repeat(5_000_000),
    '- [x] M1.1\n'.repeat(20_000),
  ])('keeps the authoritative text whatever comes (%#)', (hostile) => {
    const edit = mergeAgentEdit(text, hostile);
    expect(edit.text).toBe(text);
    expect(edit.refused.length).toBeGreaterThan(0);
    expect(edit.refused.length).toBeLessThanOrEqual(51);
  });
});
