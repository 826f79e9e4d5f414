/** What `ralph selftest` looks at, in this order; the report is the tenth. */
export const selftestChecks = [
  'token',
  'proxy',
  'image',
  'sandbox',
  'network',
  'reach',
  'agent',
  'isolation',
  'clean-up',
] as const;
export type SelftestCheckId = (typeof selftestChecks)[number];

export interface SelftestCheck {
  readonly id: SelftestCheckId;
  readonly title: string;
  readonly outcome: 'passed' | 'failed' | 'skipped';
  /** What was seen, or why it failed or was left out. */
  readonly detail: string;
  readonly hint?: string;
  readonly ms: number;
}
export interface SelftestReport {
  readonly agent: string;
  readonly backend: string;
  /** Against a model of our own that only says ok. */
  readonly offline: boolean;
  /** True when none failed. */
  readonly ok: boolean;
  readonly checks: readonly SelftestCheck[];
}
