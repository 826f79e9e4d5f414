/** What somebody said of a pull request; every text is whatever they wrote. */
export interface ReviewRemark {
  /** Unique among all remarks, stable: `comment-77`, `review-5`. */
  readonly id: string;
  readonly author: string;
  /** An owner, a member or a collaborator of the repository. */
  readonly isInsider: boolean;
  readonly body: string;
  /** ISO. */
  readonly at: string;
  /** Where it is about a place in the code. */
  readonly path?: string;
  readonly line?: number;
  /** The end of the diff it stands below. */
  readonly hunk?: string;
}
/** The remarks on pull requests of one repository. Throws RalphError as `ScmProvider` does. */
export interface ReviewSource {
  /** Comments on lines, and the words of reviews that request changes; at most 1,000 of each, oldest first. */
  remarks(pullNumber: number): Promise<readonly ReviewRemark[]>;
}
