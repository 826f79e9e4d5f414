import type { ErrorCode } from '../domain/error.ts';
import { RalphError } from '../domain/error.ts';

const byCode: Readonly<Record<ErrorCode, number>> = {
  usage: 2,
  config: 2,
  'spec.invalid': 2,
  'run.not-found': 2,
  'run.locked': 75,
  'run.foreign-state': 1,
  'run.damaged': 1,
  'control.refused': 1,
  'sandbox.unavailable': 1,
  'sandbox.exec': 1,
  'git.failed': 1,
  'model.failed': 1,
  'scm.failed': 1,
  'scm.auth': 1,
  'scm.limited': 1,
  disk: 1,
  cancelled: 130,
  bug: 1,
};

/** 2 usage or task file, 75 held by another process, 130 interrupted, 1 anything else. */
export const exitCodeOf = (error: unknown): number => (error instanceof RalphError ? byCode[error.code] : 1);
