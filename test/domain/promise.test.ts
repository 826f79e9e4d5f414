import { describe, expect, it } from 'vitest';
import { promiseProblem, promiseTag, readPromise } from '../../src/domain/promise.ts';

const tag = '<promise>COMPLETE</promise>';
const read = (...texts: readonly string[]) => readPromise(texts, 'COMPLETE');

describe('the completion promise', () => {
  it.each([
    tag,
    `\n\n${tag}\n`,
    `All 12 tests pass.\n\n${tag}`,
    `Done. ${tag}`,
    `work done ${tag}`,
    `Returns 400 if the name is empty. ${tag}`,
    `**${tag}**`,
    `\`${tag}\``,
    `✅ ${tag} 🎉`,
    `${tag}\n\nSummary: hello.py and its test.`,
    'done\n<promise>\n  COMPLETE\n</promise>',
    `<promise>NEXT</promise>\n${tag}`,
    `<think>not yet ${tag}</think>\n${tag}`,
    `done\r\n${tag}\r\n`,
  ])('is given by %j', (text) => {
    expect(read(text)).toBe('given');
  });

  it.each([
    `I will output ${tag} once the tests pass.`,
    `Two tests fail, so I do not output ${tag} yet.`,
    `I can't say ${tag}`,
    `When done, output: ${tag}`,
    `The task asks me to end with "${tag}".`,
    `Next session: add ${tag}`,
    `> ${tag}`,
    `> the task says ${tag}`,
    `The prompt says:\n\`\`\`\n${tag}\n\`\`\``,
    `\`\`\`sh\necho '${tag}'\n~~~\n${tag}`,
    `Should that be ${tag}?`,
    `<promise>${tag}`,
    `"${tag}"`,
  ])('is only mentioned in %j', (text) => {
    expect(read(text)).toBe('mentioned');
  });

  it.each([
    '',
    'COMPLETE',
    'COMPLETE</promise>',
    '&lt;promise&gt;COMPLETE&lt;/promise&gt;',
    '<Promise>COMPLETE</Promise>',
    `<think>${tag}</think> nothing yet`,
    `<thinking>${tag}`,
    '\uE000',
  ])('is absent from %j', (text) => {
    expect(read(text)).toBe('absent');
  });

  it.each([
    '<promise>complete</promise>',
    '<promise>COMPLETE!</promise>',
    '<promise>NOT COMPLETE</promise>',
    '<promise>DONE</promise>',
    '<promise>COMPLETE',
    '<promise>COM\u200bPLETE</promise>',
  ])('is not what %j gives', (text) => {
    expect(read(text)).toBe('other');
    expect(read(text, tag)).toBe('given');
  });

  it('is not put together from two texts', () => {
    expect(read('<promise>', 'COMPLETE</promise>')).toBe('other');
    expect(read('not here', tag)).toBe('given');
  });

  it('is taken literally, whatever characters it has', () => {
    expect(readPromise(['<promise>A.C ($1)</promise>'], ' A.C ($1) ')).toBe('given');
    expect(readPromise(['<promise>ABC ($1)</promise>'], 'A.C ($1)')).toBe('other');
    expect(promiseTag(' A.C ')).toBe('<promise>A.C</promise>');
  });

  it('is looked for in time that grows with the text alone', () => {
    const mib = 1 << 20;
    const hostile = ['<promise>', '<think>', '`', '```\n', '> ', ' ', `${tag} not\n`].map((part) =>
      part.repeat(mib / part.length),
    );
    expect(hostile.map((text) => read(text))).not.toContain('given');
  });
});

describe('a text that is to be the promise', () => {
  it.each(['COMPLETE', ' DONE ', 'all tests pass!', '完成', 'phase-2'])('may be %j', (text) => {
    expect(promiseProblem(text)).toBeUndefined();
  });
  it.each([
    '',
    ' \n',
    '<b>',
    'a>b',
    'two\nlines',
    'a\u0000b',
    'a\u200bb',
    'a\u202eb',
    '\uE000x',
    '***',
    'x'.repeat(101),
  ])('cannot be %j', (text) => {
    expect(promiseProblem(text)).toEqual(expect.any(String));
  });
});
