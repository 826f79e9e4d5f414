import type { ChecksState } from './check-report.ts';
import type { BranchRemedy } from './control.ts';

/** What happens to a run's branch and pull request at the forge. */
export type ForgeEvent =
  | { readonly type: 'branch.pushed'; readonly branch: string; readonly sha: string }
  /** Somebody else moved it: where it stands, where we had pushed it to. */
  | {
      readonly type: 'branch.moved';
      readonly branch: string;
      readonly remote?: string;
      readonly pushed?: string;
    }
  /** The operator said what becomes of it. */
  | {
      readonly type: 'branch.settled';
      readonly how: BranchRemedy;
      readonly headSha: string;
      readonly remote?: string;
      /** The ref that keeps what the branch does not hold any more. */
      readonly kept: string;
    }
  | {
      /** The pull request is to be merged into another branch from now on. The run's own branch stays as it is. */
      readonly type: 'base.changed';
      readonly from: string;
      readonly to: string;
      /** The pull request of the old base, whose merge is the reason; else the forge or a human did it. */
      readonly merged?: number;
      /** The new base lacks commits that this run is built on (they were squashed or rebased). */
      readonly lacks: boolean;
      /** The run whose branch the new one is. */
      readonly stackedOn?: string;
    }
  | { readonly type: 'push.failed'; readonly branch: string; readonly detail: string }
  | {
      readonly type: 'pr.updated';
      readonly number: number;
      readonly url: string;
      readonly draft: boolean;
      readonly created: boolean;
    }
  /** Another open pull request changes files that this run changes too. */
  | {
      readonly type: 'overlap.found';
      readonly number: number;
      readonly url: string;
      readonly files: readonly string[];
      /** Those of the files in which it changes the same lines. */
      readonly sameLines: readonly string[];
    }
  /** The pull request was told of a pause or failure: that of the entry with this `seq`. */
  | { readonly type: 'pr.commented'; readonly number: number; readonly about: number }
  | {
      /** What the forge's checks say of a pushed commit; entered when that changes. */
      readonly type: 'checks.seen';
      /** The iteration that made the commit. */
      readonly n: number;
      readonly sha: string;
      readonly state: ChecksState;
      /** How many there are, and how many of them are not done. */
      readonly total: number;
      readonly pending: number;
      readonly failed: readonly string[];
      readonly note?: string;
    };
