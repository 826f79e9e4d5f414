import type { IssueFront } from './issue-front.ts';
import { ISSUE_KEYS } from './issue-front.ts';
import { slugOf } from '../branch-name.ts';
import { KNOWN_KEYS } from '../spec/task.ts';
import { singleLine } from '../terminal.ts';

type Values = Readonly<Record<string, unknown>>;

/** What became of one key of an issue, in words; `set-aside` counts only with --trust-issue, `refused` never. */
export interface KeyNote {
  readonly key: string;
  readonly what: 'taken' | 'lowered' | 'set-aside' | 'refused' | 'unknown';
  readonly detail?: string;
}
export interface IssueValues {
  readonly front: Values;
  readonly notes: readonly KeyNote[];
}
interface Asked {
  readonly issue: IssueFront;
  /** Of the operator and of this program. */
  readonly own: Values;
  readonly isTrusted: boolean;
}
/** Undefined: the rule does not know what to do with the value. */
type Rule = (value: unknown, own: Values) => { readonly set: Values; readonly note: KeyNote } | undefined;

const isRecord = (value: unknown): value is Values =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** A stranger may ask for less than the operator gives, not for more. */
const lower =
  (key: string): Rule =>
  (value, own) => {
    const limit = own[key];
    if (typeof value !== 'number' || typeof limit !== 'number' || !(value > 0)) return undefined;
    const isLess = value <= limit;
    return {
      set: isLess ? { [key]: value } : {},
      note: isLess ? { key, what: 'taken' } : { key, what: 'lowered', detail: `${limit} stays the limit` },
    };
  };

/** Only the end of the branch's name: nobody reaches `main`, `release/…` or `gh-pages` by an issue. */
const branch =
  (key: string): Rule =>
  (value) =>
    typeof value === 'string' && value.trim() !== ''
      ? { set: { target_branch_slug: slugOf(value) }, note: { key, what: 'taken' } }
      : undefined;

const narrow: Readonly<Record<string, Rule>> = {
  branch: branch('branch'),
  target_branch_slug: branch('target_branch_slug'),
  max_iterations: lower('max_iterations'),
  max_wall_time_minutes: lower('max_wall_time_minutes'),
  max_cost_usd_estimate: lower('max_cost_usd_estimate'),
  max_tokens_total: lower('max_tokens_total'),
  max_consecutive_gutter: lower('max_consecutive_gutter'),
};

/** Not even a trusted issue says what a run is called, which issue it is about, or that it may run without a sandbox. */
const refusal = (key: string, value: unknown): string | undefined => {
  if (key === 'task_id' || key === 'issue') return 'it comes from the number of the issue';
  if (key === 'sandbox_provider' && value === 'local') return 'only --backend local says that';
  return undefined;
};

const trusted: Rule = (value, own) => {
  if (!isRecord(value)) return undefined;
  const [key = '', given] = Object.entries(value)[0] ?? [];
  const before = own[key];
  const merged = isRecord(given) && isRecord(before) ? { ...before, ...given } : given;
  return { set: { [key]: merged }, note: { key, what: 'taken' } };
};

/** A trusted `branch:` is the whole name. */
const trustedBranch = (value: unknown): Values | undefined =>
  typeof value === 'string' && value.trim() !== ''
    ? { target_branch_prefix: '', target_branch_slug: value.trim() }
    : undefined;

const ruled = (key: string, value: unknown, { own, isTrusted }: Asked): ReturnType<Rule> => {
  if (isTrusted && key === 'branch') {
    const set = trustedBranch(value);
    return set && { set, note: { key, what: 'taken' } };
  }
  if (isTrusted) return trusted({ [key]: value }, own);
  return Object.hasOwn(narrow, key) ? narrow[key]!(value, own) : undefined;
};

const known = new Set([...(KNOWN_KEYS.get('') ?? []), ...ISSUE_KEYS]);
const MAX_NOTES = 50;

/**
 * The front matter of the task: what the operator gives, and of the issue's keys those that are harmless whoever wrote
 * them. Commands, files, sandboxes, models, repositories and pull-request texts come from a trusted issue only.
 */
export const issueValues = (asked: Asked): IssueValues => {
  const notes: KeyNote[] = [];
  let front: Values = asked.own;
  for (const [key, value] of Object.entries(asked.issue.data).slice(0, MAX_NOTES)) {
    if (key === 'depends') continue;
    const shown = singleLine(key, 60);
    const refused = refusal(key, value);
    if (!known.has(key)) notes.push({ key: shown, what: 'unknown' });
    else if (refused !== undefined) notes.push({ key, what: 'refused', detail: refused });
    else {
      const found = ruled(key, value, asked);
      if (found) front = { ...front, ...found.set };
      notes.push(found?.note ?? { key, what: 'set-aside' });
    }
  }
  return { front, notes };
};
