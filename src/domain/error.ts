export type ErrorCode =
  | 'usage'
  | 'config'
  | 'spec.invalid'
  | 'run.not-found'
  | 'run.locked'
  | 'run.foreign-state'
  | 'run.damaged'
  | 'control.refused'
  | 'sandbox.unavailable'
  | 'sandbox.exec'
  | 'git.failed'
  | 'model.failed'
  | 'scm.failed'
  | 'scm.auth'
  | 'scm.limited'
  | 'disk'
  | 'cancelled'
  | 'bug';

/** The only error class. `hint` is what the user should do next; it is shown, never parsed. */
export class RalphError extends Error {
  override readonly name = 'RalphError';
  readonly code: ErrorCode;
  readonly hint: string | undefined;
  /** ISO time before which it is no use to try again (`scm.limited`). */
  readonly until: string | undefined;
  constructor(
    code: ErrorCode,
    message: string,
    options: ErrorOptions & { readonly hint?: string; readonly until?: string } = {},
  ) {
    super(message, options);
    this.code = code;
    this.hint = options.hint;
    this.until = options.until;
  }
}
