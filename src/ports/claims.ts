/** An issue that this machine is about to take, or has taken and not made a run of yet. */
export interface Claim {
  /** As in its comment on the issue. */
  readonly marker: string;
  /** The name of the issue, as a task file has it. */
  readonly issue: string;
  readonly takenLabel: string;
  /** ISO. */
  readonly at: string;
  /** Label and assignee on the forge may be this claim's. */
  readonly isMarked: boolean;
}
/** Written before anything is on the forge, so that a crash leaves no issue taken that nobody works on. */
export interface ClaimFiles {
  /** Replaces the one with that marker. */
  put(claim: Claim): void;
  /** Leaves it to whoever looks for orphans next. */
  abandon(marker: string): void;
  remove(marker: string): void;
  /** Those whose process is gone. */
  orphans(): readonly Claim[];
}
