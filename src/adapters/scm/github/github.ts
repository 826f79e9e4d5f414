import type { GithubPlace } from '../../../domain/scm-url.ts';
import type { ScmProvider } from '../../../ports/scm.ts';
import type { GithubAuth } from './auth.ts';

/** The provider of provider.ts, loaded with its first call: GitHub's client is most of a megabyte. */
export const createGithubScm = (place: GithubPlace, auth: GithubAuth): Required<ScmProvider> => {
  let loaded: Promise<Required<ScmProvider>> | undefined;
  const load = async () => (await import('./provider.ts')).createProvider(place, auth);
  const provider = () => (loaded ??= load());
  return {
    id: 'github',
    validateAuth: async () => (await provider()).validateAuth(),
    getDefaultBranch: async () => (await provider()).getDefaultBranch(),
    findPr: async (headBranch) => (await provider()).findPr(headBranch),
    openPr: async (content) => (await provider()).openPr(content),
    updatePr: async (number, content) => (await provider()).updatePr(number, content),
    commentPr: async (number, body, once) => (await provider()).commentPr(number, body, once),
    getPrChecks: async (number) => (await provider()).getPrChecks(number),
    getChecks: async (sha) => (await provider()).getChecks(sha),
    getCheckLog: async (report) => (await provider()).getCheckLog(report),
    openChanges: async (maxAgeMs) => (await provider()).openChanges(maxAgeMs),
    changedLines: async (number) => (await provider()).changedLines(number),
    setCommitStatus: async (sha, state, description) =>
      (await provider()).setCommitStatus(sha, state, description),
    checkAccess: async () => (await provider()).checkAccess(),
  };
};
