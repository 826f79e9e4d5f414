/** `unknown`: nothing reported, or not all of it may be read; never taken for green. */
export type ChecksState = 'green' | 'red' | 'pending' | 'unknown';
/** What one check of a forge says of a commit. */
export interface CheckReport {
  readonly name: string;
  readonly state: ChecksState;
  /** Known to the provider alone: where its log is. */
  readonly log?: string;
}
/** The checks of one commit. */
export interface Checks {
  readonly state: ChecksState;
  readonly reports: readonly CheckReport[];
  /** Why it is not known, or of what part of the checks it holds; for people. */
  readonly note?: string;
}

/** All reports as one. Undefined: that part may not be read. Nothing at all is not green. */
export const combineChecks = (parts: readonly (readonly CheckReport[] | undefined)[]): ChecksState => {
  const states = parts.flatMap((part) => part ?? []).map(({ state }) => state);
  if (states.includes('red')) return 'red';
  if (states.includes('pending')) return 'pending';
  const isWhole = states.length > 0 && parts.every((part) => part !== undefined);
  return isWhole && states.every((state) => state === 'green') ? 'green' : 'unknown';
};
