export interface PullRequest {
  readonly number: number;
  readonly url: string;
  readonly draft: boolean;
  readonly state: 'open' | 'closed' | 'merged';
  readonly headSha?: string;
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
/** Spec 7.1. Bound to one repository. Every method throws RalphError `scm.failed` with a hint. */
export interface ScmProvider {
  readonly id: string;
  validateAuth(): Promise<void>;
  getDefaultBranch(): Promise<string>;
  /** The newest pull request of that head branch, open or not. */
  findPr(headBranch: string): Promise<PullRequest | undefined>;
  /** Find or create: never makes a second open one for the same head. */
  openPr(content: PullRequestContent): Promise<PullRequest>;
  updatePr(number: number, content: Partial<PullRequestContent>): Promise<PullRequest>;
  commentPr?(number: number, body: string): Promise<void>;
  getPrChecks?(number: number): Promise<'green' | 'red' | 'pending' | 'unknown'>;
  setCommitStatus?(sha: string, state: 'pending' | 'success' | 'failure', description: string): Promise<void>;
}
