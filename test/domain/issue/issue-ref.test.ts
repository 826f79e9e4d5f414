import { describe, expect, it } from 'vitest';
import { isIssueName, issueLabel, parseIssueRef } from '../../../src/domain/issue/issue-ref.ts';

describe('the name of an issue', () => {
  it.each([
    ['acme/widget#42', 'acme/widget', 42],
    ['#42', undefined, 42],
    ['42', undefined, 42],
    ['https://github.com/acme/widget/issues/42#issuecomment-1', 'https://github.com/acme/widget', 42],
    ['http://127.0.0.1:8080/acme/widget/issues/7', 'http://127.0.0.1:8080/acme/widget', 7],
  ])('reads %s', (text, repo, number) => {
    expect(parseIssueRef(text)).toEqual({ repo, number });
  });

  it.each([
    'acme/widget',
    'acme/widget42',
    '#0',
    'x#1',
    'https://github.com/acme/widget/pull/4',
    'https://u:p@github.com/a/b/issues/4',
    '-o#1',
  ])('refuses %s', (text) => {
    expect(() => parseIssueRef(text)).toThrow('names no issue');
    expect(isIssueName(text)).toBe(false);
  });

  it('is shown with its repository', () => {
    expect(issueLabel('https://github.com/acme/widget/issues/42')).toBe('acme/widget#42');
    expect([isIssueName('#4'), isIssueName('a/b#4')]).toEqual([false, true]);
  });
});
