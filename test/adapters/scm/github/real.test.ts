import { expect, it } from 'vitest';
import { makeForge, TOKEN } from './github-fixture.ts';
import { smokeTest } from './smoke.ts';

const { GITHUB_PAT: token = '', RALPH_SMOKE_REPO: place = '' } = process.env;
const isGiven = token !== '' && place !== '';
const isRequired = process.env['RALPH_REQUIRE_GITHUB'] !== undefined;

it('the real GitHub is there where it is required', () => {
  expect(!isRequired || isGiven).toBe(true);
});

it.skipIf(!isGiven)(
  'one commit goes to the real GitHub and its pull request is opened, updated, found, told, checked and closed (GITHUB_PAT, RALPH_SMOKE_REPO)',
  { timeout: 120_000 },
  async (test) => {
    const [owner = '', repo = ''] = place.split('/');
    await smokeTest(test, { api: 'https://api.github.com', web: 'https://github.com', owner, repo, token });
  },
);

// Says nothing about GitHub, but that what would ask it is in order: the token of a stranger may come any day.
it(
  'the smoke test itself passes on the contract server, and leaves nothing behind there',
  { timeout: 60_000 },
  async (test) => {
    const forge = await makeForge(test);
    const { github } = forge;
    const finished: (() => void | Promise<void>)[] = [];
    const onTestFinished = (task: () => void | Promise<void>) => void finished.push(task);
    await smokeTest({ onTestFinished } as never, {
      api: github.api,
      web: github.origin,
      owner: 'acme',
      repo: 'widget',
      token: TOKEN,
      writePauseMs: 20,
    });
    expect(forge.branches()).toHaveLength(3);
    for (const task of finished.toReversed()) await task();
    expect(forge.branches()).toHaveLength(2);
    expect(github.pulls).toMatchObject([{ title: 'Smoke test, done', state: 'closed', draft: false }]);
  },
);
