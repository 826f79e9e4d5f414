/** An issue as the forge has it; every text is whatever anybody wrote. */
export interface Issue {
  readonly number: number;
  /** Address of its page, made here. */
  readonly url: string;
  readonly title: string;
  readonly body: string;
  readonly isOpen: boolean;
  readonly labels: readonly string[];
  /** Login names. */
  readonly assignees: readonly string[];
  readonly author: string;
  /** Its author is an owner, a member or a collaborator of the repository. */
  readonly isInsider: boolean;
}
export interface IssueComment {
  /** Grows with time: of two comments, the one made first has the smaller. */
  readonly id: string;
  readonly body: string;
  readonly author: string;
  /** ISO. */
  readonly createdAt: string;
  readonly isInsider: boolean;
}
/**
 * Issues of one repository. Every method throws RalphError as `ScmProvider` does. Writes are never repeated: one whose
 * answer was lost throws, and may have been carried out.
 */
export interface IssueTracker {
  /** `OWNER/REPO`. */
  readonly name: string;
  /** Address that git clones from. */
  readonly remote: string;
  /** Login name that can be assigned; undefined for a credential that is nobody's. */
  whoAmI(): Promise<string | undefined>;
  /** Undefined where there is none; a pull request is none. */
  get(number: number): Promise<Issue | undefined>;
  /** Open ones with the label, oldest first; at most 1,000. */
  list(label: string): Promise<readonly Issue[]>;
  /** Writes only where the text is still the expected one, looked at right before; false where it is another. */
  setBody(number: number, text: { readonly expected: string; readonly body: string }): Promise<boolean>;
  /** Oldest first, at most 1,000 of those that were changed since (ISO). */
  comments(number: number, since: string): Promise<readonly IssueComment[]>;
  addComment(number: number, body: string): Promise<IssueComment>;
  /** False when it is gone. */
  editComment(id: string, body: string): Promise<boolean>;
  /** Twice is once. */
  deleteComment(id: string): Promise<void>;
  addLabel(number: number, label: string): Promise<void>;
  /** Twice is once. */
  removeLabel(number: number, label: string): Promise<void>;
  /** Silent where the forge does not let them be assigned. */
  assign(number: number, login: string): Promise<void>;
  unassign(number: number, login: string): Promise<void>;
  /** Texts of these files in the root folder of the default branch, as far as they are there; large ones are empty. */
  rootFiles(names: readonly string[]): Promise<ReadonlyMap<string, string>>;
}
/** An issue with what it takes to work on it. */
export interface IssuePlace {
  readonly tracker: IssueTracker;
  readonly number: number;
}
