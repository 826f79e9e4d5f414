import type { RunStatus } from './run-status.ts';

/** Exit code of a foreground run (style.md): 0 success, 1 failed or stopped, 3 paused for a human. */
export const exitOfStatus = (status: RunStatus): number => {
  if (status === 'succeeded') return 0;
  return status === 'paused' ? 3 : 1;
};
