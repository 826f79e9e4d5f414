import { expect, it } from 'vitest';
import { createGithubAuth } from '../../../../src/adapters/scm/github/auth.ts';
import { WRITE_PAUSE_MS } from '../../../../src/adapters/scm/github/pace.ts';
import { githubPlace } from '../../../../src/domain/scm-url.ts';
import { bareEnv } from '../../../fakes/run-repo.ts';
import { makeForge } from './github-fixture.ts';

const STATUS = 'POST /repos/{owner}/{repo}/statuses/{sha}';
const COMMENT = 'POST /repos/{owner}/{repo}/issues/{issue_number}/comments';
/** A timer may be early by its own grain. */
const SLACK_MS = 20;

it('writes are a second apart, and three where people are notified, also when many runs write at once', async (test) => {
  const forge = await makeForge(test);
  // Times of arrival: a machine under load makes them later, never earlier than they may be.
  const last = new Map<string, number>();
  forge.github.onCall = ({ name }) => void last.set(name, performance.now());
  const [one, other] = [
    forge.scm({ writePauseMs: undefined }),
    forge.scm({ writePauseMs: undefined }),
  ] as const;
  const began = performance.now();
  const { number } = await one.openPr(forge.content({ labels: [] }));
  await Promise.all([
    one.setCommitStatus!(forge.sha, 'pending', 'one'),
    other.setCommitStatus!(forge.sha, 'pending', 'other'),
    one.commentPr!(number, 'one'),
    other.commentPr!(number, 'other'),
  ]);
  expect(WRITE_PAUSE_MS).toBe(1000);
  // Behind the one that opened it, which notifies too.
  expect(last.get(STATUS)! - began).toBeGreaterThan(2 * WRITE_PAUSE_MS - SLACK_MS);
  expect(last.get(COMMENT)! - began).toBeGreaterThan(2 * 3 * WRITE_PAUSE_MS - SLACK_MS);
});

it('only a server of one’s own may be asked faster than GitHub wants', () => {
  const auth = createGithubAuth({ env: bareEnv, apiUrl: 'https://git.acme.example/api/v3', writePauseMs: 0 });
  const pauses = ['https://git.acme.example/a/b', 'https://github.com/a/b', 'https://acme.ghe.com/a/b'].map(
    (url) => auth.pauseMs(githubPlace(url, 'https://git.acme.example/api/v3')!),
  );
  expect(pauses).toEqual([0, WRITE_PAUSE_MS, WRITE_PAUSE_MS]);
});
