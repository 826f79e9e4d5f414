import { RalphError } from '../../domain/error.ts';
import type { RunId } from '../../domain/event.ts';
import { readIssueFront } from '../../domain/issue/issue-front.ts';
import { issueCycles } from '../../domain/issue/issue-order.ts';
import type { RunStatus } from '../../domain/run-status.ts';
import { isActive, isEnded } from '../../domain/run-status.ts';
import type { Claim, ClaimFiles } from '../../ports/claims.ts';
import type { Clock } from '../../ports/host.ts';
import type { Issue, IssueTracker } from '../../ports/issues.ts';
import { claimIssue, releaseIssue } from './claim.ts';

/** What a round found and did; one line of JSON each. */
export type PollEvent =
  | { readonly event: 'taken'; readonly issue: string; readonly run: RunId; readonly title: string }
  | { readonly event: 'waits'; readonly issue: string; readonly for: readonly string[] }
  | { readonly event: 'cycle'; readonly issues: readonly string[] }
  | { readonly event: 'lost'; readonly issue: string; readonly why: string }
  | { readonly event: 'refused'; readonly issue: string; readonly why: string; readonly hint?: string }
  | { readonly event: 'released'; readonly issue: string; readonly why: string }
  | { readonly event: 'limited'; readonly until: string };

export interface IssueRun {
  readonly id: RunId;
  /** The address of its issue. */
  readonly issue: string;
  readonly status: RunStatus;
  readonly marker: string | undefined;
}
export interface Launchable {
  /** Throws RalphError with nothing left behind on this machine. */
  launch(claim: { readonly marker: string; readonly comment: string }): Promise<RunId>;
}
export interface PollDeps {
  readonly tracker: IssueTracker;
  readonly clock: Clock;
  readonly claims: ClaimFiles;
  readonly newId: () => string;
  /** Runs on this machine that are about an issue. */
  readonly runs: () => readonly IssueRun[];
  /** Throws RalphError where no run can be made of it; nothing is left behind then. */
  readonly check: (issue: Issue) => Promise<Launchable>;
  readonly enqueue: (run: RunId) => Promise<void>;
  readonly onEvent: (event: PollEvent) => void;
  /** After each look that another one follows. */
  readonly afterLook: () => void;
}
export interface PollOptions {
  readonly label: string;
  readonly concurrency: number;
  readonly once: boolean;
  readonly everyMs: number;
  readonly signal: AbortSignal;
}

/** An issue that no run could be made of is tried again when its text changes, or after a while. */
const AGAIN_MS = 10 * 60_000;

interface Memory {
  readonly failed: Map<number, { readonly body: string; readonly at: number }>;
  /** What was said last of each, so that it is not said in every round. */
  readonly said: Map<string, string>;
}
interface Round {
  readonly deps: PollDeps;
  readonly options: PollOptions;
  readonly memory: Memory;
}

/** What the addresses of its issues begin with. */
const pagesOf = ({ remote }: IssueTracker): string => `${remote.replace(/\.git$/, '')}/issues/`;
const nameOf = ({ tracker }: PollDeps, number: number): string => `${tracker.name}#${number}`;

const sayOnce = ({ deps, memory }: Round, key: string, event: PollEvent): void => {
  const text = JSON.stringify(event);
  if (memory.said.get(key) === text) return;
  memory.said.set(key, text);
  deps.onEvent(event);
};

/** A claim whose process died: its run is handed on, or the issue is given back. */
const clearUp = async ({ deps }: Round): Promise<void> => {
  const { tracker, claims, runs } = deps;
  for (const claim of claims.orphans()) {
    if (!claim.issue.startsWith(pagesOf(tracker))) continue;
    const number = Number(claim.issue.slice(pagesOf(tracker).length));
    const run = runs().find(({ marker }) => marker === claim.marker);
    if (run?.status === 'queued') await deps.enqueue(run.id);
    if (!run) {
      await releaseIssue({ tracker, number }, { ...claim, now: new Date(claim.at) }, claim);
      const why = 'the poller that had taken it died before there was a run';
      deps.onEvent({ event: 'released', issue: nameOf(deps, number), why });
    }
    claims.remove(claim.marker);
  }
};

interface Listed {
  readonly issue: Issue;
  readonly depends: readonly number[];
  readonly isReadable: boolean;
}

/** Numbers that it waits for: neither closed, nor done by a run of ours. */
const waitingFor = async (
  { deps }: Round,
  { issue, depends }: Listed,
  isClosed: Map<number, boolean>,
): Promise<readonly number[]> => {
  const left: number[] = [];
  for (const number of depends) {
    const url = issue.url.replace(/\d+$/, String(number));
    if (deps.runs().some((run) => run.issue === url && run.status === 'succeeded')) continue;
    let closed = isClosed.get(number);
    if (closed === undefined) {
      const found = await deps.tracker.get(number);
      // What is not there (a pull request, a number too high) never closes: a human has to look.
      closed = found !== undefined && !found.isOpen;
      isClosed.set(number, closed);
    }
    if (!closed) left.push(number);
  }
  return left;
};

const readyOnes = async (round: Round, listed: readonly Listed[]): Promise<readonly Issue[]> => {
  const { deps } = round;
  const isClosed = new Map<number, boolean>(listed.map(({ issue }) => [issue.number, false]));
  const ready: Issue[] = [];
  for (const one of listed) {
    const { number } = one.issue;
    const issue = nameOf(deps, number);
    if (!one.isReadable) {
      const why = 'its front matter cannot be read: nobody knows what it depends on';
      sayOnce(round, issue, { event: 'refused', issue, why });
      continue;
    }
    const left = await waitingFor(round, one, isClosed);
    if (left.length === 0) ready.push(one.issue);
    else sayOnce(round, issue, { event: 'waits', issue, for: left.map((n) => nameOf(deps, n)) });
  }
  return ready;
};

const canBeTaken = ({ deps, options, memory }: Round, issue: Issue): boolean => {
  if (issue.labels.includes(takenLabelOf(options.label)) || issue.assignees.length > 0) return false;
  if (deps.runs().some((run) => run.issue === issue.url && !isEnded(run.status))) return false;
  const failed = memory.failed.get(issue.number);
  return (
    failed === undefined || failed.body !== issue.body || deps.clock.monotonicMs() - failed.at > AGAIN_MS
  );
};

/** `ralph-taken`: a human who takes it off lets the issue be taken again. */
const takenLabelOf = (label: string): string => `${label.slice(0, 40)}-taken`;

const refused = (error: RalphError) => ({
  why: error.message,
  ...(error.hint !== undefined && { hint: error.hint }),
});

/** Nothing is left behind; where the forge does not let us, the claim's file says it to the next round. */
const giveBack = async ({ deps }: Round, claim: Claim): Promise<void> => {
  const { tracker, claims } = deps;
  const number = Number(claim.issue.slice(pagesOf(tracker).length));
  try {
    await releaseIssue({ tracker, number }, { ...claim, now: new Date(claim.at) }, claim);
    claims.remove(claim.marker);
  } catch (error) {
    claims.abandon(claim.marker);
    if (!(error instanceof RalphError)) throw error;
  }
};

/** The run of an issue that is to be had; undefined where somebody else has it. */
const claimAndLaunch = async (
  { deps }: Round,
  made: Launchable,
  holder: { claim: Claim },
): Promise<{ readonly run: RunId } | { readonly lost: string }> => {
  const { tracker, claims, clock } = deps;
  const { marker, takenLabel, issue } = holder.claim;
  const place = { tracker, number: Number(issue.slice(pagesOf(tracker).length)) };
  const claimed = await claimIssue(place, { marker, takenLabel, now: clock.now() }, () => {
    holder.claim = { ...holder.claim, isMarked: true };
    claims.put(holder.claim);
  });
  if (claimed.kind === 'lost') return { lost: claimed.why };
  const run = await made.launch({ marker, comment: claimed.comment });
  await deps.enqueue(run);
  return { run };
};

const take = async (round: Round, issue: Issue): Promise<boolean> => {
  const { deps, options, memory } = round;
  const name = nameOf(deps, issue.number);
  const marker = `${deps.newId()}${deps.newId()}${deps.newId()}`;
  const takenLabel = takenLabelOf(options.label);
  const at = deps.clock.now().toISOString();
  const holder = { claim: { marker, issue: issue.url, takenLabel, at, isMarked: false } };
  let hasClaim = false;
  try {
    const made = await deps.check(issue);
    deps.claims.put(holder.claim);
    hasClaim = true;
    const outcome = await claimAndLaunch(round, made, holder);
    deps.claims.remove(marker);
    if ('run' in outcome) deps.onEvent({ event: 'taken', issue: name, run: outcome.run, title: issue.title });
    else sayOnce(round, name, { event: 'lost', issue: name, why: outcome.lost });
    return 'run' in outcome;
  } catch (error) {
    if (hasClaim) await giveBack(round, holder.claim);
    if (!(error instanceof RalphError) || error.code === 'scm.limited') throw error;
    memory.failed.set(issue.number, { body: issue.body, at: deps.clock.monotonicMs() });
    sayOnce(round, name, { event: 'refused', issue: name, ...refused(error) });
    return false;
  }
};

const oneRound = async (round: Round): Promise<void> => {
  const { deps, options } = round;
  await clearUp(round);
  const found = await deps.tracker.list(options.label);
  const listed = found.map((issue): Listed => {
    const { depends, isReadable } = readIssueFront(issue.body);
    return { issue, depends, isReadable };
  });
  for (const cycle of issueCycles(listed.map(({ issue, depends }) => ({ number: issue.number, depends })))) {
    const issues = cycle.map((n) => nameOf(deps, n));
    sayOnce(round, `cycle ${issues.join(' ')}`, { event: 'cycle', issues });
  }
  const free = listed.filter(({ issue }) => canBeTaken(round, issue));
  const pages = pagesOf(deps.tracker);
  let active = deps.runs().filter((run) => run.issue.startsWith(pages) && isActive(run.status)).length;
  for (const issue of await readyOnes(round, free)) {
    if (active >= options.concurrency || options.signal.aborted) return;
    if (await take(round, issue)) active += 1;
  }
};

/**
 * Takes issues with the label, one run each, in the order of what they depend on, until the signal aborts (or after
 * one round). Its runs go on without it. Throws RalphError only in the first round: later ones are tried again.
 */
export const pollIssues = async (deps: PollDeps, options: PollOptions): Promise<void> => {
  const memory: Memory = { failed: new Map(), said: new Map() };
  for (let first = true; !options.signal.aborted; first = false) {
    let pauseMs = options.everyMs;
    try {
      await oneRound({ deps, options, memory });
    } catch (error) {
      if (!(error instanceof RalphError)) throw error;
      const isPatient = error.code === 'scm.limited' && error.until !== undefined && !options.once;
      if ((first || options.once) && !isPatient) throw error;
      const until = error.until ?? new Date(deps.clock.now().getTime() + pauseMs).toISOString();
      if (isPatient) deps.onEvent({ event: 'limited', until });
      else deps.onEvent({ event: 'refused', issue: deps.tracker.name, ...refused(error) });
      pauseMs = Math.max(pauseMs, Date.parse(until) - deps.clock.now().getTime());
    }
    if (options.once) return;
    deps.afterLook();
    await deps.clock.sleep(pauseMs, options.signal);
  }
};
