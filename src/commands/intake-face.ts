import type { BackendId } from '../domain/backend.ts';
import type { PollEvent } from '../engine/intake/poll.ts';
import type { ReviewOptions, ReviewReport } from '../engine/intake/review.ts';
import type { LaunchRequest } from './app.ts';

/** What runs of issues are made with, besides the issue. */
export interface IssueOptions {
  readonly backend?: BackendId;
  readonly profile?: string;
  readonly modelsFile?: string;
  /** Text of a file whose front matter counts for every issue. */
  readonly defaults?: string;
  /** Keys and commands of the issue count. */
  readonly isTrusted: boolean;
}
/** A task made from an issue, and what became of what the issue says, as safe lines. */
export interface IssueRequest {
  readonly request: LaunchRequest;
  /** Of the issue, as in `acme/widget#42`. */
  readonly name: string;
  readonly notes: readonly string[];
  /** Open issues that it depends on. */
  readonly waitsFor: readonly string[];
}
export interface PollRequest extends IssueOptions {
  /** `OWNER/REPO` or address; the origin of the repository one stands in when left out. */
  readonly repo?: string;
  readonly label: string;
  readonly concurrency: number;
  readonly once: boolean;
  readonly everyMs: number;
  readonly signal: AbortSignal;
  readonly onEvent: (event: PollEvent) => void;
  /** Hands a run to the supervisor. */
  readonly enqueue: (run: string) => Promise<void>;
}
/** Issues and reviews as input. Every method throws RalphError. */
export interface IntakeFace {
  /** Reads an issue and makes the task file of it; nothing is written. `usage` where a stranger's would run without a sandbox. */
  issueTask(ref: string, options: IssueOptions): Promise<IssueRequest>;
  poll(request: PollRequest): Promise<void>;
  review(run: string, options: ReviewOptions): Promise<ReviewReport>;
}
