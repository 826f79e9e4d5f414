export interface FileChange {
  readonly path: string;
  /** Lines; 0 for a binary file. */
  readonly added: number;
  readonly removed: number;
  readonly binary: boolean;
  /** Blob id after the change, or null when the file is gone. */
  readonly hash: string | null;
}
export interface Diff {
  /** Unified diff, cut at `maxBytes` with a line that says so. */
  readonly patch: string;
  readonly truncated: boolean;
  readonly files: readonly FileChange[];
}
export type ImportOutcome =
  | { readonly kind: 'ok' }
  /** Damaged objects, too large, unconnected history, new gitlinks, or `.ralph` paths in the tree. */
  | { readonly kind: 'refused'; readonly reason: string };
export type PushOutcome =
  | { readonly kind: 'pushed' }
  /** Somebody else moved the branch: `remoteSha` is where it stands. */
  | { readonly kind: 'moved'; readonly remoteSha: string | undefined }
  | {
      readonly kind: 'failed';
      readonly detail: string;
      readonly retryable: boolean;
      /** The credential itself was refused. */
      readonly refused?: true;
    };
export type RebaseOutcome =
  | { readonly kind: 'ok'; readonly sha: string }
  /** Both changed the same: which commit of ours, in which files. */
  | { readonly kind: 'conflict'; readonly sha: string; readonly files: readonly string[] }
  | { readonly kind: 'unrelated' };
export interface Remote {
  /** URL or absolute path. */
  readonly url: string;
}
/**
 * The run's bare `repo.git` on the runner's side: trusted config, no hooks, fsync on. Everything throws
 * RalphError `git.failed` with a hint, unless an outcome says otherwise.
 */
export interface RunRepo {
  readonly dir: string;
  init(): Promise<void>;
  /** Fetches a branch (the remote's default one when left out) and says what it is called and where it stands. */
  fetchBase(remote: Remote, branch?: string): Promise<{ readonly branch: string; readonly sha: string }>;
  /** Also fetches any ref of the remote, when it exists. */
  fetchRef(remote: Remote, ref: string): Promise<string | undefined>;
  /** Names of the remote's branches below a prefix. */
  remoteBranches(remote: Remote, prefix: string): Promise<readonly string[]>;
  /** A pack with everything reachable from `sha` and not from `without`. */
  pack(sha: string, without?: readonly string[]): AsyncIterable<Uint8Array>;
  /**
   * Takes a pack that came out of a sandbox: strict fsck, at most `maxBytes`; `head` must descend from `base`,
   * be connected, and its tree must hold no gitlink that `base` has not, and no `.ralph/` (nor `forbidden` path) that `base` has not.
   */
  importPack(
    pack: AsyncIterable<Uint8Array>,
    expected: {
      readonly head: string;
      readonly base: string;
      readonly maxBytes: number;
      readonly forbidden: readonly string[];
    },
  ): Promise<ImportOutcome>;
  diff(from: string, to: string, options: { readonly maxBytes: number }): Promise<Diff>;
  readRef(ref: string): Promise<string | undefined>;
  /** Compare and set; false when the ref was not at `old` (undefined: must not exist). The fence against a second runner. */
  updateRef(ref: string, sha: string, old: string | undefined): Promise<boolean>;
  /** One commit on `ref` whose tree is that of `parent` with these files written (null removes); by plumbing, no work tree. */
  commitFiles(
    ref: string,
    change: {
      readonly parent: string | undefined;
      readonly message: string;
      readonly files: ReadonlyMap<string, string | null>;
    },
  ): Promise<string>;
  /** Every file of a commit, or those below a folder of it, as text by whole path. */
  readTree(sha: string, folder?: string): Promise<ReadonlyMap<string, string>>;
  /** Whether `ancestor` is `sha` or one of the commits that it follows from; also false for one that is not here. */
  isAncestor(ancestor: string, sha: string): Promise<boolean>;
  /** `expect` is where the remote branch must stand (undefined: must not exist): a push never overwrites what somebody else put there. */
  push(
    remote: Remote,
    push: { readonly sha: string; readonly ref: string; readonly expect: string | undefined },
  ): Promise<PushOutcome>;
  /** The commits of `head` that `onto` has not, on top of it; no ref is moved. The same order gives the same commits. */
  rebase(head: string, onto: string): Promise<RebaseOutcome>;
  /** Subjects of the commits from `base` to `head`, newest first, at most `max` (50). */
  log(
    base: string,
    head: string,
    max?: number,
  ): Promise<readonly { readonly sha: string; readonly subject: string }[]>;
  /** All that people can read in these commits besides files: names, addresses, whole messages. Undefined above 1 MB. */
  messages(base: string, head: string): Promise<string | undefined>;
}
