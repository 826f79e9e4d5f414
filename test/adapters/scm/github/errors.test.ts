import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it } from 'vitest';
import { limitedUntil } from '../../../../src/adapters/scm/github/errors.ts';
import { BRANCH, makeForge, TOKEN } from './github-fixture.ts';

const LIST = 'GET /repos/{owner}/{repo}/pulls';
const now = Date.parse('2026-03-01T12:00:00Z');
const refusal = (status: number, headers: Record<string, string>, message = 'no'): Error =>
  Object.assign(new Error(message), { status, response: { status, headers, data: { message } } });
const seconds = (error: Error): number | undefined => {
  const until = limitedUntil(error, now);
  return until === undefined ? undefined : (until - now) / 1000;
};

describe('a rate limit', () => {
  it.each([
    ['retry-after', refusal(403, { 'retry-after': '90' }), 90],
    [
      'the reset of the hour',
      refusal(403, { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': String(now / 1000 + 600) }),
      601,
    ],
    ['429 without a time', refusal(429, {}), 60],
    ['the words alone', refusal(403, {}, 'You have exceeded a secondary rate limit'), 60],
    ['a time of years', refusal(429, { 'retry-after': '99999999' }), 86_400],
    ['a time in the past', refusal(429, { 'retry-after': '-5' }), 1],
    ['a time that is none', refusal(429, { 'retry-after': 'soon' }), 60],
  ])('is known by %s', (_name, error, expected) => expect(seconds(error)).toBe(expected));

  it('is known in an answer of GraphQL, which comes with status 200', () => {
    const data = { errors: [{ type: 'RATE_LIMITED', message: 'API rate limit exceeded' }] };
    const headers = { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': String(now / 1000 + 60) };
    expect(seconds(Object.assign(new Error('x'), { response: { status: 200, headers, data } }))).toBe(61);
  });

  it('is not seen in every refusal', () => {
    expect(seconds(refusal(403, { 'x-ratelimit-remaining': '12' }))).toBeUndefined();
    expect(seconds(refusal(404, { 'retry-after': '9' }))).toBeUndefined();
  });

  it('names its end, is asked of nobody before that, and not repeated', async (test) => {
    const { github, scm } = await makeForge(test);
    github.fault(LIST, {
      status: 403,
      message: 'You have exceeded a secondary rate limit.',
      headers: { 'retry-after': '2' },
    });
    const before = Date.now();
    const error = await scm()
      .findPr(BRANCH)
      .catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'scm.limited', until: expect.any(String) });
    const until = Date.parse((error as { until: string }).until);
    expect(until).toBeGreaterThanOrEqual(before + 2000);
    await expect(scm().findPr(BRANCH)).rejects.toMatchObject({ code: 'scm.limited' });
    expect(github.calls).toEqual([LIST]);
    await new Promise((resolve) => setTimeout(resolve, until - Date.now() + 5));
    expect(await scm().findPr(BRANCH)).toBeUndefined();
  });
});

describe.concurrent('a refusal of GitHub', () => {
  it('says that there is no access, or no repository: GitHub does not tell which', async (test) => {
    const { github, scm } = await makeForge(test);
    github.fault(LIST, { status: 404, message: 'Not Found' });
    await expect(scm().findPr(BRANCH)).rejects.toMatchObject({
      code: 'scm.failed',
      message: expect.stringMatching(/acme\/widget is not there, or the token in GITHUB_PAT may not see it/),
      hint: expect.stringContaining('ralph auth github'),
    });
  });

  it('names the permission that GitHub asks for', async (test) => {
    const { github, scm } = await makeForge(test);
    github.fault(LIST, {
      status: 403,
      message: 'Resource not accessible by integration',
      headers: { 'x-accepted-github-permissions': 'pull_requests=read' },
    });
    await expect(scm().findPr(BRANCH)).rejects.toMatchObject({
      code: 'scm.failed',
      hint: 'It needs: pull_requests=read.',
    });
  });

  it('cannot act on the terminal, and has an end', async (test) => {
    const { github, scm } = await makeForge(test);
    github.fault(LIST, {
      status: 422,
      message: `\u001b]52;c;ZXZpbA==\u0007\u001b[31m${'long '.repeat(500)}`,
    });
    const error = (await scm()
      .findPr(BRANCH)
      .catch((thrown: unknown) => thrown)) as Error;
    // oxlint-disable-next-line no-control-regex -- what is looked for
    expect(error.message).not.toMatch(/[\u0000-\u001f]/);
    expect(error.message.length).toBeLessThan(400);
  });

  it('leaves no address of the network to show', async (test) => {
    const { github, scm, content } = await makeForge(test);
    const made = await scm().openPr(content({ labels: [] }));
    expect(made.url).toBe(`${github.origin}/acme/widget/pull/1`);
  });
});

describe.concurrent('the way to GitHub', () => {
  it('does not follow a redirect: the token would go along', async (test) => {
    const { github, scm } = await makeForge(test);
    const seen: (string | undefined)[] = [];
    const evil = createServer((request, response) => {
      seen.push(request.headers.authorization);
      response.end('[]');
    });
    await new Promise<void>((resolve) => evil.listen(0, '127.0.0.1', resolve));
    test.onTestFinished(() => void evil.close());
    const location = `http://127.0.0.1:${(evil.address() as AddressInfo).port}/`;
    github.fault(LIST, { status: 302, headers: { location } });
    await expect(scm().findPr(BRANCH)).rejects.toMatchObject({ message: 'acme/widget has moved' });
    expect(seen).toEqual([]);
    expect(github.seen).toEqual([`token ${TOKEN}`]);
  });

  it('takes no pull request that is none', async (test) => {
    const { github, scm } = await makeForge(test);
    github.fault(LIST, { status: 200, message: 'welcome to the captive portal' });
    await expect(scm().findPr(BRANCH)).rejects.toMatchObject({
      code: 'scm.failed',
      message: expect.stringContaining('something else than expected'),
    });
  });
});
