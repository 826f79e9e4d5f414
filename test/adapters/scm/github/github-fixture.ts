import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'vitest';
import { createGithubAuth, type GithubOptions } from '../../../../src/adapters/scm/github/auth.ts';
import { createScm } from '../../../../src/adapters/scm/registry.ts';
import type { PullRequestContent, ScmProvider } from '../../../../src/ports/scm.ts';
import { git, makeRepository } from '../../../fakes/git-repository.ts';
import { startGithub, type GithubServer } from '../../../fakes/github-server.ts';
import { bareEnv } from '../../../fakes/run-repo.ts';

export const TOKEN = 'ghp_0123456789abcdefghijABCDEFGHIJ';
export const BRANCH = 'ralph/t/fix';

export interface Forge {
  readonly root: string;
  /** Where the branch stands; one commit ahead of main. */
  readonly sha: string;
  readonly github: GithubServer;
  /** Names of the branches at the forge. */
  branches(): readonly string[];
  content(changed?: Partial<PullRequestContent>): PullRequestContent;
  scm(options?: Partial<GithubOptions>): ScmProvider;
}

/** A repository `acme/widget` on a GitHub of its own: tests need not wait for one another, though writes are paced. */
export const makeForge = async (test: Pick<TestContext, 'onTestFinished'>): Promise<Forge> => {
  const root = mkdtempSync(join(tmpdir(), 'github-'));
  const source = join(root, 'src');
  makeRepository(source);
  git(source, ['branch', '-M', 'main']);
  git(source, ['checkout', '-q', '-b', BRANCH]);
  git(source, ['commit', '-q', '--allow-empty', '-m', 'work']);
  const sha = git(source, ['rev-parse', 'HEAD']).trim();
  git(source, ['checkout', '-q', 'main']);
  git(root, ['clone', '-q', '--bare', 'src', 'acme/widget.git']);
  const github = await startGithub({ root, owner: 'acme', name: 'widget', tokens: [TOKEN] });
  test.onTestFinished(async () => {
    await github.close();
    rmSync(root, { recursive: true, force: true });
    if (github.violations.length > 0) throw new Error(github.violations.join('\n'));
  });
  return {
    root,
    sha,
    github,
    branches: () =>
      git(github.bare, ['for-each-ref', '--format=%(refname:short)', 'refs/heads']).trim().split('\n'),
    content: (changed = {}) => ({
      headBranch: BRANCH,
      baseBranch: 'main',
      headSha: sha,
      title: 'Fix',
      body: 'Body',
      draft: true,
      labels: ['ralph'],
      ...changed,
    }),
    scm: (options = {}) => {
      const env = { ...bareEnv, GITHUB_PAT: TOKEN };
      const auth = createGithubAuth({ env, apiUrl: github.api, writePauseMs: 20, ...options });
      return createScm({ url: github.repoUrl, github: auth });
    },
  };
};
