import type { CheckReport, Checks, ChecksState } from '../domain/check-report.ts';
import type { ChangedLines } from '../domain/overlap.ts';
import type { Finding } from './sandbox.ts';

export interface PullRequest {
  readonly number: number;
  readonly url: string;
  readonly draft: boolean;
  readonly state: 'open' | 'closed' | 'merged';
  readonly headSha?: string;
  /** What it is to be merged into, or was: the forge and people may change it. */
  readonly baseBranch: string;
  /** What of the wish could not be had (a draft, labels), in words for people. */
  readonly notes?: readonly string[];
}
export interface PullRequestContent {
  readonly headBranch: string;
  readonly baseBranch: string;
  readonly headSha: string;
  readonly title: string;
  readonly body: string;
  readonly draft: boolean;
  readonly labels: readonly string[];
}
/** An open pull request, whoever made it. */
export interface OpenChange {
  readonly number: number;
  readonly url: string;
  /** Undefined for a branch of a fork. */
  readonly headBranch?: string;
  /** Changed paths, the first hundred. */
  readonly files: readonly string[];
}
/**
 * Spec 7.1. Bound to one repository. Every method throws RalphError with a hint: `scm.auth` where a credential is
 * missing, expired or refused, `scm.limited` with `until` at a rate limit, `scm.failed` for all else.
 */
export interface ScmProvider {
  readonly id: string;
  validateAuth(): Promise<void>;
  getDefaultBranch(): Promise<string>;
  /** The newest pull request of that head branch, open or not. */
  findPr(headBranch: string): Promise<PullRequest | undefined>;
  /** Find or create: never makes a second open one for the same head. One that is there keeps its base. */
  openPr(content: PullRequestContent): Promise<PullRequest>;
  updatePr(number: number, content: Partial<PullRequestContent>): Promise<PullRequest>;
  /** Adds none where one that was written since (ISO) holds the marker. */
  commentPr?(
    number: number,
    body: string,
    once?: { readonly marker: string; readonly since: string },
  ): Promise<void>;
  getPrChecks?(number: number): Promise<ChecksState>;
  /** The checks of exactly that commit. Questions of many runs at the same time are put together. */
  getChecks?(sha: string): Promise<Checks>;
  /** The end of a check's log, as it came; undefined where there is none, or it may not be read. */
  getCheckLog?(report: CheckReport): Promise<string | undefined>;
  setCommitStatus?(sha: string, state: 'pending' | 'success' | 'failure', description: string): Promise<void>;
  /** May be so old; a minute when left out. */
  openChanges?(maxAgeMs?: number): Promise<readonly OpenChange[]>;
  changedLines?(number: number): Promise<ChangedLines>;
  /** What the credential may do here, what is missing, and how to mend it. */
  checkAccess?(): Promise<readonly Finding[]>;
}
