import type { ChecksState } from '../../../domain/check-report.ts';

/** The commit status that we set ourselves: it says nothing about the forge's checks. */
export const OWN_CONTEXT = 'ralph';

const conclusions: Readonly<Record<string, ChecksState>> = {
  success: 'green',
  neutral: 'green',
  skipped: 'green',
  failure: 'red',
  timed_out: 'red',
  cancelled: 'red',
  action_required: 'red',
  startup_failure: 'red',
  stale: 'pending',
};
const states: Readonly<Record<string, ChecksState>> = {
  success: 'green',
  failure: 'red',
  error: 'red',
  pending: 'pending',
  expected: 'pending',
};
const known = (rows: Readonly<Record<string, ChecksState>>, key: string): ChecksState =>
  Object.hasOwn(rows, key) ? rows[key]! : 'unknown';

/** In the words of REST or of GraphQL. */
export const ofCheckRun = (status: string, conclusion: string | null): ChecksState =>
  status.toLowerCase() === 'completed' ? known(conclusions, (conclusion ?? '').toLowerCase()) : 'pending';
export const ofStatus = (state: string): ChecksState => known(states, state.toLowerCase());
