export const statuses = [
  'queued',
  'starting',
  'running',
  'paused',
  'waiting',
  'succeeded',
  'failed',
  'stopped',
] as const;
export type RunStatus = (typeof statuses)[number];

/** Closed list (state.md, Status): why a run failed. Each budget has a name of its own. */
export type FailureReason =
  | 'budget: iterations'
  | 'budget: wall time'
  | 'budget: cost'
  | 'budget: tokens'
  | 'gutter'
  | 'spec'
  | 'sandbox lost'
  | 'agent failed'
  | 'scm'
  | 'cancelled'
  | 'bug';
export type PauseReason = 'human' | 'blocked' | 'gutter' | 'disk full' | 'token expired' | 'branch moved';

/** A run in one of these is not going on by itself and has ended for good. */
export const isEnded = (status: RunStatus): boolean =>
  status === 'succeeded' || status === 'failed' || status === 'stopped';
/** A run that a runner should be working on now or soon. */
export const isActive = (status: RunStatus): boolean => !isEnded(status) && status !== 'paused';
